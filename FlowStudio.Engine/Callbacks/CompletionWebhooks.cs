using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Callbacks;

/// <summary>Completion webhooks for those who set, watch and try them: addresses are checked here, deliveries read and sent again.</summary>
public sealed class CompletionWebhooks
{
    readonly IDeliveryRows rows;
    readonly RunJournal journal;
    readonly DeliveryPump pump;
    readonly Courier courier;
    readonly SigningSecrets secrets;
    readonly GuardedHttp http;
    readonly Dictionary<string, ICallbackPayload> payloads;
    readonly TimeProvider time;

    internal CompletionWebhooks(IDeliveryRows rows, RunJournal journal, DeliveryPump pump, Courier courier, SigningSecrets secrets, GuardedHttp http, IEnumerable<ICallbackPayload> payloads, TimeProvider time)
    {
        this.rows = rows;
        this.journal = journal;
        this.pump = pump;
        this.courier = courier;
        this.secrets = secrets;
        this.http = http;
        this.payloads = payloads.ToDictionary(p => p.Kind, StringComparer.Ordinal);
        this.time = time;
    }

    /// <summary>Raised after an attempt, with the run that it is about.</summary>
    public event Action<Guid>? Changed
    {
        add => pump.Changed += value;
        remove => pump.Changed -= value;
    }

    /// <summary>The secrets that messages are signed with, one per flow.</summary>
    public SigningSecrets Secrets => secrets;

    /// <summary>
    /// Why an address cannot be told of runs, in words; null when it can: absolute, http or https, or <c>/bin/…</c> for a request bin of this server, and
    /// not on a forbidden network as far as that can be told before its name is looked up.
    /// </summary>
    public string? Refuse(string url) => url.Length > CallbackUrl.MaxLength
        ? FormattableString.Invariant($"The address has {url.Length} characters; {CallbackUrl.MaxLength} are the most.")
        : http.Refuse(url)?.Message;

    /// <inheritdoc cref="IDeliveryRows.ListAsync"/>
    public Task<DeliveryPage> ListAsync(DeliveryFilter filter, string? cursor, int limit, CancellationToken cancellationToken) => rows.ListAsync(filter, cursor, limit, cancellationToken);

    public Task<Delivery?> FindAsync(Guid id, CancellationToken cancellationToken) => rows.FindAsync(id, cancellationToken);

    /// <inheritdoc cref="IDeliveryRows.AttemptsAsync"/>
    public Task<IReadOnlyList<DeliveryAttempt>> AttemptsAsync(Guid id, CancellationToken cancellationToken) => rows.AttemptsAsync(id, cancellationToken);

    /// <summary>Sends a delivery again, at once and from the start of the retry schedule; null when there is none, and as it is while its run has not ended.</summary>
    public async Task<Delivery?> RedeliverAsync(Guid id, CancellationToken cancellationToken)
    {
        var delivery = await rows.RequeueAsync(id, time.GetUtcNow(), cancellationToken);
        if (delivery is { Status: DeliveryStatus.Pending })
            pump.Want(id);
        return delivery;
    }

    /// <summary>
    /// Tells one more receiver of a run: when it ends, or at once when it has ended or <paramref name="atOnce"/> is set (for dialects in which a waiting run counts as
    /// ended). Gives the delivery's id; null when there is no such run.
    /// </summary>
    /// <exception cref="StorageException">The database cannot write now.</exception>
    public async Task<Guid?> AddAsync(Guid runId, CallbackTarget target, bool atOnce)
    {
        var now = time.GetUtcNow();
        var id = Ids.New(time, now);
        if (!await journal.WriteAsync(new DeliveryEntry { RunId = runId, Delivery = new(id, target), AtOnce = atOnce, At = now }))
            return null;
        pump.Wake();
        return id;
    }

    /// <summary>Sends a message that is about no run, once, signed like all of the flow's; nothing of it is stored.</summary>
    public async Task<DeliveryAttempt> TestAsync(Guid flowId, string url, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Ids.New(time, now);
        var body = payloads[CallbackTarget.NativeKind].WriteTest(id, flowId, now);
        var carried = await courier.CarryAsync(id, url, body, await secrets.EnsureAsync(flowId, cancellationToken), cancellationToken);
        return carried.Attempt with { Number = 1 };
    }
}
