using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Questions;

/// <summary>What a run asks and is told, as its events say it.</summary>
public class StepQuestionTests
{
    static readonly Guid Id = Guid.Parse("019ff000-0000-7000-8000-000000000001");
    static readonly string Waiting = $$$"""{"question_id":"{{{Id}}}","until":"2026-11-21T16:00:00Z","question":{"kind":"approval","text":"**Refund** Ada?"}}""";
    static readonly string Answered = $$"""{"question_id":"{{Id}}","answer":{"approved":true,"comment":"fine"},"by":"Lin","via":"link"}""";

    static (RunProgress Run, RunEvents Events) Asked()
    {
        var events = new RunEvents(Guid.CreateVersion7());
        var run = new RunProgress(events.RunId);
        foreach (var e in new[] { events.Accepted(), events.Started(), events.NodeStarted("ask"), events.After(1000).View(RunEventTypes.NodeWaiting, "ask", Waiting), events.View(RunEventTypes.RunWaiting) })
            run.Apply(e);
        return (run, events);
    }

    [Fact]
    public void A_step_that_asks_says_what_and_until_when()
    {
        var (run, events) = Asked();
        var flow = Guid.CreateVersion7();
        var open = run.OpenQuestions(flow, id => $"Node {id}").ShouldHaveSingleItem();
        open.Id.ShouldBe(Id);
        (open.RunId, open.FlowId, open.NodeTitle, open.Question.Kind).ShouldBe((events.RunId, flow, "Node ask", QuestionKind.Approval));
        open.Until.ShouldBe(new DateTimeOffset(2026, 11, 21, 16, 0, 0, TimeSpan.Zero));
        run.Latest("ask").ShouldNotBeNull().WaitsFor.ShouldBe("an answer");
    }

    [Fact]
    public void The_answer_stays_with_the_step_and_the_wait_is_over()
    {
        var (run, events) = Asked();
        run.Apply(events.After(3000).View(RunEventTypes.NodeAnswered, "ask", Answered));
        var step = run.Latest("ask").ShouldNotBeNull();
        run.OpenQuestions(Guid.Empty, id => id).ShouldBeEmpty();
        step.Status.ShouldBe(StepStatus.Running);
        var answer = step.Questions.ShouldHaveSingleItem().Answer.ShouldNotBeNull();
        (answer.By, answer.At).ShouldBe((new Answerer("Lin", AnswerVia.Link), events.Now));
        run.Apply(events.After(1000).NodeFinished("ask", """{"answer":"Approved"}"""));
        step.Questions.ShouldHaveSingleItem().Answer.ShouldNotBeNull();
        step.WaitedUntil.ShouldBe(answer.At);
    }

    [Fact]
    public void The_time_it_waited_is_told_apart_from_the_time_it_worked()
    {
        var (run, events) = Asked();
        run.Apply(events.After(3000).View(RunEventTypes.NodeAnswered, "ask", Answered));
        run.Apply(events.After(1000).NodeFinished("ask", """{"answer":"Approved"}"""));
        run.Apply(events.Finished());
        var bars = WaterfallLayout.Of(new(run, new RunTree(null), null, id => id), new(), events.Now).Rows.ShouldHaveSingleItem().Bars;
        bars.Select(b => b.Look).ShouldBe(["succeeded", "waiting", "succeeded"]);
        bars[1].Hint.ShouldBe("waited 3.0 s");
        bars[1].Width.ShouldBe(60, 0.1);
    }

    [Fact]
    public void A_stop_before_a_node_and_the_node_are_one_step()
    {
        var events = new RunEvents(Guid.CreateVersion7());
        var run = new RunProgress(events.RunId);
        var stop = $$$"""{"question_id":"{{{Id}}}","question":{"kind":"interrupt","when":"before"}}""";
        foreach (var e in new[] { events.Accepted(), events.Started(), events.View(RunEventTypes.NodeWaiting, "send", stop) })
            run.Apply(e);
        run.OpenQuestions(Guid.Empty, id => id).ShouldHaveSingleItem().Question.When.ShouldBe(InterruptWhen.Before);
        run.Apply(events.After(1000).View(RunEventTypes.NodeAnswered, "send", $$"""{"question_id":"{{Id}}","answer":null,"by":"","via":"api"}"""));
        run.Apply(events.NodeStarted("send"));
        run.Apply(events.NodeFinished("send", """{"data":1}"""));
        run.Steps.ShouldHaveSingleItem().Status.ShouldBe(StepStatus.Succeeded);
    }

    [Fact]
    public void A_stop_after_a_node_leaves_it_done()
    {
        var events = new RunEvents(Guid.CreateVersion7());
        var run = new RunProgress(events.RunId);
        var stop = $$$"""{"question_id":"{{{Id}}}","question":{"kind":"interrupt","when":"after"}}""";
        foreach (var e in new[] { events.Accepted(), events.Started(), events.NodeStarted("send"), events.NodeFinished("send", """{"data":1}"""), events.View(RunEventTypes.NodeWaiting, "send", stop) })
            run.Apply(e);
        run.OpenQuestions(Guid.Empty, id => id).Count.ShouldBe(1);
        run.Apply(events.View(RunEventTypes.NodeAnswered, "send", $$"""{"question_id":"{{Id}}","answer":null,"by":"","via":"langgraph"}"""));
        run.Steps.ShouldHaveSingleItem().Status.ShouldBe(StepStatus.Succeeded);
        run.Steps[0].Output.ShouldNotBeNull();
    }

    [Fact]
    public void The_log_asks_and_tells_in_words_and_offers_the_answer_while_it_can_be_given()
    {
        var log = new RunLogState();
        var events = new RunEvents(Guid.CreateVersion7());
        log.Append(events.RunId, events.Accepted());
        log.Append(events.RunId, events.View(RunEventTypes.NodeWaiting, "ask", Waiting));
        var line = log.Shown[^1];
        (line.Text, line.QuestionId).ShouldBe(("waits for an answer: Refund Ada?", Id));
        log.Append(events.RunId, events.View(RunEventTypes.NodeAnswered, "ask", Answered));
        log.Shown[^1].Text.ShouldBe("answered by Lin, by link: Approved: fine");
        line.QuestionId.ShouldBeNull();
    }

    [Fact]
    public void Nothing_is_left_to_answer_in_the_log_of_a_run_that_ended()
    {
        var log = new RunLogState();
        var events = new RunEvents(Guid.CreateVersion7());
        log.Append(events.RunId, events.View(RunEventTypes.NodeWaiting, "ask", Waiting));
        var line = log.Shown[^1];
        log.Append(events.RunId, events.Finished("canceled"));
        line.QuestionId.ShouldBeNull();
    }

    [Fact]
    public void The_canvas_knows_a_wait_for_a_person_from_one_for_a_time()
    {
        var (run, events) = Asked();
        var state = FlowGraphMapper.States(run, ["ask"], events.Now).ShouldHaveSingleItem();
        (state.Wait, state.Message).ShouldBe((CanvasWait.Person, "Refund Ada?"));
        var other = new RunEvents(Guid.CreateVersion7());
        var sleeping = new RunProgress(other.RunId);
        sleeping.Apply(other.NodeStarted("nap"));
        sleeping.Apply(other.View(RunEventTypes.NodeWaiting, "nap", """{"until":"2026-11-21T16:00:00Z"}"""));
        FlowGraphMapper.States(sleeping, ["nap"], other.Now).ShouldHaveSingleItem().Wait.ShouldBe(CanvasWait.Time);
    }
}
