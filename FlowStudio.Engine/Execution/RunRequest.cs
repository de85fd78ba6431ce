using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>A wish to run a flow, from any trigger; access, size and JSON have been checked by who makes it.</summary>
public sealed record RunRequest
{
    /// <summary>What <see cref="IFlowStore.ResolveAsync"/> gave.</summary>
    public required RunnableFlow Flow { get; init; }

    public required RunTrigger Trigger { get; init; }

    /// <summary>Any JSON: what the trigger node gives out.</summary>
    public required JsonElement Input { get; init; }

    public CallDetails? Call { get; init; }

    /// <summary>The caller's session id (free text, ≤ 256 characters); null makes the run a session of its own.</summary>
    public string? SessionId { get; init; }

    /// <summary>The thread of the session, when it has an id of its own; null: the one that follows from flow and session.</summary>
    public Guid? ThreadId { get; init; }

    /// <summary>≤ 256 characters; the same key with the same body within 24 hours gives the first run again.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>SHA-256 of what the key must agree with; required with a key.</summary>
    public byte[]? BodyHash { get; init; }

    /// <summary>What the run is for, when a schedule starts it: a second run for the same time gives the first again.</summary>
    public ScheduledTime? Scheduled { get; init; }

    /// <summary>Whom else to tell of the run's end, beside those whom the flow's own setting names.</summary>
    public IReadOnlyList<CallbackTarget> Callbacks { get; init; } = [];

    /// <summary>Variables for this run alone, before the kept ones of their names; a run that is part of another has those of that one.</summary>
    public IReadOnlyList<RunVariable> Variables { get; init; } = [];

    /// <summary>Nobody is told of the run's end: it tries out a part of the flow.</summary>
    public bool IsTrial { get; init; }

    /// <summary>Nodes, by id, that the run stops before, each with a question of the kind <see cref="QuestionKind.Interrupt"/>; <c>*</c> is every node.</summary>
    public IReadOnlyList<string> InterruptBefore { get; init; } = [];

    /// <summary>Likewise, that it stops after: their outputs are durable by then.</summary>
    public IReadOnlyList<string> InterruptAfter { get; init; } = [];

    /// <summary>The step that starts the run, when it is part of another one. Such a run is taken while the gate is closed: the work it belongs to was accepted.</summary>
    public ParentStep? Parent { get; init; }

    /// <summary>What the run repeats, when it is a replay.</summary>
    public ReplaySource? Replay { get; init; }
}

/// <summary>The run that is replayed, and what of it is kept.</summary>
/// <param name="Origin">What started it, or the first of a chain.</param>
/// <param name="RootRunId">The first of the chain, when the replay goes on where it stopped: its steps have the same idempotency keys. Null for one from the start.</param>
/// <param name="ThreadId">The thread it goes on in; null for the session's, or a new one.</param>
/// <param name="Kept">Steps that are taken over as they are.</param>
public sealed record ReplaySource(Guid RunId, RunTrigger Origin, Guid? RootRunId, Guid? ThreadId, IReadOnlyList<StepState> Kept);

/// <summary>The step of a run that starts another.</summary>
/// <param name="Depth">The new run's: one more than its parent's.</param>
/// <param name="Key">The same whenever the same step of the same chain of replays wants the same flow with the same input.</param>
public sealed record ParentStep(Guid RunId, int Depth, Guid Key);

/// <summary>What became of a <see cref="RunRequest"/>.</summary>
public enum IntakeOutcome
{
    /// <summary>Durably accepted: the run will run.</summary>
    Accepted,

    /// <summary>The idempotency key was seen with the same body: this is the first run.</summary>
    Repeated,

    /// <summary>The idempotency key was seen with another body.</summary>
    KeyReused,

    /// <summary>Too many runs wait; try again after <see cref="IntakeResult.RetryAfter"/>.</summary>
    QueueFull,

    /// <summary>This way in is closed for now: the process is stopping, or an operator paused it.</summary>
    Paused,

    /// <summary>The flow is switched off.</summary>
    FlowDisabled,

    /// <summary>The flow's problems keep it from running: <see cref="IntakeResult.Problems"/>.</summary>
    FlowInvalid,

    /// <summary>The database cannot take it now: <see cref="IntakeResult.Message"/>.</summary>
    StorageUnavailable,

    /// <summary>There is no such run to replay.</summary>
    NoSuchRun,

    /// <summary>The run cannot be replayed, or not in this way: <see cref="IntakeResult.Message"/>.</summary>
    CannotReplay,
}

/// <summary>The answer to a <see cref="RunRequest"/>.</summary>
public sealed record IntakeResult(IntakeOutcome Outcome)
{
    /// <summary>The run, when accepted or repeated.</summary>
    public Guid RunId { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    public IReadOnlyList<FlowProblem> Problems { get; init; } = [];

    /// <summary>Why not, in words.</summary>
    public string Message { get; init; } = "";

    /// <summary>A stable code beside the message, e.g. <c>queue_full</c>, <c>storage_full</c>.</summary>
    public string Code { get; init; } = "";
}

/// <summary>The only door for runs: whatever the trigger, a run that it accepts is durable and will run.</summary>
public interface IRunIntake
{
    ValueTask<IntakeResult> StartAsync(RunRequest request, CancellationToken cancellationToken);
}

/// <summary>What became of a wish to cancel.</summary>
public enum CancelOutcome
{
    /// <summary>It ends as canceled, or just has.</summary>
    Canceled,

    /// <summary>It had ended before.</summary>
    AlreadyEnded,
    NotFound,
}

/// <summary>Acts on runs that were accepted.</summary>
public interface IRunControl
{
    /// <summary>Stops a run wherever it is: queued, waiting, or in the middle of a call, which is then cut.</summary>
    Task<CancelOutcome> CancelAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>Completes when the run has ended, or when <paramref name="cancellationToken"/> says; returns the run as it is then, null when it does not exist.</summary>
    Task<Run?> WaitForEndAsync(Guid runId, TimeSpan limit, CancellationToken cancellationToken);
}
