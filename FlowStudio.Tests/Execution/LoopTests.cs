using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

public class LoopTests
{
    /// <summary>A webhook whose body is the list, and a text made of each item.</summary>
    static FlowBuilder Texts(object? settings = null, string template = "<{name}>") => new FlowBuilder()
        .Node("in", "Webhook").Node("loop", "Loop", settings).Node("text", "DataToMessage", new { template })
        .Edge("in.output_data", "loop.data").Edge("loop.item", "text.data").Edge("text.text", "loop.loop");

    static string List(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"name":"{{i}}"}"""))}]";

    static string[] Done(RunDetails run) => [.. run.Steps.Last(s => s is { NodeId: "loop", Status: StepStatus.Succeeded }).Output.Single(o => o.Key == "done").Value.EnumerateArray().Select(JsonText.Of)];

    static async Task<RunDetails> RunAsync(EngineFixture engine, FlowBuilder flow, string input) =>
        await engine.EndOfAsync(await engine.StartRunAsync(await engine.AddFlowAsync(flow.Build()), input));

    [Fact]
    public async Task The_body_runs_once_per_item_and_the_results_come_in_order()
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Texts(), List(3));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).ShouldBe(["<0>", "<1>", "<2>"]);
        ended.Steps.Where(s => s.NodeId == "text").Select(s => string.Join('.', s.Iteration)).ShouldBe(["0", "1", "2"]);
        ended.Output.ShouldNotBeNull().GetRawText().ShouldBe("""["<0>","<1>","<2>"]""");
    }

    [Theory]
    [InlineData("[]", 0)]
    [InlineData("""{"name":"only"}""", 1)]
    [InlineData("""{"list":[1,2,3]}""", 1)]
    public async Task What_is_no_list_counts_as_one_item_and_nothing_as_none(string input, int iterations)
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Texts(template: "x"), input);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).Length.ShouldBe(iterations);
        ended.Steps.Count(s => s.NodeId == "text").ShouldBe(iterations);
    }

    [Fact]
    public async Task A_list_that_is_too_long_fails_before_anything_is_repeated()
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Texts(new { max_items = 3 }), List(4));
        ended.Run.Status.ShouldBe(RunStatus.Failed);
        var error = ended.Run.Error.ShouldNotBeNull();
        (error.Code, error.NodeId).ShouldBe(("too_many_items", "loop"));
        error.Message.ShouldContain("4 items");
        error.Remedy.ShouldNotBeNull().ShouldContain("Max items");
        ended.Steps.ShouldNotContain(s => s.NodeId == "text");
    }

    [Fact]
    public async Task Ten_thousand_iterations_grow_neither_the_stack_nor_what_waits_to_be_stored()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Texts(new { max_items = 10_000 }).Build()), List(10_000));
        var most = 0;
        await EngineFixture.UntilAsync(async () =>
        {
            using (var watch = engine.Get<RunEventHub>().Watch(run))
                most = Math.Max(most, watch.Tail.Count);
            return RunNames.IsFinal((await engine.Runs.FindAsync(run, CancellationToken.None)).ShouldNotBeNull().Status);
        }, "the run has ended");
        var ended = await engine.EndOfAsync(run);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).ShouldBe(Enumerable.Range(0, 10_000).Select(i => $"<{i}>"));
        most.ShouldBeLessThan(6_000, "twenty thousand events are handed to the journal in pieces");
    }

    [Fact]
    public async Task A_body_of_nothing_gives_the_items_back()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { max_items = 50_000 }).Edge("in.output_data", "loop.data").Edge("loop.item", "loop.loop");
        Done(await RunAsync(engine, flow, List(50_000))).Length.ShouldBe(50_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Loops_nest_and_their_paths_too(int parallel)
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { parallel }).Node("inner", "Loop", new { parallel }).Node("text", "DataToMessage", new { template = "{n}" })
            .Edge("in.output_data", "loop.data").Edge("loop.item", "inner.data").Edge("inner.item", "text.data").Edge("text.text", "inner.loop").Edge("inner.done", "loop.loop");
        var ended = await RunAsync(engine, flow, """[[{"n":1},{"n":2}],[],[{"n":3}]]""");
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        ended.Output.ShouldNotBeNull().GetRawText().ShouldBe("""[["1","2"],[],["3"]]""");
        ended.Steps.Where(s => s.NodeId == "text").Select(s => string.Join('.', s.Iteration)).ShouldBe(["0.0", "0.1", "2.0"], ignoreOrder: true);
        ended.Steps.Where(s => s.NodeId == "inner").Select(s => string.Join('.', s.Iteration)).ShouldBe(["0", "1", "2"], ignoreOrder: true);
        ended.Steps.Single(s => s.NodeId == "text" && s.Iteration is [2, 0]).Input.Single().Value.GetRawText().ShouldBe("""[{"n":3}]""");
    }

    [Fact]
    public async Task What_lies_outside_of_the_body_is_used_inside_even_when_it_comes_late()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop").Node("nap", "Delay", new { seconds = 0.02 }).Node("outer", "DataToMessage", new { template = "all" })
            .Node("text", "DataToMessage", new { template = "{name}" }).Node("both", "Prompt", new { template = "{one} {all}" })
            .Edge("in.output_data", "loop.data").Edge("in.output_data", "nap.input").Edge("nap.output", "outer.data").Edge("loop.item", "text.data")
            .Edge("text.text", "both.one").Edge("outer.text", "both.all").Edge("both.prompt", "loop.loop");
        var ended = await RunAsync(engine, flow, List(2));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).ShouldBe(["0 all\nall", "1 all\nall"]);
        ended.Steps.Count(s => s.NodeId == "outer").ShouldBe(1, "what does not hang on an item is outside");
    }

    [Fact]
    public async Task A_branch_not_taken_gives_no_result_and_is_skipped_visibly_in_its_iteration()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop").Node("big", "IfElse", new Dictionary<string, object> { ["path"] = "n", ["operator"] = "greater than", ["match_text"] = "1" })
            .Node("text", "DataToMessage", new { template = "{n}" }).Edge("in.output_data", "loop.data").Edge("loop.item", "big.input_text").Edge("big.true_result", "text.data").Edge("text.text", "loop.loop");
        var ended = await RunAsync(engine, flow, """[{"n":0},{"n":5},{"n":1},{"n":2}]""");
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).ShouldBe(["5", "2"]);
        ended.Steps.Where(s => s is { NodeId: "text", Status: StepStatus.Skipped }).Select(s => s.Iteration.Single()).ShouldBe([0, 2]);
    }

    [Fact]
    public async Task A_switched_off_node_in_the_body_is_skipped_each_time_and_a_loop_that_is_skipped_repeats_nothing()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = Texts().Node("off", "DataToMessage", new { template = "x" }, disabled: true).Node("never", "Loop").Node("inside", "DataToMessage", new { template = "x" })
            .Edge("loop.item", "off.data").Edge("in.headers", "never.data").Edge("never.item", "inside.data").Edge("inside.text", "never.loop");
        var ended = await RunAsync(engine, flow, List(2));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        ended.Steps.Where(s => s.NodeId == "off").Select(s => s.Status).ShouldBe([StepStatus.Skipped, StepStatus.Skipped]);
    }

    [Fact]
    public async Task A_failure_inside_fails_the_run_and_names_node_and_item()
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Divisions(), """[{"n":1},{"n":0},{"n":2}]""");
        ended.Run.Status.ShouldBe(RunStatus.Failed);
        var error = ended.Run.Error.ShouldNotBeNull();
        error.NodeId.ShouldBe("divide");
        error.Message.ShouldStartWith("Loop › 2: ");
        ended.Steps.Where(s => s.Status is StepStatus.Failed).Select(s => s.NodeId).ShouldBe(["divide", "loop"], ignoreOrder: true);
        ended.Steps.ShouldNotContain(s => s.Iteration.Count > 0 && s.Iteration[0] == 2, "nothing begins after the failure");
    }

    [Fact]
    public async Task A_failed_item_is_left_out_with_a_warning_when_the_loop_says_so()
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Divisions(new { on_error = "skip" }), """[{"n":1},{"n":0},{"n":2}]""");
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).ShouldBe(["12", "6"]);
        var warning = (await engine.Runs.EventsAsync(ended.Run.Id, 0, 1000, CancellationToken.None)).Single(e => e.Type == RunEventTypes.Log).Read();
        warning.NodeId.ShouldBe("loop");
        warning.Text("level").ShouldBe("warning");
        warning.Text("text").ShouldNotBeNull().ShouldStartWith("Loop › 2 is left out: ");
    }

    [Fact]
    public async Task A_failure_goes_up_to_the_loop_that_leaves_it_out()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { on_error = "skip", parallel = 2 }).Node("inner", "Loop", new { parallel = 3 }).Node("divide", "Calculator", new { expression = "12 / {n}" })
            .Node("nap", "Delay", new { seconds = 0.01 })
            .Edge("in.output_data", "loop.data").Edge("loop.item", "inner.data").Edge("inner.item", "nap.input").Edge("nap.output", "divide.data").Edge("divide.number", "inner.loop").Edge("inner.done", "loop.loop");
        var ended = await RunAsync(engine, flow, """[[{"n":1}],[{"n":2},{"n":0},{"n":3}],[{"n":4},{"n":6}]]""");
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        ended.Output.ShouldNotBeNull().GetRawText().ShouldBe("[[12],[3,2]]");
        ended.Steps.Single(s => s is { NodeId: "inner", Status: StepStatus.Failed }).Error.ShouldNotBeNull().Message.ShouldStartWith("Loop › 2: ");
    }

    [Fact]
    public async Task A_wait_inside_lets_the_run_sleep_and_go_on_where_it_was()
    {
        var time = new ManualTime();
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(time));
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Naps(parallel: 1).Build()), List(3));
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        var ended = await EndedAsync(engine, run, time);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).ShouldBe(["<0>", "<1>", "<2>"]);
        ended.Steps.ShouldAllBe(s => s.Attempt == 1, "the loop goes on, it does not begin anew");
        ended.Steps.Count(s => s.NodeId == "before").ShouldBe(3);
        (await engine.Runs.EventsAsync(run, 0, 1000, CancellationToken.None)).Count(e => e.Type == RunEventTypes.RunWaiting).ShouldBe(3);
    }

    [Fact]
    public async Task Other_items_go_on_while_one_waits()
    {
        var time = new ManualTime();
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(time));
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Naps(parallel: 3).Build()), List(3));
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        var asleep = (await engine.Runs.FindDetailsAsync(run, CancellationToken.None)).ShouldNotBeNull();
        asleep.Steps.Count(s => s is { NodeId: "nap", Status: StepStatus.Waiting }).ShouldBe(3);
        Done(await EndedAsync(engine, run, time)).ShouldBe(["<0>", "<1>", "<2>"]);
    }

    [Fact]
    public async Task A_run_that_sleeps_inside_can_be_canceled()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Naps(parallel: 2).Build()), List(3));
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        (await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None)).ShouldBe(CancelOutcome.Canceled);
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Canceled);
    }

    [Fact]
    public async Task A_run_in_the_middle_of_many_items_can_be_canceled()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Texts(new { max_items = 100_000 }).Build());
        var run = await engine.StartRunAsync(flow, $"[{string.Join(',', Enumerable.Repeat("1", 100_000))}]");
        using var watch = engine.Get<RunEventHub>().Watch(run);
        await EngineFixture.UntilAsync(() => Task.FromResult(watch.Events.TryRead(out var e) && e.NodeId == "text"), "the body runs");
        (await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None)).ShouldBe(CancelOutcome.Canceled);
        var ended = await engine.EndOfAsync(run);
        ended.Run.Status.ShouldBe(RunStatus.Canceled);
        ended.Steps.Count.ShouldBeLessThan(100_000);
    }

    static FlowBuilder Divisions(object? settings = null) => new FlowBuilder()
        .Node("in", "Webhook").Node("loop", "Loop", settings).Node("divide", "Calculator", new { expression = "12 / {n}" })
        .Edge("in.output_data", "loop.data").Edge("loop.item", "divide.data").Edge("divide.number", "loop.loop");

    static FlowBuilder Naps(int parallel) => new FlowBuilder()
        .Node("in", "Webhook").Node("loop", "Loop", new { parallel }).Node("before", "DataToMessage", new { template = "<{name}>" }).Node("nap", "Delay", new { hours = 1 })
        .Edge("in.output_data", "loop.data").Edge("loop.item", "before.data").Edge("before.text", "nap.input").Edge("nap.output", "loop.loop");

    static async Task<RunDetails> EndedAsync(EngineFixture engine, Guid run, ManualTime time)
    {
        await EngineFixture.UntilAsync(async () =>
        {
            time.Advance(TimeSpan.FromMinutes(10));
            return RunNames.IsFinal((await engine.Runs.FindAsync(run, CancellationToken.None)).ShouldNotBeNull().Status);
        }, "the run has ended");
        return (await engine.Runs.FindDetailsAsync(run, CancellationToken.None)).ShouldNotBeNull();
    }
}
