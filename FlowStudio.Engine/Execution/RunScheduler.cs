using System.Collections.Concurrent;
using System.Diagnostics;

namespace FlowStudio.Engine.Execution;

/// <summary>
/// Where runs compute. Hundreds of runs at work would queue hundreds of steps in the thread pool, and each acknowledgement would stand in line behind
/// them; so the runs' own line is here, and the pool sees as many items of it as there are processors, each for a moment only. A webhook's answer then
/// waits for a step or two, however many runs are at work; the runs take what time is left.
/// </summary>
/// <param name="processors">How many steps may compute at the same time.</param>
public sealed class RunScheduler(int processors) : TaskScheduler, IThreadPoolWorkItem
{
    /// <summary>After so long a worker goes to the end of the pool's line: 100 µs, some steps of usual size.</summary>
    static readonly long Turn = Stopwatch.Frequency / 10_000;

    readonly ConcurrentQueue<Task> waiting = new();
    int workers;

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => processors;

    /// <summary>Starts work that stays here over all its awaits.</summary>
    public void Start<TState>(Func<TState, Task> work, TState state) =>
        _ = Task.Factory.StartNew(static s => ((Func<TState, Task> Work, TState State)?)s is { } start ? start.Work(start.State) : Task.CompletedTask,
            (work, state), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);

    void IThreadPoolWorkItem.Execute()
    {
        var end = Stopwatch.GetTimestamp() + Turn;
        while (waiting.TryDequeue(out var task))
        {
            TryExecuteTask(task);
            if (Stopwatch.GetTimestamp() < end)
                continue;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
        Interlocked.Decrement(ref workers);
        // Something may have come between the last look and this worker's leaving, when it still seemed to be there.
        if (!waiting.IsEmpty)
            Engage();
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        waiting.Enqueue(task);
        // The worker that leaves writes its number and then looks at the line; here it is the other way round.
        Interlocked.MemoryBarrier();
        Engage();
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => Current == this && !taskWasPreviouslyQueued && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [.. waiting];

    void Engage()
    {
        var seen = Volatile.Read(ref workers);
        while (seen < processors)
        {
            var before = Interlocked.CompareExchange(ref workers, seen + 1, seen);
            if (before == seen)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
            seen = before;
        }
    }
}
