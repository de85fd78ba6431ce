using System.Text.Json;

namespace FlowStudio.Engine.Threads;

/// <summary>Which threads to list.</summary>
public sealed record ThreadFilter
{
    /// <summary>What the metadata must have in it; null: anything.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>What the state must have in it; null: anything.</summary>
    public JsonElement? Values { get; init; }

    public IReadOnlyList<Guid>? Ids { get; init; }

    public ThreadStatus? Status { get; init; }

    public ThreadSort Sort { get; init; } = ThreadSort.CreatedAt;

    public bool Ascending { get; init; }
}

/// <summary>By what threads are sorted.</summary>
public enum ThreadSort
{
    CreatedAt,
    UpdatedAt,
    StateUpdatedAt,
    ThreadId,
    Status,
}

/// <summary>Why a run was not taken.</summary>
public enum Admission
{
    Taken,
    NoThread,
    Busy,
}

/// <summary>What became of a wish to run on a thread.</summary>
/// <param name="Run">As it was stored; null when it was not.</param>
/// <param name="Before">Runs of the thread that have not ended and are to be canceled for it.</param>
public sealed record AdmittedRun(Admission Outcome, ThreadRun? Run, IReadOnlyList<Guid> Before);

/// <summary>How a run left its thread.</summary>
/// <param name="Checkpoints">New ones, oldest first; the last is the thread's newest from now on.</param>
public sealed record ThreadEnd(ThreadRunStatus Status, ThreadRunError? Error, IReadOnlyList<Checkpoint> Checkpoints)
{
    /// <summary>Applies only while the run has not begun.</summary>
    public bool OnlyPending { get; init; }

    /// <summary>It is as if the run had never been, whatever was noted for it.</summary>
    public bool Rollback { get; init; }

    /// <summary>It could not go on: its thread stays as it is, with what waits there.</summary>
    public bool LeavesThread { get; init; }

    /// <summary>The native run lives on, and waits for answers to these; null: it has ended.</summary>
    public WaitingRun? Waiting { get; init; }

    public IReadOnlyList<ThreadInterrupt> Interrupts { get; init; } = [];
}

/// <summary>A run after its end.</summary>
/// <param name="Values">The thread's state.</param>
public sealed record EndedRun(ThreadRun Run, JsonElement Values);

/// <summary>Threads, their runs and their checkpoints in the database. Every write is one transaction.</summary>
public interface IThreadRows
{
    Task<StateThread?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Stores a new thread; false when there is one with this id.</summary>
    Task<bool> AddAsync(StateThread thread, IReadOnlyList<Checkpoint> checkpoints, CancellationToken cancellationToken);

    /// <summary>Merges into the metadata, and sets how long it is kept when that is given; null when there is no such thread.</summary>
    Task<StateThread?> PatchAsync(Guid id, JsonElement metadata, ThreadTtl? ttl, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Deletes a thread with its runs and checkpoints; null when there is none, else the runs that had not ended.</summary>
    Task<IReadOnlyList<ThreadRun>?> DeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Deletes all checkpoints of a thread but the newest; false when there is no such thread, or it is busy.</summary>
    Task<bool> PruneAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Threads that have been kept as long as they were to be, and have not been taken care of.</summary>
    Task<IReadOnlyList<StateThread>> ExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Deletes, of runs that ended before this without having begun, what is kept of their ends with the messages about them. How many there were.</summary>
    Task<int> DeleteEndsAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>A page, and whether more follow.</summary>
    Task<(IReadOnlyList<StateThread> Items, bool More)> SearchAsync(ThreadFilter filter, int offset, int limit, CancellationToken cancellationToken);

    Task<int> CountAsync(ThreadFilter filter, CancellationToken cancellationToken);

    /// <summary>Copies a thread with its checkpoints, not its runs; null when there is none.</summary>
    Task<StateThread?> CopyAsync(Guid id, Guid copyId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Adds a checkpoint that <paramref name="make"/> gives for the thread; the outcome says why not. What waits waits on, unless it goes out from an older checkpoint.</summary>
    Task<(Admission Outcome, Checkpoint? Made)> UpdateStateAsync(Guid id, Func<StateThread, Checkpoint?, Checkpoint> make, Guid? from, CancellationToken cancellationToken);

    Task<Checkpoint?> FindCheckpointAsync(Guid threadId, Guid id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="before">Only older ones.</param>
    Task<IReadOnlyList<Checkpoint>> HistoryAsync(Guid threadId, Guid? before, int limit, CancellationToken cancellationToken);

    /// <summary>Takes a run: looks whether the thread is there and free, and stores it.</summary>
    /// <param name="create">The thread to make when there is none; null makes none.</param>
    Task<AdmittedRun> AdmitAsync(ThreadRun run, StateThread? create, JsonElement threadMetadata, CancellationToken cancellationToken);

    /// <summary>The run that is at work, or else the one that is next; null when there is none.</summary>
    Task<ThreadRun?> NextAsync(Guid threadId, CancellationToken cancellationToken);

    /// <summary>A pending run has its native run; null when it is not pending any more.</summary>
    /// <param name="input">Makes the checkpoint with its input applied.</param>
    Task<ThreadRun?> BeginAsync(Guid runId, Guid nativeRunId, DateTimeOffset now, Func<StateThread, ThreadRun, Checkpoint> input, CancellationToken cancellationToken);

    /// <summary>
    /// A pending run goes on with the native run that waits on its thread; null when it is not pending any more, or nothing waits there.
    /// </summary>
    /// <param name="answers">What it answers, by question.</param>
    /// <param name="update">Makes the checkpoint with its values laid over the state; null when it brings none.</param>
    Task<ThreadRun?> ContinueAsync(Guid runId, Guid nativeRunId, IReadOnlyDictionary<Guid, JsonElement> answers, DateTimeOffset now, Func<StateThread, ThreadRun, Checkpoint>? update, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a run that nobody asked for, at work, which carries on the native run that waited on its thread and has gone on by itself; null when another run does,
    /// or nothing waits there any more.
    /// </summary>
    Task<ThreadRun?> FollowUpAsync(ThreadRun run, Guid nativeRunId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a run; null when it is gone. A run that is rolled back goes with its checkpoints, and a temporary one with its thread: what is returned is how it
    /// ended all the same.
    /// </summary>
    Task<EndedRun?> EndAsync(Guid runId, ThreadEnd end, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// How a run ended that somebody is told of: kept beside the run, which may be gone with its thread. Null until its end is stored, and when nobody is told.
    /// </summary>
    Task<EndedRun?> FindEndAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>Notes how a run at work is to end; false when it has ended or is pending.</summary>
    Task<bool> StopAsync(Guid runId, bool rollback, CancellationToken cancellationToken);

    Task<ThreadRun?> FindRunAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<IReadOnlyList<ThreadRun>> RunsAsync(Guid? threadId, IReadOnlyCollection<ThreadRunStatus> statuses, int offset, int limit, CancellationToken cancellationToken);

    /// <summary>Deletes an ended run; its checkpoints stay. False when there is none that has ended.</summary>
    Task<bool> DeleteRunAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Threads with runs that have not ended, or with one that waits for answers.</summary>
    Task<IReadOnlyList<Guid>> UnfinishedAsync(CancellationToken cancellationToken);
}
