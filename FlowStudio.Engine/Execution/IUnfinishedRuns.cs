namespace FlowStudio.Engine.Execution;

/// <summary>What is left over from the process's last life.</summary>
/// <param name="Queued">Runs that wait, oldest first; those that were in flight at the crash among them.</param>
/// <param name="Looping">In flight at so many crashes in a row that they are not tried again.</param>
public sealed record LeftOver(IReadOnlyList<UnfinishedRun> Queued, IReadOnlyList<UnfinishedRun> Looping, int Sleeping, int Crashed);

/// <summary>A run without an end.</summary>
public readonly record struct UnfinishedRun(Guid Id, Guid FlowId, int Crashes);

/// <summary>Finds runs without an end; Storage implements it.</summary>
public interface IUnfinishedRuns
{
    /// <summary>
    /// At start, before any worker: puts what was in flight back to the queue, counting one more crash for each, and lists what waits.
    /// A run that reaches <paramref name="crashLimit"/> is listed apart.
    /// </summary>
    Task<LeftOver> TakeStockAsync(int crashLimit, CancellationToken cancellationToken);

    /// <summary>When the next sleeping run goes on by itself; null when none does.</summary>
    Task<DateTimeOffset?> NextWakeAsync(CancellationToken cancellationToken);

    /// <summary>Sleeping runs whose time has come, earliest first.</summary>
    Task<IReadOnlyList<UnfinishedRun>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Deletes idempotency keys made before a time, a few at once; returns how many went.</summary>
    Task<int> DeleteKeysAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken);
}
