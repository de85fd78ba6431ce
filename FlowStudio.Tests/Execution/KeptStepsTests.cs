using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Components;
using FlowStudio.Tests.Studio;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>What a changed flow can take over of a run, by what was changed.</summary>
public class KeptStepsTests
{
    [Fact]
    public void All_is_kept_of_the_same_flow() => Kept(Flow()).ShouldBe(["in", "loop", "a:0", "b:0", "a:1", "b:1", "end", "side"]);

    [Fact]
    public void Where_a_node_stands_and_what_it_is_called_changes_nothing() =>
        Kept(Flow() with { Nodes = [.. Flow().Nodes.Select(n => n with { Title = n.Id + "!", Position = new(1, 2), Timeout = 5, Retries = 1 })] }).Count.ShouldBe(8);

    [Fact]
    public void A_changed_setting_takes_all_that_hangs_on_the_node() => Kept(Flow(end: "other")).ShouldBe(["in", "loop", "a:0", "b:0", "a:1", "b:1", "side"]);

    [Fact]
    public void A_changed_body_keeps_what_comes_before_the_change_in_every_iteration() => Kept(Flow(b: "other")).ShouldBe(["in", "a:0", "a:1", "side"]);

    [Fact]
    public void A_changed_loop_takes_its_whole_body() => Kept(Flow(parallel: 2)).ShouldBe(["in", "side"]);

    [Fact]
    public void A_body_that_returns_another_node_gives_other_results_of_the_same_steps() =>
        Kept(new() { Nodes = Flow().Nodes, Edges = [.. Flow().Edges.Select(e => e.To.Port == "loop" ? e with { From = new("a", "text") } : e)] }).ShouldBe(["in", "a:0", "b:0", "a:1", "b:1", "side"]);

    [Fact]
    public void A_new_edge_changes_the_node_it_leads_to() =>
        Kept(new() { Nodes = Flow().Nodes, Edges = [.. Flow().Edges, new Edge { From = new("side", "text"), To = new("end", "data") }] }).ShouldNotContain("end");

    [Fact]
    public void A_node_that_is_gone_or_switched_off_is_not_kept()
    {
        Kept(new() { Nodes = [.. Flow().Nodes.Where(n => n.Id != "side")], Edges = [.. Flow().Edges.Where(e => e.To.Node != "side")] }).ShouldNotContain("side");
        Kept(Flow() with { Nodes = [.. Flow().Nodes.Select(n => n.Id == "side" ? n with { Disabled = true } : n)] }).ShouldNotContain("side");
    }

    [Fact]
    public void A_node_of_another_type_is_not_kept() => Kept(Flow() with { Nodes = [.. Flow().Nodes.Select(n => n.Id == "side" ? n with { Type = "Prompt" } : n)] }).ShouldNotContain("side");

    [Fact]
    public void Failed_and_open_steps_are_not_kept()
    {
        var events = new RunEvents(Guid.CreateVersion7());
        var history = RunHistory.Fold(
        [
            events.Add(RunEventTypes.RunAccepted),
            events.Add(RunEventTypes.NodeFinished, "in", """{"output":{}}"""),
            events.Add(RunEventTypes.NodeFailed, "side", """{"error":{"code":"x","message":"x"}}"""),
            events.Add(RunEventTypes.NodeStarted, "loop"),
        ]);
        KeptSteps.Of(history, Flow(), Flow(), NodeTest.Catalog).Select(s => s.NodeId).ShouldBe(["in"]);
    }

    static List<string> Kept(FlowDocument next)
    {
        var events = new RunEvents(Guid.CreateVersion7());
        var history = RunHistory.Fold(
        [
            events.Add(RunEventTypes.RunAccepted), Done("in"), events.Add(RunEventTypes.NodeStarted, "loop"), Done("a", 0), Done("b", 0), Done("a", 1), Done("b", 1), Done("loop"), Done("end"), Done("side"),
        ]);
        return [.. KeptSteps.Of(history, Flow(), next, NodeTest.Catalog).Select(s => s.Iteration.Count == 0 ? s.NodeId : $"{s.NodeId}:{StepKey.PathOf(s.Iteration)}")];

        RunEvent Done(string node, params int[] iteration) => events.Add(RunEventTypes.NodeFinished, node, """{"output":{}}""", attempt: 1, iteration);
    }

    /// <summary>in → loop (a → b) → end, and in → side.</summary>
    static FlowDocument Flow(string b = "{text}", string end = "{text}", int parallel = 1) => new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { parallel })
        .Node("a", "DataToMessage", new { template = "{n}" }).Node("b", "DataToMessage", new { template = b }).Node("end", "DataToMessage", new { template = end }).Node("side", "DataToMessage", new { template = "x" })
        .Edge("in.output_data", "loop.data").Edge("loop.item", "a.data").Edge("a.text", "b.data").Edge("b.text", "loop.loop").Edge("loop.done", "end.data").Edge("in.output_data", "side.data").Build();
}
