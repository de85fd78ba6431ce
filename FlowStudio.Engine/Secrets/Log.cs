using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Secrets;

/// <summary>What the vault has to say: names, never values. Ids 2300 to 2399.</summary>
static partial class Log
{
    [LoggerMessage(2300, LogLevel.Information,
        "Loaded {Variables} stored variables, {Environment} from the environment, {Tokens} webhook tokens")]
    public static partial void VaultLoaded(ILogger logger, int variables, int environment, int tokens);

    [LoggerMessage(2301, LogLevel.Warning,
        "The variable {Name} cannot be decrypted: the key it was sealed with is gone. Enter its value again under Variables")]
    public static partial void VariableUnreadable(ILogger logger, string name);

    [LoggerMessage(2302, LogLevel.Warning,
        "The webhook token of flow {FlowId} cannot be decrypted: the key it was sealed with is gone. Make a new one in the flow's API tab")]
    public static partial void WebhookTokenUnreadable(ILogger logger, string flowId);

    [LoggerMessage(2303, LogLevel.Warning,
        "The key that signs links to runs cannot be decrypted and was made anew: status links handed out before no longer work")]
    public static partial void SigningKeyReplaced(ILogger logger);

    [LoggerMessage(2304, LogLevel.Warning,
        "The environment variable {Key} is ignored: what follows the prefix is no name of a variable (letters, digits, underscores, 64 at most)")]
    public static partial void EnvironmentNameIgnored(ILogger logger, string key);

    [LoggerMessage(2305, LogLevel.Information, "The variable {Name} was set ({Kind})")]
    public static partial void VariableSet(ILogger logger, string name, VariableKind kind);

    [LoggerMessage(2306, LogLevel.Information, "The variable {Name} was deleted")]
    public static partial void VariableDeleted(ILogger logger, string name);

    [LoggerMessage(2308, LogLevel.Information, "The API key {Prefix}… ({Name}) was made")]
    public static partial void ApiKeyMade(ILogger logger, string prefix, string name);

    [LoggerMessage(2309, LogLevel.Information, "The API key {Prefix}… ({Name}) was revoked")]
    public static partial void ApiKeyRevoked(ILogger logger, string prefix, string name);

    [LoggerMessage(2310, LogLevel.Warning, "When the API key {Id} was used could not be kept: {Reason}")]
    public static partial void ApiKeyUseNotKept(ILogger logger, Guid id, string reason);

    [LoggerMessage(2311, LogLevel.Warning,
        "The {Kind} secret of flow {FlowId} cannot be decrypted: the key it was sealed with is gone. Make a new one in the flow's API tab")]
    public static partial void FlowSecretUnreadable(ILogger logger, FlowSecretKind kind, Guid flowId);

    [LoggerMessage(2312, LogLevel.Information, "A new {Kind} secret of flow {FlowId} was made")]
    public static partial void FlowSecretMade(ILogger logger, FlowSecretKind kind, Guid flowId);

    [LoggerMessage(2307, LogLevel.Information, "The webhook token of flow {FlowId} was {What}")]
    public static partial void WebhookTokenChanged(ILogger logger, Guid flowId, string what);
}
