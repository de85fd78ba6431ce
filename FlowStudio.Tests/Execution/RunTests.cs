using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

public class RunTests
{
    static FlowBuilder Greeting() => new FlowBuilder()
        .Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Hello {name}" }).Node("out", "ChatOutput")
        .Edge("in.output_data", "text.data").Edge("text.text", "out.input_value");

    static FlowBuilder Sleeping(double seconds) => new FlowBuilder()
        .Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Hello {name}" }).Node("nap", "Delay", new { seconds }).Node("out", "ChatOutput")
        .Edge("in.output_data", "text.data").Edge("text.text", "nap.input").Edge("nap.output", "out.input_value");

    [Fact]
    public async Task A_flow_runs_and_every_step_can_be_read_back()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Greeting().Build()), """{"name":"Ada"}""");
        var ended = await engine.EndOfAsync(run);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("Hello Ada");
        ended.Run.ResultPreview.ShouldBe("Hello Ada");
        ended.Steps.Select(s => (s.NodeId, s.Status)).ShouldBe([("in", StepStatus.Succeeded), ("text", StepStatus.Succeeded), ("out", StepStatus.Succeeded)]);
        ended.Steps[1].Input.Single().Value[0].GetProperty("name").GetString().ShouldBe("Ada");
    }

    [Fact]
    public async Task Events_are_numbered_without_holes_from_acceptance_to_end()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Greeting().Build()));
        await engine.EndOfAsync(run);
        var events = await engine.Runs.EventsAsync(run, 0, 1000, CancellationToken.None);
        events.Select(e => e.Seq).ShouldBe(Enumerable.Range(1, events.Count).Select(n => (long)n));
        (events[0].Type, events[^1].Type).ShouldBe((RunEventTypes.RunAccepted, RunEventTypes.RunFinished));
    }

    [Fact]
    public async Task A_follower_sees_all_events_once_however_late_it_comes()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Greeting().Build());
        var feed = engine.Get<RunFeed>();
        var runs = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => engine.StartRunAsync(flow)));
        foreach (var seen in await Task.WhenAll(runs.Select(ReadAsync)))
        {
            seen.ShouldBe(Enumerable.Range(1, seen.Count).Select(n => (long)n));
            seen.Count.ShouldBe(9);
        }

        async Task<List<long>> ReadAsync(Guid run)
        {
            var seen = new List<long>();
            await foreach (var e in feed.FollowAsync(run, 0, CancellationToken.None))
                seen.Add(e.Seq);
            return seen;
        }
    }

    [Fact]
    public async Task A_disabled_node_skips_what_hangs_on_it_visibly()
    {
        await using var engine = await EngineFixture.StartAsync();
        var document = new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "x" }, disabled: true).Node("out", "ChatOutput")
            .Edge("in.output_data", "text.data").Edge("text.text", "out.input_value").Build();
        var ended = await engine.EndOfAsync(await engine.StartRunAsync(await engine.AddFlowAsync(document)));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded);
        ended.Steps.Select(s => s.Status).ShouldBe([StepStatus.Succeeded, StepStatus.Skipped, StepStatus.Skipped]);
    }

    [Fact]
    public async Task The_same_key_and_body_give_the_first_run_and_another_body_is_refused()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Greeting().Build());
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => engine.TryStartRunAsync(flow, key: "k", hash: [1])));
        results.Count(r => r.Outcome is IntakeOutcome.Accepted).ShouldBe(1);
        results.Select(r => r.RunId).Distinct().Count().ShouldBe(1);
        (await engine.TryStartRunAsync(flow, key: "k", hash: [2])).Outcome.ShouldBe(IntakeOutcome.KeyReused);
        (await engine.Runs.ListAsync(new RunFilter(), cursor: null, 100, CancellationToken.None)).Items.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_is_forgotten_after_its_day()
    {
        var time = new ManualTime();
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(time));
        var flow = await engine.AddFlowAsync(Greeting().Build());
        (await engine.TryStartRunAsync(flow, key: "k", hash: [1])).Outcome.ShouldBe(IntakeOutcome.Accepted);
        time.Advance(TimeSpan.FromHours(25));
        (await engine.TryStartRunAsync(flow, key: "k", hash: [2])).Outcome.ShouldBe(IntakeOutcome.Accepted);
    }

    [Fact]
    public async Task A_full_queue_takes_nothing_and_stores_nothing()
    {
        await using var engine = await EngineFixture.StartAsync(configure: o =>
        {
            o.Queue.Capacity = 3;
            o.Runner.Paused = true;
        });
        var flow = await engine.AddFlowAsync(Greeting().Build());
        for (var i = 0; i < 3; i++)
            await engine.StartRunAsync(flow);
        var refused = await engine.TryStartRunAsync(flow);
        refused.Outcome.ShouldBe(IntakeOutcome.QueueFull);
        refused.RetryAfter.ShouldNotBeNull();
        (await engine.Runs.ListAsync(new RunFilter(), cursor: null, 100, CancellationToken.None)).Items.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_flow_with_problems_is_not_run_and_says_which()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("x", "NoSuchThing").Build());
        var refused = await engine.TryStartRunAsync(flow);
        refused.Outcome.ShouldBe(IntakeOutcome.FlowInvalid);
        refused.Problems.ShouldContain(p => p.NodeId == "x" && p.Code == "unknown_type");
    }

    [Fact]
    public async Task A_million_runs_of_one_draft_would_share_one_snapshot()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Greeting().Build());
        var runs = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => engine.StartRunAsync(flow)));
        var versions = new List<Guid>();
        foreach (var run in runs)
            versions.Add((await engine.EndOfAsync(run)).Run.FlowVersionId);
        versions.Distinct().Count().ShouldBe(1);
        (await engine.Flows.FindVersionAsync(versions[0], CancellationToken.None)).ShouldNotBeNull().Number.ShouldBeNull();
    }

    [Fact]
    public async Task Runs_of_one_session_share_a_thread_and_its_messages()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Greeting().Build());
        var first = await engine.EndOfAsync(await engine.StartRunAsync(flow, """{"name":"A"}""", session: "s"));
        var second = await engine.EndOfAsync(await engine.StartRunAsync(flow, """{"name":"B"}""", session: "s"));
        second.Run.ThreadId.ShouldBe(first.Run.ThreadId);
        var messages = await engine.Runs.MessagesAsync(first.Run.ThreadId, 10, CancellationToken.None);
        messages.Select(m => m.Text).ShouldBe(["Hello A", "Hello B"]);
        (await engine.Runs.FindThreadAsync(first.Run.ThreadId, CancellationToken.None)).ShouldNotBeNull().ExternalKey.ShouldBe("s");
        (await engine.EndOfAsync(await engine.StartRunAsync(flow))).Run.ThreadId.ShouldNotBe(first.Run.ThreadId);
    }

    [Fact]
    public async Task A_delay_of_a_month_survives_restarts_and_holds_no_run_in_memory()
    {
        var time = new ManualTime();
        Guid run;
        string directory;
        await using (var engine = await EngineFixture.StartAsync(Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}"), customise: s => s.AddSingleton<TimeProvider>(time)))
        {
            directory = engine.Directory;
            run = await engine.StartRunAsync(await engine.AddFlowAsync(Sleeping(30 * 86_400).Build()), """{"name":"Ada"}""");
            await engine.UntilStatusAsync(run, RunStatus.Waiting);
            await EngineFixture.UntilAsync(() => Task.FromResult(engine.Get<ActiveRuns>().Count == 0), "nothing is at work");
            (await engine.Runs.FindAsync(run, CancellationToken.None)).ShouldNotBeNull().WakeAt.ShouldBe(time.GetUtcNow().AddDays(30));
        }
        time.Advance(TimeSpan.FromDays(29));
        await using (var engine = await EngineFixture.StartAsync(directory, customise: s => s.AddSingleton<TimeProvider>(time)))
            (await engine.Runs.FindAsync(run, CancellationToken.None)).ShouldNotBeNull().Status.ShouldBe(RunStatus.Waiting);
        time.Advance(TimeSpan.FromDays(2));
        await using (var engine = await EngineFixture.StartAsync(directory, customise: s => s.AddSingleton<TimeProvider>(time)))
        {
            var ended = await engine.EndOfAsync(run);
            ended.Run.Status.ShouldBe(RunStatus.Succeeded);
            ended.Output.ShouldNotBeNull().GetString().ShouldBe("Hello Ada");
            ended.Steps.Count(s => s.NodeId == "text").ShouldBe(1);
        }
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_sleeping_run_wakes_by_itself_when_its_time_comes()
    {
        var time = new ManualTime();
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(time));
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Sleeping(3600).Build()), """{"name":"Ada"}""");
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        await EngineFixture.UntilAsync(async () =>
        {
            time.Advance(TimeSpan.FromMinutes(10));
            return (await engine.Runs.FindAsync(run, CancellationToken.None))?.Status is RunStatus.Succeeded;
        }, "the run has woken and ended");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_can_be_canceled_while_it_sleeps_and_while_it_waits_in_the_queue(bool sleeps)
    {
        await using var engine = await EngineFixture.StartAsync(configure: o => o.Runner.Paused = !sleeps);
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(Sleeping(3600).Build()));
        if (sleeps)
            await engine.UntilStatusAsync(run, RunStatus.Waiting);
        (await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None)).ShouldBe(CancelOutcome.Canceled);
        var ended = await engine.EndOfAsync(run);
        ended.Run.Status.ShouldBe(RunStatus.Canceled);
        (await engine.Runs.EventsAsync(run, 0, 100, CancellationToken.None))[^1].Type.ShouldBe(RunEventTypes.RunFinished);
        (await engine.Get<IRunControl>().CancelAsync(run, CancellationToken.None)).ShouldBe(CancelOutcome.Canceled);
    }

    [Fact]
    public async Task What_waited_at_a_stop_runs_after_the_start()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        List<Guid> runs = [];
        await using (var engine = await EngineFixture.StartAsync(directory, o => o.Runner.Paused = true))
        {
            var flow = await engine.AddFlowAsync(Greeting().Build());
            for (var i = 0; i < 20; i++)
                runs.Add(await engine.StartRunAsync(flow));
        }
        await using (var engine = await EngineFixture.StartAsync(directory))
        {
            foreach (var run in runs)
                (await engine.EndOfAsync(run)).Run.Status.ShouldBe(RunStatus.Succeeded);
        }
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_limit_per_flow_holds()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("nap", "Delay", new { seconds = 0.05 }).Edge("in.output_data", "nap.input").Build(), new FlowLimits { MaxConcurrentRuns = 2 });
        var runs = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => engine.StartRunAsync(flow)));
        var most = 0;
        await EngineFixture.UntilAsync(async () =>
        {
            most = Math.Max(most, engine.Get<ActiveRuns>().Count);
            var page = await engine.Runs.ListAsync(new RunFilter { FlowId = flow.Id }, cursor: null, 100, CancellationToken.None);
            return page.Items.All(r => RunNames.IsFinal(r.Status));
        }, "all runs have ended");
        most.ShouldBeInRange(1, 2);
        runs.Length.ShouldBe(20);
    }
}
