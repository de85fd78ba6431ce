using FlowStudio.Engine.Execution;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

public class RunSchedulerTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Everything_that_is_started_ends_and_stays_on_the_scheduler_over_its_awaits()
    {
        const int count = 20_000;
        using var scheduler = new RunScheduler(2);
        var left = count;
        var strayed = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < count; i++)
        {
            scheduler.Start(async _ =>
            {
                for (var step = 0; step < 3; step++)
                {
                    await Task.Yield();
                    if (TaskScheduler.Current != scheduler)
                        Interlocked.Increment(ref strayed);
                }
                if (Interlocked.Decrement(ref left) == 0)
                    all.SetResult();
            }, i);
        }
        await all.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        strayed.ShouldBe(0);
    }

    [Fact]
    public async Task No_more_steps_compute_at_once_than_there_are_processors()
    {
        const int count = 200;
        using var scheduler = new RunScheduler(2);
        var (now, most, left) = (0, 0, count);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < count; i++)
        {
            scheduler.Start(async _ =>
            {
                await Task.Yield();
                var here = Interlocked.Increment(ref now);
                InterlockedMax(ref most, here);
                Thread.SpinWait(2000);
                Interlocked.Decrement(ref now);
                if (Interlocked.Decrement(ref left) == 0)
                    all.SetResult();
            }, i);
        }
        await all.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        most.ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public async Task Work_that_outlives_the_stop_still_ends()
    {
        var scheduler = new RunScheduler(1);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scheduler.Start(async _ =>
        {
            await gate.Task;
            ended.SetResult();
        }, 0);
        scheduler.Dispose();
        gate.SetResult();
        await ended.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    static void InterlockedMax(ref int target, int value)
    {
        var seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var before && before != seen)
            seen = before;
    }
}
