namespace FlowStudio.Web.Security;

/// <summary>A webhook call that was not taken.</summary>
/// <param name="Status">The HTTP status that the caller got.</param>
/// <param name="Reason">Why, in a few words.</param>
public sealed record RefusedCall(DateTimeOffset At, int Status, string Reason);

/// <summary>
/// The last webhook calls that each flow refused since the server started, for the flow's page: in memory only, because whoever is refused must not be able
/// to fill a disk. Bounded per flow, and in flows: the one that refused longest ago is forgotten first.
/// </summary>
public sealed class RefusedCalls(TimeProvider time)
{
    /// <summary>Calls that are remembered per flow.</summary>
    public const int PerFlow = 10;

    /// <summary>Flows of which calls are remembered.</summary>
    public const int MaxFlows = 1_000;

    readonly Lock gate = new();
    readonly Dictionary<Guid, LinkedListNode<(Guid Flow, Queue<RefusedCall> Calls)>> byFlow = [];
    readonly LinkedList<(Guid Flow, Queue<RefusedCall> Calls)> latestFirst = new();

    /// <summary>Raised after a call was noted, with the flow's id, on the caller's thread.</summary>
    public event Action<Guid>? Changed;

    public void Add(Guid flow, int status, string reason)
    {
        var call = new RefusedCall(time.GetUtcNow(), status, reason);
        lock (gate)
        {
            if (byFlow.TryGetValue(flow, out var node))
            {
                latestFirst.Remove(node);
            }
            else
            {
                node = new((flow, new Queue<RefusedCall>(PerFlow)));
                byFlow[flow] = node;
                if (byFlow.Count > MaxFlows && latestFirst.Last is { } oldest)
                {
                    byFlow.Remove(oldest.Value.Flow);
                    latestFirst.RemoveLast();
                }
            }
            latestFirst.AddFirst(node);
            var calls = node.Value.Calls;
            if (calls.Count == PerFlow)
                calls.Dequeue();
            calls.Enqueue(call);
        }
        Changed?.Invoke(flow);
    }

    /// <summary>The flow's refused calls, newest first.</summary>
    public IReadOnlyList<RefusedCall> Of(Guid flow)
    {
        lock (gate)
            return byFlow.TryGetValue(flow, out var node) ? [.. node.Value.Calls.Reverse()] : [];
    }
}
