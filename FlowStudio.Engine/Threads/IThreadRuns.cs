using System.Text.Json;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Threads;

/// <summary>A wish to run a flow on a thread.</summary>
public sealed record ThreadRunRequest
{
    public required Guid FlowId { get; init; }

    /// <summary>See <see cref="ThreadRun.AssistantId"/>; null: the flow's own.</summary>
    public Guid? AssistantId { get; init; }

    /// <summary>See <see cref="ThreadRun.Presets"/>.</summary>
    public JsonElement? Presets { get; init; }

    /// <summary>See <see cref="ThreadRun.Stops"/>.</summary>
    public RunStops Stops { get; init; } = RunStops.None;

    /// <summary>Null: a thread of the run's own.</summary>
    public Guid? ThreadId { get; init; }

    /// <summary>Makes the thread when there is none with that id.</summary>
    public bool CreateThread { get; init; }

    /// <summary>The thread goes with the run's end; only for one of the run's own.</summary>
    public bool Temporary { get; init; }

    /// <summary>See <see cref="ThreadRun.Continues"/>.</summary>
    public bool Continues { get; init; }

    /// <summary>See <see cref="ThreadRun.Resume"/>.</summary>
    public JsonElement? Resume { get; init; }

    /// <summary>See <see cref="ThreadRun.Update"/>.</summary>
    public JsonElement? Update { get; init; }

    /// <summary>Any JSON; an object with <c>messages</c> adds them to the thread.</summary>
    public JsonElement Input { get; init; } = JsonText.Null;

    public JsonElement Metadata { get; init; } = JsonText.EmptyObject;

    /// <summary>Merged into the thread's metadata.</summary>
    public JsonElement ThreadMetadata { get; init; } = JsonText.EmptyObject;

    /// <summary>Kept with the run, for who reads it.</summary>
    public Func<Guid, Guid, JsonElement> Request { get; init; } = static (_, _) => JsonText.EmptyObject;

    public MultitaskStrategy Strategy { get; init; }

    /// <summary>The checkpoint to go on from; null: the newest.</summary>
    public Guid? FromId { get; init; }

    public TimeSpan After { get; init; }

    /// <summary>Whom to tell of the run's end, whatever it is.</summary>
    public CallbackTarget? Callback { get; init; }

    /// <summary>The time of a schedule that it is for: there is one run for each.</summary>
    public ScheduledTime? Scheduled { get; init; }
}

/// <summary>A run that was taken, and its way.</summary>
/// <param name="Run">Null when it was not taken.</param>
/// <param name="Progress">Null when it was not taken.</param>
public sealed record StartedThreadRun(Admission Outcome, ThreadRun? Run, RunProgress? Progress);

/// <summary>Lets anybody wait for a run of a thread.</summary>
public sealed class RunProgress
{
    readonly TaskCompletionSource<ThreadRun?> begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<EndedRun?> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the run when its native run has begun; with null when it ended before that.</summary>
    public Task<ThreadRun?> Begun => begun.Task;

    /// <summary>Completes when the end is stored; with null when the run was deleted meanwhile.</summary>
    public Task<EndedRun?> Ended => ended.Task;

    internal void Begin(ThreadRun run) => begun.TrySetResult(run);

    internal void End(EndedRun? end)
    {
        begun.TrySetResult(end?.Run is { NativeRunId: not null } run ? run : null);
        ended.TrySetResult(end);
    }
}

/// <summary>What became of a wish to cancel.</summary>
public enum ThreadCancel
{
    /// <summary>It is on its way out; its progress tells when it is.</summary>
    Canceled,
    AlreadyEnded,
    NotFound,
}

/// <summary>Runs on threads: one at a time on each, in the order in which they came.</summary>
public interface IThreadRuns
{
    /// <summary>Takes a run; it is durable when this returns.</summary>
    /// <exception cref="Journal.StorageException">The database cannot write now.</exception>
    Task<StartedThreadRun> StartAsync(ThreadRunRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// What is wrong with what somebody would go on with on a thread, in words. Null when nothing is, and while the thread is at work: then the run itself is told.
    /// </summary>
    Task<string?> ResumeProblemAsync(Guid threadId, JsonElement resume, CancellationToken cancellationToken);

    /// <summary>How far a run is; null when there is none.</summary>
    Task<RunProgress?> FollowAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>Cancels a run; with <paramref name="rollback"/> it is as if it had never been.</summary>
    Task<ThreadCancel> CancelAsync(Guid runId, bool rollback, CancellationToken cancellationToken);

    /// <summary>Deletes a thread with all it has; what runs on it is canceled. False when there is none.</summary>
    Task<bool> DeleteThreadAsync(Guid threadId, CancellationToken cancellationToken);
}
