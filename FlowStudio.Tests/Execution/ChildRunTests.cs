using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Llm;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Runs that are steps of other runs.</summary>
public sealed class ChildRunTests
{
    [Fact]
    public async Task The_other_flow_runs_as_a_run_of_its_own_and_its_output_comes_back()
    {
        await using var engine = await EngineFixture.StartAsync();
        var child = await engine.AddFlowAsync(Echo("Got {text}"));
        var parent = await engine.AddFlowAsync(Caller(child));
        var run = await engine.EndOfAsync(await engine.StartRunAsync(parent, """{"text":"it"}""", session: "s-1"));
        run.Run.Status.ShouldBe(RunStatus.Succeeded, run.Run.Error?.Message);
        run.Output.ShouldNotBeNull().GetString().ShouldBe("Got it");
        var own = await OnlyChildAsync(engine, child);
        own.ParentRunId.ShouldBe(run.Run.Id);
        own.Depth.ShouldBe(1);
        own.Trigger.ShouldBe(RunTrigger.Flow);
        own.Status.ShouldBe(RunStatus.Succeeded);
        own.ThreadId.ShouldBe(ThreadIds.Of(child.Id, "s-1"));
        run.Steps.Single(s => s.NodeId == "call").ChildRunId.ShouldBe(own.Id);
        run.Steps.Single(s => s.NodeId == "call").Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task A_sleeping_parent_holds_no_place()
    {
        await using var engine = await EngineFixture.StartAsync(configure: o => o.Runner.MaxConcurrentRuns = 1);
        var last = await engine.AddFlowAsync(Echo("Got {text}"));
        var middle = await engine.AddFlowAsync(Caller(last));
        var first = await engine.AddFlowAsync(Caller(middle));
        var runs = new List<Guid>();
        for (var i = 0; i < 5; i++)
            runs.Add(await engine.StartRunAsync(first, $$"""{"text":"{{i}}"}"""));
        for (var i = 0; i < runs.Count; i++)
            (await engine.EndOfAsync(runs[i])).Output.ShouldNotBeNull().GetString().ShouldBe($"Got {i}");
    }

    [Fact]
    public async Task Branches_that_wait_for_runs_go_on_beside_each_other()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var slow = await engine.AddFlowAsync(upstream.Call("slow"));
        var quick = await engine.AddFlowAsync(Echo("quick"));
        var parent = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook")
            .Node("a", "RunFlow", new { flow = slow.Id }).Node("b", "RunFlow", new { flow = quick.Id }).Node("after", "ApiRequest", new { url_input = upstream.Url("after"), method = "POST" })
            .Edge("in.output_data", "a.input").Edge("in.output_data", "b.input").Edge("b.output", "after.body").Build());
        var run = await engine.StartRunAsync(parent);
        // The quick run's end wakes the parent, and what hangs on it is done, though the other one has not ended.
        await upstream.UntilCalledAsync("after");
        upstream.Release("after");
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        upstream.Release("slow");
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("slow").ShouldBe(1);
    }

    [Fact]
    public async Task A_branch_at_work_does_not_keep_another_s_run_waiting()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var quick = await engine.AddFlowAsync(Echo("quick"));
        var parent = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook")
            .Node("long", "ApiRequest", new { url_input = upstream.Url("long"), method = "POST" }).Node("b", "RunFlow", new { flow = quick.Id })
            .Node("after", "ApiRequest", new { url_input = upstream.Url("after"), method = "POST" })
            .Edge("in.output_data", "long.body").Edge("in.output_data", "b.input").Edge("b.output", "after.body").Build());
        var run = await engine.StartRunAsync(parent);
        await upstream.UntilCalledAsync("long");
        await upstream.UntilCalledAsync("after");
        upstream.Release("after");
        upstream.Release("long");
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
    }

    [Fact]
    public async Task A_failed_run_fails_the_step_with_its_error()
    {
        await using var engine = await EngineFixture.StartAsync();
        var child = await engine.AddFlowAsync(Failing());
        var parent = await engine.AddFlowAsync(Caller(child));
        var run = await engine.EndOfAsync(await engine.StartRunAsync(parent));
        run.Run.Status.ShouldBe(RunStatus.Failed);
        var own = await OnlyChildAsync(engine, child);
        var error = run.Run.Error.ShouldNotBeNull();
        error.Code.ShouldBe("child_failed");
        error.NodeId.ShouldBe("call");
        error.Message.ShouldContain(own.Id.ToString());
        error.Message.ShouldContain("the flow Test");
        error.Message.ShouldContain(own.Error.ShouldNotBeNull().Message);
    }

    [Fact]
    public async Task A_repeat_after_a_failed_run_starts_a_new_one()
    {
        await using var engine = await EngineFixture.StartAsync();
        var child = await engine.AddFlowAsync(Failing());
        var parent = await engine.AddFlowAsync(Caller(child, retries: 2));
        var run = await engine.EndOfAsync(await engine.StartRunAsync(parent));
        run.Run.Status.ShouldBe(RunStatus.Failed);
        var children = await ChildrenAsync(engine, child);
        children.Count.ShouldBe(3);
        run.Steps.Where(s => s.NodeId == "call").Select(s => s.ChildRunId).ShouldBe(children.Select(c => (Guid?)c.Id).Reverse());
    }

    [Fact]
    public async Task Cancelling_a_run_cancels_the_runs_it_waits_for()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var last = await engine.AddFlowAsync(upstream.Call("held"));
        var middle = await engine.AddFlowAsync(Caller(last));
        var first = await engine.AddFlowAsync(Caller(middle));
        var run = await engine.StartRunAsync(first);
        await upstream.UntilCalledAsync("held");
        (await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None)).ShouldBe(CancelOutcome.Canceled);
        (await OnlyChildAsync(engine, middle)).Status.ShouldBe(RunStatus.Canceled);
        (await OnlyChildAsync(engine, last)).Status.ShouldBe(RunStatus.Canceled);
    }

    [Fact]
    public async Task A_failed_branch_cancels_the_run_that_another_branch_waits_for()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var held = await engine.AddFlowAsync(upstream.Call("held"));
        var parent = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("call", "RunFlow", new { flow = held.Id })
            .Node("gate", "ApiRequest", new { url_input = upstream.Url("gate"), method = "POST" })
            .Edge("in.output_data", "call.input").Edge("in.output_data", "gate.body")
            .Node("bad", "ApiRequest", new { url_input = "http://[", method = "POST" }).Edge("gate.data", "bad.body").Build());
        var run = await engine.StartRunAsync(parent);
        await upstream.UntilCalledAsync("held");
        upstream.Release("gate");
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Failed);
        var child = await OnlyChildAsync(engine, held);
        await engine.EndOfAsync(child.Id);
        (await OnlyChildAsync(engine, held)).Status.ShouldBe(RunStatus.Canceled);
    }

    [Fact]
    public async Task Cancelling_the_run_that_is_waited_for_fails_the_step()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var held = await engine.AddFlowAsync(upstream.Call("held"));
        var parent = await engine.AddFlowAsync(Caller(held, retries: 3));
        var run = await engine.StartRunAsync(parent);
        await upstream.UntilCalledAsync("held");
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        await engine.Get<IRunControl>().CancelAsync((await OnlyChildAsync(engine, held)).Id, CancellationToken.None);
        (await engine.EndOfAsync(run)).Run.Error.ShouldNotBeNull().Code.ShouldBe("child_canceled");
        (await ChildrenAsync(engine, held)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_flow_that_runs_itself_ends_at_the_depth_that_is_allowed()
    {
        await using var engine = await EngineFixture.StartAsync(configure: o => o.Runner.MaxDepth = 3);
        var flow = await engine.AddFlowAsync(new FlowBuilder().Build());
        flow = (await engine.Flows.SaveAsync(flow with { Draft = Caller(flow) }, expectedRevision: null, CancellationToken.None)).ShouldNotBeNull();
        var run = await engine.EndOfAsync(await engine.StartRunAsync(flow));
        run.Run.Status.ShouldBe(RunStatus.Failed);
        var runs = await ChildrenAsync(engine, flow);
        runs.Select(r => r.Depth).Order().ShouldBe([0, 1, 2, 3]);
        runs.Single(r => r.Depth == 3).Error.ShouldNotBeNull().Code.ShouldBe("too_deep");
        run.Run.Error.ShouldNotBeNull().Message.ShouldContain("3 is the most");
    }

    [Fact]
    public async Task A_flow_that_does_not_exist_is_named()
    {
        await using var engine = await EngineFixture.StartAsync();
        var parent = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("call", "RunFlow", new { flow = "nobody" }).Edge("in.output_data", "call.input").Build());
        var error = (await engine.EndOfAsync(await engine.StartRunAsync(parent))).Run.Error.ShouldNotBeNull();
        error.Code.ShouldBe("flow_not_found");
        error.Message.ShouldContain("nobody");
    }

    [Fact]
    public async Task A_flow_that_cannot_run_fails_the_step_and_a_switched_off_one_too()
    {
        await using var engine = await EngineFixture.StartAsync();
        var invalid = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("call", "RunFlow").Edge("in.output_data", "call.input").Build());
        var off = await engine.AddFlowAsync(Echo("x"));
        await engine.Flows.SaveAsync(off with { Enabled = false }, expectedRevision: null, CancellationToken.None);
        foreach (var (flow, code) in new[] { (invalid, "flow_invalid"), (off, "flow_disabled") })
        {
            var parent = await engine.AddFlowAsync(Caller(flow));
            (await engine.EndOfAsync(await engine.StartRunAsync(parent))).Run.Error.ShouldNotBeNull().Code.ShouldBe(code);
        }
    }

    [Fact]
    public async Task A_full_queue_is_tried_again()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync(configure: o => (o.Queue.Capacity, o.Runner.MaxConcurrentRuns) = (1, 2));
        var held = await engine.AddFlowAsync(upstream.Call("held"));
        var child = await engine.AddFlowAsync(Echo("Got {text}"));
        var parent = await engine.AddFlowAsync(Caller(child));
        // One run at work, the parent at work, and one that waits: the queue is full when the parent asks.
        var first = await engine.StartRunAsync(held);
        await upstream.UntilCalledAsync("held");
        var slow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("gate", "ApiRequest", new { url_input = upstream.Url("gate"), method = "POST" })
            .Node("call", "RunFlow", new { flow = child.Id }, retries: 20).Edge("in.output_data", "gate.body").Edge("gate.data", "call.input").Build());
        var run = await engine.StartRunAsync(slow);
        await upstream.UntilCalledAsync("gate");
        var filler = await engine.StartRunAsync(parent);
        upstream.Release("gate");
        await EngineFixture.UntilAsync(async () => (await engine.Runs.FindDetailsAsync(run, CancellationToken.None))?.Steps.Any(s => s.Error?.Code == "queue_full") ?? false, "the queue was full");
        upstream.Release("held");
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
        (await engine.EndOfAsync(filler)).Run.Status.ShouldBe(RunStatus.Succeeded);
        (await engine.EndOfAsync(first)).Run.Status.ShouldBe(RunStatus.Succeeded);
    }

    [Fact]
    public async Task Waiting_counts_neither_against_the_step_s_time_nor_the_run_s()
    {
        await using var upstream = await Upstream.StartAsync();
        var time = new ManualTime();
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(time));
        var held = await engine.AddFlowAsync(upstream.Call("held", timeout: 3600), new FlowLimits { RunTimeout = 7200 });
        var parent = await engine.AddFlowAsync(Caller(held, timeout: 5), new FlowLimits { RunTimeout = 10 });
        var run = await engine.StartRunAsync(parent);
        await upstream.UntilCalledAsync("held");
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        time.Advance(TimeSpan.FromMinutes(10));
        upstream.Release("held");
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
    }

    [Fact]
    public async Task A_stop_in_the_middle_loses_neither_run()
    {
        await using var upstream = await Upstream.StartAsync();
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        try
        {
            Guid run;
            Flow held;
            await using (var engine = await EngineFixture.StartAsync(folder, o => o.Runner.DrainSeconds = 0))
            {
                held = await engine.AddFlowAsync(upstream.Call("held"));
                run = await engine.StartRunAsync(await engine.AddFlowAsync(Caller(held)));
                await upstream.UntilCalledAsync("held");
                await engine.UntilStatusAsync(run, RunStatus.Waiting);
            }
            upstream.Release("held");
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
                (await ChildrenAsync(engine, held)).Count.ShouldBe(1);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_run_that_was_deleted_before_its_result_was_taken_is_an_error()
    {
        await using var upstream = await Upstream.StartAsync();
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        try
        {
            Guid run, child;
            await using (var engine = await EngineFixture.StartAsync(folder, o => o.Runner.DrainSeconds = 0))
            {
                var held = await engine.AddFlowAsync(upstream.Call("held"));
                run = await engine.StartRunAsync(await engine.AddFlowAsync(Caller(held)));
                await upstream.UntilCalledAsync("held");
                await engine.UntilStatusAsync(run, RunStatus.Waiting);
                child = (await OnlyChildAsync(engine, held)).Id;
            }
            // Nobody works on the parent, which the child's end puts back into the queue.
            await using (var engine = await EngineFixture.StartAsync(folder, o => o.Runner.Paused = true))
            {
                await engine.Get<IRunControl>().CancelAsync(child, CancellationToken.None);
                await engine.UntilStatusAsync(run, RunStatus.Queued);
                (await engine.Runs.DeleteAsync(child, CancellationToken.None)).ShouldBeTrue();
            }
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                var error = (await engine.EndOfAsync(run)).Run.Error.ShouldNotBeNull();
                error.Code.ShouldBe("child_gone");
                error.Message.ShouldContain(child.ToString());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_loop_runs_a_flow_for_each_item_several_at_once()
    {
        await using var engine = await EngineFixture.StartAsync(configure: o => o.Runner.MaxConcurrentRuns = 2);
        var child = await engine.AddFlowAsync(Echo("Got {text}"));
        var parent = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { parallel = 5 }).Node("call", "RunFlow", new { flow = child.Id })
            .Node("out", "DataToMessage", new { template = "{text}", sep = "," })
            .Edge("in.output_data", "loop.data").Edge("loop.item", "call.input").Edge("call.output", "loop.loop").Edge("loop.done", "out.data").Build());
        var items = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"text":"{{i}}"}"""));
        var run = await engine.EndOfAsync(await engine.StartRunAsync(parent, $"[{items}]"));
        run.Run.Status.ShouldBe(RunStatus.Succeeded, run.Run.Error?.Message);
        run.Steps.Last(s => s.NodeId == "loop").Output.Single(o => o.Key == "done").Value.EnumerateArray().Select(JsonText.OfMessage).ShouldBe(Enumerable.Range(0, 20).Select(i => $"Got {i}"));
        var children = await ChildrenAsync(engine, child);
        children.Count.ShouldBe(20);
        run.Steps.Where(s => s.NodeId == "call").Select(s => s.ChildRunId).OfType<Guid>().Order().ShouldBe(children.Select(c => c.Id).Order());
    }

    [Fact]
    public async Task An_item_that_a_loop_leaves_out_cancels_the_run_it_waits_for()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var held = await engine.AddFlowAsync(upstream.Call("held"));
        var parent = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { on_error = "skip" }).Node("call", "RunFlow", new { flow = held.Id })
            .Node("gate", "ApiRequest", new { url_input = upstream.Url("gate"), method = "POST" }).Node("join", "DataToMessage", new { template = "{ok}" })
            .Edge("in.output_data", "loop.data").Edge("loop.item", "call.input").Edge("loop.item", "gate.body").Edge("call.run", "join.data").Edge("gate.data", "join.data").Edge("join.text", "loop.loop").Build());
        var run = await engine.StartRunAsync(parent, """[{"n":1}]""");
        await upstream.UntilCalledAsync("held");
        await upstream.UntilCalledAsync("gate");
        upstream.Release("gate", status: 400);
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
        (await OnlyChildAsync(engine, held)).Status.ShouldBe(RunStatus.Canceled);
    }

    [Fact]
    public async Task An_agent_has_flows_as_tools()
    {
        await using var engine = await EngineFixture.StartAsync();
        var child = await engine.AddFlowAsync(Echo("Got {n}"));
        var other = await engine.AddFlowAsync(Echo("Had {n}"));
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "RunFlow", new { input = new { n = 1 } }), ("c2", "RunFlow_2", new { input = new { n = 2 } })), FakeOpenAi.Whole("Done."));
        var parent = await engine.AddFlowAsync(new FlowBuilder().Node("in", "ChatInput").Node("agent", "Agent", new { provider = "openai", base_url = model.BaseUrl })
            .Node("First", "RunFlow", new { flow = child.Id }).Node("Second", "RunFlow", new { flow = other.Id }).Node("out", "ChatOutput")
            .Edge("in.message", "agent.input_value").Edge("agent.response", "out.input_value")
            .Edge("First.component_as_tool", "agent.tools").Edge("Second.component_as_tool", "agent.tools").Build());
        var run = await engine.EndOfAsync(await engine.StartRunAsync(parent, "\"Do it\"", RunTrigger.Api));
        run.Run.Status.ShouldBe(RunStatus.Succeeded, run.Run.Error?.Message);
        run.Output.ShouldNotBeNull().GetString().ShouldBe("Done.");
        var told = FakeModel.Results(model.Asked[1].Body);
        told["c1"].ShouldContain("Got 1");
        told["c2"].ShouldContain("Had 2");
        (await OnlyChildAsync(engine, child)).ParentRunId.ShouldBe(run.Run.Id);
        (await OnlyChildAsync(engine, other)).ParentRunId.ShouldBe(run.Run.Id);
        model.Asked.Count.ShouldBe(2);
    }

    internal static FlowDocument Echo(string template) => new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template }).Edge("in.output_data", "text.data").Build();

    internal static FlowDocument Caller(Flow flow, int? retries = null, double? timeout = null) => new FlowBuilder().Node("in", "Webhook")
        .Node("call", "RunFlow", new { flow = flow.Id }, retries: retries, timeout: timeout).Node("out", "ChatOutput").Edge("in.output_data", "call.input").Edge("call.output", "out.input_value").Build();

    /// <summary>A flow whose only call is refused.</summary>
    static FlowDocument Failing() => new FlowBuilder().Node("in", "Webhook").Node("bad", "ApiRequest", new { url_input = "http://[", method = "POST" }).Edge("in.output_data", "bad.body").Build();

    static async Task<IReadOnlyList<Run>> ChildrenAsync(EngineFixture engine, Flow flow) =>
        (await engine.Runs.ListAsync(new RunFilter { FlowId = flow.Id }, cursor: null, 100, CancellationToken.None)).Items;

    static async Task<Run> OnlyChildAsync(EngineFixture engine, Flow flow) => (await ChildrenAsync(engine, flow)).ShouldHaveSingleItem();
}
