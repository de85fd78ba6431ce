using System.Net;
using System.Text.Json;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Studio.Editor.Round;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>Each flow of the gallery runs at once: with the demo model, without a key, without a network.</summary>
public class StarterFlowTests(StudioServer server) : IClassFixture<StudioServer>
{
    public static TheoryData<string> Keys => [.. new StarterFlows().All.Select(s => s.Key)];

    [Fact]
    public void Every_file_of_the_folder_is_in_the_gallery() =>
        typeof(StarterFlows).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("starter:", StringComparison.Ordinal)).Select(n => n[8..]).Order()
            .ShouldBe(new StarterFlows().All.Select(s => s.Key).Order());

    [Theory, MemberData(nameof(Keys))]
    public async Task It_runs_to_success_as_it_is(string key)
    {
        var id = await CreateAsync(key);
        using var response = await server.Client.PostAsync($"/v1/flows/{id}/runs?wait=60", NativeRunsTests.Json("""{"input":null}"""));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var run = await StudioServer.JsonAsync(response);
        run.GetProperty("status").GetString().ShouldBe("succeeded", run.GetRawText());
        run.GetProperty("output").GetRawText().ShouldContain("built-in demo model");
        run.GetProperty("steps").EnumerateArray().Count(s => s.GetProperty("status").GetString() == "failed").ShouldBe(0);
    }

    [Theory, MemberData(nameof(Keys))]
    public void It_has_no_problems_and_explains_itself(string key)
    {
        var flow = Find(key);
        server.Get<FlowValidator>().Validate(flow.Draft).ShouldBeEmpty();
        flow.Description.ShouldNotBeEmpty();
        flow.Tags.ShouldNotBeEmpty();
        flow.Draft.Notes.ShouldNotBeEmpty();
        flow.Draft.Notes.ShouldAllBe(n => n.Text.Contains("**", StringComparison.Ordinal) && n.Text.Length > 80);
    }

    [Theory, MemberData(nameof(Keys))]
    public void Its_nodes_lie_beside_each_other(string key)
    {
        var flow = Find(key);
        foreach (var (node, other) in flow.Draft.Nodes.SelectMany((n, i) => flow.Draft.Nodes.Skip(i + 1).Select(o => (n, o))))
            (Math.Abs(node.Position.X - other.Position.X) >= 260 || Math.Abs(node.Position.Y - other.Position.Y) >= 200).ShouldBeTrue($"{node.Id} and {other.Id} lie over each other");
        foreach (var note in flow.Draft.Notes)
            flow.Draft.Nodes.ShouldAllBe(n => n.Position.Y >= note.Position.Y + (note.Height ?? 0) + 10 || n.Position.X >= note.Position.X + (note.Width ?? 0) + 10);
    }

    [Fact]
    public async Task The_chatbot_remembers_what_was_said_in_its_session()
    {
        var id = await CreateAsync("memory-chatbot");
        await SayAsync(id, "My name is Zaphod.");
        var second = await SayAsync(id, "What is my name?");
        second.GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("type").GetString() == "Prompt").GetProperty("output").GetRawText().ShouldContain("User: My name is Zaphod.");
    }

    [Fact]
    public async Task The_ticket_that_is_not_urgent_goes_the_other_way()
    {
        var id = await CreateAsync("if-else-routing");
        using var response = await server.Client.PostAsync($"/v1/flows/{id}/runs?wait=60", NativeRunsTests.Json("""{"input":{"ticket":{"id":1,"from":"Lin","text":"No hurry.","urgent":false}}}"""));
        (await StudioServer.JsonAsync(response)).GetProperty("output").GetRawText().ShouldContain("Ticket 1 of Lin waits for office hours.");
    }

    [Fact]
    public async Task The_loop_writes_a_sentence_for_each_order()
    {
        var id = await CreateAsync("loop-over-a-list");
        using var response = await server.Client.PostAsync($"/v1/flows/{id}/runs?wait=60", NativeRunsTests.Json("""{"input":null}"""));
        var run = await StudioServer.JsonAsync(response);
        foreach (var words in new[] { "Order 4711 of Ada is paid.", "Order 4712 of Lin is shipped.", "Order 4713 of Grace is returned." })
            run.GetProperty("output").GetRawText().ShouldContain(words);
        run.GetProperty("output").GetRawText().ShouldNotContain("{text}");
    }

    [Fact]
    public async Task A_payment_goes_the_whole_round_and_the_order_service_can_check_token_and_signature()
    {
        var starter = new StarterFlows().All.Single(s => s.Key == "order-status-updates");
        var fresh = starter.Fresh();
        fresh.CompletionWebhook.ShouldNotBeNull().ShouldMatch("^/bin/orders[?]token=ord_[0-9a-f]{32}$");
        starter.Fresh().CompletionWebhook.ShouldNotBe(fresh.CompletionWebhook);
        var id = await server.AddFlowAsync($"orders-{Guid.NewGuid().ToString("N")[..8]}", fresh.Draft, more: new { completion_webhook = fresh.CompletionWebhook });
        using var posted = await server.PostWebhookAsync(id.ToString(), """{"event":"payment.succeeded","order":{"id":77,"total":9.5,"currency":"EUR","customer":{"name":"Zaphod"}}}""");
        var run = await StudioServer.RunIdAsync(posted);
        var flow = (await server.Get<IFlowStore>().FindAsync(id, CancellationToken.None)).ShouldNotBeNull();
        var round = server.Get<RoundTrip>();
        (await round.EndAsync(run, CancellationToken.None)).ShouldNotBeNull().Run.Status.ShouldBe(RunStatus.Succeeded);
        var told = (await round.CaughtAsync(flow, run, CancellationToken.None)).ShouldNotBeNull();

        // As it was given, to the last character.
        told.Request.Path.ShouldBe("/bin/orders");
        told.Request.Query.ShouldBe(fresh.CompletionWebhook["/bin/orders?".Length..]);
        told.TokenArrived.ShouldBe(true);
        told.Signed.ShouldBeTrue();
        told.Body.GetProperty("type").GetString().ShouldBe("run.completed");
        told.Body.GetProperty("output").GetString().ShouldNotBeNull().ShouldContain("payment.succeeded: order 77 of Zaphod, 9.5 EUR");
        told.Body.GetProperty("data").GetProperty("input").GetProperty("order").GetProperty("id").GetInt32().ShouldBe(77);
        // Whoever looks at the deliveries, or at the flow, sees that there is a token, and not which.
        var token = fresh.CompletionWebhook.Split('=')[1];
        foreach (var path in new[] { $"/v1/deliveries?run={run}", $"/v1/flows/{id}", $"/v1/runs/{run}" })
            (await server.Client.GetStringAsync(new Uri(path, UriKind.Relative))).ShouldNotContain(token);

        // A receiver with another token, or another secret, would have noticed.
        (await round.CaughtAsync(flow with { CompletionWebhook = "/bin/orders?token=ord_other" }, run, CancellationToken.None)).ShouldNotBeNull().TokenArrived.ShouldBe(false);
        await server.Get<CompletionWebhooks>().Secrets.RotateAsync(id, CancellationToken.None);
        (await round.CaughtAsync(flow, run, CancellationToken.None)).ShouldNotBeNull().Signed.ShouldBeFalse();
    }

    [Fact]
    public async Task The_round_starts_with_the_sample_of_the_flow()
    {
        var fresh = new StarterFlows().All.Single(s => s.Key == "order-status-updates").Fresh();
        RoundTrip.Fits(fresh).ShouldBeTrue();
        RoundTrip.Fits(fresh with { CompletionWebhook = "https://orders.example/hook" }).ShouldBeFalse();
        RoundTrip.Fits(fresh with { Draft = new FlowDocument() }).ShouldBeFalse();
        var id = await server.AddFlowAsync($"round-{Guid.NewGuid().ToString("N")[..8]}", fresh.Draft, more: new { completion_webhook = fresh.CompletionWebhook });
        var round = server.Get<RoundTrip>();
        var (run, problem) = await round.StartAsync(id, CancellationToken.None);
        problem.ShouldBeNull();
        var ended = (await round.EndAsync(run.ShouldNotBeNull(), CancellationToken.None)).ShouldNotBeNull();
        ended.Run.Trigger.ShouldBe(RunTrigger.Webhook);
        ended.Input.GetProperty("event").GetString().ShouldBe("payment.succeeded");
        (await round.StartAsync(Guid.NewGuid(), CancellationToken.None)).Problem.ShouldNotBeNull();
    }

    static Flow Find(string key) => new StarterFlows().All.Single(s => s.Key == key).Flow;

    async Task<JsonElement> SayAsync(Guid id, string text)
    {
        using var response = await server.Client.PostAsync($"/v1/flows/{id}/runs?wait=60", NativeRunsTests.Json(JsonSerializer.Serialize(new { input = text, session_id = "chat" })));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return await StudioServer.JsonAsync(response);
    }

    async Task<Guid> CreateAsync(string key)
    {
        var flow = Find(key);
        return await server.AddFlowAsync($"starter-{key}-{Guid.NewGuid().ToString("N")[..8]}", flow.Draft);
    }
}
