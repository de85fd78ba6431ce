using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Schedules;

/// <summary>What becomes of times, by a clock that the tests move.</summary>
public class ScheduleRunnerTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_time_that_comes_starts_one_run_with_the_schedule_s_input()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Echo());
        var schedule = await fixture.Schedules.CreateAsync(
            new Schedule { Id = Guid.Empty, FlowId = flow.Id, Name = "Greet", Cron = "*/5 * * * *", Input = System.Text.Json.JsonDocument.Parse("""{"name":"Ada"}""").RootElement }, Token);
        schedule.NextAt.ShouldBe(new DateTimeOffset(2026, 11, 21, 9, 5, 0, TimeSpan.Zero));
        (await fixture.Schedules.NextFiresAsync([flow.Id, Guid.CreateVersion7()], Token)).ShouldBe(new Dictionary<Guid, DateTimeOffset> { [flow.Id] = schedule.NextAt.GetValueOrDefault() });

        await fixture.PassNextAsync(schedule);
        var fire = (await fixture.UntilFiresAsync(schedule, 1))[0];
        (fire.Outcome, fire.ScheduledAt, fire.Manual).ShouldBe((FireOutcome.Started, schedule.NextAt.GetValueOrDefault(), false));
        var run = await fixture.Engine.EndOfAsync(fire.RunId.GetValueOrDefault());
        run.Output?.ToString().ShouldBe("Hello Ada");
        run.Scheduled.ShouldBe((schedule.Id, schedule.NextAt.GetValueOrDefault()));
        (await fixture.Schedules.FindAsync(schedule.Id, Token))?.LastFire?.RunStatus.ShouldBe(RunStatus.Succeeded);
    }

    /// <summary>Down for an hour, with a time every five minutes.</summary>
    [Theory]
    [InlineData(MisfirePolicy.Once, OverlapPolicy.Skip, 1, 1)]
    [InlineData(MisfirePolicy.All, OverlapPolicy.Skip, 12, 0)]
    [InlineData(MisfirePolicy.All, OverlapPolicy.Allow, 12, 0)]
    [InlineData(MisfirePolicy.Skip, OverlapPolicy.Skip, 0, 1)]
    public async Task Times_that_were_missed_while_the_server_was_down_follow_the_policy(MisfirePolicy policy, OverlapPolicy overlap, int runs, int missed)
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Echo());
        var schedule = await fixture.AddAsync("*/5 * * * *", flow, policy, overlap);
        await fixture.BeDownAsync(TimeSpan.FromHours(1));
        await fixture.UntilFiresAsync(schedule, runs + missed);
        await EngineFixture.UntilAsync(async () => (await fixture.FiresAsync(schedule)).Count(f => f.RunId is not null) == runs, "the runs are started");
        var fires = await fixture.FiresAsync(schedule);
        (await fixture.RunsAsync(flow)).ShouldBe(runs);
        if (policy is MisfirePolicy.Once)
        {
            fires[^1].ScheduledAt.ShouldBe(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
            fires[0].Reason.ShouldBe("11 times from 2026-11-21 09:05:00Z to 2026-11-21 09:55:00Z were missed; the next run makes up for them.");
        }
        if (policy is MisfirePolicy.Skip)
            fires[0].Reason.ShouldBe("12 times from 2026-11-21 09:05:00Z to 2026-11-21 10:00:00Z were missed, and this schedule does not make up for missed times.");

        await fixture.BeDownAsync(TimeSpan.FromSeconds(1));
        await fixture.PassNextAsync(schedule);
        await fixture.UntilFiresAsync(schedule, runs + missed + 1);
    }

    [Fact]
    public async Task A_stop_just_after_a_time_does_not_start_it_twice()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Echo());
        var schedule = await fixture.AddAsync("*/5 * * * *", flow);
        await fixture.PassNextAsync(schedule);
        var run = (await fixture.UntilFiresAsync(schedule, 1))[0].RunId;

        // As a kill leaves it: the run is durable with its time, and the schedule does not know yet.
        await fixture.Engine.Get<IWriteLane>().RunAsync(
            (connection, _) =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = "UPDATE schedules SET next_at = next_at - 300000000";
                return command.ExecuteNonQuery();
            },
            Token);
        await fixture.BeDownAsync(TimeSpan.FromSeconds(2));
        var fires = await fixture.UntilFiresAsync(schedule, 1);
        fires[0].RunId.ShouldBe(run);
        (await fixture.RunsAsync(flow)).ShouldBe(1);
    }

    [Fact]
    public async Task A_time_that_comes_while_the_last_run_is_at_work_is_skipped()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Slow());
        var schedule = await fixture.AddAsync("*/5 * * * *", flow);
        await fixture.PassNextAsync(schedule);
        var first = (await fixture.UntilFiresAsync(schedule, 1))[0];
        await fixture.PassNextAsync(schedule);
        var fires = await fixture.UntilFiresAsync(schedule, 2);
        (fires[1].Outcome, fires[1].Code, fires[1].RunId).ShouldBe((FireOutcome.Skipped, "overlap", null));

        // Neither does a restart forget that it is at work.
        await fixture.BeDownAsync(TimeSpan.FromSeconds(1));
        await fixture.PassNextAsync(schedule);
        (await fixture.UntilFiresAsync(schedule, 3))[2].Outcome.ShouldBe(FireOutcome.Skipped);

        await fixture.Engine.UntilStatusAsync(first.RunId.GetValueOrDefault(), RunStatus.Waiting);
        await fixture.Engine.Get<IRunControl>().CancelAsync(first.RunId.GetValueOrDefault(), Token);
        await fixture.PassNextAsync(schedule);
        (await fixture.UntilFiresAsync(schedule, 4))[3].Outcome.ShouldBe(FireOutcome.Started);
        (await fixture.RunsAsync(flow)).ShouldBe(2);
    }

    [Fact]
    public async Task A_time_that_waits_is_started_when_the_run_before_it_has_ended()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Slow());
        var schedule = await fixture.AddAsync("*/5 * * * *", flow, overlap: OverlapPolicy.Queue);
        await fixture.PassNextAsync(schedule);
        await fixture.UntilFiresAsync(schedule, 1);
        await fixture.PassNextAsync(schedule);
        await fixture.UntilFiresAsync(schedule, 2);
        await fixture.PassNextAsync(schedule);
        var fires = await fixture.UntilFiresAsync(schedule, 3);
        fires.Select(f => f.Outcome).ShouldBe([FireOutcome.Started, FireOutcome.Waiting, FireOutcome.Waiting]);

        // One after the other, over a restart.
        await fixture.BeDownAsync(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 2; i++)
        {
            var at = i;
            var run = (await fixture.FiresAsync(schedule))[at].RunId.GetValueOrDefault();
            await fixture.Engine.UntilStatusAsync(run, RunStatus.Waiting);
            await fixture.Engine.Get<IRunControl>().CancelAsync(run, Token);
            await EngineFixture.UntilAsync(async () => (await fixture.FiresAsync(schedule))[at + 1].Outcome is FireOutcome.Started, "the next one is started");
            (await fixture.RunsAsync(flow)).ShouldBe(at + 2);
        }
    }

    [Fact]
    public async Task Runs_may_be_beside_each_other_when_the_schedule_says_so()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Slow());
        var schedule = await fixture.AddAsync("*/5 * * * *", flow, overlap: OverlapPolicy.Allow);
        for (var i = 1; i <= 3; i++)
        {
            await fixture.PassNextAsync(schedule);
            await fixture.UntilFiresAsync(schedule, i);
        }
        (await fixture.RunsAsync(flow)).ShouldBe(3);
    }

    [Fact]
    public async Task A_flow_that_cannot_run_is_told_and_keeps_nothing_else_from_firing()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var off = await fixture.Engine.AddFlowAsync(ScheduleFlows.Echo());
        var schedule = await fixture.AddAsync("*/5 * * * *", off);
        var other = await fixture.AddAsync("*/5 * * * *");
        await fixture.Engine.Flows.SaveAsync(off with { Enabled = false }, expectedRevision: null, Token);
        await fixture.PassNextAsync(schedule);
        var fire = (await fixture.UntilFiresAsync(schedule, 1))[0];
        (fire.Outcome, fire.Code).ShouldBe((FireOutcome.Refused, "flow_disabled"));
        fire.Reason.ShouldNotBeNull().ShouldContain("switched off");
        (await fixture.UntilFiresAsync(other, 1))[0].Outcome.ShouldBe(FireOutcome.Started);

        // On again, it goes on.
        await fixture.Engine.Flows.SaveAsync(off with { Enabled = true }, expectedRevision: null, Token);
        await fixture.PassNextAsync(schedule);
        (await fixture.UntilFiresAsync(schedule, 2))[1].Outcome.ShouldBe(FireOutcome.Started);
    }

    [Fact]
    public async Task A_deleted_flow_s_schedule_is_gone_and_comes_back_with_it()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Echo());
        var schedule = await fixture.AddAsync("*/5 * * * *", flow);
        await fixture.Engine.Flows.DeleteAsync(flow.Id, Token);
        (await fixture.Schedules.FindAsync(schedule.Id, Token)).ShouldBeNull();
        (await fixture.Schedules.CountAsync(flowId: null, Token)).ShouldBe(0);
        await EngineFixture.UntilAsync(() => Task.FromResult(!fixture.Alarms.Set.Contains(schedule.Id)), "its alarm is gone");
        await fixture.Engine.Flows.CreateAsync(flow, Token);
        await fixture.PassNextAsync(schedule);
        (await fixture.UntilFiresAsync(schedule, 1))[0].Outcome.ShouldBe(FireOutcome.Started);
    }

    [Fact]
    public async Task A_time_that_finds_the_queue_full_is_tried_again()
    {
        var door = new StuckDoor();
        await using var fixture = await ScheduleFixture.StartAsync(door: door.Before);
        door.Stuck = true;
        var schedule = await fixture.AddAsync("*/5 * * * *");
        await fixture.PassNextAsync(schedule);
        await EngineFixture.UntilAsync(() => Task.FromResult(door.Refused > 0), "the intake has refused");
        (await fixture.FiresAsync(schedule)).ShouldBeEmpty();
        door.Stuck = false;
        await EngineFixture.UntilAsync(
            async () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return (await fixture.FiresAsync(schedule)).Count == 1;
            },
            "it is started");
        var fire = (await fixture.FiresAsync(schedule))[0];
        (fire.Outcome, fire.ScheduledAt).ShouldBe((FireOutcome.Started, schedule.NextAt.GetValueOrDefault()));
    }

    [Fact]
    public async Task The_gate_of_schedules_can_be_closed_alone()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Echo());
        var schedule = await fixture.AddAsync("*/5 * * * *", flow);
        var gate = fixture.Engine.Get<IngressGate>();
        gate.Close(RunTrigger.Schedule, "Closed for the test.");
        await fixture.PassNextAsync(schedule);
        (await fixture.Schedules.RunNowAsync(schedule.Id, Token))?.Outcome.ShouldBe(IntakeOutcome.Paused);
        await fixture.Engine.EndOfAsync(await fixture.Engine.StartRunAsync(flow));
        (await fixture.FiresAsync(schedule)).ShouldBeEmpty();
        gate.Open(RunTrigger.Schedule);
        await EngineFixture.UntilAsync(
            async () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return (await fixture.FiresAsync(schedule)).Count == 1;
            },
            "it is started");
    }

    [Fact]
    public async Task Paused_by_the_configuration_nothing_fires_and_what_went_by_counts_as_missed()
    {
        var paused = true;
        await using var fixture = await ScheduleFixture.StartAsync(options => options.Schedules.Paused = paused);
        var schedule = await fixture.AddAsync("*/5 * * * *");
        fixture.Time.Advance(TimeSpan.FromMinutes(12));
        (await fixture.Schedules.RunNowAsync(schedule.Id, Token)).ShouldNotBeNull().Message.ShouldContain("FlowStudio:Schedules:Paused");
        (await fixture.FiresAsync(schedule)).ShouldBeEmpty();
        paused = false;
        await fixture.BeDownAsync(TimeSpan.FromSeconds(1));
        var fires = await fixture.UntilFiresAsync(schedule, 2);
        fires.Select(f => f.Outcome).ShouldBe([FireOutcome.Missed, FireOutcome.Started]);
    }

    [Fact]
    public async Task A_paused_schedule_makes_up_for_nothing()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var schedule = await fixture.AddAsync("*/5 * * * *", misfire: MisfirePolicy.All);
        (await fixture.Schedules.PauseAsync(schedule.Id, paused: true, Token)).ShouldNotBeNull().NextAt.ShouldBeNull();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        var resumed = (await fixture.Schedules.PauseAsync(schedule.Id, paused: false, Token)).ShouldNotBeNull();
        resumed.NextAt.ShouldBe(new DateTimeOffset(2026, 11, 21, 10, 5, 0, TimeSpan.Zero));
        await fixture.PassNextAsync(schedule);
        await fixture.UntilFiresAsync(schedule, 1);
    }

    [Fact]
    public async Task Another_expression_counts_from_now_on_and_another_name_changes_no_time()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var schedule = await fixture.AddAsync("0 12 * * *", zone: "Europe/Berlin");
        schedule.NextAt.ShouldBe(new DateTimeOffset(2026, 11, 21, 11, 0, 0, TimeSpan.Zero));
        (await fixture.Schedules.UpdateAsync(schedule with { Name = "Noon" }, Token)).ShouldNotBeNull().NextAt.ShouldBe(schedule.NextAt);
        var changed = (await fixture.Schedules.UpdateAsync(schedule with { Cron = "*/10 * * * *", Zone = "UTC" }, Token)).ShouldNotBeNull();
        changed.NextAt.ShouldBe(new DateTimeOffset(2026, 11, 21, 9, 10, 0, TimeSpan.Zero));
        await fixture.PassNextAsync(schedule);
        (await fixture.UntilFiresAsync(schedule, 1))[0].ScheduledAt.ShouldBe(changed.NextAt.GetValueOrDefault());
    }

    [Fact]
    public async Task Run_now_is_in_the_history_and_no_time_of_the_expression()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var schedule = await fixture.AddAsync("0 0 1 1 *");
        await fixture.Schedules.PauseAsync(schedule.Id, paused: true, Token);
        var result = (await fixture.Schedules.RunNowAsync(schedule.Id, Token)).ShouldNotBeNull();
        result.Outcome.ShouldBe(IntakeOutcome.Accepted);
        var fire = (await fixture.FiresAsync(schedule)).ShouldHaveSingleItem();
        (fire.Manual, fire.RunId).ShouldBe((true, (Guid?)result.RunId));
        (await fixture.Schedules.RunNowAsync(Guid.CreateVersion7(), Token)).ShouldBeNull();
    }

    [Fact]
    public async Task The_history_is_bounded()
    {
        await using var fixture = await ScheduleFixture.StartAsync(options => options.Schedules.KeepFires = 10);
        var schedule = await fixture.AddAsync("* * * * *", overlap: OverlapPolicy.Allow);
        for (var i = 0; i < 25; i++)
        {
            var next = (await fixture.Schedules.FindAsync(schedule.Id, Token))?.Schedule.NextAt;
            await fixture.PassNextAsync(schedule);
            await EngineFixture.UntilAsync(async () => (await fixture.Schedules.FindAsync(schedule.Id, Token))?.Schedule.NextAt > next, "it has fired");
        }
        (await fixture.FiresAsync(schedule)).Count.ShouldBeInRange(10, 13);
    }

    [Fact]
    public async Task A_deleted_schedule_comes_back_with_its_history()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var schedule = await fixture.AddAsync("*/5 * * * *");
        await fixture.PassNextAsync(schedule);
        await fixture.UntilFiresAsync(schedule, 1);
        var deleted = (await fixture.Schedules.DeleteAsync(schedule.Id, Token)).ShouldNotBeNull();
        (await fixture.Schedules.DeleteAsync(schedule.Id, Token)).ShouldBeNull();
        fixture.Alarms.Set.ShouldNotContain(schedule.Id);
        (await fixture.Schedules.CreateAsync(deleted, Token)).Id.ShouldBe(schedule.Id);
        (await fixture.FiresAsync(schedule)).Count.ShouldBe(1);
        await fixture.PassNextAsync(schedule);
        await fixture.UntilFiresAsync(schedule, 2);
    }

    [Fact]
    public async Task Pages_follow_each_other_by_name()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Echo());
        foreach (var name in (string[])["beta", "Alpha", "gamma", "alpha", "Beta"])
            await fixture.Schedules.CreateAsync(new Schedule { Id = Guid.Empty, FlowId = flow.Id, Name = name, Cron = "@daily" }, Token);
        var (names, cursor) = (new List<string>(), (string?)null);
        do
        {
            var page = await fixture.Schedules.ListAsync(flow.Id, cursor, 2, Token);
            names.AddRange(page.Items.Select(i => i.Schedule.Name));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        names.Select(n => n.ToLowerInvariant()).ShouldBe(["alpha", "alpha", "beta", "beta", "gamma"]);
        names.Distinct(StringComparer.Ordinal).Count().ShouldBe(5);
        await Should.ThrowAsync<FormatException>(() => fixture.Schedules.ListAsync(flow.Id, "nonsense", 2, Token));
    }

    [Fact]
    public async Task What_is_wrong_with_a_schedule_is_said()
    {
        await using var fixture = await ScheduleFixture.StartAsync();
        var flow = await fixture.Engine.AddFlowAsync(ScheduleFlows.Echo());
        var sound = new Schedule { Id = Guid.Empty, FlowId = flow.Id, Name = "Sound", Cron = "@daily" };
        (await Should.ThrowAsync<ScheduleException>(() => fixture.Schedules.CreateAsync(sound with { Name = " " }, Token))).Field.ShouldBe("name");
        (await Should.ThrowAsync<ScheduleException>(() => fixture.Schedules.CreateAsync(sound with { Zone = "Mars/Olympus" }, Token))).Message.ShouldContain("Mars/Olympus");
        (await Should.ThrowAsync<ScheduleException>(() => fixture.Schedules.CreateAsync(sound with { FlowId = Guid.CreateVersion7() }, Token))).Code.ShouldBe("flow_not_found");
        (await Should.ThrowAsync<CronException>(() => fixture.Schedules.CreateAsync(sound with { Cron = "61 * * * *" }, Token))).Field.ShouldBe("minute");
        (await Should.ThrowAsync<CronException>(() => fixture.Schedules.CreateAsync(sound with { Cron = "0 0 30 2 *" }, Token))).Code.ShouldBe("cron_never_fires");
        (await fixture.Schedules.UpdateAsync(sound with { Id = Guid.CreateVersion7() }, Token)).ShouldBeNull();
    }

    /// <summary>An intake whose queue is full while it says so.</summary>
    sealed class StuckDoor
    {
        public volatile bool Stuck;
        int refused;

        public int Refused => refused;

        public IRunIntake Before(IRunIntake inner) => new Door(this, inner);

        sealed class Door(StuckDoor owner, IRunIntake inner) : IRunIntake
        {
            public ValueTask<IntakeResult> StartAsync(RunRequest request, CancellationToken cancellationToken)
            {
                if (!owner.Stuck)
                    return inner.StartAsync(request, cancellationToken);
                Interlocked.Increment(ref owner.refused);
                return ValueTask.FromResult(new IntakeResult(IntakeOutcome.QueueFull) { Code = "queue_full", Message = "Full.", RetryAfter = TimeSpan.FromSeconds(5) });
            }
        }
    }
}
