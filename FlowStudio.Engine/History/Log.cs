using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.History;

/// <summary>The room's log lines, ids 2400–2499.</summary>
static partial class Log
{
    [LoggerMessage(2400, LogLevel.Information, "{Count} ended runs were deleted, as FlowStudio:Retention and the flows' limits say.")]
    public static partial void Deleted(ILogger logger, int count);

    [LoggerMessage(2401, LogLevel.Error, "What follows history could not be kept up ({Part}): {Reason} Trying again.")]
    public static partial void Failed(ILogger logger, string part, string reason);

    [LoggerMessage(2402, LogLevel.Error, "What follows history broke ({Part}). This is a defect; it is tried again.")]
    public static partial void Broke(ILogger logger, string part, Exception error);
}
