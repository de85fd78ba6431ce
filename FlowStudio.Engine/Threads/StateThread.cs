using System.Text.Json;

namespace FlowStudio.Engine.Threads;

/// <summary>Where a thread is.</summary>
public enum ThreadStatus
{
    /// <summary>Its last run ended well, or it has had none.</summary>
    Idle,

    /// <summary>A run of it waits for its turn or is at work.</summary>
    Busy,

    /// <summary>Its last run was stopped before its end.</summary>
    Interrupted,

    /// <summary>Its last run failed.</summary>
    Error,
}

/// <summary>A session with state: what its runs leave behind, and the history of that.</summary>
public sealed record StateThread
{
    public required Guid Id { get; init; }

    /// <summary>The flow of its last run; null before the first.</summary>
    public Guid? FlowId { get; init; }

    /// <summary>Any object: the caller's own facts.</summary>
    public JsonElement Metadata { get; init; } = JsonText.EmptyObject;

    /// <summary>The state: <c>messages</c>, and what output nodes gave by their titles; null before the first run.</summary>
    public JsonElement? Values { get; init; }

    public ThreadStatus Status { get; init; }

    /// <summary>Why the last run failed; null when it did not.</summary>
    public string? Error { get; init; }

    /// <summary>The newest checkpoint.</summary>
    public Guid? HeadId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the state last changed; null before that.</summary>
    public DateTimeOffset? StateAt { get; init; }
}

/// <summary>The state as it was at one moment.</summary>
public sealed record Checkpoint
{
    /// <summary>UUIDv7: later ones sort later.</summary>
    public required Guid Id { get; init; }

    public required Guid ThreadId { get; init; }

    public Guid? ParentId { get; init; }

    /// <summary>The run that made it; null when the state was set by hand.</summary>
    public Guid? RunId { get; init; }

    public required JsonElement Values { get; init; }

    /// <summary>Nodes that had yet to run.</summary>
    public IReadOnlyList<string> Next { get; init; } = [];

    /// <summary>Why the node that was next failed; null when it did not.</summary>
    public string? Error { get; init; }

    /// <summary>What made it: <c>input</c>, <c>loop</c> (a step of a run) or <c>update</c> (by hand).</summary>
    public required string Source { get; init; }

    /// <summary>-1 with a run's input, then counted up.</summary>
    public int Step { get; init; }

    /// <summary>The node whose output it has; null when there is none.</summary>
    public string? Node { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Where a run on a thread is.</summary>
public enum ThreadRunStatus
{
    /// <summary>It waits: for its time, or for the run before it.</summary>
    Pending,
    Running,
    Success,
    Error,
    Timeout,

    /// <summary>It was canceled.</summary>
    Interrupted,
}

/// <summary>What becomes of a new run while the thread is busy.</summary>
public enum MultitaskStrategy
{
    /// <summary>It waits for its turn. The default.</summary>
    Enqueue,

    /// <summary>It is refused.</summary>
    Reject,

    /// <summary>What is there is canceled; what it did so far stays.</summary>
    Interrupt,

    /// <summary>What is there is canceled, and the state is as if it had never been.</summary>
    Rollback,
}

/// <summary>Why a run on a thread failed.</summary>
public sealed record ThreadRunError(string Code, string Message);

/// <summary>A run on a thread: it takes its turn, and carries a native run out.</summary>
public sealed record ThreadRun
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    public required Guid ThreadId { get; init; }

    public required Guid FlowId { get; init; }

    public ThreadRunStatus Status { get; init; }

    public MultitaskStrategy Strategy { get; init; }

    /// <summary>As the caller gave it.</summary>
    public JsonElement Input { get; init; } = JsonText.Null;

    public JsonElement Metadata { get; init; } = JsonText.EmptyObject;

    /// <summary>How it was asked for, as the dialect keeps it; the engine does not read it.</summary>
    public JsonElement Request { get; init; } = JsonText.EmptyObject;

    /// <summary>The native run; null before it has begun.</summary>
    public Guid? NativeRunId { get; init; }

    /// <summary>The checkpoint that it goes on from; null: the newest when it begins.</summary>
    public Guid? FromId { get; init; }

    /// <summary>The checkpoint with its input applied.</summary>
    public Guid? InputId { get; init; }

    /// <summary>The state with its input applied, of one that has just begun; not stored with it.</summary>
    public JsonElement? Start { get; init; }

    /// <summary>The checkpoint that was the newest before it.</summary>
    public Guid? BeforeId { get; init; }

    /// <summary>The schedule and time it is for; null when it was asked for.</summary>
    public Runs.ScheduledTime? Scheduled { get; init; }

    /// <summary>Whom to tell of its end; null: nobody but whom the flow tells.</summary>
    public Runs.CallbackTarget? Callback { get; init; }

    /// <summary>Its thread goes with its end.</summary>
    public bool Temporary { get; init; }

    public ThreadRunError? Error { get; init; }

    /// <summary>Not before this.</summary>
    public required DateTimeOffset StartAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public bool IsFinal => Status is not (ThreadRunStatus.Pending or ThreadRunStatus.Running);
}

/// <summary>Names of enum members as they are stored and sent: lower case.</summary>
public static class ThreadNames
{
    public static string Of(ThreadStatus status) => status.ToString().ToLowerInvariant();

    public static string Of(ThreadRunStatus status) => status.ToString().ToLowerInvariant();

    public static string Of(MultitaskStrategy strategy) => strategy.ToString().ToLowerInvariant();

    public static ThreadStatus? Thread(string name) => Find<ThreadStatus>(name);

    public static ThreadRunStatus? Run(string name) => Find<ThreadRunStatus>(name);

    public static MultitaskStrategy? Strategy(string name) => Find<MultitaskStrategy>(name);

    static T? Find<T>(string name)
        where T : struct, Enum => Enum.GetValues<T>().Cast<T?>().FirstOrDefault(v => v.GetValueOrDefault().ToString().ToLowerInvariant() == name);
}
