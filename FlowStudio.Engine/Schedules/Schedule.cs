using System.Text.Json;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Schedules;

/// <summary>What becomes of times that were missed, because the server was down or far behind.</summary>
public enum MisfirePolicy
{
    /// <summary>One run for all of them, with the newest as its time. The default.</summary>
    Once,

    /// <summary>A run for each, oldest first; at most <see cref="ISchedules.MostAtOnce"/>.</summary>
    All,

    /// <summary>None.</summary>
    Skip,
}

/// <summary>What becomes of a time that comes while the schedule's last run is still at work.</summary>
public enum OverlapPolicy
{
    /// <summary>It is left out, and the history says so. The default.</summary>
    Skip,

    /// <summary>It waits until that run has ended.</summary>
    Queue,

    /// <summary>Both run at once.</summary>
    Allow,
}

/// <summary>Starts a flow again and again, at times that a cron expression gives.</summary>
public sealed record Schedule
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    public required Guid FlowId { get; init; }

    public required string Name { get; init; }

    /// <summary>See <see cref="CronText"/>.</summary>
    public required string Cron { get; init; }

    /// <summary>The IANA name of the time zone that the expression is read in.</summary>
    public string Zone { get; init; } = "UTC";

    /// <summary>Any JSON: what each run gets as its input.</summary>
    public JsonElement Input { get; init; } = JsonText.EmptyObject;

    public MisfirePolicy Misfire { get; init; }

    public OverlapPolicy Overlap { get; init; }

    /// <summary>A paused schedule keeps its place and starts nothing; what it would have started meanwhile is not made up for.</summary>
    public bool Paused { get; init; }

    /// <summary>Where the end of each run is told; kept as it was given, and shown redacted. Null: nowhere but where the flow says.</summary>
    public string? CompletionWebhook { get; init; }

    /// <summary>The last moment that counts; null: it goes on for ever.</summary>
    public DateTimeOffset? EndAt { get; init; }

    /// <summary>Which <see cref="IScheduleTarget"/> a fire goes to; null: it starts the flow.</summary>
    public string? Target { get; init; }

    /// <summary>The time that is next to be handled: in the future, or just due; null while paused, and when none comes any more.</summary>
    public DateTimeOffset? NextAt { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>A time of the expression, unless it comes after the end.</summary>
    public DateTimeOffset? Within(DateTimeOffset? time) => time > EndAt ? null : time;
}

/// <summary>Starts something else than the flow by itself, at a schedule's times.</summary>
public interface IScheduleTarget
{
    /// <summary>What <see cref="Schedule.Target"/> says.</summary>
    string Name { get; }

    /// <summary>Starts what the time is for, once however often it is asked; null when there is nothing to start any more.</summary>
    ValueTask<Execution.IntakeResult?> StartAsync(Schedule schedule, ScheduledTime scheduled, CancellationToken cancellationToken);
}

/// <summary>What became of one time of a schedule.</summary>
public enum FireOutcome
{
    /// <summary>A run was started.</summary>
    Started,

    /// <summary>It waits for the run before it to end.</summary>
    Waiting,

    /// <summary>The run before it was still at work.</summary>
    Skipped,

    /// <summary>The server was down or far behind, and the schedule does not make up for it.</summary>
    Missed,

    /// <summary>The flow could not be run: <see cref="ScheduleFire.Reason"/>.</summary>
    Refused,
}

/// <summary>One line of a schedule's history. There is one for each schedule and time, and at most one run.</summary>
public sealed record ScheduleFire
{
    public required Guid ScheduleId { get; init; }

    /// <summary>The time that the expression gave; of a run that somebody asked for, when that was.</summary>
    public required DateTimeOffset ScheduledAt { get; init; }

    /// <summary>When it was handled.</summary>
    public required DateTimeOffset At { get; init; }

    public required FireOutcome Outcome { get; init; }

    /// <summary>Somebody pressed Run now.</summary>
    public bool Manual { get; init; }

    public Guid? RunId { get; init; }

    /// <summary>Where the run is; null without one, and when it was deleted.</summary>
    public RunStatus? RunStatus { get; init; }

    /// <summary>A stable code beside the reason, e.g. <c>flow_disabled</c>; null when a run was started.</summary>
    public string? Code { get; init; }

    /// <summary>Why no run was started, in words; or what else was left out with it.</summary>
    public string? Reason { get; init; }
}

/// <summary>A schedule as lists show it.</summary>
/// <param name="LastFire">The newest line of its history.</param>
public sealed record ScheduleInfo(Schedule Schedule, ScheduleFire? LastFire);

/// <summary>A page of schedules, by name.</summary>
public sealed record SchedulePage(IReadOnlyList<ScheduleInfo> Items, string? NextCursor);

/// <summary>A page of a schedule's history, newest first.</summary>
public sealed record FirePage(IReadOnlyList<ScheduleFire> Items, string? NextCursor);

/// <summary>Names of enum members as they are stored and sent.</summary>
public static class ScheduleNames
{
    public static string Of(MisfirePolicy policy) => policy switch
    {
        MisfirePolicy.Once => "once",
        MisfirePolicy.All => "all",
        MisfirePolicy.Skip => "skip",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, message: null),
    };

    public static string Of(OverlapPolicy policy) => policy switch
    {
        OverlapPolicy.Skip => "skip",
        OverlapPolicy.Queue => "queue",
        OverlapPolicy.Allow => "allow",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, message: null),
    };

    public static string Of(FireOutcome outcome) => outcome switch
    {
        FireOutcome.Started => "started",
        FireOutcome.Waiting => "waiting",
        FireOutcome.Skipped => "skipped",
        FireOutcome.Missed => "missed",
        FireOutcome.Refused => "refused",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, message: null),
    };

    public static MisfirePolicy? Misfire(string name) => Find<MisfirePolicy>(name, Of);

    public static OverlapPolicy? Overlap(string name) => Find<OverlapPolicy>(name, Of);

    public static FireOutcome? Outcome(string name) => Find<FireOutcome>(name, Of);

    static T? Find<T>(string name, Func<T, string> of)
        where T : struct, Enum => Enum.GetValues<T>().Cast<T?>().FirstOrDefault(v => of(v.GetValueOrDefault()) == name);
}
