using System.Data.Common;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Callbacks;

/// <summary>
/// Sends what is due, from the database and nowhere else: what was due while the server was down is due at the start. A bounded number is on its way at a
/// time, and of those a few at most to one server, so that a dead or slow one delays only what is for it. A kill between sending and noting sends once
/// more, with the same id.
/// </summary>
public sealed class DeliveryPump
{
    /// <summary>Looks again at least so often: a clock that was set back or forth must not keep messages.</summary>
    static readonly TimeSpan LongestNap = TimeSpan.FromMinutes(1);

    /// <summary>Timers count whole milliseconds: a nap that is cut to them ends too soon.</summary>
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>What is on its way at a stop has so long to come through.</summary>
    static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    readonly IDeliveryRows rows;
    readonly Courier courier;
    readonly Dictionary<string, ICallbackPayload> payloads;
    readonly SigningSecrets secrets;
    readonly IFlowStore flows;
    readonly DeliverySignal signal;
    readonly CallbackOptions options;
    readonly TimeProvider time;
    readonly ILogger<DeliveryPump> log;

    readonly CancellationTokenSource stopping = new();
    readonly CancellationTokenSource cutting = new();
    readonly Lock gate = new();
    readonly Dictionary<string, EndpointState> endpoints = new(StringComparer.Ordinal);
    readonly HashSet<Task> working = [];
    readonly HashSet<Guid> wanted = [];
    TaskCompletionSource woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    string lastServed = "";
    Task? loop;

    internal DeliveryPump(
        IDeliveryRows rows, Courier courier, IEnumerable<ICallbackPayload> payloads, SigningSecrets secrets, IFlowStore flows, DeliverySignal signal, CallbackOptions options, TimeProvider time,
        ILogger<DeliveryPump> log)
    {
        this.rows = rows;
        this.courier = courier;
        this.payloads = payloads.ToDictionary(p => p.Kind, StringComparer.Ordinal);
        this.secrets = secrets;
        this.flows = flows;
        this.signal = signal;
        this.options = options;
        this.time = time;
        this.log = log;
    }

    /// <summary>Raised after an attempt was stored, with the run it is about; for open pages.</summary>
    public event Action<Guid>? Changed;

    /// <summary>Messages on their way.</summary>
    internal int OnTheWay
    {
        get
        {
            lock (gate)
                return working.Count;
        }
    }

    public void Start()
    {
        signal.Due += Wake;
        loop = Task.Run(LoopAsync);
    }

