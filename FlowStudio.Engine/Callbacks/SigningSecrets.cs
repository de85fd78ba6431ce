using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Callbacks;

/// <summary>What a flow's completion webhooks are signed with.</summary>
/// <param name="Current"><c>whsec_</c> and the base64 of 32 random bytes.</param>
/// <param name="Previous">The one before, which signs too until <paramref name="PreviousUntil"/>; null when there is none any more.</param>
public sealed record SigningSecret(string Current, DateTimeOffset MadeAt, string? Previous, DateTimeOffset? PreviousUntil)
{
    /// <summary>How long the former secret goes on signing after a rotation.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    /// <summary>Those that are good, the newest first.</summary>
    internal IEnumerable<string> Live => Previous is null ? [Current] : [Current, Previous];

    /// <summary>Without the secrets.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"made {MadeAt:u}");
}

/// <summary>One signing secret per flow, sealed in the database. It is read from there when it is first asked for.</summary>
public sealed class SigningSecrets(IVariableRows rows, ISecretProtector protector, TimeProvider time, ILogger<SigningSecrets> log) : IDisposable
{
    readonly SemaphoreSlim turn = new(1, 1);
    readonly ConcurrentDictionary<Guid, SigningSecret> known = new();
    volatile bool loaded;

    /// <summary>The flow's secret; null when it has none.</summary>
    public async Task<SigningSecret?> FindAsync(Guid flowId, CancellationToken cancellationToken)
    {
        if (!loaded)
        {
            using var _ = await EnterAsync(cancellationToken);
            await LoadAsync(cancellationToken);
        }
        return Now(known.GetValueOrDefault(flowId));
    }

    /// <summary>The flow's secret; made now when it has none.</summary>
    public async Task<SigningSecret> EnsureAsync(Guid flowId, CancellationToken cancellationToken)
    {
        if (await FindAsync(flowId, cancellationToken) is { } found)
            return found;
        using var _ = await EnterAsync(cancellationToken);
        return Now(known.GetValueOrDefault(flowId)) ?? await PutAsync(flowId, new(New(), time.GetUtcNow(), Previous: null, PreviousUntil: null), "made", cancellationToken);
    }

    /// <summary>A new secret for the flow; the former one signs too for <see cref="SigningSecret.Overlap"/>.</summary>
    public async Task<SigningSecret> RotateAsync(Guid flowId, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(cancellationToken);
        await LoadAsync(cancellationToken);
        var former = known.GetValueOrDefault(flowId);
        var now = time.GetUtcNow();
        return await PutAsync(flowId, new(New(), now, former?.Current, former is null ? null : now + SigningSecret.Overlap), former is null ? "made" : "replaced", cancellationToken);
    }

    public void Dispose() => turn.Dispose();

    SigningSecret? Now(SigningSecret? secret) =>
        secret?.PreviousUntil is { } until && until <= time.GetUtcNow() ? secret with { Previous = null, PreviousUntil = null } : secret;

    async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (loaded)
            return;
        foreach (var row in await rows.ListAsync(VariableScopes.CallbackSecret, cancellationToken))
        {
            if (!Guid.TryParse(row.Name, CultureInfo.InvariantCulture, out var flowId))
                continue;
            if (Parse(SealedValue.Text(SealedValue.Open(protector, row)), row.UpdatedAt) is { } secret)
                known[flowId] = secret;
            else
                CallbackLog.SecretUnreadable(log, row.Name);
        }
        loaded = true;
    }

    async Task<SigningSecret> PutAsync(Guid flowId, SigningSecret secret, string what, CancellationToken cancellationToken)
    {
        var name = flowId.ToString();
        var text = secret.Previous is null ? secret.Current
            : string.Create(CultureInfo.InvariantCulture, $"{secret.Current} {secret.Previous} {secret.PreviousUntil?.ToUnixTimeSeconds()}");
        var value = SealedValue.Seal(protector, VariableScopes.CallbackSecret, name, SealedValue.Utf8(text));
        await rows.PutAsync(new(VariableScopes.CallbackSecret, name, Secret: true, value, secret.MadeAt, secret.MadeAt), cancellationToken);
        known[flowId] = secret;
        CallbackLog.SecretChanged(log, flowId, what);
        return secret;
    }

    static SigningSecret? Parse(string? text, DateTimeOffset madeAt) => text?.Split(' ') switch
    {
        [var current] when current.Length > 0 => new(current, madeAt, Previous: null, PreviousUntil: null),
        [var current, var previous, var until] when long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) =>
            new(current, madeAt, previous, DateTimeOffset.FromUnixTimeSeconds(seconds)),
        _ => null,
    };

    static string New() => WebhookSignature.SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        return new Exit(turn);
    }

    sealed class Exit(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
