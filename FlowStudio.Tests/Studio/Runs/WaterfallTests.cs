using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Runs;

public class WaterfallTests
{
    static readonly FlowDocument Looping = new FlowBuilder().Node("hook", "Webhook").Node("loop", "Loop").Node("text", "DataToMessage").Node("out", "ChatOutput")
        .Edge("hook.output_data", "loop.data").Edge("loop.item", "text.data").Edge("text.text", "loop.loop").Edge("loop.done", "out.input_value").Build();

    static readonly FlowDocument WithAgent = new FlowBuilder().Node("hook", "Webhook").Node("agent", "Agent").Node("call", "ApiRequest").Node("out", "ChatOutput")
        .Edge("hook.output_data", "agent.input_value").Edge("call.component_as_tool", "agent.tools").Edge("agent.response", "out.input_value").Build();

    readonly RunEvents events = new(Guid.CreateVersion7());
    readonly RunProgress run;
    readonly WaterfallFolds folds = new();

    public WaterfallTests() => run = new(events.RunId);

    void Apply(params ReadOnlySpan<RunEventView> views)
    {
        foreach (var view in views)
            run.Apply(view).ShouldBeTrue();
    }

    List<string> Rows(FlowDocument document, Func<Guid, WaterfallRun?>? childOf = null) =>
        [.. WaterfallLayout.Of(new(run, new(document), document, static id => id), folds, events.Now, childOf).Rows
            .Select(r => $"{new string('>', r.Depth)}{(r.More > 0 ? $"+{r.More}" : r.Title)}{(r.Open is { } open ? open ? " -" : " +" : "")}")];

    void Items(int count, int? failed = null)
    {
        Apply(events.Accepted(), events.Started(), events.NodeStarted("hook"), events.NodeFinished("hook", "{}"), events.NodeStarted("loop"));
        for (var i = 0; i < count; i++)
            Apply(events.NodeStarted("text", 1, i), events.After(1).View(i == failed ? RunEventTypes.NodeFailed : RunEventTypes.NodeFinished, "text", "{}", 1, i));
    }

    [Fact]
    public void Items_of_a_loop_lie_in_it_and_their_steps_in_them()
    {
        Items(2);
        Rows(Looping).ShouldBe(["hook", "loop -", ">Item 1 +", ">Item 2 +", "out"]);
        folds.Set("loop:1#", isOpen: true);
        Rows(Looping).ShouldBe(["hook", "loop -", ">Item 1 +", ">Item 2 -", ">>text", "out"]);
        folds.Set("loop:", isOpen: false);
        Rows(Looping).ShouldBe(["hook", "loop +", "out"]);
    }

    [Fact]
    public void Of_many_items_a_page_is_shown_and_what_failed_wherever_it_stands()
    {
        Items(1_050, failed: 700);
        var rows = Rows(Looping);
        rows.Count(r => r.StartsWith(">Item", StringComparison.Ordinal)).ShouldBe(51);
        rows.ShouldContain(">Item 701 -");
        rows.ShouldContain(">+1000");
        folds.More("loop:");
        Rows(Looping).ShouldContain(">+950");
    }

    [Fact]
    public void Many_items_that_went_well_wait_until_they_are_asked_for()
    {
        Items(40);
        Rows(Looping).ShouldBe(["hook", "loop +", "out"]);
    }

    [Fact]
    public void The_turns_of_an_agent_lie_in_it_and_the_calls_in_their_turn()
    {
        Apply(events.Accepted(), events.Started(), events.NodeStarted("agent"), events.NodeStarted("agent", 1, 0), events.NodeFinished("agent", "{}", 1, 0),
            events.NodeStarted("call", 1, 0, 0), events.NodeFinished("call", "{}", 1, 0, 0), events.NodeStarted("call", 1, 0, 1), events.NodeStarted("agent", 1, 1));
        Rows(WithAgent).ShouldBe(["agent -", ">Turn 1 -", ">>call", ">>call", ">Turn 2", "hook", "out"]);
    }

    [Fact]
    public void A_run_that_a_step_started_lies_in_it_when_it_was_read()
    {
        var child = new RunEvents(Guid.CreateVersion7());
        Apply(events.Accepted(), events.Started(), events.NodeStarted("hook"), events.View(RunEventTypes.NodeWaiting, "hook", $$"""{"run_id":"{{child.RunId}}"}"""));
        Rows(Looping)[0].ShouldBe("hook +");
        folds.Set("hook:", isOpen: true);
        var inner = new RunProgress(child.RunId);
        inner.Apply(child.NodeStarted("a"));
        var document = new FlowBuilder().Node("a", "Webhook").Node("b", "ChatOutput").Build();
        Rows(Looping, id => id == child.RunId ? new(inner, new(document), document, static n => n) : null).ShouldBe(["hook -", ">a", ">b", "loop", "text", "out"]);
    }

    [Fact]
    public void What_comes_later_is_taken_in_where_it_belongs()
    {
        var tree = new RunTree(Looping);
        Apply(events.NodeStarted("hook"));
        tree.Take(run);
        Apply(events.NodeStarted("loop"), events.NodeStarted("text", 1, 0));
        tree.Take(run);
        tree.Take(run);
        tree.Roots.Select(n => n.NodeId).ShouldBe(["hook", "loop"]);
        tree.Roots[1].Children.ShouldHaveSingleItem().Children.ShouldHaveSingleItem().Status.ShouldBe(StepStatus.Running);
        tree.Roots[1].Children[0].Status.ShouldBe(StepStatus.Running, "an item is what its steps are");
    }
}
