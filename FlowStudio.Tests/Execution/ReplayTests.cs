using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Llm;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Runs that repeat others.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task From_the_start_everything_is_done_again_under_new_keys()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("a");
        upstream.Release("b");
        var first = await engine.EndOfAsync(await engine.StartRunAsync(await engine.AddFlowAsync(TwoCalls(upstream)), """{"n":7}""", session: "s-1"));
        var again = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Start));
        again.Run.Status.ShouldBe(RunStatus.Succeeded);
        again.Run.Trigger.ShouldBe(RunTrigger.Replay);
        again.Run.ReplayOf.ShouldBe(first.Run.Id);
        again.Run.RootRunId.ShouldBe(again.Run.Id);
        again.Run.ThreadId.ShouldBe(first.Run.ThreadId);
        again.Input.GetRawText().ShouldBe("""{"n":7}""");
        again.Steps.ShouldAllBe(s => s.ReusedFrom == null);
        upstream.Keys("a").Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task From_the_failed_step_what_was_done_is_kept_and_the_rest_has_the_same_keys()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("a");
        upstream.Release("b", status: 400);
        var first = await engine.EndOfAsync(await engine.StartRunAsync(await engine.AddFlowAsync(TwoCalls(upstream)), """{"n":7}"""));
        first.Run.Status.ShouldBe(RunStatus.Failed);
        upstream.Release("b");
        var again = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed));
        again.Run.Status.ShouldBe(RunStatus.Succeeded, again.Run.Error?.Message);
        again.Run.RootRunId.ShouldBe(first.Run.Id);
        again.Run.ThreadId.ShouldBe(first.Run.ThreadId);
        upstream.Calls("a").ShouldBe(1);
        upstream.Keys("b").Distinct().ShouldHaveSingleItem();
        var kept = again.Steps.Single(s => s.NodeId == "a");
        (kept.ReusedFrom, kept.Status, kept.StartedAt).ShouldBe((first.Run.Id, StepStatus.Succeeded, null));
        kept.Output.ShouldNotBeEmpty();
        kept.Input.ShouldNotBeEmpty();
        again.Steps.Single(s => s.NodeId == "b").ReusedFrom.ShouldBeNull();
        (await TypesAsync(engine, again.Run.Id)).ShouldBe(["run.accepted", "node.finished", "node.finished", "run.started", "node.started", "node.finished", "run.finished"]);
    }

    [Fact]
    public async Task The_replay_stands_on_its_own_when_the_first_run_is_deleted()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("a");
        upstream.Release("b", status: 400);
        var first = await engine.EndOfAsync(await engine.StartRunAsync(await engine.AddFlowAsync(TwoCalls(upstream)), """{"n":7}"""));
        var second = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed));
        (await engine.Runs.DeleteAsync(first.Run.Id, CancellationToken.None)).ShouldBeTrue();
        upstream.Release("b");
        var third = await engine.EndOfAsync(await ReplayAsync(engine, second.Run.Id, ReplayFrom.Failed));
        third.Run.Status.ShouldBe(RunStatus.Succeeded);
        (third.Run.ReplayOf, third.Run.RootRunId).ShouldBe((second.Run.Id, first.Run.Id));
        // Where it was really done, through the whole chain.
        third.Steps.Single(s => s.NodeId == "a").ReusedFrom.ShouldBe(first.Run.Id);
        upstream.Calls("a").ShouldBe(1);
        upstream.Keys("b").Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_canceled_run_goes_on_where_it_was_cut()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("a");
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(TwoCalls(upstream)));
        await upstream.UntilCalledAsync("b");
        await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None);
        upstream.Release("b");
        (await engine.EndOfAsync(await ReplayAsync(engine, run, ReplayFrom.Failed))).Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("a").ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_timeout_of_a_step_or_of_the_run_is_gone_on_from(bool ofTheRun)
    {
        await using var upstream = await Upstream.StartAsync();
        var time = new ManualTime();
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(time));
        upstream.Release("a");
        var document = TwoCalls(upstream, timeout: ofTheRun ? null : 20, retries: 0);
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(document, new FlowLimits { RunTimeout = ofTheRun ? 20 : null }));
        await upstream.UntilCalledAsync("b");
        time.Advance(TimeSpan.FromSeconds(25));
        var first = await engine.EndOfAsync(run);
        first.Run.Status.ShouldBe(ofTheRun ? RunStatus.TimedOut : RunStatus.Failed);
        upstream.Release("b");
        // The time that the first run worked does not count against the replay.
        var again = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed));
        again.Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("a").ShouldBe(1);
    }

    [Fact]
    public async Task What_a_parallel_branch_did_is_kept()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("good");
        upstream.Release("bad", status: 400);
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook")
            .Node("good", "ApiRequest", new { url_input = upstream.Url("good"), method = "POST" }).Node("after", "ApiRequest", new { url_input = upstream.Url("bad"), method = "POST" })
            .Node("other", "ApiRequest", new { url_input = upstream.Url("other"), method = "POST" })
            .Edge("in.output_data", "good.body").Edge("good.data", "after.body").Edge("in.output_data", "other.body").Build());
        upstream.Release("other");
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow));
        first.Run.Status.ShouldBe(RunStatus.Failed);
        var others = upstream.Calls("other");
        var done = first.Steps.Any(s => s is { NodeId: "other", Status: StepStatus.Succeeded });
        upstream.Release("bad");
        (await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed))).Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("good").ShouldBe(1);
        upstream.Calls("other").ShouldBe(done ? others : others + 1);
    }

    [Fact]
    public async Task A_mended_flow_goes_on_from_what_it_did_not_change()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("a");
        upstream.Release("b", status: 400);
        var flow = await engine.AddFlowAsync(TwoCalls(upstream));
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow));
        upstream.Release("c");
        await engine.Flows.SaveAsync(flow with { Draft = TwoCalls(upstream, second: "c") }, expectedRevision: null, CancellationToken.None);
        // The same version fails again; the latest goes on with the call that was mended.
        (await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed))).Run.Status.ShouldBe(RunStatus.Failed);
        var again = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed, ReplayVersion.Latest));
        again.Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("a").ShouldBe(1);
        upstream.Calls("c").ShouldBe(1);
        again.Run.FlowVersionId.ShouldNotBe(first.Run.FlowVersionId);
    }

    [Fact]
    public async Task A_step_whose_node_was_changed_is_done_anew_with_all_that_hangs_on_it()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("a");
        upstream.Release("a2");
        upstream.Release("b", status: 400);
        var flow = await engine.AddFlowAsync(TwoCalls(upstream));
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow));
        await engine.Flows.SaveAsync(flow with { Draft = TwoCalls(upstream, first: "a2") }, expectedRevision: null, CancellationToken.None);
        upstream.Release("b");
        var again = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed, ReplayVersion.Latest));
        again.Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("a2").ShouldBe(1);
        again.Steps.Where(s => s.ReusedFrom is not null).Select(s => s.NodeId).ShouldBe(["in"]);
    }

    [Fact]
    public async Task Iterations_that_were_done_are_kept()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        foreach (var path in (string[])["x", "y", "z"])
            upstream.Release(path, status: path == "y" ? 400 : 200);
        var flow = await engine.AddFlowAsync(Looped(upstream));
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow, """[{"p":"x"},{"p":"y"},{"p":"z"}]"""));
        first.Run.Status.ShouldBe(RunStatus.Failed);
        upstream.Calls("x").ShouldBe(1);
        upstream.Release("y");
        var again = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed));
        again.Run.Status.ShouldBe(RunStatus.Succeeded, again.Run.Error?.Message);
        upstream.Calls("x").ShouldBe(1);
        upstream.Calls("z").ShouldBe(1);
        upstream.Keys("y").Distinct().ShouldHaveSingleItem();
        again.Steps.Where(s => s is { NodeId: "call", ReusedFrom: not null }).Select(s => s.Iteration[0]).ShouldBe([0]);
    }

    [Fact]
    public async Task With_the_loops_body_mended_the_steps_before_the_change_are_kept_in_every_iteration()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        foreach (var path in (string[])["x", "y"])
            upstream.Release(path);
        upstream.Release("then", status: 400);
        upstream.Release("mended");
        var flow = await engine.AddFlowAsync(Looped(upstream, then: "then"));
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow, """[{"p":"x"},{"p":"y"}]"""));
        first.Run.Status.ShouldBe(RunStatus.Failed);
        await engine.Flows.SaveAsync(flow with { Draft = Looped(upstream, then: "mended") }, expectedRevision: null, CancellationToken.None);
        var again = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed, ReplayVersion.Latest));
        again.Run.Status.ShouldBe(RunStatus.Succeeded, again.Run.Error?.Message);
        upstream.Calls("x").ShouldBe(1);
        upstream.Calls("mended").ShouldBe(2);
        again.Steps.Where(s => s.NodeId == "then").ShouldAllBe(s => s.ReusedFrom == null);
    }

    [Fact]
    public async Task An_agent_s_turns_and_calls_are_kept()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("first");
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "ApiRequest", new { url_input = upstream.Url("first") })), FakeModel.Calls(("c2", "ApiRequest", new { url_input = upstream.Url("held") })), FakeOpenAi.Whole("Done."));
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "ChatInput").Node("agent", "Agent", new { provider = "openai", base_url = model.BaseUrl })
            .Node("call", "ApiRequest", new { method = "POST" }).Node("out", "ChatOutput")
            .Edge("in.message", "agent.input_value").Edge("agent.response", "out.input_value").Edge("call.component_as_tool", "agent.tools").Build());
        var run = await engine.StartRunAsync(flow, "\"Do it\"", RunTrigger.Api);
        await upstream.UntilCalledAsync("held");
        await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None);
        upstream.Release("held");
        var again = await engine.EndOfAsync(await ReplayAsync(engine, run, ReplayFrom.Failed));
        again.Run.Status.ShouldBe(RunStatus.Succeeded, again.Run.Error?.Message);
        again.Output.ShouldNotBeNull().GetString().ShouldBe("Done.");
        model.Asked.Count.ShouldBe(3);
        upstream.Calls("first").ShouldBe(1);
        upstream.Keys("held").Distinct().ShouldHaveSingleItem();
        // One message of the person's in the thread, though two runs said it.
        (await engine.Runs.MessagesAsync(again.Run.ThreadId, 10, CancellationToken.None)).Select(m => m.Text).ShouldBe(["Do it", "Done."]);
    }

    [Fact]
    public async Task With_a_tool_changed_the_agent_begins_anew()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("first");
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "ApiRequest", new { url_input = upstream.Url("first") })), FakeModel.Calls(("c2", "ApiRequest", new { url_input = upstream.Url("held") })),
            FakeModel.Calls(("c1", "Shop", new { url_input = upstream.Url("first") })), FakeOpenAi.Whole("Done."));
        FlowDocument Document(string title)
        {
            var document = new FlowBuilder().Node("in", "ChatInput").Node("agent", "Agent", new { provider = "openai", base_url = model.BaseUrl })
                .Node("call", "ApiRequest", new { method = "POST" }).Node("out", "ChatOutput")
                .Edge("in.message", "agent.input_value").Edge("agent.response", "out.input_value").Edge("call.component_as_tool", "agent.tools").Build();
            return document with { Nodes = [.. document.Nodes.Select(n => n.Id == "call" ? n with { Title = title } : n)] };
        }
        var flow = await engine.AddFlowAsync(Document(""));
        var run = await engine.StartRunAsync(flow, "\"Do it\"", RunTrigger.Api);
        await upstream.UntilCalledAsync("held");
        await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None);
        await engine.Flows.SaveAsync(flow with { Draft = Document("Shop") }, expectedRevision: null, CancellationToken.None);
        var again = await engine.EndOfAsync(await ReplayAsync(engine, run, ReplayFrom.Failed, ReplayVersion.Latest));
        again.Run.Status.ShouldBe(RunStatus.Succeeded, again.Run.Error?.Message);
        again.Steps.Where(s => s.ReusedFrom is not null).Select(s => s.NodeId).ShouldBe(["in"]);
        upstream.Calls("first").ShouldBe(2);
        model.Asked.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_run_that_another_flow_did_for_the_first_run_is_not_done_again()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("child");
        upstream.Release("bad", status: 400);
        var child = await engine.AddFlowAsync(upstream.Call("child"));
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("call", "RunFlow", new { flow = child.Id })
            .Node("bad", "ApiRequest", new { url_input = upstream.Url("bad"), method = "POST" }).Edge("in.output_data", "call.input").Edge("call.output", "bad.body").Build());
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow));
        upstream.Release("bad");
        (await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed))).Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("child").ShouldBe(1);
        (await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Start))).Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("child").ShouldBe(2);
    }

    [Fact]
    public async Task A_chat_box_beside_a_webhook_stays_silent_in_a_replay_too()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("chat", "ChatInput").Node("text", "DataToMessage", new { template = "x" })
            .Node("out", "ChatOutput").Edge("in.output_data", "text.data").Edge("chat.message", "out.input_value").Build());
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow));
        first.Steps.Single(s => s.NodeId == "chat").Status.ShouldBe(StepStatus.Skipped);
        var again = await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Start));
        again.Steps.Single(s => s.NodeId == "chat").Status.ShouldBe(StepStatus.Skipped);
        var third = await engine.EndOfAsync(await ReplayAsync(engine, again.Run.Id, ReplayFrom.Start));
        third.Steps.Single(s => s.NodeId == "chat").Status.ShouldBe(StepStatus.Skipped);
    }

    [Fact]
    public async Task Tokens_of_kept_steps_are_not_counted_again()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("b", status: 400);
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Hello" }).Node("llm", "LLM", new { stream = false })
            .Node("b", "ApiRequest", new { url_input = upstream.Url("b"), method = "POST" })
            .Edge("in.output_data", "text.data").Edge("text.text", "llm.input_value").Edge("llm.text_output", "b.body").Build());
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow));
        first.Run.Tokens.Output.ShouldBeGreaterThan(0);
        upstream.Release("b");
        (await engine.EndOfAsync(await ReplayAsync(engine, first.Run.Id, ReplayFrom.Failed))).Run.Tokens.ShouldBe(default);
    }

    [Fact]
    public async Task What_cannot_be_replayed_says_why()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        (await TryAsync(engine, Guid.CreateVersion7(), ReplayFrom.Start)).Outcome.ShouldBe(IntakeOutcome.NoSuchRun);
        var held = await engine.StartRunAsync(await engine.AddFlowAsync(upstream.Call("held")));
        await upstream.UntilCalledAsync("held");
        (await TryAsync(engine, held, ReplayFrom.Start)).Code.ShouldBe("run_not_ended");
        upstream.Release("held");
        await engine.EndOfAsync(held);
        (await TryAsync(engine, held, ReplayFrom.Failed)).Code.ShouldBe("nothing_failed");
        var gone = await engine.AddFlowAsync(ChildRunTests.Echo("x"));
        var run = await engine.StartRunAsync(gone);
        await engine.EndOfAsync(run);
        await engine.Flows.SaveAsync(gone with { Draft = new FlowBuilder().Node("in", "Webhook").Node("call", "RunFlow").Edge("in.output_data", "call.input").Build() }, expectedRevision: null, CancellationToken.None);
        var invalid = await TryAsync(engine, run, ReplayFrom.Start, ReplayVersion.Latest);
        (invalid.Outcome, invalid.Problems.Count).ShouldBe((IntakeOutcome.FlowInvalid, 1));
        (await TryAsync(engine, run, ReplayFrom.Start)).Outcome.ShouldBe(IntakeOutcome.Accepted);
        await engine.Flows.DeleteAsync(gone.Id, CancellationToken.None);
        (await TryAsync(engine, run, ReplayFrom.Start)).Code.ShouldBe("flow_version_gone");
    }

    [Fact]
    public async Task The_same_key_gives_the_first_replay_again()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(ChildRunTests.Echo("x")));
        await engine.EndOfAsync(run);
        var replay = engine.Get<IRunReplay>();
        var first = await replay.ReplayAsync(new(run, ReplayFrom.Start, ReplayVersion.Same, "k"), CancellationToken.None);
        var second = await replay.ReplayAsync(new(run, ReplayFrom.Start, ReplayVersion.Same, "k"), CancellationToken.None);
        (second.Outcome, second.RunId).ShouldBe((IntakeOutcome.Repeated, first.RunId));
        (await replay.ReplayAsync(new(run, ReplayFrom.Start, ReplayVersion.Latest, "k"), CancellationToken.None)).Outcome.ShouldBe(IntakeOutcome.KeyReused);
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_a_replay_keeps_what_was_kept()
    {
        await using var upstream = await Upstream.StartAsync();
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        try
        {
            Guid again;
            await using (var engine = await EngineFixture.StartAsync(folder, o => o.Runner.DrainSeconds = 0))
            {
                upstream.Release("a");
                var run = await engine.StartRunAsync(await engine.AddFlowAsync(TwoCalls(upstream)));
                await upstream.UntilCalledAsync("b");
                await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None);
                again = await ReplayAsync(engine, run, ReplayFrom.Failed);
                await upstream.UntilCalledAsync("b", times: 2);
            }
            upstream.Release("b");
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                (await engine.EndOfAsync(again)).Run.Status.ShouldBe(RunStatus.Succeeded);
                upstream.Calls("a").ShouldBe(1);
                upstream.Keys("b").Distinct().ShouldHaveSingleItem();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static FlowDocument TwoCalls(Upstream upstream, string first = "a", string second = "b", double? timeout = null, int? retries = null) => new FlowBuilder().Node("in", "Webhook")
        .Node("a", "ApiRequest", new { url_input = upstream.Url(first), method = "POST" }).Node("b", "ApiRequest", new { url_input = upstream.Url(second), method = "POST" }, timeout: timeout, retries: retries)
        .Edge("in.output_data", "a.body").Edge("a.data", "b.body").Build();

    static FlowDocument Looped(Upstream upstream, string? then = null)
    {
        var flow = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop").Node("url", "DataToMessage", new { template = upstream.Url("{p}") })
            .Node("call", "ApiRequest", new { method = "POST" })
            .Edge("in.output_data", "loop.data").Edge("loop.item", "url.data").Edge("url.text", "call.url_input");
        return (then is null
            ? flow.Edge("call.data", "loop.loop")
            : flow.Node("then", "ApiRequest", new { url_input = upstream.Url(then), method = "POST" }).Edge("call.data", "then.body").Edge("then.data", "loop.loop")).Build();
    }

    static async Task<Guid> ReplayAsync(EngineFixture engine, Guid run, ReplayFrom from, ReplayVersion version = ReplayVersion.Same)
    {
        var result = await TryAsync(engine, run, from, version);
        result.Outcome.ShouldBe(IntakeOutcome.Accepted, result.Message);
        return result.RunId;
    }

    static async Task<IntakeResult> TryAsync(EngineFixture engine, Guid run, ReplayFrom from, ReplayVersion version = ReplayVersion.Same) =>
        await engine.Get<IRunReplay>().ReplayAsync(new(run, from, version), CancellationToken.None);

    static async Task<IEnumerable<string>> TypesAsync(EngineFixture engine, Guid run) =>
        (await engine.Runs.EventsAsync(run, 0, 1000, CancellationToken.None)).Select(e => e.Type).Where(t => t is not "log");
}
