using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Secrets;

/// <summary>What a secret of a flow is for.</summary>
public enum FlowSecretKind
{
    /// <summary>Callers of the flow's webhook sign with it: <c>whsec_</c> and 30 bytes in base64.</summary>
    Signing,

    /// <summary>Starts the flow where agents are addressed by a token: <c>agt_</c> and 32 bytes in base64url.</summary>
    Agent,
}

/// <summary>
/// Secrets that the server makes for a flow, one of a kind, each when it is first asked for: sealed in the database, open in memory, where they are found
/// without a lock. The redactor tells them by their shape. One per process; <see cref="LoadAsync"/> comes first.
/// </summary>
public sealed class FlowSecrets(IVariableRows rows, ISecretProtector protector, TimeProvider time, ILogger<FlowSecrets> logger) : IDisposable
{
    static readonly FlowSecretKind[] Kinds = Enum.GetValues<FlowSecretKind>();
    static readonly byte[] Nobody = new byte[SHA256.HashSizeInBytes];

    readonly SemaphoreSlim writing = new(1, 1);
    volatile Snapshot current = new(ImmutableDictionary<(FlowSecretKind, Guid), Secret?>.Empty, ImmutableDictionary<UInt128, Guid>.Empty);

    /// <summary>Raised after a secret was made or replaced, on any thread; for open pages.</summary>
    public event Action? Changed;

    /// <summary>Reads everything. What cannot be decrypted is logged, and made anew when it is asked for.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            var all = ImmutableDictionary.CreateBuilder<(FlowSecretKind, Guid), Secret?>();
            foreach (var kind in Kinds)
            {
                foreach (var row in await rows.ListAsync(Scope(kind), cancellationToken))
                {
                    if (!Guid.TryParse(row.Name, CultureInfo.InvariantCulture, out var flowId))
                        continue;
                    var text = SealedValue.Text(SealedValue.Open(protector, row));
                    if (text is null)
                        Log.FlowSecretUnreadable(logger, kind, flowId);
                    all[(kind, flowId)] = text is null ? null : new(text, TokenHash.Of(text), row.UpdatedAt);
                }
            }
            current = Seen(all.ToImmutable());
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>The flow's secret, or null when it has none that can be read.</summary>
    public string? Find(FlowSecretKind kind, Guid flowId) => current.All.GetValueOrDefault((kind, flowId))?.Text;

    /// <summary>When it was made; null when there is none that can be read.</summary>
    public DateTimeOffset? MadeAt(FlowSecretKind kind, Guid flowId) => current.All.GetValueOrDefault((kind, flowId))?.MadeAt;

    /// <summary>The flow whose <see cref="FlowSecretKind.Agent"/> token this is; hashes are compared in constant time.</summary>
    public Guid? FindAgent(ReadOnlySpan<char> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (!TokenHash.TryCompute(token, hash))
            return null;
        var seen = current;
        var secret = seen.Agents.TryGetValue(TokenHash.Slot(hash), out var flowId) ? seen.All.GetValueOrDefault((FlowSecretKind.Agent, flowId)) : null;
        return CryptographicOperations.FixedTimeEquals(hash, secret?.Hash ?? Nobody) && secret is not null ? flowId : null;
    }

    /// <summary>The flow's secret; made now if it has none, or none that can be read.</summary>
    public async Task<string> EnsureAsync(FlowSecretKind kind, Guid flowId, CancellationToken cancellationToken)
    {
        if (Find(kind, flowId) is { } known)
            return known;
        await writing.WaitAsync(cancellationToken);
        try
        {
            return Find(kind, flowId) ?? await MakeAsync(kind, flowId, cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>A new secret for the flow; the former one is refused from now on.</summary>
    public async Task<string> RotateAsync(FlowSecretKind kind, Guid flowId, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            return await MakeAsync(kind, flowId, cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Forgets the secrets of a flow that was deleted for good, rows and all.</summary>
    public async Task ForgetAsync(Guid flowId, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            current = Seen(current.All.RemoveRange(Kinds.Select(k => (k, flowId))));
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();

    async Task<string> MakeAsync(FlowSecretKind kind, Guid flowId, CancellationToken cancellationToken)
    {
        var text = Shape(kind).Create();
        var now = time.GetUtcNow();
        var (scope, name) = (Scope(kind), flowId.ToString());
        await rows.PutAsync(new(scope, name, Secret: true, SealedValue.Seal(protector, scope, name, SealedValue.Utf8(text)), now, now), cancellationToken);
        current = Seen(current.All.SetItem((kind, flowId), new(text, TokenHash.Of(text), now)));
        Log.FlowSecretMade(logger, kind, flowId);
        Changed?.Invoke();
        return text;
    }

    static Snapshot Seen(ImmutableDictionary<(FlowSecretKind Kind, Guid FlowId), Secret?> all) => new(all,
        all.Where(s => s.Key.Kind is FlowSecretKind.Agent && s.Value is not null)
            .ToImmutableDictionary(s => TokenHash.Slot(s.Value is { } secret ? secret.Hash : Nobody), s => s.Key.FlowId));

    static string Scope(FlowSecretKind kind) => kind is FlowSecretKind.Signing ? VariableScopes.SigningSecret : VariableScopes.AgentToken;

    static TokenShape Shape(FlowSecretKind kind) => kind is FlowSecretKind.Signing ? TokenShape.Signing : TokenShape.Agent;

    sealed record Secret(string Text, byte[] Hash, DateTimeOffset MadeAt);

    sealed record Snapshot(ImmutableDictionary<(FlowSecretKind Kind, Guid FlowId), Secret?> All, ImmutableDictionary<UInt128, Guid> Agents);
}
