namespace FlowStudio.Web.Studio.Shared;

/// <summary>What the studio's pages log; ids 6000–6099.</summary>
static partial class StudioLog
{
    [LoggerMessage(6000, LogLevel.Error, "The canvas sent a message that is none: {Json}")]
    public static partial void UnknownCanvasMessage(ILogger logger, string json, Exception? exception);

    [LoggerMessage(6001, LogLevel.Error, "Canvas: {Message} {Detail}")]
    public static partial void CanvasFailed(ILogger logger, string message, string? detail);

    [LoggerMessage(6020, LogLevel.Warning, "The text editor failed in the browser, and a plain field takes its place: {Reason}")]
    public static partial void CodeEditorFailed(ILogger logger, string reason);

    [LoggerMessage(6003, LogLevel.Error, "The studio could not read {What}.")]
    public static partial void ReadFailed(ILogger logger, string what, Exception exception);

    [LoggerMessage(6004, LogLevel.Error, "The studio no longer follows {What} live.")]
    public static partial void FollowFailed(ILogger logger, string what, Exception exception);

    [LoggerMessage(6005, LogLevel.Error, "The draft of the flow {FlowId} could not be saved; it is tried again.")]
    public static partial void SaveFailed(ILogger logger, Guid flowId, Exception exception);

    [LoggerMessage(6060, LogLevel.Error, "The command \"{Command}\" failed.")]
    public static partial void CommandFailed(ILogger logger, string command, Exception exception);

    [LoggerMessage(6002, LogLevel.Debug, "Markdown of {Length} characters is shown as plain text: {Reason}")]
    public static partial void MarkdownAsText(ILogger logger, int length, string reason);
}
