using System.Text.Json;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Components;
using FlowStudio.Tests.Llm;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Runs that ask somebody.</summary>
public sealed class QuestionRunTests
{
    static readonly Answerer Ada = new("Ada", AnswerVia.Api);

    [Fact]
    public async Task A_run_waits_for_its_answer_and_goes_on_with_it()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Asking(new { question = "Who is {name}?" }));
        var run = await engine.StartRunAsync(flow, """{"name":"Bob"}""");
        var asked = await engine.AskedAsync(run);
        (asked.Question.Kind, asked.Question.Text, asked.NodeId, asked.NodeTitle, asked.FlowId).ShouldBe((QuestionKind.Text, "Who is Bob?", "ask", "Ask Ada", flow.Id));
        asked.Until.ShouldBeNull();
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        var questions = engine.Get<IQuestions>();
        (await questions.CountAsync(CancellationToken.None)).ShouldBe(1);
        (await questions.ListAsync(flow.Id, cursor: null, 10, CancellationToken.None)).Items.ShouldHaveSingleItem().Id.ShouldBe(asked.Id);
        var step = (await engine.DetailsAsync(run)).Steps.Single(s => s.NodeId == "ask");
        (step.Status, step.QuestionId, step.Answer).ShouldBe((StepStatus.Waiting, asked.Id, null));
        Question.Read(step.Question.ShouldNotBeNull()).Text.ShouldBe("Who is Bob?");

        (await engine.AnswerAsync(run, "\"My uncle.\"", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        var ended = await engine.EndOfAsync(run);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("My uncle.");
        step = ended.Steps.Single(s => s.NodeId == "ask");
        (step.Status, step.AnsweredBy, step.AnsweredVia, step.Attempt).ShouldBe((StepStatus.Succeeded, "Ada", "api", 1));
        step.Answer.ShouldNotBeNull().GetString().ShouldBe("My uncle.");
        var by = step.Output.Single(o => o.Key == "answered_by").Value;
        (by.GetProperty("who").GetString(), by.GetProperty("via").GetString(), by.GetProperty("at").GetDateTimeOffset()).ShouldBe(("Ada", "api", step.AnsweredAt.ShouldNotBeNull()));
        (await questions.CountAsync(CancellationToken.None)).ShouldBe(0);
        var state = (await questions.FindAsync(asked.Id, CancellationToken.None)).ShouldNotBeNull();
        (state.Status, state.By, state.ClosedAt).ShouldBe((QuestionStatus.Answered, Ada, step.AnsweredAt));
        (await engine.Runs.AllEventsAsync(run, CancellationToken.None)).Select(e => e.Type).Where(t => t is not RunEventTypes.NodeSkipped).ShouldBe(
        [
            "run.accepted", "run.started", "node.started", "node.finished", "node.started", "node.waiting", "run.waiting", "node.answered", "run.resumed", "node.finished", "node.started",
            "node.finished", "run.finished",
        ]);
    }

    [Fact]
    public async Task Of_fifty_answers_at_once_one_counts_and_the_others_are_told_whose()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Asking(new { question = "Who?" })));
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        await OneOfFiftyAsync(engine, run);
        (await engine.EndOfAsync(run)).Output.ShouldNotBeNull().GetString().ShouldNotBeNull().ShouldStartWith("a");
    }

    [Fact]
    public async Task A_run_at_work_takes_one_of_fifty_answers_and_does_not_leave_memory_for_it()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Beside(upstream)));
        await upstream.UntilCalledAsync("long");
        await OneOfFiftyAsync(engine, run);
        // What hangs on the answer is done, while the other branch is still at work.
        await upstream.UntilCalledAsync("after");
        (await engine.DetailsAsync(run)).Run.Status.ShouldBe(RunStatus.Running);
        upstream.Release("after");
        upstream.Release("long");
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
        (await engine.Runs.AllEventsAsync(run, CancellationToken.None)).Count(e => e.Type is RunEventTypes.RunWaiting or RunEventTypes.RunResumed).ShouldBe(0);
    }

    [Fact]
    public async Task Answers_that_come_while_runs_lie_down_wake_them_all()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Asking(new { question = "Who?" }));
        var runs = new List<Guid>();
        for (var i = 0; i < 40; i++)
            runs.Add(await engine.StartRunAsync(flow));
        await Task.WhenAll(runs.Select(async run =>
        {
            // As soon as anybody can see the question, asleep or not.
            while (await engine.AnswerAsync(run, "\"me\"", Ada) is not AnswerOutcome.Answered)
                await Task.Yield();
        }));
        foreach (var run in runs)
            (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
    }

    [Theory]
    [InlineData("""{"approved":true,"comment":"fine"}""", "approved", "rejected", "Approved: fine")]
    [InlineData("false", "rejected", "approved", "Rejected")]
    public async Task An_approval_goes_one_of_two_ways_with_what_came_in(string answer, string taken, string other, string text)
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("ask", "AskPerson", new { question = "Go?", kind = "approval" })
            .Node("approved", "DataToMessage", new { template = "{n}" }).Node("rejected", "DataToMessage", new { template = "{n}" })
            .Edge("in.output_data", "ask.input").Edge("ask.approved", "approved.data").Edge("ask.rejected", "rejected.data").Build()), """{"n":7}""");
        await engine.AskedAsync(run);
        (await engine.AnswerAsync(run, answer, Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        var ended = await engine.EndOfAsync(run);
        var steps = ended.Steps.ToDictionary(s => s.NodeId);
        (steps[taken].Status, steps[other].Status).ShouldBe((StepStatus.Succeeded, StepStatus.Skipped));
        steps[taken].Output[0].Value.GetString().ShouldBe("7");
        steps["ask"].Output.Single(o => o.Key == "answer").Value.GetString().ShouldBe(text);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_changes_nothing()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Asking(new { question = "Which?", kind = "choice", choices = "red\nblue" })));
        await engine.AskedAsync(run);
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        (await engine.AnswerAsync(run, "\"green\"", Ada)).ShouldBeOfType<AnswerOutcome.Invalid>().Message.ShouldContain("'red', 'blue'");
        (await engine.AnswerAsync(run, "7", Ada)).ShouldBeOfType<AnswerOutcome.Invalid>();
        (await engine.DetailsAsync(run)).Run.Status.ShouldBe(RunStatus.Waiting);
        (await engine.AnswerAsync(run, "\"blue\"", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        (await engine.EndOfAsync(run)).Output.ShouldNotBeNull().GetString().ShouldBe("blue");
    }

    [Fact]
    public async Task Without_an_answer_in_time_the_run_goes_the_other_way_and_a_late_one_is_refused()
    {
        var time = new ManualTime();
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(time));
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook")
            .Node("ask", "AskPerson", new { question = "Go?", kind = "approval", time_limit = 2, time_limit_unit = "minutes" }).Node("late", "DataToMessage", new { template = "late {n}" })
            .Edge("in.output_data", "ask.input").Edge("ask.timed_out", "late.data").Build()), """{"n":7}""");
        var asked = await engine.AskedAsync(run);
        asked.Until.ShouldNotBeNull().ShouldBe(asked.AskedAt + TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(1));
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        time.Advance(TimeSpan.FromMinutes(3));
        (await engine.AnswerAsync(run, "true", Ada, asked.Id)).ShouldBeOfType<AnswerOutcome.NotWaiting>().Why.ShouldContain("was over at");
        var ended = await engine.EndOfAsync(run);
        ended.Steps.Single(s => s.NodeId == "late").Output[0].Value.GetString().ShouldBe("late 7");
        (await engine.Get<IQuestions>().FindAsync(asked.Id, CancellationToken.None)).ShouldNotBeNull().Status.ShouldBe(QuestionStatus.Over);
        (await engine.AnswerAsync(run, "true", Ada, asked.Id)).ShouldBeOfType<AnswerOutcome.NotWaiting>();
        (await engine.AnswerAsync(run, "true", Ada)).ShouldBeOfType<AnswerOutcome.NotWaiting>();
    }

    [Fact]
    public async Task A_canceled_run_asks_no_more_and_a_deleted_one_never_did()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Asking(new { question = "Who?" })));
        var asked = await engine.AskedAsync(run);
        await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None);
        (await engine.Get<IQuestions>().CountAsync(CancellationToken.None)).ShouldBe(0);
        (await engine.Get<IQuestions>().FindAsync(asked.Id, CancellationToken.None)).ShouldNotBeNull().Status.ShouldBe(QuestionStatus.Over);
        (await engine.AnswerAsync(run, "\"me\"", Ada)).ShouldBeOfType<AnswerOutcome.NotWaiting>().Why.ShouldBe("The run is canceled and waits for no answer.");
        (await engine.AnswerAsync(run, "\"me\"", Ada, asked.Id)).ShouldBeOfType<AnswerOutcome.NotWaiting>();
        (await engine.Runs.DeleteAsync(run, CancellationToken.None)).ShouldBeTrue();
        (await engine.Get<IQuestions>().FindAsync(asked.Id, CancellationToken.None)).ShouldBeNull();
        (await engine.AnswerAsync(run, "\"me\"", Ada, asked.Id)).ShouldBeOfType<AnswerOutcome.Unknown>();
        (await engine.AnswerAsync(run, "\"me\"", Ada)).ShouldBeOfType<AnswerOutcome.Unknown>();
        (await engine.AnswerAsync(Guid.Empty, "\"me\"", Ada)).ShouldBeOfType<AnswerOutcome.Unknown>();
    }

    [Fact]
    public async Task A_branch_that_fails_ends_the_run_and_its_question()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Beside(upstream)));
        var asked = await engine.AskedAsync(run);
        upstream.Release("long", status: 400);
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Failed);
        (await engine.Get<IQuestions>().FindAsync(asked.Id, CancellationToken.None)).ShouldNotBeNull().Status.ShouldBe(QuestionStatus.Over);
    }

    [Fact]
    public async Task A_loop_asks_for_each_item_several_at_once()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { parallel = 3 })
            .Node("ask", "AskPerson", new { question = "What of {n}?" }).Node("out", "DataToMessage", new { template = "{text}", sep = "," })
            .Edge("in.output_data", "loop.data").Edge("loop.item", "ask.input").Edge("ask.answer", "loop.loop").Edge("loop.done", "out.data").Build()), """[{"n":0},{"n":1},{"n":2},{"n":3}]""");
        var open = await engine.AskedAsync(run, 3);
        open.Select(q => q.Question.Text).ShouldBe(["What of 0?", "What of 1?", "What of 2?"]);
        open.Select(q => q.Iteration.ShouldHaveSingleItem()).ShouldBe([0, 1, 2]);
        (await engine.AnswerAsync(run, "\"x\"", Ada)).ShouldBeOfType<AnswerOutcome.Which>().Open.Count.ShouldBe(3);
        (await engine.AnswerAsync(run, "\"c\"", Ada, open[2].Id)).ShouldBeOfType<AnswerOutcome.Answered>();
        open = await engine.AskedAsync(run, 3);
        (await engine.AnswerAsync(run, "\"d\"", Ada, open[2].Id)).ShouldBeOfType<AnswerOutcome.Answered>();
        (await engine.AnswerAsync(run, "\"a\"", Ada, open[0].Id)).ShouldBeOfType<AnswerOutcome.Answered>();
        (await engine.AnswerAsync(run, "\"b\"", Ada, open[1].Id)).ShouldBeOfType<AnswerOutcome.Answered>();
        (await engine.EndOfAsync(run)).Output.ShouldNotBeNull().GetString().ShouldBe("a,b,c,d");
    }

    [Fact]
    public async Task An_agent_asks_two_people_at_once_and_goes_on_with_both_answers()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        await using var model = await FakeModel.SayingAsync(FakeModel.Calls(("c1", "Boss", new { question = "May I?" }), ("c2", "Boss", new { question = "Surely?" })), FakeOpenAi.Whole("Done."));
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(new FlowBuilder().Node("in", "ChatInput").Node("agent", "Agent", new { provider = "openai", base_url = model.BaseUrl })
            .Node("boss", "AskPerson", new { kind = "approval" }).Title("boss", "Boss").Node("out", "ChatOutput").Node("long", "ApiRequest", new { url_input = upstream.Url("long"), method = "POST" })
            .Edge("in.message", "agent.input_value").Edge("agent.response", "out.input_value").Edge("boss.component_as_tool", "agent.tools").Edge("in.message", "long.body").Build()),
            "\"Do it\"", RunTrigger.Api);
        var open = await engine.AskedAsync(run, 2);
        // The first answer finds the run at work, the second asleep.
        (await engine.AnswerAsync(run, """{"approved":true,"comment":"be quick"}""", Ada, open.Single(q => q.Question.Text == "May I?").Id)).ShouldBeOfType<AnswerOutcome.Answered>();
        upstream.Release("long");
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        (await engine.AnswerAsync(run, "false", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
        var told = FakeModel.Results(model.Asked[1].Body);
        (told["c1"], told["c2"]).ShouldBe(("Approved: be quick", "Rejected"));
        model.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_parent_sleeps_while_its_child_asks()
    {
        await using var engine = await EngineFixture.StartAsync();
        var child = await engine.AddFlowAsync(Asking(new { question = "Who?" }));
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(ChildRunTests.Caller(child)));
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        OpenQuestion? asked = null;
        await EngineFixture.UntilAsync(async () => (asked = (await engine.Get<IQuestions>().ListAsync(child.Id, cursor: null, 10, CancellationToken.None)).Items.FirstOrDefault()) is not null, "the child asks");
        (await engine.AnswerAsync(asked.ShouldNotBeNull().RunId, "\"me\"", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        (await engine.EndOfAsync(run)).Output.ShouldNotBeNull().GetString().ShouldBe("me");
    }

    [Fact]
    public async Task A_replay_keeps_answers_and_asks_again_what_nobody_has_answered()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("first", "AskPerson", new { question = "First?" })
            .Node("second", "AskPerson", new { question = "Second?" }).Node("out", "ChatOutput").Edge("in.output_data", "first.input").Edge("first.answer", "second.input")
            .Edge("second.answer", "out.input_value").Build()));
        await engine.AskedAsync(run);
        await engine.AnswerAsync(run, "\"one\"", Ada);
        await EngineFixture.UntilAsync(async () => (await engine.Get<IQuestions>().OpenOfRunAsync(run, CancellationToken.None)).Any(q => q.NodeId == "second"), "it asks the second time");
        await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None);
        var replay = await engine.Get<IRunReplay>().ReplayAsync(new(run, ReplayFrom.Failed, ReplayVersion.Same), CancellationToken.None);
        replay.Outcome.ShouldBe(IntakeOutcome.Accepted, replay.Message);
        (await engine.AskedAsync(replay.RunId)).NodeId.ShouldBe("second");
        (await engine.AnswerAsync(replay.RunId, "\"two\"", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        var ended = await engine.EndOfAsync(replay.RunId);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("two");
        ended.Steps.Single(s => s.NodeId == "first").ReusedFrom.ShouldBe(run);
    }

    [Fact]
    public async Task A_pinned_node_asks_nobody()
    {
        await using var engine = await EngineFixture.StartAsync();
        var document = Asking(new { question = "Go?", kind = "approval" });
        document = document with { Nodes = [.. document.Nodes.Select(n => n.Id == "ask" ? n with { Pinned = new() { ["answer"] = NodeTest.Json("\"pinned\""), ["approved"] = NodeTest.Json("1") } } : n)] };
        var started = await PinTests.Starter(engine).StartAsync((await engine.AddFlowAsync(document)).Id, "{}", CancellationToken.None);
        var ended = await engine.EndOfAsync(started.RunId.ShouldNotBeNull());
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("pinned");
        ended.Steps.Single(s => s.NodeId == "ask").Output.Select(o => o.Key).ShouldBe(["answer", "approved"]);
        (await engine.Get<IQuestions>().CountAsync(CancellationToken.None)).ShouldBe(0);
    }

    [Fact]
    public async Task A_question_outlives_a_stop_and_is_answered_while_nobody_works()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        await using var upstream = await Upstream.StartAsync();
        try
        {
            Guid asleep, atWork;
            await using (var engine = await EngineFixture.StartAsync(folder, o => o.Runner.DrainSeconds = 0))
            {
                asleep = await engine.StartRunAsync(await engine.AddFlowAsync(Asking(new { question = "Who?" })));
                atWork = await engine.StartRunAsync(await engine.AddFlowAsync(Beside(upstream)));
                await engine.AskedAsync(asleep);
                await engine.AskedAsync(atWork);
                await upstream.UntilCalledAsync("long");
            }
            upstream.Release("long");
            upstream.Release("after");
            await using (var engine = await EngineFixture.StartAsync(folder, o => o.Runner.Paused = true))
            {
                // One sleeps, the other is queued already; nobody works on either.
                await engine.UntilStatusAsync(atWork, RunStatus.Queued);
                (await engine.AnswerAsync(asleep, "\"me\"", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
                (await engine.AnswerAsync(atWork, "\"you\"", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
                (await engine.AnswerAsync(atWork, "\"they\"", Ada)).ShouldBeOfType<AnswerOutcome.AlreadyAnswered>().By.ShouldBe(Ada);
                await engine.UntilStatusAsync(asleep, RunStatus.Queued);
            }
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                (await engine.EndOfAsync(asleep)).Output.ShouldNotBeNull().GetString().ShouldBe("me");
                (await engine.EndOfAsync(atWork)).Steps.Single(s => s.NodeId == "ask").Answer.ShouldNotBeNull().GetString().ShouldBe("you");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_list_of_questions_has_pages()
    {
        await using var engine = await EngineFixture.StartAsync();
        var (flow, other) = (await engine.AddFlowAsync(Asking(new { question = "Who?" })), await engine.AddFlowAsync(Asking(new { question = "What?" })));
        var asked = new List<Guid>();
        for (var i = 0; i < 5; i++)
            asked.Add((await engine.AskedAsync(await engine.StartRunAsync(flow))).Id);
        await engine.AskedAsync(await engine.StartRunAsync(other));
        var questions = engine.Get<IQuestions>();
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await questions.ListAsync(flow.Id, cursor, 2, CancellationToken.None);
            seen.AddRange(page.Items.Select(q => q.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        seen.ShouldBe(asked.AsEnumerable().Reverse());
        var newest = (await questions.ListAsync(flowId: null, cursor: null, 100, CancellationToken.None)).Items;
        newest.Count.ShouldBe(6);
        var oldest = await questions.ListOldestAsync(flowId: null, cursor: null, 4, CancellationToken.None);
        var rest = await questions.ListOldestAsync(flowId: null, oldest.NextCursor.ShouldNotBeNull(), 4, CancellationToken.None);
        oldest.Items.Concat(rest.Items).Select(q => q.Id).ShouldBe(newest.Reverse().Select(q => q.Id));
        rest.NextCursor.ShouldBeNull();
        (await questions.CountAsync(CancellationToken.None)).ShouldBe(6);
        await Should.ThrowAsync<FormatException>(() => questions.ListAsync(flowId: null, "nonsense", 2, CancellationToken.None));
    }

    internal static FlowDocument Asking(object settings) => new FlowBuilder().Node("in", "Webhook").Node("ask", "AskPerson", settings).Title("ask", "Ask Ada").Node("out", "ChatOutput")
        .Edge("in.output_data", "ask.input").Edge("ask.answer", "out.input_value").Build();

    /// <summary>One branch asks, and calls /after with the answer; the other calls /long meanwhile.</summary>
    static FlowDocument Beside(Upstream upstream) => new FlowBuilder().Node("in", "Webhook").Node("ask", "AskPerson", new { question = "Who?" })
        .Node("long", "ApiRequest", new { url_input = upstream.Url("long"), method = "POST" }, retries: 0).Node("after", "ApiRequest", new { url_input = upstream.Url("after"), method = "POST" })
        .Edge("in.output_data", "ask.input").Edge("in.output_data", "long.body").Edge("ask.answered_by", "after.body").Build();

    static async Task OneOfFiftyAsync(EngineFixture engine, Guid run)
    {
        var asked = await engine.AskedAsync(run);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => engine.AnswerAsync(run, $"\"a{i}\"", new($"p{i}", AnswerVia.Link), asked.Id))));
        outcomes.OfType<AnswerOutcome.Answered>().ShouldHaveSingleItem();
        var state = (await engine.Get<IQuestions>().FindAsync(asked.Id, CancellationToken.None)).ShouldNotBeNull();
        var winner = state.By.ShouldNotBeNull().Who;
        outcomes.OfType<AnswerOutcome.AlreadyAnswered>().Count(o => o.By.Who == winner && o.When == state.ClosedAt).ShouldBe(49);
        state.Answer.ShouldNotBeNull().GetString().ShouldBe("a" + winner[1..]);
        (await engine.Runs.AllEventsAsync(run, CancellationToken.None)).Count(e => e.Type == RunEventTypes.NodeAnswered).ShouldBe(1);
    }
}

/// <summary>Asking and answering, in the words of these tests.</summary>
static class AskedRuns
{
    /// <summary>The run's only open question, once it can be answered.</summary>
    public static async Task<OpenQuestion> AskedAsync(this EngineFixture engine, Guid run) => (await engine.AskedAsync(run, 1)).ShouldHaveSingleItem();

    /// <summary>The run's open questions, once there are so many.</summary>
    public static async Task<IReadOnlyList<OpenQuestion>> AskedAsync(this EngineFixture engine, Guid run, int count)
    {
        IReadOnlyList<OpenQuestion> open = [];
        await EngineFixture.UntilAsync(async () => (open = await engine.Get<IQuestions>().OpenOfRunAsync(run, CancellationToken.None)).Count == count, $"run {run} asks {count}");
        return open;
    }

    public static Task<AnswerOutcome> AnswerAsync(this EngineFixture engine, Guid run, string json, Answerer by, Guid? question = null) =>
        engine.Get<IQuestions>().AnswerAsync(run, question, JsonSerializer.Deserialize<JsonElement>(json), by, CancellationToken.None);

    public static async Task<RunDetails> DetailsAsync(this EngineFixture engine, Guid run) => (await engine.Runs.FindDetailsAsync(run, CancellationToken.None)).ShouldNotBeNull();
}
