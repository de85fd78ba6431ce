using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowStudio.Engine.Components;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Secrets;

/// <summary>A variable in memory; a value of null cannot be decrypted any more. One from the environment has its key there.</summary>
sealed record VaultEntry(string? Value, bool Secret, VariableSource Source, DateTimeOffset? UpdatedAt, string? Key = null);

/// <summary>
/// Variables, webhook tokens and the server's signing key: sealed in the database, open in memory, where readers find them without a lock.
/// Writing goes to the database first, then the redactor learns the value, then readers see it. One per process; <see cref="LoadAsync"/> comes first.
/// </summary>
public sealed class SecretVault : IVariables, IDisposable
{
    /// <summary>The largest value, in bytes of UTF-8.</summary>
    public const int MaxValueBytes = 64 * 1024;

    const string ReadTokens = "run_read_tokens";

    readonly IVariableRows rows;
    readonly ISecretProtector protector;
    readonly SecretRedactor redactor;
    readonly TimeProvider time;
    readonly ILogger<SecretVault> logger;
    readonly FrozenDictionary<string, VaultEntry> environment;
    readonly SemaphoreSlim writing = new(1, 1);
    volatile Snapshot current;

    public SecretVault(IVariableRows rows, ISecretProtector protector, SecretRedactor redactor, VariableOptions options, EnvironmentVariables environment,
        TimeProvider time, ILogger<SecretVault> logger)
    {
        this.rows = rows;
        this.protector = protector;
        this.redactor = redactor;
        this.time = time;
        this.logger = logger;
        this.environment = environment.Variables(options, logger).ToFrozenDictionary(StringComparer.Ordinal);
        current = Seen([], ImmutableDictionary<Guid, WebhookToken?>.Empty, signingKey: null);
        Tell(current);
    }

    /// <summary>Raised after a variable or a webhook token was set or deleted; for open pages.</summary>
    public event Action? Changed;

    /// <summary>32 random bytes, made once per database: signs the read tokens of runs.</summary>
    /// <exception cref="InvalidOperationException">The vault has not been loaded.</exception>
    public byte[] SigningKey => current.SigningKey ?? throw new InvalidOperationException("The vault has not been loaded yet.");

