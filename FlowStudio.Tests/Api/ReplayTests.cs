using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary><c>POST /v1/runs/{id}/replay</c>, and what runs say of the runs around them.</summary>
public class ReplayTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task A_replay_is_201_with_the_new_run_and_its_origin()
    {
        var run = await RunAsync("replay-start", StudioServer.Echo());
        using var response = await ReplayAsync(run, "{}");
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var again = await StudioServer.JsonAsync(response);
        response.Headers.Location?.ToString().ShouldBe($"/v1/runs/{again.GetProperty("id").GetString()}");
        again.GetProperty("replay_of").GetGuid().ShouldBe(run);
        again.GetProperty("trigger").GetString().ShouldBe("replay");
        again.GetProperty("input").GetRawText().ShouldBe("""{"n":1}""");
    }

    [Fact]
    public async Task Steps_that_were_done_are_marked_as_reused()
    {
        await server.AddFlowAsync("replay-failed", Failing());
        var run = await RunAsync("replay-failed");
        using var response = await ReplayAsync(run, """{"from":"failed","version":"latest"}""");
        var again = await server.EndOfAsync((await StudioServer.JsonAsync(response)).GetProperty("id").GetGuid());
        var steps = again.GetProperty("steps").EnumerateArray().ToDictionary(s => s.GetProperty("node_id").GetString() ?? "");
        steps["webhook"].GetProperty("reused").GetBoolean().ShouldBeTrue();
        steps["webhook"].GetProperty("reused_from").GetGuid().ShouldBe(run);
        steps["call"].TryGetProperty("reused", out _).ShouldBeFalse();
        var events = await server.Client.GetStringAsync($"/v1/runs/{again.GetProperty("id").GetGuid()}/events", TestContext.Current.CancellationToken);
        events.ShouldContain("\"reused\":true");
    }

    [Theory]
    [InlineData("""{"from":"here"}""", "'from' must be start or failed.")]
    [InlineData("""{"version":1}""", "'version' must be a text.")]
    [InlineData("""{"version":"old"}""", "'version' must be same or latest.")]
    [InlineData("""{"since":"start"}""", "'since' is no member")]
    public async Task What_is_wrong_is_400(string body, string says)
    {
        using var response = await ReplayAsync(Guid.CreateVersion7(), body);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain(says);
    }

    [Fact]
    public async Task An_unknown_run_is_404_and_one_that_succeeded_has_nothing_failed_409()
    {
        using var unknown = await ReplayAsync(Guid.CreateVersion7(), "{}");
        await ShouldBeAsync(unknown, HttpStatusCode.NotFound, "run_not_found");
        using var succeeded = await ReplayAsync(await RunAsync("replay-good", StudioServer.Echo()), """{"from":"failed"}""");
        await ShouldBeAsync(succeeded, HttpStatusCode.Conflict, "nothing_failed");
    }

    [Fact]
    public async Task The_problems_of_the_latest_version_are_listed()
    {
        var flow = await server.AddFlowAsync("replay-invalid", StudioServer.Echo());
        var run = await RunAsync("replay-invalid");
        var flows = server.Get<Engine.Flows.IFlowStore>();
        var stored = (await flows.FindAsync(flow, CancellationToken.None)).ShouldNotBeNull();
        var draft = new FlowBuilder().Node("webhook", "Webhook").Node("call", "RunFlow").Edge("webhook.output_data", "call.input").Build();
        await flows.SaveAsync(stored with { Draft = draft }, expectedRevision: null, CancellationToken.None);
        using var response = await ReplayAsync(run, """{"version":"latest"}""");
        (await ShouldBeAsync(response, HttpStatusCode.Conflict, "flow_invalid")).GetProperty("problems").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_same_idempotency_key_gives_the_first_replay()
    {
        var run = await RunAsync("replay-key", StudioServer.Echo());
        using var first = await ReplayAsync(run, "{}", "once");
        using var second = await ReplayAsync(run, "{}", "once");
        second.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await StudioServer.JsonAsync(second)).GetProperty("id").GetGuid().ShouldBe((await StudioServer.JsonAsync(first)).GetProperty("id").GetGuid());
        using var other = await ReplayAsync(run, """{"version":"latest"}""", "once");
        await ShouldBeAsync(other, HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
    }

    [Fact]
    public async Task Parent_and_child_know_each_other()
    {
        await server.AddFlowAsync("child", StudioServer.Echo());
        await server.AddFlowAsync("parent", new FlowBuilder().Node("webhook", "Webhook").Node("call", "RunFlow", new { flow = "child" }).Edge("webhook.output_data", "call.input").Build());
        var parent = await RunAsync("parent");
        var child = (await server.GetJsonAsync($"/v1/runs/{parent}")).GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("node_id").GetString() == "call").GetProperty("child_run_id").GetGuid();
        var run = await server.GetJsonAsync($"/v1/runs/{child}");
        run.GetProperty("parent_run_id").GetGuid().ShouldBe(parent);
        run.GetProperty("trigger").GetString().ShouldBe("flow");
        var listed = await server.GetJsonAsync("/v1/runs?flow=child&trigger=flow");
        listed.GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("parent_run_id").GetGuid().ShouldBe(parent);
        (await server.Client.GetStringAsync($"/v1/runs/{parent}/events", TestContext.Current.CancellationToken)).ShouldContain($"\"run_id\":\"{child}\"");
    }

    static Engine.Flows.FlowDocument Failing() => new FlowBuilder().Node("webhook", "Webhook").Node("call", "ApiRequest", new { url_input = "http://[", method = "POST" })
        .Edge("webhook.output_data", "call.body").Build();

    async Task<Guid> RunAsync(string name, Engine.Flows.FlowDocument? document = null)
    {
        if (document is not null)
            await server.AddFlowAsync(name, document);
        using var response = await server.PostWebhookAsync(name, """{"n":1}""");
        var run = await StudioServer.RunIdAsync(response);
        await server.EndOfAsync(run);
        return run;
    }

    Task<HttpResponseMessage> ReplayAsync(Guid run, string body, string? key = null) =>
        server.PostAsync($"/v1/runs/{run}/replay", Encoding.UTF8.GetBytes(body), key is null ? [] : [("Idempotency-Key", key)]);

    static async Task<JsonElement> ShouldBeAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var problem = await StudioServer.JsonAsync(response);
        response.StatusCode.ShouldBe(status, problem.GetRawText());
        problem.GetProperty("code").GetString().ShouldBe(code);
        return problem;
    }
}
