using System.Security.Cryptography;

namespace FlowStudio.Engine.Flows;

/// <summary>Who may start a flow by its webhook.</summary>
public enum WebhookAccess
{
    /// <summary>Whoever has the token, in the query or in <c>X-Webhook-Token</c>. The default of new flows.</summary>
    Token,

    /// <summary>Anyone who reaches the address.</summary>
    Open,

    /// <summary>Whoever has a key to the API, in <c>x-api-key</c> as a header or in the query.</summary>
    ApiKey,

    /// <summary>Whoever signs the call with the flow's secret, as Standard Webhooks or GitHub have it.</summary>
    Signed,
}

/// <summary>The ways to grant access as they are stored and written in JSON.</summary>
public static class WebhookAccessNames
{
    /// <summary>All of them, for a message that lists them.</summary>
    public const string Known = "token, open, api_key or signed";

    public static string Of(WebhookAccess access) => access switch
    {
        WebhookAccess.Open => "open",
        WebhookAccess.ApiKey => "api_key",
        WebhookAccess.Signed => "signed",
        _ => "token",
    };

    /// <summary>Null when the name is none.</summary>
    public static WebhookAccess? Find(string name) => name switch
    {
        "token" => WebhookAccess.Token,
        "open" => WebhookAccess.Open,
        "api_key" => WebhookAccess.ApiKey,
        "signed" => WebhookAccess.Signed,
        _ => null,
    };
}

/// <summary>A flow: its name, its settings and its one draft. What it runs is a <see cref="FlowVersion"/>.</summary>
public sealed record Flow
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public string Description { get; init; } = "";

    /// <summary>A short name that stands for the id in URLs; unique, <c>[a-zA-Z0-9_-]{1,64}</c>.</summary>
    public string? EndpointName { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A disabled flow takes no new runs.</summary>
    public bool Enabled { get; init; } = true;

    public WebhookAccess WebhookAccess { get; init; } = WebhookAccess.Token;

    public FlowLimits Limits { get; init; } = new();

    /// <summary>Where the end of every run is told; kept as it was given, and shown redacted (it may hold a token). Null: nowhere.</summary>
    public string? CompletionWebhook { get; init; }

    /// <summary>The one working copy; every save raises <see cref="DraftRevision"/>.</summary>
    public required FlowDocument Draft { get; init; }

    public int DraftRevision { get; init; } = 1;

    /// <summary>The published version that webhooks, API and schedules run; null until something is published, and then they run the draft.</summary>
    public int? LiveVersion { get; init; }

    /// <summary>Whose flow it is, once there are accounts.</summary>
    public string? OwnerId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>Bounds on a flow's runs; null takes the server's default.</summary>
public sealed record FlowLimits
{
    /// <summary>Seconds a run may work; waiting does not count.</summary>
    public double? RunTimeout { get; init; }

    /// <summary>Runs of this flow at the same time in one process.</summary>
    public int? MaxConcurrentRuns { get; init; }

    /// <summary>How often a node's failed attempt is repeated, for errors worth it.</summary>
    public int? Retries { get; init; }

    /// <summary>Days after its end that a run is kept.</summary>
    public double? KeepDays { get; init; }

    /// <summary>Runs of this flow that are kept; beyond it the oldest ended ones go.</summary>
    public int? KeepRuns { get; init; }
}

/// <summary>What a run ran: a published version (numbered) or a draft that ran (stored once per content).</summary>
public sealed record FlowVersion
{
    public required Guid Id { get; init; }

    public required Guid FlowId { get; init; }

    /// <summary>1, 2, 3… for published versions; null for a draft's snapshot.</summary>
    public int? Number { get; init; }

    /// <summary>SHA-256 over the document's canonical JSON, lower-case hex.</summary>
    public required string Hash { get; init; }

    public required FlowDocument Document { get; init; }

    public string? Note { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>A document that is to run without being published, as a version that may not be stored yet.</summary>
    public static FlowVersion SnapshotOf(Guid flowId, FlowDocument document, DateTimeOffset at)
    {
        var hash = FlowJson.Hash(document);
        return new() { Id = SnapshotId(flowId, hash), FlowId = flowId, Hash = hash, Document = document, CreatedAt = at };
    }

    /// <summary>
    /// The id of a draft's snapshot follows from flow and content (a UUIDv8, RFC 9562 §5.8): whoever runs the same draft first, and however
    /// often it is looked up before that, everybody means the same row.
    /// </summary>
    internal static Guid SnapshotId(Guid flowId, string hash)
    {
        Span<byte> input = stackalloc byte[16 + SHA256.HashSizeInBytes];
        flowId.TryWriteBytes(input, bigEndian: true, out _);
        Convert.FromHexString(hash, input[16..], out _, out _);
        Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, id);
        id[6] = (byte)((id[6] & 0x0f) | 0x80);
        id[8] = (byte)((id[8] & 0x3f) | 0x80);
        return new(id[..16], bigEndian: true);
    }
}
