using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Editor.Live;

/// <summary>How many runs of a flow have not ended: counted once a second at most, however many look.</summary>
public sealed class FlowBacklog(IRunStore store, TimeProvider time)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    static readonly IReadOnlyList<RunStatus> Unfinished = [RunStatus.Queued, RunStatus.Running, RunStatus.Waiting];

    readonly Lock gate = new();
    readonly Dictionary<Guid, Task<RunCount>> next = [];
    readonly Dictionary<Guid, DateTimeOffset> counted = [];

    /// <summary>A count that begins after this call, so that whatever was seen before it is in it.</summary>
    public Task<RunCount> NextAsync(Guid flowId)
    {
        lock (gate)
        {
            if (!next.TryGetValue(flowId, out var count))
                next[flowId] = count = CountAsync(flowId, counted.TryGetValue(flowId, out var last) ? last + Interval - time.GetUtcNow() : TimeSpan.Zero);
            return count;
        }
    }

    async Task<RunCount> CountAsync(Guid flowId, TimeSpan wait)
    {
        // Never at once: who asks holds the lock.
        await Task.Yield();
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time);
        lock (gate)
        {
            next.Remove(flowId);
            var now = time.GetUtcNow();
            counted[flowId] = now;
            foreach (var old in counted.Where(c => now - c.Value > Interval).Select(c => c.Key).ToList())
                counted.Remove(old);
        }
        return await store.CountAsync(new RunFilter { FlowId = flowId, Statuses = Unfinished }, CancellationToken.None);
    }
}
