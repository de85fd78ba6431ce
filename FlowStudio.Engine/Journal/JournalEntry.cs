using System.Threading.Tasks.Sources;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Journal;

/// <summary>
/// One change of a run's state, on its way into the database. Entries share transactions; each completes when its transaction is durable.
/// The result says whether the change applied: a run that has ended meanwhile takes none.
/// </summary>
public abstract class JournalEntry : IValueTaskSource<bool>
{
    ManualResetValueTaskSourceCore<bool> completion = new() { RunContinuationsAsynchronously = true };
    bool applied;

    public required Guid RunId { get; init; }

    /// <summary>Events stored with the change.</summary>
    public EventChunk? Events { get; init; }

    /// <summary>Messages added to the run's thread with the change.</summary>
    public ThreadWrites? Messages { get; init; }

    /// <summary>What the change does to the run's questions; null for nothing.</summary>
    public QuestionWrites? Questions { get; init; }

    /// <summary>
    /// What happens when the database cannot write: an entry that gives up fails with <see cref="StorageException"/> (nobody has been promised
    /// anything yet); the others are kept and written when the database can again.
    /// </summary>
    public virtual bool GivesUp => false;

    /// <summary>Set by the writer inside the transaction; told to the waiting caller after the commit.</summary>
    public void Applied(bool value) => applied = value;

    public void Complete() => completion.SetResult(applied);

    public void Fail(Exception error) => completion.SetException(error);

    internal ValueTask<bool> Task => new(this, completion.Version);

    bool IValueTaskSource<bool>.GetResult(short token) => completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => completion.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        completion.OnCompleted(continuation, state, token, flags);
}

/// <summary>Messages of one thread; the thread's row is made with its first message.</summary>
public sealed record ThreadWrites(ChatThread Thread, IReadOnlyList<ThreadMessage> Messages);

/// <summary>A new run. Does not apply when its idempotency key was taken: see <see cref="ExistingRunId"/>.</summary>
public sealed class AcceptEntry : JournalEntry
{
    public required Run Run { get; init; }

    /// <summary>The version to store when it has no row yet.</summary>
    public FlowVersion? NewVersion { get; init; }

    public string? IdempotencyKey { get; init; }

    public byte[]? BodyHash { get; init; }

    /// <summary>Keys made before this are forgotten.</summary>
    public DateTimeOffset KeysSince { get; init; }

    /// <summary>What a run with a parent stands for, so that the step that started it finds it again.</summary>
    public Guid? ChildKey { get; init; }

    /// <summary>The time of a schedule that the run is for. Does not apply when that time has a run.</summary>
    public ScheduledTime? Scheduled { get; init; }

    /// <summary>Whom to tell of the run's end; stored with the run.</summary>
    public IReadOnlyList<ArmedDelivery> Deliveries { get; init; } = [];

    /// <summary>The first run of the same key.</summary>
    public Guid? ExistingRunId { get; set; }

    /// <summary>Whether the first run had the same body.</summary>
    public bool SameBody { get; set; }

    public override bool GivesUp => true;
}

/// <summary>A queued run begins to work. Durable before its first node starts, so that a run that kills the process is known.</summary>
public sealed class StartEntry : JournalEntry
{
    public required DateTimeOffset At { get; init; }

    /// <summary>The last event that was read of a run with open questions: it does not apply when an answer came after it. Null for any other run.</summary>
    public long? Seen { get; init; }
}

/// <summary>Events and messages of a run at work.</summary>
public sealed class AppendEntry : JournalEntry;

/// <summary>A run at work goes to sleep; back to the queue in the same transaction when a run that it waits for has ended or is gone.</summary>
public sealed class WaitEntry : JournalEntry
{
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>Runs that it waits for.</summary>
    public IReadOnlyList<Guid> Awaits { get; init; } = [];

    /// <summary>An answer came while it was lying down: it is queued again.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>Set by the writer: it is queued again.</summary>
    public bool WokenAtOnce { get; set; }
}

/// <summary>
/// A question of a run that no process works on is answered: the event is stored, the question closed, and a sleeping run goes back to the queue. Does not apply
/// when the question is not open, the run is at work or has ended, or has events that the caller has not seen.
/// </summary>
public sealed class AnswerEntry : JournalEntry
{
    public required QuestionClose Answer { get; init; }

    /// <summary>Set by the writer: the run slept and is queued now.</summary>
    public bool Woken { get; set; }

    public override bool GivesUp => true;
}

/// <summary>A sleeping run, or one that was in flight at a stop, goes back to the queue.</summary>
public sealed class RequeueEntry : JournalEntry
{
    /// <summary>The status it must have.</summary>
    public required RunStatus From { get; init; }
}

/// <summary>
/// A run ends: exactly one end applies. A parent that sleeps goes back to the queue in the same transaction, and <see cref="WaitEntry"/> looks
/// at what it waits for in its own: whichever is first, no wake-up is lost.
/// </summary>
public sealed class EndEntry : JournalEntry
{
    public required RunStatus Status { get; init; }

    public required DateTimeOffset At { get; init; }

    public RunError? Error { get; init; }

    public string? ResultPreview { get; init; }

    public TokenUsage Tokens { get; init; }

    public Guid? ParentRunId { get; init; }

    /// <summary>Set by the writer: the flow of the parent, which slept and is queued now.</summary>
    public Guid? WokenFlowId { get; set; }

    /// <summary>Set by the writer: the end is to be told, and those messages are due now.</summary>
    public bool HasDeliveries { get; set; }

    /// <summary>Whether it may have open questions, which are over now.</summary>
    public bool HadQuestions { get; init; }

    /// <summary>Applies only while no process works on the run: for cancelling it where it lies.</summary>
    public bool OnlyIfIdle { get; init; }
}

/// <summary>One more receiver is to be told of a run, in the run's own order: of its end, or at once when it has ended. Does not apply when there is no such run.</summary>
public sealed class DeliveryEntry : JournalEntry
{
    public required ArmedDelivery Delivery { get; init; }

    /// <summary>Due now, whether the run has ended or not.</summary>
    public bool AtOnce { get; init; }

    public required DateTimeOffset At { get; init; }

    public override bool GivesUp => true;
}

/// <summary>Takes entries, in order, and completes each when it is durable. The database's own room implements it.</summary>
public interface IJournalWriter
{
    /// <summary>Never blocks; the order of entries is the order of their effects.</summary>
    void Post(JournalEntry entry);
}
