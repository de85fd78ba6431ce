using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Schedules;

/// <summary>An engine over a clock that the test moves; it can go down for a while.</summary>
sealed class ScheduleFixture : IAsyncDisposable
{
    static readonly DateTimeOffset Start = new(2026, 11, 21, 9, 0, 30, TimeSpan.Zero);

    readonly string folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
    readonly Action<EngineOptions>? configure;
    readonly Func<IRunIntake, IRunIntake>? door;

    ScheduleFixture(Action<EngineOptions>? configure, Func<IRunIntake, IRunIntake>? door)
    {
        this.configure = configure;
        this.door = door;
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public EngineFixture Engine { get; private set; } = null!; // set by StartAsync

    public ManualTime Time { get; private set; } = null!; // set by StartAsync

    public ISchedules Schedules => Engine.Get<ISchedules>();

    public TimerAlarms Alarms => (TimerAlarms)Engine.Get<IAlarms>();

    /// <param name="door">Stands before the intake.</param>
    public static async Task<ScheduleFixture> StartAsync(Action<EngineOptions>? configure = null, Func<IRunIntake, IRunIntake>? door = null)
    {
        var fixture = new ScheduleFixture(configure, door);
        await fixture.StartAsync(Start);
        return fixture;
    }

    /// <summary>Stops, and starts again so much later.</summary>
    public async Task BeDownAsync(TimeSpan duration)
    {
        var now = Time.GetUtcNow();
        await Engine.DisposeAsync();
        await StartAsync(now + duration);
    }

    async Task StartAsync(DateTimeOffset at)
    {
        Time = new ManualTime(at);
        Engine = await EngineFixture.StartAsync(folder, configure, services =>
        {
            services.AddSingleton<TimeProvider>(Time).AddSingleton<IAlarms>(new TimerAlarms(Time));
            if (door is not null)
            {
                services.AddSingleton<RunIntake>();
                services.AddSingleton(s => door(s.GetRequiredService<RunIntake>()));
            }
        });
    }

    public async Task<Schedule> AddAsync(string cron, Flow? flow = null, MisfirePolicy misfire = MisfirePolicy.Once, OverlapPolicy overlap = OverlapPolicy.Skip, string zone = "UTC")
    {
        flow ??= await Engine.AddFlowAsync(ScheduleFlows.Echo());
        return await Schedules.CreateAsync(new Schedule { Id = Guid.Empty, FlowId = flow.Id, Name = "Test", Cron = cron, Zone = zone, Misfire = misfire, Overlap = overlap }, Token);
    }

    /// <summary>Its history, oldest first.</summary>
    public async Task<IReadOnlyList<ScheduleFire>> FiresAsync(Schedule schedule) => [.. (await Schedules.FiresAsync(schedule.Id, cursor: null, 500, Token)).Items.Reverse()];

    /// <summary>Its history, once it has so many lines and the schedule waits for its next time.</summary>
    public async Task<IReadOnlyList<ScheduleFire>> UntilFiresAsync(Schedule schedule, int count)
    {
        IReadOnlyList<ScheduleFire> fires = [];
        await EngineFixture.UntilAsync(
            async () => (fires = await FiresAsync(schedule)).Count >= count && (await Schedules.FindAsync(schedule.Id, Token))?.Schedule.NextAt is { } next && next > Time.GetUtcNow(),
            $"{count} lines are in the history");
        fires.Count.ShouldBe(count, string.Join('\n', fires));
        return fires;
    }

    /// <summary>Moves the clock to the schedule's next time and a little beyond.</summary>
    public async Task PassNextAsync(Schedule schedule)
    {
        var next = (await Schedules.FindAsync(schedule.Id, Token)).ShouldNotBeNull().Schedule.NextAt.ShouldNotBeNull();
        await EngineFixture.UntilAsync(() => Task.FromResult(Alarms.Set.Contains(schedule.Id)), "its alarm is set");
        Time.Advance(next - Time.GetUtcNow() + TimeSpan.FromMilliseconds(5));
    }

    public async Task<int> RunsAsync(Flow flow) => (await Engine.Runs.CountAsync(new RunFilter { FlowId = flow.Id }, Token)).Count;

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