    /// <summary>Takes nothing more; what is on its way and does not come through soon is sent again after the next start.</summary>
    public async Task StopAsync()
    {
        signal.Due -= Wake;
        await stopping.CancelAsync();
        if (loop is not null)
            await loop;
        Task[] left;
        lock (gate)
            left = [.. working];
        // By the machine's own clock: a server that stops waits for nobody who moves another one.
        await Task.WhenAll(left).WaitAsync(Farewell, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await cutting.CancelAsync();
        await Task.WhenAll(left);
    }

    /// <summary>Something may be due.</summary>
    public void Wake()
    {
        lock (gate)
            woken.TrySetResult();
    }

    /// <summary>Sends a delivery now that somebody asks for, even to a server that is held to be down.</summary>
    public void Want(Guid id)
    {
        lock (gate)
        {
            wanted.Add(id);
            woken.TrySetResult();
        }
    }

    async Task LoopAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            Task news;
            lock (gate)
            {
                // From here on whoever has news completes this one.
                woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
                news = woken.Task;
            }
            var nap = Again;
            try
            {
                await SendWantedAsync();
                var now = time.GetUtcNow();
                var next = await SendDueAsync(now);
                nap = next is { } at && at - now < LongestNap ? at - now + Tick : LongestNap;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is StorageException or DbException)
            {
                CallbackLog.LookUpFailed(log, e.Message);
            }
            if (nap > TimeSpan.Zero)
                await news.WaitAsync(nap, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task SendWantedAsync()
    {
        Guid[] ids;
        lock (gate)
        {
            ids = [.. wanted];
            wanted.Clear();
        }
        foreach (var id in ids)
        {
            if (await rows.FindAsync(id, stopping.Token) is { Status: DeliveryStatus.Pending } delivery)
                TrySend(delivery);
        }
    }

    /// <summary>Sends what is due and has a free place; gives when to look again, unless something is told before.</summary>
    async Task<DateTimeOffset?> SendDueAsync(DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        var waiting = await rows.EndpointsAsync(now, stopping.Token);
        Forget(waiting, now);
        // Each time another server comes first: where places are few, they go round.
        var order = waiting.OrderBy(e => string.CompareOrdinal(e.Endpoint, lastServed) <= 0).ThenBy(e => e.Endpoint, StringComparer.Ordinal);
        foreach (var (endpoint, first, later) in order)
        {
            next = Earlier(next, later);
            if (first > now)
            {
                next = Earlier(next, first);
                continue;
            }
            int free, onTheWay;
            lock (gate)
            {
                var state = StateOf(endpoint);
                free = Math.Min(state.Free(options.MaxPerEndpoint, now), options.MaxConcurrent - working.Count);
                onTheWay = state.InFlight.Count;
                if (state.ClosedUntil > now)
                    next = Earlier(next, state.ClosedUntil);
            }
            if (free <= 0)
                continue;
            // What is on its way is still due in the database: it is passed over.
            foreach (var delivery in await rows.DueAsync(endpoint, now, free + onTheWay, stopping.Token))
            {
                if (free > 0 && TrySend(delivery))
                {
                    free--;
                    lastServed = endpoint;
                }
            }
        }
        return next;
    }

    /// <summary>Nothing is kept of servers that nobody waits for and that are not down.</summary>
    void Forget(IReadOnlyList<EndpointDue> waiting, DateTimeOffset now)
    {
        var wantedEndpoints = waiting.Select(e => e.Endpoint).ToHashSet(StringComparer.Ordinal);
        lock (gate)
        {
            foreach (var (endpoint, state) in endpoints)
            {
                if (state.InFlight.Count == 0 && !(state.ClosedUntil > now) && !wantedEndpoints.Contains(endpoint))
                    endpoints.Remove(endpoint);
            }
        }
    }

    bool TrySend(Delivery delivery)
    {
        lock (gate)
        {
            if (stopping.IsCancellationRequested || !StateOf(CallbackUrl.Endpoint(delivery.Target.Url)).InFlight.Add(delivery.Id))
                return false;
            // Begins elsewhere, so that it is among those at work before it can be through.
            var task = Task.Run(() => SendAsync(delivery));
            working.Add(task);
            _ = task.ContinueWith(Done, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return true;
        }
    }

    void Done(Task task)
    {
        lock (gate)
        {
            working.Remove(task);
            woken.TrySetResult();
        }
    }

    async Task SendAsync(Delivery delivery)
    {
        var alive = true;
        try
        {
            var carried = await CarryAsync(delivery);
            alive = carried.IsAlive || carried.Attempt.ErrorCode is "run_gone" or "flow_gone" or "message_failed";
            await RecordAsync(delivery, carried);
        }
        catch (OperationCanceledException) when (cutting.IsCancellationRequested)
        {
            // The server stops: the delivery is still due in the database.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // It is still due; that its server counts as failing keeps it from being sent again and again at once.
            alive = false;
            CallbackLog.MessageFailed(log, delivery.Id, e.Message, e);
        }
        finally
        {
            Landed(delivery, alive);
        }
        Changed?.Invoke(delivery.RunId);
    }

    void Landed(Delivery delivery, bool alive)
    {
        var endpoint = CallbackUrl.Endpoint(delivery.Target.Url);
        lock (gate)
        {
            var state = StateOf(endpoint);
            state.InFlight.Remove(delivery.Id);
            if (state.Came(alive, time.GetUtcNow()) && state.ClosedUntil is { } until)
                CallbackLog.HeldDown(log, endpoint, state.Failures, until);
        }
    }

    async Task<Carried> CarryAsync(Delivery delivery)
    {
        var at = time.GetUtcNow();
        try
        {
            if (!payloads.TryGetValue(delivery.Target.Kind, out var payload))
                return Never(at, "message_failed", $"This server knows no messages of the kind {delivery.Target.Kind}: a newer one wrote it.");
            if (await payload.WriteAsync(delivery, cutting.Token) is not { } body)
                return Never(at, "run_gone", "The run was deleted, so there is nothing to tell.");
            if (await secrets.FindAsync(delivery.FlowId, cutting.Token) is not { } secret)
            {
                if (await flows.FindAsync(delivery.FlowId, cutting.Token) is null)
                    return Never(at, "flow_gone", "The flow was deleted, and with it the secret that its messages are signed with.");
                secret = await secrets.EnsureAsync(delivery.FlowId, cutting.Token);
            }
            return await courier.CarryAsync(delivery.Id, delivery.Target.Url, body, secret, cutting.Token);
        }
        catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException)
        {
            CallbackLog.MessageFailed(log, delivery.Id, e.Message, e);
            return new(Courier.Failed(at, TimeSpan.Zero, "message_failed", $"The message could not be made: {e.Message}"), RetryAfter: null);
        }
    }

    static Carried Never(DateTimeOffset at, string code, string error) => new(Courier.Failed(at, TimeSpan.Zero, code, error), RetryAfter: null);

    async Task RecordAsync(Delivery delivery, Carried carried)
    {
        var verdict = Judge(delivery, carried);
        while (true)
        {
            try
            {
                await rows.RecordAsync(delivery.Id, carried.Attempt, verdict, CancellationToken.None);
                break;
            }
            catch (StorageException e)
            {
                CallbackLog.RecordFailed(log, delivery.Id, e.Message);
                await Task.Delay(Again, time, cutting.Token);
            }
        }
        var url = CallbackUrl.Redact(delivery.Target.Url);
        if (verdict is { Status: DeliveryStatus.Pending, DueAt: { } due })
            CallbackLog.NotTaken(log, delivery.Id, delivery.RunId, url, delivery.Attempts + 1, carried.Attempt.Error ?? "", due);
        else if (verdict.Status is DeliveryStatus.Failed)
            CallbackLog.GivenUp(log, delivery.Id, delivery.RunId, delivery.Attempts + 1, url, carried.Attempt.Error ?? "");
    }

    DeliveryVerdict Judge(Delivery delivery, Carried carried)
    {
        var now = time.GetUtcNow();
        var tries = delivery.Tries + 1;
        if (carried.Attempt.IsSuccess)
            return new(DeliveryStatus.Delivered, tries, DueAt: null, now);
        var isFinal = carried.Attempt is { StatusCode: 410 } or { ErrorCode: "run_gone" or "flow_gone" };
        return !isFinal && RetrySchedule.After(tries, carried.RetryAfter, Random.Shared.NextDouble()) is { } pause
            ? new(DeliveryStatus.Pending, tries, now + pause, FinishedAt: null)
            : new(DeliveryStatus.Failed, tries, DueAt: null, now);
    }

    EndpointState StateOf(string endpoint)
    {
        if (!endpoints.TryGetValue(endpoint, out var state))
            endpoints[endpoint] = state = new();
        return state;
    }

    static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;
}
