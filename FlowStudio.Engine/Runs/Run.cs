using System.Text.Json;

namespace FlowStudio.Engine.Runs;

/// <summary>Where a run is. Stored and shown in lower case with underscores.</summary>
public enum RunStatus
{
    Queued,
    Running,

    /// <summary>Asleep until a time or an answer; costs no task, timer or memory.</summary>
    Waiting,
    Succeeded,
    Failed,
    Canceled,

    /// <summary>The flow's limit on working time was reached.</summary>
    TimedOut,
}

/// <summary>What started a run.</summary>
public enum RunTrigger
{
    Webhook,
    Api,
    Schedule,
    Studio,
    Replay,

    /// <summary>Another run: a step of it is this run.</summary>
    Flow,
}

/// <summary>One execution of a flow's version, as history knows it; its steps and events are read apart.</summary>
public sealed record Run
{
    /// <summary>UUIDv7: newer runs sort later.</summary>
    public required Guid Id { get; init; }

    public required Guid FlowId { get; init; }

    public required Guid FlowVersionId { get; init; }

    /// <summary>The published version's number; null for a draft.</summary>
    public int? FlowVersion { get; init; }

    public required RunStatus Status { get; init; }

    public required RunTrigger Trigger { get; init; }

    /// <summary>The run itself when the call named no session.</summary>
    public required Guid ThreadId { get; init; }

    public Guid? ReplayOf { get; init; }

    /// <summary>See <see cref="Components.RunScope.RootRunId"/>.</summary>
    public required Guid RootRunId { get; init; }

    /// <summary>The run that started this one as a step of its own, and waits for it.</summary>
    public Guid? ParentRunId { get; init; }

    /// <summary>How many runs are around this one: 0 when it has no parent.</summary>
    public int Depth { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When a waiting run goes on by itself; null when only an answer ends the wait.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    public RunError? Error { get; init; }

    /// <summary>The first 200 characters of the output, for lists.</summary>
    public string? ResultPreview { get; init; }

    public TokenUsage Tokens { get; init; }
}

/// <summary>Why a run did not succeed.</summary>
/// <param name="NodeId">The node that failed, or null.</param>
public sealed record RunError(string Code, string Message, string? NodeId, string Remedy = "");

/// <summary>Tokens that models read and wrote.</summary>
public readonly record struct TokenUsage(long Input, long Output)
{
    public static TokenUsage operator +(TokenUsage a, TokenUsage b) => new(a.Input + b.Input, a.Output + b.Output);

    /// <inheritdoc cref="op_Addition"/>
    public TokenUsage Add(TokenUsage other) => this + other;
}

/// <summary>The time of a schedule that a run is for: there is at most one run for each.</summary>
/// <param name="Manual">Somebody pressed Run now; the time is when.</param>
public sealed record ScheduledTime(Guid ScheduleId, DateTimeOffset At, bool Manual);

/// <summary>How a run was called over HTTP; credentials are left out.</summary>
public sealed record CallDetails(string Method, IReadOnlyList<KeyValuePair<string, string>> Headers, IReadOnlyList<KeyValuePair<string, string>> Query)
{
    /// <summary>The dialect that the caller spoke, where whoever answers it must know its own runs again; null where it does not matter.</summary>
    public string? Dialect { get; init; }

    /// <summary>The body as it was sent, where the flow reads it; null where it does not.</summary>
    public string? Body { get; init; }

    /// <summary>The body was no text: <see cref="Body"/> is its Base64.</summary>
    public bool IsBase64 { get; init; }
}

/// <summary>Where a step is.</summary>
public enum StepStatus
{
    Pending,
    Running,
    Waiting,
    Succeeded,
    Failed,
    Skipped,
}

/// <summary>One attempt of one node in one iteration. Steps are not stored: they are what a run's events add up to.</summary>
public sealed record Step
{
    public required string NodeId { get; init; }

    public required string Title { get; init; }

    public required string Type { get; init; }

    public IReadOnlyList<int> Iteration { get; init; } = [];

    public int Attempt { get; init; } = 1;

    public required StepStatus Status { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>By port: what its incoming edges carried.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Input { get; init; } = [];

    /// <summary>By port; empty until it succeeded.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Output { get; init; } = [];

    public RunError? Error { get; init; }

    public TokenUsage Tokens { get; init; }

    /// <summary>The run that it waits for, or waited for.</summary>
    public Guid? ChildRunId { get; init; }

    /// <summary>What it asked, and what the question is known by; null when it asked nothing.</summary>
    public JsonElement? Question { get; init; }

    /// <inheritdoc cref="Question"/>
    public Guid? QuestionId { get; init; }

    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>Until when the question can be answered; null for as long as the run waits.</summary>
    public DateTimeOffset? AnswerUntil { get; init; }

    /// <summary>The answer; null when there is none (yet).</summary>
    public JsonElement? Answer { get; init; }

    /// <summary>Who answered; empty when nobody said, null without an answer.</summary>
    public string? AnsweredBy { get; init; }

    /// <summary>By which way the answer came: <c>studio</c>, <c>chat</c>, <c>link</c>, <c>api</c> or <c>langgraph</c>.</summary>
    public string? AnsweredVia { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>The run that did it, when a replay took it over: it has no times and no tokens here.</summary>
    public Guid? ReusedFrom { get; init; }

    /// <summary>It did not run: its outputs are pinned in the flow. It has no times here either.</summary>
    public bool Pinned { get; init; }
}

/// <summary>Names of enum members as they are stored and sent: lower case with underscores.</summary>
public static class RunNames
{
    public static string Of(RunStatus status) => status switch
    {
        RunStatus.Queued => "queued",
        RunStatus.Running => "running",
        RunStatus.Waiting => "waiting",
        RunStatus.Succeeded => "succeeded",
        RunStatus.Failed => "failed",
        RunStatus.Canceled => "canceled",
        RunStatus.TimedOut => "timed_out",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, message: null),
    };

    public static string Of(RunTrigger trigger) => trigger switch
    {
        RunTrigger.Webhook => "webhook",
        RunTrigger.Api => "api",
        RunTrigger.Schedule => "schedule",
        RunTrigger.Studio => "studio",
        RunTrigger.Replay => "replay",
        RunTrigger.Flow => "flow",
        _ => throw new ArgumentOutOfRangeException(nameof(trigger), trigger, message: null),
    };

    public static string Of(StepStatus status) => status switch
    {
        StepStatus.Pending => "pending",
        StepStatus.Running => "running",
        StepStatus.Waiting => "waiting",
        StepStatus.Succeeded => "succeeded",
        StepStatus.Failed => "failed",
        StepStatus.Skipped => "skipped",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, message: null),
    };

    public static RunStatus? Status(string name) => Enum.GetValues<RunStatus>().Cast<RunStatus?>().FirstOrDefault(s => Of(s.GetValueOrDefault()) == name);

    public static RunTrigger? Trigger(string name) => Enum.GetValues<RunTrigger>().Cast<RunTrigger?>().FirstOrDefault(t => Of(t.GetValueOrDefault()) == name);

    /// <summary>Whether a run with this status will not change any more.</summary>
    public static bool IsFinal(RunStatus status) => status is RunStatus.Succeeded or RunStatus.Failed or RunStatus.Canceled or RunStatus.TimedOut;
}
