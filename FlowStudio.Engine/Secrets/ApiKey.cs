namespace FlowStudio.Engine.Secrets;

/// <summary>A key to the API as it may be listed.</summary>
/// <param name="Prefix">The key's first characters, to tell it from others; they open nothing.</param>
/// <param name="LastUsedAt">When it was last shown, to the minute; null: never.</param>
public sealed record ApiKeyInfo(Guid Id, string Name, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>A key that was just made; <paramref name="Key"/> is told this once and kept nowhere.</summary>
public sealed record NewApiKey(ApiKeyInfo Info, string Key);

/// <summary>A stored key.</summary>
/// <param name="Hash">SHA-256 of the key. Without salt or stretching: a key is 256 random bits, which nobody tries out.</param>
public sealed record ApiKeyRow(Guid Id, string Name, string Prefix, byte[] Hash, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>A key cannot be made or named like this; the message says what to give instead.</summary>
/// <param name="code"><c>invalid_name</c> or <c>too_many_keys</c>.</param>
public sealed class ApiKeyException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>The keys' rows. Every write goes through the one write lane.</summary>
public interface IApiKeyRows
{
    Task<IReadOnlyList<ApiKeyRow>> ListAsync(CancellationToken cancellationToken);

    Task AddAsync(ApiKeyRow row, CancellationToken cancellationToken);

    /// <summary>False when there is none.</summary>
    Task<bool> RenameAsync(Guid id, string name, CancellationToken cancellationToken);

    /// <summary>Notes that a key was used; nothing when there is none.</summary>
    Task TouchAsync(Guid id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>False when there was none.</summary>
    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);
}
