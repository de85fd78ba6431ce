namespace FlowStudio.Engine.Secrets;

/// <summary>Whether a variable's value may be shown.</summary>
public enum VariableKind
{
    /// <summary>An ordinary value, readable by whoever may see variables.</summary>
    Generic,

    /// <summary>A value that is used and replaced, but never shown again.</summary>
    Secret,
}

/// <summary>Where a variable comes from.</summary>
public enum VariableSource
{
    Stored,
    Environment,
}

/// <summary>A variable as it may be listed.</summary>
/// <param name="Value">The value of a generic variable; null for a secret, always.</param>
/// <param name="UpdatedAt">When it was last set; null for one from the environment.</param>
/// <param name="NeedsEntry">Its value can no longer be decrypted, because the key it was sealed with is gone: it has to be entered again.</param>
/// <param name="EnvironmentKey">The variable of the server's environment that gives it, or would if a stored one did not hide it; null when there is none.</param>
public sealed record VariableInfo(string Name, VariableKind Kind, VariableSource Source, DateTimeOffset? UpdatedAt, string? Value, bool NeedsEntry,
    string? EnvironmentKey = null);

/// <summary>A variable cannot be set like this; the message says what to give instead, and never the value.</summary>
/// <param name="code"><c>invalid_name</c>, <c>invalid_value</c> or <c>value_too_large</c>.</param>
public sealed class VariableException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
