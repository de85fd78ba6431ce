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

/// <summary>How long a thread is kept after its last change.</summary>
/// <param name="Minutes">More than nothing; parts of one count.</param>
/// <param name="KeepLatest">Then its history goes and the newest state stays; otherwise the whole thread goes.</param>
public sealed record ThreadTtl(double Minutes, bool KeepLatest)
{
    /// <summary>Ten years.</summary>
    public const double MostMinutes = 5_256_000;
}

/// <summary>What a thread's run stopped for: a question to whoever goes on with it.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Node">The node that asks, or before or after which it was told to stop.</param>
/// <param name="Value">The question, as its reader gets it.</param>
public sealed record ThreadInterrupt(Guid Id, string Node, JsonElement Value);

/// <summary>The native run that a thread's last run left waiting for answers, and the number of the event at which it did.</summary>
public sealed record WaitingRun(Guid NativeRunId, long Seq);

/// <summary>Where a run was told to stop and wait.</summary>
/// <param name="Before">Ids of nodes, or <c>*</c> for all of them.</param>
/// <param name="After">The same.</param>
public sealed record RunStops(IReadOnlyList<string> Before, IReadOnlyList<string> After)
{
    public static RunStops None { get; } = new([], []);

    public bool IsEmpty => Before.Count == 0 && After.Count == 0;

    public bool Has(string node, bool before)
    {
        var list = before ? Before : After;
        return list.Contains("*") || list.Contains(node);
    }
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

    /// <summary>What its last run stopped for; empty when it did not.</summary>
    public IReadOnlyList<ThreadInterrupt> Interrupts { get; init; } = [];

    /// <summary>The native run that waits for answers; null when none does.</summary>
    public WaitingRun? Waiting { get; init; }

    /// <summary>Null: it is kept until somebody deletes it.</summary>
    public ThreadTtl? Ttl { get; init; }

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

    /// <summary>What the nodes that were next waited for.</summary>
    public IReadOnlyList<ThreadInterrupt> Interrupts { get; init; } = [];

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

    /// <summary>It was canceled, or it waits for an answer: then another run of the thread goes on from there.</summary>
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

/// <summary>
/// A run on a thread: it takes its turn, and carries a native run out, or the part of one from an answer to the next question. Going on after a question is a
/// run of its own over the same native run: the steps before it are neither done nor told again.
/// </summary>
public sealed record ThreadRun
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    public required Guid ThreadId { get; init; }

    public required Guid FlowId { get; init; }

    /// <summary>What the caller named; the flow's id when that was the flow.</summary>
    public required Guid AssistantId { get; init; }

    public ThreadRunStatus Status { get; init; }

    public MultitaskStrategy Strategy { get; init; }

    /// <summary>As the caller gave it.</summary>
    public JsonElement Input { get; init; } = JsonText.Null;

    public JsonElement Metadata { get; init; } = JsonText.EmptyObject;

    /// <summary>How it was asked for, as the dialect keeps it; the engine does not read it.</summary>
    public JsonElement Request { get; init; } = JsonText.EmptyObject;

    /// <summary>Laid under an input that is an object: what the assistant has for Text Inputs. Null when it has nothing.</summary>
    public JsonElement? Presets { get; init; }

    /// <summary>It goes on with the native run that waits on its thread, if one does.</summary>
    public bool Continues { get; init; }

    /// <summary>The answer, or answers by question, that it goes on with; null when it brings none.</summary>
    public JsonElement? Resume { get; init; }

    /// <summary>Values to lay over the state before it goes on; null when there are none.</summary>
    public JsonElement? Update { get; init; }

    /// <summary>Where it is to stop and wait.</summary>
    public RunStops Stops { get; init; } = RunStops.None;

    /// <summary>The answers by their questions, since it has begun.</summary>
    public IReadOnlyDictionary<Guid, JsonElement> Answers { get; init; } = NoAnswers;

    /// <summary>What waited when it went on, answered by it or not.</summary>
    public IReadOnlyList<ThreadInterrupt> Waited { get; init; } = [];

    /// <summary>The native run's events up to this one are those of runs before it.</summary>
    public long FromSeq { get; init; }

    /// <summary>The native run's event at which it stopped for a question; null when it did not.</summary>
    public long? UntilSeq { get; init; }

    /// <summary>What it stopped for.</summary>
    public IReadOnlyList<ThreadInterrupt> Interrupts { get; init; } = [];

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

    static readonly Dictionary<Guid, JsonElement> NoAnswers = [];
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
