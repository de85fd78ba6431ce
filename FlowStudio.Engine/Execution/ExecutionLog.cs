using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>The room's log lines, ids 2000–2099.</summary>
static partial class ExecutionLog
{
    [LoggerMessage(2000, LogLevel.Error, "Component {Type} broke in node {Node} of run {RunId}: {Details}")]
    public static partial void ComponentBroke(ILogger logger, string type, string node, Guid runId, string details);

    [LoggerMessage(2001, LogLevel.Error, "Run {RunId} could not be worked on: {Reason}")]
    public static partial void RunBroke(ILogger logger, Guid runId, string reason, Exception exception);

    [LoggerMessage(2002, LogLevel.Information, "{Queued} runs wait, {Sleeping} sleep; {Crashed} were in flight when the process last stopped and go on.")]
    public static partial void Recovered(ILogger logger, int queued, int sleeping, int crashed);

    [LoggerMessage(2003, LogLevel.Error, "Run {RunId} was in flight at {Crashes} crashes in a row and is set aside as failed (crash_loop).")]
    public static partial void CrashLoop(ILogger logger, Guid runId, int crashes);

    [LoggerMessage(2004, LogLevel.Information, "Stopping: no new runs; {Count} at work may take {Seconds} s.")]
    public static partial void Draining(ILogger logger, int count, double seconds);

    [LoggerMessage(2005, LogLevel.Warning, "{Count} runs were interrupted; they go on after the next start.")]
    public static partial void Interrupted(ILogger logger, int count);

    [LoggerMessage(2006, LogLevel.Error, "Sleeping runs could not be looked up: {Reason} Trying again.")]
    public static partial void WakeFailed(ILogger logger, string reason);

    [LoggerMessage(2007, LogLevel.Error, "Events of run {RunId} could not be stored: {Reason}")]
    public static partial void SaveFailed(ILogger logger, Guid runId, string reason);

    [LoggerMessage(2008, LogLevel.Warning, "The runner is paused (FlowStudio:Runner:Paused): runs are accepted, none is started.")]
    public static partial void Paused(ILogger logger);

    [LoggerMessage(2009, LogLevel.Error, "Old idempotency keys could not be deleted: {Reason}")]
    public static partial void SweepFailed(ILogger logger, string reason);

    [LoggerMessage(2020, LogLevel.Error, "The variables that run {RunId} was given can no longer be decrypted; it reads the kept ones.")]
    public static partial void RunVariablesUnreadable(ILogger logger, Guid runId);

    [LoggerMessage(2021, LogLevel.Warning, "The variables of the ended run {RunId} could not be deleted yet: {Reason} The next start does it.")]
    public static partial void RunVariablesNotDeleted(ILogger logger, Guid runId, string reason);
}
