using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Threads;

/// <summary>The room's log lines, ids 2800–2899.</summary>
static partial class ThreadLog
{
    [LoggerMessage(2800, LogLevel.Error, "Runs of thread {ThreadId} could not be handled: {Reason} Trying again in {Seconds} s.")]
    public static partial void TurnFailed(ILogger logger, Guid threadId, string reason, double seconds, Exception exception);

    [LoggerMessage(2801, LogLevel.Error, "Threads could not be looked up: {Reason} Trying again in {Seconds} s.")]
    public static partial void RecoverFailed(ILogger logger, string reason, double seconds, Exception exception);

    [LoggerMessage(2802, LogLevel.Error, "Threads that were kept long enough could not be deleted: {Reason} Trying again in {Seconds} s.")]
    public static partial void SweepFailed(ILogger logger, string reason, double seconds, Exception exception);
}
