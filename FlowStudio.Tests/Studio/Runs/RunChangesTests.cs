using System.Collections.Concurrent;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Runs;

public class RunChangesTests
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    readonly RunEventHub hub = new();
    readonly ManualTime time = new();
    readonly ConcurrentQueue<IReadOnlyCollection<Guid>> told = new();
    readonly Guid run = Guid.CreateVersion7();
    readonly Guid flow = Guid.CreateVersion7();

    RunChanges Changes(int times = 2) => new(hub, time, flowId: null, Interval, ids =>
    {
        told.Enqueue(ids);
        return Task.CompletedTask;
    })
    { Times = times };

    void Happen() => hub.Open(run, flow, 2, time).Add(RunEventTypes.RunStarted);

    /// <summary>Waits until so much was told, and the next look waits for the clock.</summary>
    Task ToldAsync(int count) => EngineFixture.UntilAsync(() => Task.FromResult(told.Count == count && time.Armed == 1), $"{count} changes are told");

    Task QuietAsync() => EngineFixture.UntilAsync(() => Task.FromResult(time.Armed == 0), "it waits for a change");

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_run_is_told_so_often_and_then_there_is_quiet(int times)
    {
        await using var changes = Changes(times);
        changes.Start();
        Happen();
        for (var i = 1; i <= times; i++)
        {
            await ToldAsync(i);
            time.Advance(Interval);
        }
        await QuietAsync();
        Happen();
        await ToldAsync(times + 1);
        told.ShouldAllBe(ids => ids.Single() == run);
    }

    [Fact]
    public async Task A_nudge_is_told_as_everything_also_after_many_runs()
    {
        await using var changes = Changes(times: 1);
        changes.Start();
        for (var i = 1; i <= 20; i++)
        {
            Happen();
            await ToldAsync(i);
            time.Advance(Interval);
            await QuietAsync();
        }
        told.ShouldAllBe(ids => ids.Count == 1);
        changes.Nudge();
        await ToldAsync(21);
        told.Last().ShouldBeEmpty();
    }

    [Fact]
    public async Task Nudges_at_once_are_one()
    {
        await using var changes = Changes(times: 1);
        changes.Nudge();
        changes.Nudge();
        changes.Start();
        await ToldAsync(1);
        time.Advance(Interval);
        Happen();
        await ToldAsync(2);
        told.Select(ids => ids.Count).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task Nothing_is_told_after_the_end()
    {
        var changes = Changes();
        changes.Start();
        await changes.DisposeAsync();
        changes.Start();
        changes.Nudge();
        Happen();
        time.Armed.ShouldBe(0);
        told.ShouldBeEmpty();
    }
}
