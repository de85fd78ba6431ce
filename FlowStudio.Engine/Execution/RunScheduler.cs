using System.Collections.Concurrent;

namespace FlowStudio.Engine.Execution;

/// <summary>
/// Where runs compute: threads of their own, one fewer than there are processors. Hundreds of runs at work would queue hundreds of steps in the thread
/// pool, and each acknowledgement would stand in line behind them; here the runs have their own line, and a processor stays with the callers.
/// On two processors that costs the runs nothing (the journal's thread needs the other one) and gives webhooks a quarter more.
/// </summary>
sealed class RunScheduler : TaskScheduler, IDisposable
{
    readonly BlockingCollection<Task> waiting = [];
    readonly int width;

    /// <param name="width">How many steps may compute at the same time.</param>
    public RunScheduler(int width)
    {
        this.width = width;
        for (var i = 0; i < width; i++)
            new Thread(Work) { IsBackground = true, Name = "FlowStudio runs" }.Start();
    }

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => width;

    /// <summary>Starts work that stays here over all its awaits.</summary>
    public void Start<TState>(Func<TState, Task> work, TState state) =>
        _ = Task.Factory.StartNew(static s => ((Func<TState, Task> Work, TState State)?)s is { } start ? start.Work(start.State) : Task.CompletedTask,
            (work, state), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);

    /// <summary>The threads end; what still comes, from work that outlived the stop, runs in the thread pool.</summary>
    public void Dispose() => waiting.CompleteAdding();

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        try
        {
            waiting.Add(task);
        }
        catch (InvalidOperationException)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static s => s.Scheduler.TryExecuteTask(s.Task), (Scheduler: this, Task: task), preferLocal: false);
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => Current == this && !taskWasPreviouslyQueued && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [.. waiting];

    void Work()
    {
        foreach (var task in waiting.GetConsumingEnumerable())
            TryExecuteTask(task);
    }
}
