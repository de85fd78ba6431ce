using FlowStudio.Web.Studio.Editor.Inspector;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Inspector;

public class StepChoiceTests
{
    readonly RunEvents events = new(Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"));
    readonly RunProgress run = new(Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"));
    readonly StepChoice choice = new();

    [Fact]
    public void The_newest_attempt_of_the_newest_iteration_is_shown_until_another_is_chosen()
    {
        run.Apply(events.NodeStarted("llm", 1, 0));
        run.Apply(events.NodeFinished("llm", """{"text":"a"}""", 1, 0));
        run.Apply(events.NodeStarted("llm", 1, 1));
        choice.Take(run, "llm");
        (choice.Iterations, choice.At, choice.Words).ShouldBe((2, 1, "2 of 2"));
        choice.Go(0);
        run.Apply(events.NodeStarted("llm", 1, 2));
        choice.Take(run, "llm");
        (choice.Iterations, choice.At).ShouldBe((3, 0));
        choice.Step!.Output!.Value.GetProperty("text").GetString().ShouldBe("a");
        choice.Follow();
        choice.Take(run, "llm");
        choice.At.ShouldBe(2);
    }

    [Fact]
    public void Iterations_stand_in_their_order_however_they_began()
    {
        foreach (var i in (int[])[10, 2, 0])
            run.Apply(events.NodeStarted("llm", 1, i));
        choice.Take(run, "llm");
        choice.Go(1);
        choice.Step!.Iteration.ShouldBe([2]);
        choice.Go(2);
        choice.Step!.Iteration.ShouldBe([10]);
        choice.Go(3);
        choice.At.ShouldBe(2);
    }

    [Fact]
    public void An_earlier_attempt_can_be_looked_at()
    {
        run.Apply(events.NodeStarted("llm"));
        run.Apply(events.NodeRetrying("llm"));
        run.Apply(events.NodeStarted("llm", attempt: 2));
        choice.Take(run, "llm");
        (choice.Attempts.Count, choice.Step!.Attempt).ShouldBe((2, 2));
        choice.Try(1);
        choice.Take(run, "llm");
        choice.Step!.Error!.Message.ShouldContain("429");
    }

    [Fact]
    public void A_node_that_was_not_reached_has_no_step()
    {
        choice.Take(run, "llm");
        (choice.Iterations, choice.Step).ShouldBe((0, null));
        choice.Take(null, "llm");
        choice.Step.ShouldBeNull();
    }
}
