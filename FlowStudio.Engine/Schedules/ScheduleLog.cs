using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Schedules;

/// <summary>The room's log lines, ids 2500–2599.</summary>
static partial class ScheduleLog
{
    [LoggerMessage(2500, LogLevel.Warning, "Schedules are paused (FlowStudio:Schedules:Paused): none starts a run.")]
    public static partial void Paused(ILogger logger);

    [LoggerMessage(2501, LogLevel.Warning, "The file of the alarms could not be used and is made anew: {Reason}")]
    public static partial void AlarmsMadeAnew(ILogger logger, string reason);

    [LoggerMessage(2502, LogLevel.Information, "Alarms were brought in line with the schedules: {Set} set, {Removed} taken away.")]
    public static partial void Reconciled(ILogger logger, int set, int removed);

    [LoggerMessage(2503, LogLevel.Error, "Schedule {ScheduleId} could not be handled: {Reason} Trying again in {Seconds} s.")]
    public static partial void FireFailed(ILogger logger, Guid scheduleId, string reason, double seconds, Exception exception);

    [LoggerMessage(2504, LogLevel.Warning, "Schedule {ScheduleId} started no run at {At:u}: {Reason}")]
    public static partial void Refused(ILogger logger, Guid scheduleId, DateTimeOffset at, string reason);

    [LoggerMessage(2505, LogLevel.Error, "Schedules could not be started: {Reason} Trying again in {Seconds} s.")]
    public static partial void StartFailed(ILogger logger, string reason, double seconds, Exception exception);

    [LoggerMessage(2506, LogLevel.Error, "The alarm of schedule {ScheduleId} could not be set: {Reason} Trying again in {Seconds} s.")]
    public static partial void AlarmFailed(ILogger logger, Guid scheduleId, string reason, double seconds, Exception exception);
}
