using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class RunRollupTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();
    readonly RunRollups rollups;
    readonly Guid flow = Guid.CreateVersion7();
    readonly Guid other = Guid.CreateVersion7();

    public RunRollupTests() => rollups = new RunRollups(fixture.Connections, fixture.Lane);

    static CancellationToken Token => StorageFixture.Token;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    async Task<Run> RunAsync(Guid flowId, RunStatus status, double milliseconds, bool started = true)
    {
        var run = await fixture.AcceptAsync(flowId);
        if (started)
            (await fixture.Journal.WriteAsync(new StartEntry { RunId = run.Id, At = fixture.Clock.GetUtcNow() })).ShouldBeTrue();
        fixture.Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        (await fixture.Journal.WriteAsync(new EndEntry { RunId = run.Id, Status = status, At = fixture.Clock.GetUtcNow(), Tokens = new(10, 1) })).ShouldBeTrue();
        return run;
    }

    async Task<RollupPoint> TotalAsync(Guid? flowId)
    {
        var now = fixture.Clock.GetUtcNow();
        var points = await rollups.ReadAsync(flowId, now.AddHours(-3), now.AddSeconds(1), TimeSpan.FromHours(24), Token);
        return points[^1];
    }

    [Fact]
    public async Task Every_ended_run_counts_once_in_its_minute()
    {
        await RunAsync(flow, RunStatus.Succeeded, 100);
        await RunAsync(flow, RunStatus.Failed, 200);
        await RunAsync(other, RunStatus.TimedOut, 300);
        fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        var late = fixture.Clock.GetUtcNow();
        await RunAsync(flow, RunStatus.Canceled, 5, started: false);
        await fixture.AcceptAsync(flow);

        (await rollups.FoldAsync(3, Token)).ShouldBe(3);
        (await rollups.FoldAsync(3, Token)).ShouldBe(1);
        (await rollups.FoldAsync(3, Token)).ShouldBe(0);

        var points = await rollups.ReadAsync(flow, late.AddMinutes(-2), fixture.Clock.GetUtcNow().AddSeconds(1), TimeSpan.FromMinutes(1), Token);
        points.Count.ShouldBe(3);
        (points[0].Succeeded, points[0].Failed, points[0].Canceled, points[0].Tokens).ShouldBe((1, 1, 0, new TokenUsage(20, 2)));
        (points[1].Ended, points[1].P50).ShouldBe((0, null));
        (points[2].Canceled, points[2].P50).ShouldBe((1, null), "it was never started");
        points[0].P50.ShouldNotBeNull().TotalMilliseconds.ShouldBeInRange(100, 107);
        points[0].P99.ShouldNotBeNull().TotalMilliseconds.ShouldBeInRange(200, 213);
        points[2].At.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(late.ToUnixTimeSeconds() / 60 * 60));

        var all = await TotalAsync(flowId: null);
        (all.Succeeded, all.Failed, all.TimedOut, all.Canceled).ShouldBe((1, 1, 1, 1));
        var many = await rollups.ReadManyAsync([flow, other], late.AddHours(-1), late.AddHours(1), TimeSpan.FromHours(1), Token);
        (many[flow].Sum(p => p.Ended), many[other].Sum(p => p.Ended)).ShouldBe((3, 1));
    }

    [Fact]
    public async Task A_run_that_is_deleted_before_it_was_added_counts_all_the_same()
    {
        var early = await RunAsync(flow, RunStatus.Succeeded, 1);
        await rollups.FoldAsync(10, Token);
        var late = await RunAsync(flow, RunStatus.Succeeded, 1);
        (await fixture.Runs.DeleteAsync(early.Id, Token)).ShouldBeTrue();
        (await fixture.Runs.DeleteAsync(late.Id, Token)).ShouldBeTrue();
        await rollups.FoldAsync(10, Token);
        (await TotalAsync(flow)).Succeeded.ShouldBe(2);
    }

    [Fact]
    public async Task The_number_of_a_deleted_run_is_given_to_no_other()
    {
        var run = await RunAsync(flow, RunStatus.Succeeded, 1);
        var seq = await fixture.ScalarAsync("SELECT max(ended_seq) FROM runs");
        (await fixture.Runs.DeleteAsync(run.Id, Token)).ShouldBeTrue();
        await using var lane = new Engine.Storage.Sqlite.SqliteWriteLane(fixture.Connections.OpenWriter(), fixture.Options, Microsoft.Extensions.Logging.Abstractions.NullLogger<Engine.Storage.Sqlite.SqliteWriteLane>.Instance);
        var next = await fixture.AcceptAsync(flow);
        (await new RunJournal(lane).WriteAsync(new EndEntry { RunId = next.Id, Status = RunStatus.Canceled, At = fixture.Clock.GetUtcNow() })).ShouldBeTrue();
        ((long)(await fixture.ScalarAsync("SELECT max(ended_seq) FROM runs")).ShouldNotBeNull()).ShouldBeGreaterThan((long)seq.ShouldNotBeNull());
    }

    [Fact]
    public async Task Old_minutes_go_and_their_hours_stay()
    {
        await RunAsync(flow, RunStatus.Succeeded, 1);
        await rollups.FoldAsync(10, Token);
        fixture.Clock.Advance(TimeSpan.FromDays(8));
        await RunAsync(flow, RunStatus.Failed, 1);
        await rollups.FoldAsync(10, Token);
        var now = fixture.Clock.GetUtcNow();
        (await rollups.PruneAsync(now - IRunRollups.MinutesKept, limit: 1, Token)).ShouldBe(1);
        (await rollups.PruneAsync(now - IRunRollups.MinutesKept, limit: 10, Token)).ShouldBe(1, "the flow's and that of all");
        (await rollups.PruneAsync(now - IRunRollups.MinutesKept, limit: 10, Token)).ShouldBe(0);
        var hours = await rollups.ReadAsync(flow, now.AddDays(-9), now.AddSeconds(1), TimeSpan.FromHours(1), Token);
        (hours.Sum(p => p.Succeeded), hours.Sum(p => p.Failed)).ShouldBe((1, 1));
        var days = await rollups.ReadAsync(flowId: null, now.AddDays(-365), now.AddSeconds(1), TimeSpan.FromDays(1), Token);
        days.Sum(p => p.Ended).ShouldBe(2);
        days.Count.ShouldBeInRange(366, 367);
    }

    [Theory]
    [InlineData(59)]
    [InlineData(90)]
    [InlineData(0)]
    public async Task A_step_is_whole_minutes(int seconds) => await Should.ThrowAsync<ArgumentOutOfRangeException>(() =>
        rollups.ReadAsync(flow, fixture.Clock.GetUtcNow().AddHours(-1), fixture.Clock.GetUtcNow(), TimeSpan.FromSeconds(seconds), Token));

    [Fact]
    public async Task Too_many_points_are_refused() => await Should.ThrowAsync<ArgumentOutOfRangeException>(() =>
        rollups.ReadAsync(flow, fixture.Clock.GetUtcNow().AddDays(-2), fixture.Clock.GetUtcNow(), TimeSpan.FromMinutes(1), Token));

    [Fact]
    public async Task A_sum_over_a_stretch_has_the_percentiles_of_all_its_runs()
    {
        var from = fixture.Clock.GetUtcNow();
        for (var i = 0; i < 9; i++)
        {
            await RunAsync(flow, RunStatus.Succeeded, 100);
            fixture.Clock.Advance(TimeSpan.FromMinutes(3));
        }
        await RunAsync(flow, RunStatus.TimedOut, 5_000);
        await RunAsync(other, RunStatus.Failed, 60_000);
        await rollups.FoldAsync(100, Token);

        var to = fixture.Clock.GetUtcNow().AddSeconds(1);
        var sum = await rollups.SumAsync(flow, from, to, TimeSpan.FromMinutes(1), Token);
        (sum.Succeeded, sum.TimedOut, sum.Failed, sum.Tokens).ShouldBe((9, 1, 0, new TokenUsage(100, 10)));
        sum.P50.ShouldNotBeNull().TotalMilliseconds.ShouldBeInRange(100, 107);
        sum.P95.ShouldNotBeNull().TotalMilliseconds.ShouldBeInRange(5_000, 5_315);
        (await rollups.SumAsync(flowId: null, from, to, TimeSpan.FromMinutes(1), Token)).Ended.ShouldBe(11);
        (await rollups.SumAsync(flow, to.AddHours(1), to.AddHours(2), TimeSpan.FromMinutes(1), Token)).P50.ShouldBeNull();
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => rollups.SumAsync(flow, from, to, TimeSpan.FromSeconds(30), Token));
    }
}
