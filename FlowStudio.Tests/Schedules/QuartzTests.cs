using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Schedules;

/// <summary>Schedules over the real Quartz and its file, by the real clock.</summary>
public class QuartzTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_schedule_for_every_second_starts_runs_until_it_is_paused()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(ScheduleFlows.Echo());
        var schedules = engine.Get<ISchedules>();
        var schedule = await schedules.CreateAsync(new Schedule { Id = Guid.Empty, FlowId = flow.Id, Name = "Each second", Cron = "* * * * * *", Overlap = OverlapPolicy.Allow }, Token);
        await EngineFixture.UntilAsync(async () => (await schedules.FiresAsync(schedule.Id, cursor: null, 10, Token)).Items.Count(f => f.Outcome is FireOutcome.Started) >= 2, "it has fired twice");

        (await schedules.PauseAsync(schedule.Id, paused: true, Token)).ShouldNotBeNull().NextAt.ShouldBeNull();
        var fires = (await schedules.FiresAsync(schedule.Id, cursor: null, 100, Token)).Items;
        fires.ShouldAllBe(f => f.ScheduledAt.UtcTicks % TimeSpan.TicksPerSecond == 0);
        fires.Select(f => f.ScheduledAt).Distinct().Count().ShouldBe(fires.Count);
        foreach (var fire in fires.Where(f => f.RunId is not null))
        {
            var run = await engine.EndOfAsync(fire.RunId.GetValueOrDefault());
            run.Run.Trigger.ShouldBe(RunTrigger.Schedule);
            run.Scheduled.ShouldBe((schedule.Id, fire.ScheduledAt));
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_made_anew()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        try
        {
            Guid id;
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                var flow = await engine.AddFlowAsync(ScheduleFlows.Echo());
                id = (await engine.Get<ISchedules>().CreateAsync(new Schedule { Id = Guid.Empty, FlowId = flow.Id, Name = "S", Cron = "* * * * * *", Overlap = OverlapPolicy.Allow }, Token)).Id;
            }
            foreach (var file in Directory.GetFiles(folder, "schedules.db*"))
                File.Delete(file);
            await File.WriteAllTextAsync(Path.Combine(folder, "schedules.db"), new string('x', 8192), Token);
            await using var again = await EngineFixture.StartAsync(folder);
            var before = again.Get<TimeProvider>().GetUtcNow();
            await EngineFixture.UntilAsync(async () => (await again.Get<ISchedules>().FiresAsync(id, cursor: null, 10, Token)).Items.Any(f => f.ScheduledAt > before), "it fires again");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
