using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>How the studio says what runs and steps are doing; state has a colour, an icon or a dot, and a word.</summary>
public static class RunWords
{
    public static string Of(RunStatus status) => status switch
    {
        RunStatus.Queued => "Queued",
        RunStatus.Running => "Running",
        RunStatus.Waiting => "Waiting",
        RunStatus.Succeeded => "Succeeded",
        RunStatus.Failed => "Failed",
        RunStatus.Canceled => "Canceled",
        RunStatus.TimedOut => "Timed out",
        _ => status.ToString(),
    };

    /// <summary>The pill's class.</summary>
    public static string Look(RunStatus status) => status switch
    {
        RunStatus.Running => "live",
        RunStatus.Succeeded => "ok",
        RunStatus.Failed => "bad",
        RunStatus.Waiting or RunStatus.TimedOut => "warn",
        _ => "",
    };

    public static string Of(StepStatus status) => status switch
    {
        StepStatus.Pending => "Pending",
        StepStatus.Running => "Running",
        StepStatus.Waiting => "Waiting",
        StepStatus.Succeeded => "Succeeded",
        StepStatus.Failed => "Failed",
        StepStatus.Skipped => "Skipped",
        _ => status.ToString(),
    };

    public static string Look(StepStatus status) => status switch
    {
        StepStatus.Running => "live",
        StepStatus.Succeeded => "ok",
        StepStatus.Failed => "bad",
        StepStatus.Waiting => "warn",
        _ => "",
    };

    public static string Of(RunTrigger trigger) => RunNames.Of(trigger);

    public static string Icon(RunTrigger trigger) => trigger switch
    {
        RunTrigger.Webhook => "webhook",
        RunTrigger.Api => "terminal",
        RunTrigger.Schedule => "calendar-clock",
        RunTrigger.Replay => "rotate-ccw",
        RunTrigger.Flow => "workflow",
        _ => "play",
    };

    /// <summary>"1.6 s", from start to end or to now; nothing for a run that has not started.</summary>
    public static string Took(Run run, DateTimeOffset now) => run.StartedAt is { } start ? Times.Duration((run.FinishedAt ?? now) - start) : "";

    /// <summary>What a list shows of how it went.</summary>
    public static string Result(Run run) => run.Error?.Message ?? run.ResultPreview ?? (RunNames.IsFinal(run.Status) ? "" : "–");

    /// <summary>"1 run", "2,345 runs", "10,000+ runs".</summary>
    public static string HowMany(RunCount count) => count switch
    {
        { IsExact: true, Count: 1 } => "1 run",
        _ => $"{Times.Count(count.Count)}{(count.IsExact ? "" : "+")} runs",
    };

    /// <summary>"1 matches", "1,595 match", "10,000+ match".</summary>
    public static string HowManyMatch(RunCount count) => $"{Times.Count(count.Count)}{(count.IsExact ? "" : "+")} {(count is { IsExact: true, Count: 1 } ? "matches" : "match")}";
}
