using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public sealed class RunsBulkTests(StudioServer server) : IClassFixture<StudioServer>
{
    async Task<(Guid Flow, List<Guid> Runs)> RunsAsync(string name, int count, FlowDocument? document = null, bool wait = true)
    {
        var flow = await server.AddFlowAsync(name, document);
        var runs = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            using var response = await server.PostWebhookAsync(name, $$"""{"text":"{{name}} {{i}}"}""");
            runs.Add(await StudioServer.RunIdAsync(response));
        }
        foreach (var run in wait ? runs : [])
            await server.EndOfAsync(run);
        return (flow, runs);
    }

    async Task<List<JsonElement>> LinesAsync(string query)
    {
        using var response = await server.Client.GetAsync($"/v1/runs/export?{query}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        response.Content.Headers.ContentType.ShouldNotBeNull().MediaType.ShouldBe("application/jsonl");
        response.Content.Headers.ContentDisposition.ShouldNotBeNull().FileName.ShouldNotBeNull().ShouldEndWith(".jsonl");
        return [.. (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    async Task<JsonElement> BulkAsync(object body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await server.Client.PostAsJsonAsync("/v1/runs/bulk", body);
        response.StatusCode.ShouldBe(expected, await response.Content.ReadAsStringAsync());
        return await StudioServer.JsonAsync(response);
    }

    static FlowDocument Waiting() => new FlowBuilder()
        .Node("webhook", "Webhook")
        .Node("delay", "Delay", new { seconds = 3600 })
        .Node("out", "ChatOutput", new { should_store_message = false })
        .Edge("webhook.output_data", "delay.input")
        .Edge("delay.output", "out.input_value")
        .Build();

    [Fact]
    public async Task An_export_has_every_run_of_the_filters_whole_and_a_line_each()
    {
        // More than one page of the history.
        var (flow, runs) = await RunsAsync("exported", 203);
        var lines = await LinesAsync($"flow={flow}&status=succeeded");
        // Runs of the same millisecond are in any order.
        lines.Select(l => l.GetProperty("id").GetGuid()).ToHashSet().SetEquals(runs).ShouldBeTrue();
        lines.Count.ShouldBe(runs.Count);
        lines.Single(l => l.GetProperty("id").GetGuid() == runs[0]).GetProperty("input").GetProperty("text").GetString().ShouldBe("exported 0");
        lines[0].GetProperty("steps").GetArrayLength().ShouldBe(2);
        (await LinesAsync($"flow={flow}&status=failed")).ShouldBeEmpty();
        (await LinesAsync($"flow={flow}&steps=none"))[0].TryGetProperty("steps", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task An_export_of_ids_has_those_and_leaves_out_what_is_gone()
    {
        var (_, runs) = await RunsAsync("picked", 3);
        var lines = await LinesAsync($"id={runs[2]},{Guid.CreateVersion7()},{runs[0]}");
        lines.Select(l => l.GetProperty("id").GetGuid()).ShouldBe([runs[2], runs[0]]);
    }

    [Theory]
    [InlineData("status=none", 400, "invalid_status")]
    [InlineData("flow=nobody", 404, "flow_not_found")]
    [InlineData("id=7", 400, "invalid_id")]
    [InlineData("id=019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41&status=failed", 400, "ids_or_filters")]
    [InlineData("steps=some", 400, "invalid_steps")]
    public async Task An_export_says_what_it_does_not_understand(string query, int status, string code)
    {
        using var response = await server.Client.GetAsync($"/v1/runs/export?{query}");
        ((int)response.StatusCode).ShouldBe(status);
        (await StudioServer.JsonAsync(response)).GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Many_are_deleted_and_those_that_cannot_be_are_told()
    {
        var (flow, runs) = await RunsAsync("deleted", 2);
        var (_, waiting) = await RunsAsync("not-ended", 1, Waiting(), wait: false);
        var unknown = Guid.CreateVersion7();
        var items = (await BulkAsync(new { act = "delete", ids = (Guid[])[.. runs, waiting[0], unknown] })).GetProperty("items").EnumerateArray().ToList();
        items.Select(i => i.GetProperty("done").GetBoolean()).ShouldBe([true, true, false, false]);
        items[2].GetProperty("message").GetString().ShouldNotBeNull().ShouldEndWith("Cancel it first.");
        items[3].GetProperty("message").GetString().ShouldNotBeNull().ShouldContain("no run");
        (await server.GetJsonAsync($"/v1/runs?flow={flow}")).GetProperty("items").GetArrayLength().ShouldBe(0);

        (await BulkAsync(new { act = "cancel", ids = (Guid[])[waiting[0]] })).GetProperty("items")[0].GetProperty("done").GetBoolean().ShouldBeTrue();
        (await server.EndOfAsync(waiting[0])).GetProperty("status").GetString().ShouldBe("canceled");
    }

    [Fact]
    public async Task Many_are_replayed_and_each_answer_names_the_new_run()
    {
        var (_, runs) = await RunsAsync("replayed", 3);
        var items = (await BulkAsync(new { act = "replay", ids = runs })).GetProperty("items").EnumerateArray().ToList();
        foreach (var (item, run) in items.Zip(runs))
        {
            item.GetProperty("id").GetGuid().ShouldBe(run);
            (await server.EndOfAsync(item.GetProperty("run_id").GetGuid())).GetProperty("replay_of").GetGuid().ShouldBe(run);
        }
        var failed = (await BulkAsync(new { act = "replay", ids = runs, from = "failed" })).GetProperty("items")[0];
        failed.GetProperty("done").GetBoolean().ShouldBeFalse();
        failed.GetProperty("message").GetString().ShouldNotBeNull().ShouldContain("from the start");
    }

    [Fact]
    public async Task A_wish_for_many_that_is_wrong_is_told_whole()
    {
        var problem = await BulkAsync(new { act = "mend", ids = (string[])["x"], from = "middle" }, HttpStatusCode.BadRequest);
        var detail = problem.GetProperty("detail").GetString().ShouldNotBeNull();
        detail.ShouldContain("'act' must be cancel, delete or replay.");
        detail.ShouldContain("'ids[0]'");
        detail.ShouldContain("'from' must be start or failed.");
        await BulkAsync(new { act = "delete", ids = Enumerable.Range(0, 1001).Select(_ => Guid.CreateVersion7()) }, HttpStatusCode.BadRequest);
    }
}