    /// <summary>Reads everything. What cannot be decrypted is logged by name and has to be entered again; it stops nothing.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(cancellationToken);
        var stored = new Dictionary<string, VaultEntry>(StringComparer.Ordinal);
        foreach (var row in await rows.ListAsync(VariableScopes.Variable, cancellationToken))
        {
            var value = SealedValue.Text(SealedValue.Open(protector, row));
            if (value is null)
                Log.VariableUnreadable(logger, row.Name);
            stored[row.Name] = new(value, row.Secret, VariableSource.Stored, row.UpdatedAt);
        }
        var tokens = ImmutableDictionary.CreateBuilder<Guid, WebhookToken?>();
        foreach (var row in await rows.ListAsync(VariableScopes.WebhookToken, cancellationToken))
        {
            if (!Guid.TryParse(row.Name, CultureInfo.InvariantCulture, out var flowId))
                continue;
            var text = SealedValue.Text(SealedValue.Open(protector, row));
            if (text is null)
                Log.WebhookTokenUnreadable(logger, row.Name);
            tokens[flowId] = text is null ? null : WebhookToken.Of(text, row.UpdatedAt);
        }
        Publish(Seen(stored, tokens.ToImmutable(), await SigningKeyAsync(cancellationToken)));
        Log.VaultLoaded(logger, stored.Count, environment.Count, tokens.Count);
    }

    /// <inheritdoc/>
    public string? Find(string name) => current.Variables.TryGetValue(name, out var entry) ? entry.Value : null;

    /// <summary>All variables by name, without the values of secrets. A stored variable hides one of the environment.</summary>
    public IReadOnlyList<VariableInfo> List() =>
    [
        .. current.Variables.OrderBy(v => v.Key, StringComparer.OrdinalIgnoreCase).ThenBy(v => v.Key, StringComparer.Ordinal).Select(v => Info(v.Key, v.Value)),
    ];

    /// <summary>One variable as it may be shown, or null.</summary>
    public VariableInfo? Get(string name) => current.Variables.TryGetValue(name, out var entry) ? Info(name, entry) : null;

    /// <summary>Sets or replaces a variable; from the next look-up on, every node reads the new value.</summary>
    /// <exception cref="VariableException">The name is no name, or the value is too large, empty although secret, or no valid text.</exception>
    public async Task<VariableInfo> SetAsync(string name, string value, bool secret, CancellationToken cancellationToken)
    {
        var utf8 = Check(name, value, secret);
        using var _ = await EnterAsync(cancellationToken);
        var now = time.GetUtcNow();
        await PutAsync(VariableScopes.Variable, name, secret, utf8, now, cancellationToken);
        var entry = new VaultEntry(value, secret, VariableSource.Stored, now);
        Publish(Seen(new(current.Stored, StringComparer.Ordinal) { [name] = entry }, current.Tokens, current.SigningKey));
        Log.VariableSet(logger, name, secret ? VariableKind.Secret : VariableKind.Generic);
        return Info(name, entry);
    }

    /// <summary>Deletes a stored variable; false when there is none. One of the environment by that name is seen again.</summary>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(cancellationToken);
        if (!await rows.DeleteAsync(VariableScopes.Variable, name, cancellationToken))
            return false;
        var stored = new Dictionary<string, VaultEntry>(current.Stored, StringComparer.Ordinal);
        stored.Remove(name);
        Publish(Seen(stored, current.Tokens, current.SigningKey));
        Log.VariableDeleted(logger, name);
        return true;
    }

    /// <summary>A flow's webhook token, or null when it has none that can be read.</summary>
    public string? FindWebhookToken(Guid flowId) => current.Tokens.GetValueOrDefault(flowId)?.Text;

    /// <summary>When the flow's webhook token was made; null when it has none that can be read.</summary>
    public DateTimeOffset? WebhookTokenMadeAt(Guid flowId) => current.Tokens.GetValueOrDefault(flowId)?.MadeAt;

    /// <summary>Whether <paramref name="given"/> is the flow's webhook token: hashes compared in constant time, nothing allocated.</summary>
    public bool WebhookTokenMatches(Guid flowId, ReadOnlySpan<char> given) => WebhookToken.Matches(current.Tokens.GetValueOrDefault(flowId), given);

    /// <summary>The flow's webhook token; made now if it has none, or none that can be read.</summary>
    public async Task<string> EnsureWebhookTokenAsync(Guid flowId, CancellationToken cancellationToken)
    {
        if (FindWebhookToken(flowId) is { } known)
            return known;
        using var _ = await EnterAsync(cancellationToken);
        return FindWebhookToken(flowId) ?? await NewTokenAsync(flowId, "made", cancellationToken);
    }

    /// <summary>A new webhook token for the flow; the former one is refused from now on.</summary>
    public async Task<string> RotateWebhookTokenAsync(Guid flowId, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(cancellationToken);
        return await NewTokenAsync(flowId, "replaced", cancellationToken);
    }

    /// <summary>Forgets the flow's webhook token; false when there was none.</summary>
    public async Task<bool> DeleteWebhookTokenAsync(Guid flowId, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(cancellationToken);
        if (!await rows.DeleteAsync(VariableScopes.WebhookToken, flowId.ToString(), cancellationToken))
            return false;
        Publish(current with { Tokens = current.Tokens.Remove(flowId) });
        Log.WebhookTokenChanged(logger, flowId, "deleted");
        return true;
    }

    /// <summary>Forgets the webhook token of a flow that was deleted for good, row and all.</summary>
    public async Task ForgetWebhookTokenAsync(Guid flowId, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(cancellationToken);
        Publish(current with { Tokens = current.Tokens.Remove(flowId) });
    }

    public void Dispose() => writing.Dispose();

    static byte[] Check(string name, string value, bool secret)
    {
        if (!VariableReference.IsName(name))
        {
            throw new VariableException("invalid_name",
                "That is no name of a variable. Give a letter or underscore, then letters, digits and underscores, 64 at most.");
        }
        if (secret && string.IsNullOrWhiteSpace(value))
            throw new VariableException("invalid_value", $"The secret {name} has no value. Give one, or delete the variable.");
        // Before it is encoded, so that a huge text costs nothing.
        if (value.Length > MaxValueBytes)
            throw TooLarge(name);
        try
        {
            var utf8 = SealedValue.Utf8(value);
            return utf8.Length <= MaxValueBytes ? utf8 : throw TooLarge(name);
        }
        catch (EncoderFallbackException)
        {
            throw new VariableException("invalid_value", $"The value of {name} is no valid text: it has half of a surrogate pair.");
        }
    }

    static VariableException TooLarge(string name) =>
        new("value_too_large", $"The value of {name} is too large. A variable holds {MaxValueBytes / 1024} KiB of UTF-8 at most.");

    VariableInfo Info(string name, VaultEntry entry) =>
        new(name, entry.Secret ? VariableKind.Secret : VariableKind.Generic, entry.Source, entry.UpdatedAt, entry.Secret ? null : entry.Value,
            entry.Value is null, environment.GetValueOrDefault(name)?.Key);

    async Task<string> NewTokenAsync(Guid flowId, string what, CancellationToken cancellationToken)
    {
        var token = WebhookToken.Create(time.GetUtcNow());
        await PutAsync(VariableScopes.WebhookToken, flowId.ToString(), secret: true, SealedValue.Utf8(token.Text), token.MadeAt, cancellationToken);
        Publish(current with { Tokens = current.Tokens.SetItem(flowId, token) });
        Log.WebhookTokenChanged(logger, flowId, what);
        return token.Text;
    }

    async Task<byte[]> SigningKeyAsync(CancellationToken cancellationToken)
    {
        var row = (await rows.ListAsync(VariableScopes.SigningKey, cancellationToken)).FirstOrDefault(r => r.Name == ReadTokens);
        if (row is not null)
        {
            if (SealedValue.Open(protector, row) is { Length: 32 } known)
                return known;
            Log.SigningKeyReplaced(logger);
        }
        var key = RandomNumberGenerator.GetBytes(32);
        await PutAsync(VariableScopes.SigningKey, ReadTokens, secret: true, key, time.GetUtcNow(), cancellationToken);
        return key;
    }

    Task PutAsync(string scope, string name, bool secret, byte[] value, DateTimeOffset at, CancellationToken cancellationToken) =>
        rows.PutAsync(new(scope, name, secret, SealedValue.Seal(protector, scope, name, value), at, at), cancellationToken);

    Snapshot Seen(Dictionary<string, VaultEntry> stored, ImmutableDictionary<Guid, WebhookToken?> tokens, byte[]? signingKey)
    {
        var visible = new Dictionary<string, VaultEntry>(environment, StringComparer.Ordinal);
        foreach (var (name, entry) in stored)
            visible[name] = entry;
        return new(stored, visible.ToFrozenDictionary(StringComparer.Ordinal), tokens, signingKey);
    }

    // The redactor knows a value before any node can read it. It tells webhook tokens by their shape, so the first one is all it needs to hear of.
    void Publish(Snapshot next)
    {
        if (next.Stored != current.Stored || next.Tokens.IsEmpty != current.Tokens.IsEmpty)
            Tell(next);
        current = next;
        Changed?.Invoke();
    }

    // A variable of the environment that a stored one hides is no less a secret.
    void Tell(Snapshot next)
    {
        var all = next.Stored.Concat(environment).Where(v => v.Value.Value is not null).ToList();
        redactor.Use(
            all.Where(v => v.Value.Secret).Select(v => new SecretText(v.Key, v.Value.Value ?? "")),
            all.Where(v => !v.Value.Secret).Select(v => v.Value.Value ?? ""),
            webhookTokens: !next.Tokens.IsEmpty);
    }

    async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        return new Exit(writing);
    }

    sealed record Snapshot(Dictionary<string, VaultEntry> Stored, FrozenDictionary<string, VaultEntry> Variables,
        ImmutableDictionary<Guid, WebhookToken?> Tokens, byte[]? SigningKey);

    sealed class Exit(SemaphoreSlim writing) : IDisposable
    {
        public void Dispose() => writing.Release();
    }
}
