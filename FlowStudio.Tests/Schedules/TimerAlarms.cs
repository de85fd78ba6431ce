using System.Collections.Concurrent;
using FlowStudio.Engine.Schedules;

namespace FlowStudio.Tests.Schedules;

/// <summary>Alarms by the timers of a clock that tests move.</summary>
sealed class TimerAlarms(TimeProvider time) : IAlarms
{
    readonly ConcurrentDictionary<Guid, ITimer> timers = new();
    readonly ConcurrentDictionary<Task, bool> ringing = new();
    Func<Guid, CancellationToken, Task>? ring;

    /// <summary>Schedules that have an alarm.</summary>
    public ICollection<Guid> Set => timers.Keys;

    public async Task StartAsync(IReadOnlyDictionary<Guid, DateTimeOffset> due, Func<Guid, CancellationToken, Task> ring, CancellationToken cancellationToken)
    {
        this.ring = ring;
        foreach (var (id, at) in due)
            await SetAsync(id, at, cancellationToken);
    }

    public Task SetAsync(Guid scheduleId, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        if (timers.TryRemove(scheduleId, out var old))
            old.Dispose();
        if (at is { } when && ring is not null)
        {
            var wait = when - time.GetUtcNow();
            timers[scheduleId] = time.CreateTimer(_ => Ring(scheduleId), state: null, wait > TimeSpan.Zero ? wait : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            // The clock may have been moved beyond it while the wait was counted.
            if (time.GetUtcNow() >= when && timers.TryRemove(scheduleId, out var late))
            {
                late.Dispose();
                Ring(scheduleId);
            }
        }
        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        foreach (var timer in timers.Values)
            await timer.DisposeAsync();
        await Task.WhenAll(ringing.Keys);
    }

    void Ring(Guid scheduleId)
    {
        // Not set any more: who waits for the next one waits for another timer.
        timers.TryRemove(scheduleId, out _);
        var task = Task.Run(() => ring?.Invoke(scheduleId, CancellationToken.None) ?? Task.CompletedTask);
        ringing[task] = true;
        _ = task.ContinueWith(t => ringing.TryRemove(t, out _), TaskScheduler.Default);
    }
}
