using System.Collections.Concurrent;

namespace FlowStudio.Engine.Execution;

/// <summary>Lets callers wait until a worker has let go of a run.</summary>
public sealed class RunEnds
{
    readonly ConcurrentDictionary<Guid, TaskCompletionSource> waiting = new();

    /// <summary>Completes at the next <see cref="Tell"/> for the run.</summary>
    public Task NextAsync(Guid runId) => waiting.GetOrAdd(runId, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Tell(Guid runId)
    {
        if (waiting.TryRemove(runId, out var source))
            source.TrySetResult();
    }
}
