using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class RunProgressTests
{
    readonly RunEvents events = new(Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"));
    readonly RunProgress run = new(Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"));

    static readonly FlowDocument Document = new()
    {
        Nodes = [new() { Id = "hook", Type = "Webhook" }, new() { Id = "text", Type = "DataToMessage", Title = "Words" }, new() { Id = "out", Type = "ChatOutput" }],
        Edges = [new() { From = new("hook", "data"), To = new("text", "data") }, new() { From = new("text", "message"), To = new("out", "input_value") }, new() { From = new("hook", "data"), To = new("out", "input_value") }],
    };

    void Apply(params RunEventView[] views)
    {
        foreach (var view in views)
            run.Apply(view);
    }

    [Fact]
    public void A_run_goes_from_queued_to_its_end()
    {
        run.Status.ShouldBe(RunStatus.Queued);
        Apply(events.Accepted("""{"a":1}"""), events.After(5).Started());
        run.Status.ShouldBe(RunStatus.Running);
        Apply(events.View(RunEventTypes.RunWaiting));
        run.Status.ShouldBe(RunStatus.Waiting);
        Apply(events.View(RunEventTypes.RunResumed), events.After(100).Finished());
        run.Status.ShouldBe(RunStatus.Succeeded);
        run.IsFinal.ShouldBeTrue();
        run.Output!.Value.GetString().ShouldBe("Good news");
        (run.FinishedAt - run.StartedAt).ShouldBe(TimeSpan.FromMilliseconds(100));
        run.Input!.Value.GetProperty("a").GetInt32().ShouldBe(1);
    }

    [Fact]
    public void Attempts_are_steps_of_their_own()
    {
        Apply(events.NodeStarted("text"), events.NodeRetrying("text"), events.NodeStarted("text", attempt: 2), events.NodeFinished("text", """{"message":"ok"}""", attempt: 2));
        run.Steps.Select(s => (s.Attempt, s.Status)).ShouldBe([(1, StepStatus.Failed), (2, StepStatus.Succeeded)]);
        run.Latest("text")!.Output!.Value.GetProperty("message").GetString().ShouldBe("ok");
    }

    [Fact]
    public void An_agents_turns_do_not_stand_for_the_agent()
    {
        Apply(events.NodeStarted("agent"), events.NodeFinished("agent", """{"turn":0}""", 1, 0));
        run.Latest("agent")!.Status.ShouldBe(StepStatus.Running);
        run.Latest("agent", [0])!.Status.ShouldBe(StepStatus.Succeeded);
    }

    [Fact]
    public void What_changed_is_told_once()
    {
        Apply(events.NodeStarted("text"), events.Token("text", "a", 0));
        run.TakeChanged().ShouldBe(["text"]);
        run.TakeChanged().ShouldBeEmpty();
    }

    [Fact]
    public void A_number_already_seen_changes_nothing()
    {
        var token = events.Token("text", "abc", 0);
        run.Apply(token).ShouldBeTrue();
        run.Apply(token).ShouldBeFalse();
        run.Latest("text")!.Streamed.ShouldBe("abc");
    }

    [Fact]
    public void What_ran_when_the_run_was_canceled_is_no_longer_running()
    {
        Apply(events.NodeStarted("text"), events.Finished("canceled", "null"));
        run.Latest("text")!.Status.ShouldBe(StepStatus.Failed);
    }

    [Fact]
    public void The_input_of_a_step_is_what_its_edges_carried()
    {
        Apply(events.Accepted("""{"a":1}"""), events.NodeStarted("hook"), events.NodeFinished("hook", """{"data":{"a":1}}"""));
        StepInputs.Of(run, Document, "hook", [])!.Value.GetRawText().ShouldBe("""{"a":1}""");
        StepInputs.Of(run, Document, "text", [])!.Value.GetRawText().ShouldBe("""{"data":{"a":1}}""");
        StepInputs.Of(run, Document, "out", [])!.Value.GetRawText().ShouldBe("""{"input_value":{"a":1}}""");
        Apply(events.NodeFinished("text", """{"message":"x"}"""));
        StepInputs.Of(run, Document, "out", [])!.Value.GetRawText().ShouldBe("""{"input_value":["x",{"a":1}]}""");
    }

    [Fact]
    public void An_iteration_takes_what_its_own_iteration_gave()
    {
        Apply(events.NodeFinished("hook", """{"data":0}"""), events.NodeFinished("text", """{"message":"first"}""", 1, 0), events.NodeFinished("text", """{"message":"second"}""", 1, 1));
        StepInputs.Of(run, Document, "out", [0])!.Value.GetRawText().ShouldBe("""{"input_value":["first",0]}""");
        StepInputs.Of(run, Document, "out", [1])!.Value.GetRawText().ShouldBe("""{"input_value":["second",0]}""");
    }

    [Fact]
    public void The_waterfall_puts_attempts_and_pauses_on_one_scale()
    {
        Apply(events.Accepted(), events.Started(), events.NodeStarted("hook"), events.After(100).NodeFinished("hook", "{}"), events.NodeStarted("text"), events.After(400).NodeRetrying("text"),
            events.After(100).NodeStarted("text", attempt: 2), events.After(400).NodeFailed("text", attempt: 2), events.Finished("failed", "null", """{"code":"timeout","message":"No answer.","node_id":"text"}"""));
        var layout = WaterfallLayout.Of(new(run, new(Document), Document, static id => Document.Node(id)?.Label ?? id), new(), events.Now);
        layout.Rows.Select(r => (r.NodeId, r.Title, r.Status, r.Label, r.Attempts)).ShouldBe(
        [
            ("hook", "Webhook", StepStatus.Succeeded, "100 ms", 1),
            ("text", "Words", StepStatus.Failed, "900 ms", 2),
            ("out", "ChatOutput", StepStatus.Pending, "not reached", 0),
        ]);
        layout.Rows[1].Bars.Select(b => (Math.Round(b.Left), Math.Round(b.Width), b.Look)).ShouldBe([(10, 40, "failed"), (50, 10, "between"), (60, 40, "failed")]);
        layout.Ticks[0].Text.ShouldBe("0");
        layout.Ticks[^1].ShouldBe(new WaterfallTick(100, "1.0 s"));
        run.Error!.NodeId.ShouldBe("text");
    }

    [Fact]
    public void The_item_of_a_loop_is_what_went_into_its_body()
    {
        var document = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop").Node("inner", "Loop").Node("text", "DataToMessage")
            .Edge("in.output_data", "loop.data").Edge("loop.item", "inner.data").Edge("inner.item", "text.data").Edge("text.text", "inner.loop").Build();
        Apply(events.NodeFinished("in", """{"output_data":[["a"],["b","c"]]}"""), events.NodeStarted("loop"), events.NodeStarted("inner", 1, 1), events.NodeStarted("text", 1, 1, 1));
        StepInputs.Of(run, document, "inner", [1])!.Value.GetRawText().ShouldBe("""{"data":["b","c"]}""");
        StepInputs.Of(run, document, "text", [1, 1])!.Value.GetRawText().ShouldBe("""{"data":"c"}""");
    }

    [Fact]
    public void A_run_that_has_not_begun_has_a_layout_too()
    {
        var layout = WaterfallLayout.Of(new(run, new(Document), Document, static id => Document.Node(id)?.Label ?? id), new(), events.Now);
        layout.Rows.Select(r => r.Label).ShouldAllBe(label => label == "pending");
        layout.Ticks.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(7)]
    [InlineData(32_900)]
    [InlineData(86_400_000)]
    public void The_scale_has_a_handful_of_round_marks(double milliseconds)
    {
        Apply(events.Started(), events.NodeStarted("hook"), events.After(milliseconds).NodeFinished("hook", "{}"), events.Finished());
        var ticks = WaterfallLayout.Of(new(run, new(null), Document: null, static id => id), new(), events.Now).Ticks;
        ticks.Count.ShouldBeInRange(2, 7);
        ticks.Select(t => t.Left).ShouldBeInOrder();
    }
}
