using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Runs that are told to stop before or after nodes.</summary>
public sealed class InterruptTests
{
    static readonly Answerer Ada = new("Ada", AnswerVia.LangGraph);

    [Fact]
    public async Task A_run_stops_before_a_node_and_null_lets_it_go_on()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var run = await StartAsync(engine, Line(upstream), before: ["second"]);
        await upstream.UntilCalledAsync("first");
        upstream.Release("first");
        upstream.Release("second");
        var asked = await engine.AskedAsync(run);
        (asked.NodeId, asked.Question.Kind, asked.Question.When).ShouldBe(("second", QuestionKind.Interrupt, InterruptWhen.Before));
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        upstream.Calls("second").ShouldBe(0);
        (await engine.AnswerAsync(run, "null", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        var ended = await engine.EndOfAsync(run);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded);
        (upstream.Calls("first"), upstream.Calls("second")).ShouldBe((1, 1));
        var step = ended.Steps.Single(s => s.NodeId == "second");
        (step.Status, step.Attempt, step.AnsweredBy, step.AnsweredVia).ShouldBe((StepStatus.Succeeded, 1, "Ada", "langgraph"));
    }

    [Fact]
    public async Task A_run_stops_after_a_node_whose_output_is_there_by_then_and_never_runs_it_again()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var run = await StartAsync(engine, Line(upstream), after: ["first"]);
        upstream.Release("first");
        upstream.Release("second");
        var asked = await engine.AskedAsync(run);
        (asked.NodeId, asked.Question.When).ShouldBe(("first", InterruptWhen.After));
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        var step = (await engine.DetailsAsync(run)).Steps.Single(s => s.NodeId == "first");
        (step.Status, step.Output.Count > 0).ShouldBe((StepStatus.Waiting, true));
        upstream.Calls("second").ShouldBe(0);
        (await engine.AnswerAsync(run, "{\"x\":1}", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        (await engine.EndOfAsync(run)).Steps.Single(s => s.NodeId == "first").Status.ShouldBe(StepStatus.Succeeded);
        (upstream.Calls("first"), upstream.Calls("second")).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_star_stops_before_and_after_every_node()
    {
        await using var engine = await EngineFixture.StartAsync();
        var document = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop").Node("text", "DataToMessage", new { template = "<{n}>" }).Node("out", "DataToMessage", new { template = "{text}", sep = "" })
            .Edge("in.output_data", "loop.data").Edge("loop.item", "text.data").Edge("text.text", "loop.loop").Edge("loop.done", "out.data").Build();
        var run = await StartAsync(engine, document, before: ["*"], after: ["*"], """[{"n":1},{"n":2}]""");
        var stops = new List<string>();
        while (true)
        {
            IReadOnlyList<OpenQuestion> open = [];
            await EngineFixture.UntilAsync(async () => RunNames.IsFinal((await engine.DetailsAsync(run)).Run.Status) || (open = await engine.Get<IQuestions>().OpenOfRunAsync(run, CancellationToken.None)).Count > 0, "it stops or ends");
            if (open.Count == 0)
                break;
            var asked = open.ShouldHaveSingleItem();
            stops.Add($"{asked.Question.When} {asked.NodeId}{string.Concat(asked.Iteration)}");
            (await engine.AnswerAsync(run, "null", Ada, asked.Id)).ShouldBeOfType<AnswerOutcome.Answered>();
        }
        stops.ShouldBe(["Before in", "After in", "Before loop", "Before text0", "After text0", "Before text1", "After text1", "After loop", "Before out", "After out"]);
        (await engine.DetailsAsync(run)).Output.ShouldNotBeNull().GetString().ShouldBe("<1><2>");
    }

    [Fact]
    public async Task While_a_branch_is_at_work_another_stops_and_goes_on()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var document = new FlowBuilder().Node("in", "Webhook").Node("long", "ApiRequest", new { url_input = upstream.Url("long"), method = "POST" })
            .Node("second", "ApiRequest", new { url_input = upstream.Url("second"), method = "POST" }).Edge("in.output_data", "long.body").Edge("in.output_data", "second.body").Build();
        var run = await StartAsync(engine, document, before: ["second"], after: ["second"]);
        await upstream.UntilCalledAsync("long");
        (await engine.AskedAsync(run)).Question.When.ShouldBe(InterruptWhen.Before);
        (await engine.AnswerAsync(run, "null", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        await upstream.UntilCalledAsync("second");
        upstream.Release("second");
        await EngineFixture.UntilAsync(async () => (await engine.Get<IQuestions>().OpenOfRunAsync(run, CancellationToken.None)).Any(q => q.Question.When is InterruptWhen.After), "it stops after it");
        (await engine.DetailsAsync(run)).Run.Status.ShouldBe(RunStatus.Running);
        (await engine.AnswerAsync(run, "null", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
        upstream.Release("long");
        (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
        (upstream.Calls("long"), upstream.Calls("second")).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Stops_outlive_restarts()
    {
        await using var upstream = await Upstream.StartAsync();
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        upstream.Release("first");
        upstream.Release("second");
        try
        {
            Guid run;
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                run = await StartAsync(engine, Line(upstream), before: ["second"], after: ["first", "second"]);
                await engine.UntilStatusAsync(run, RunStatus.Waiting);
            }
            foreach (var (node, when) in new[] { ("first", InterruptWhen.After), ("second", InterruptWhen.Before), ("second", InterruptWhen.After) })
            {
                await using var engine = await EngineFixture.StartAsync(folder);
                await EngineFixture.UntilAsync(async () => (await engine.Get<IQuestions>().OpenOfRunAsync(run, CancellationToken.None)) is [var q] && q.NodeId == node && q.Question.When == when, $"it stops {when} {node}");
                (await engine.AnswerAsync(run, "null", Ada)).ShouldBeOfType<AnswerOutcome.Answered>();
            }
            await using (var engine = await EngineFixture.StartAsync(folder))
                (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
            (upstream.Calls("first"), upstream.Calls("second")).ShouldBe((1, 1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_replay_takes_over_a_node_that_the_run_stopped_after()
    {
        await using var upstream = await Upstream.StartAsync();
        upstream.Release("first");
        upstream.Release("second");
        await using var engine = await EngineFixture.StartAsync();
        var run = await StartAsync(engine, Line(upstream), after: ["first"]);
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None);
        var replay = await engine.Get<IRunReplay>().ReplayAsync(new(run, ReplayFrom.Failed, ReplayVersion.Same), CancellationToken.None);
        (await engine.EndOfAsync(replay.RunId)).Steps.Single(s => s.NodeId == "first").ReusedFrom.ShouldBe(run);
        (upstream.Calls("first"), upstream.Calls("second")).ShouldBe((1, 1));
    }

    static FlowDocument Line(Upstream upstream) => new FlowBuilder().Node("in", "Webhook").Node("first", "ApiRequest", new { url_input = upstream.Url("first"), method = "POST" })
        .Node("second", "ApiRequest", new { url_input = upstream.Url("second"), method = "POST" }).Edge("in.output_data", "first.body").Edge("first.data", "second.body").Build();

    static async Task<Guid> StartAsync(EngineFixture engine, FlowDocument document, string[]? before = null, string[]? after = null, string input = "{}")
    {
        var flow = await engine.AddFlowAsync(document);
        var result = await engine.Get<IRunIntake>().StartAsync(new RunRequest
        {
            Flow = (await engine.Flows.ResolveAsync(flow.Id.ToString(), draft: false, CancellationToken.None)).ShouldNotBeNull(),
            Trigger = RunTrigger.Webhook,
            Input = NodeTest.Json(input),
            InterruptBefore = before ?? [],
            InterruptAfter = after ?? [],
        }, CancellationToken.None);
        result.Outcome.ShouldBe(IntakeOutcome.Accepted, result.Message);
        return result.RunId;
    }
}
