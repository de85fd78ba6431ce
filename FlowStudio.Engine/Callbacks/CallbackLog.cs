using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Callbacks;

/// <summary>The room's log lines, ids 2600–2699. Addresses come redacted.</summary>
static partial class CallbackLog
{
    [LoggerMessage(2600, LogLevel.Warning, "Completion webhook {DeliveryId} of run {RunId} was not taken by {Url} (attempt {Attempt}): {Reason} Next attempt at {Next:u}.")]
    public static partial void NotTaken(ILogger logger, Guid deliveryId, Guid runId, string url, int attempt, string reason, DateTimeOffset next);

    [LoggerMessage(2601, LogLevel.Error, "Completion webhook {DeliveryId} of run {RunId} was given up after {Attempts} attempts at {Url}: {Reason}")]
    public static partial void GivenUp(ILogger logger, Guid deliveryId, Guid runId, int attempts, string url, string reason);

    [LoggerMessage(2602, LogLevel.Warning, "{Endpoint} failed {Failures} times in a row and is left alone until {Until:u}.")]
    public static partial void HeldDown(ILogger logger, string endpoint, int failures, DateTimeOffset until);

    [LoggerMessage(2603, LogLevel.Error, "Completion webhooks could not be looked up: {Reason} Trying again.")]
    public static partial void LookUpFailed(ILogger logger, string reason);

    [LoggerMessage(2604, LogLevel.Error, "The attempt of completion webhook {DeliveryId} could not be stored: {Reason} Trying again.")]
    public static partial void RecordFailed(ILogger logger, Guid deliveryId, string reason);

    [LoggerMessage(2605, LogLevel.Error, "The message of completion webhook {DeliveryId} could not be made: {Reason}")]
    public static partial void MessageFailed(ILogger logger, Guid deliveryId, string reason, Exception exception);

    [LoggerMessage(2606, LogLevel.Warning, "The signing secret of flow {FlowId} cannot be decrypted; a new one is made when it is needed.")]
    public static partial void SecretUnreadable(ILogger logger, string flowId);

    [LoggerMessage(2607, LogLevel.Information, "The signing secret of flow {FlowId} was {What}.")]
    public static partial void SecretChanged(ILogger logger, Guid flowId, string what);
}
