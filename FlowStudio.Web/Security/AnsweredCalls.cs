namespace FlowStudio.Web.Security;

/// <summary>
/// What the callers were answered who waited for their run, for the flow's page: the newest since the server started, in memory only. Of a run that is not
/// here nobody waited for more than the receipt, or it is long ago.
/// </summary>
public sealed class AnsweredCalls
{
    /// <summary>Answers that are remembered.</summary>
    public const int MaxRuns = 2_000;

    readonly Lock gate = new();
    readonly Dictionary<Guid, int> statuses = [];
    readonly Queue<Guid> order = new();

    /// <summary>Keeps the status that a run's caller got; of several callers with one key, the last.</summary>
    public void Add(Guid runId, int status)
    {
        lock (gate)
        {
            if (statuses.TryAdd(runId, status))
            {
                order.Enqueue(runId);
                if (order.Count > MaxRuns)
                    statuses.Remove(order.Dequeue());
            }
            else
            {
                statuses[runId] = status;
            }
        }
    }

    /// <summary>The status that the run's caller got, or null when nobody waited for it.</summary>
    public int? Find(Guid runId)
    {
        lock (gate)
            return statuses.TryGetValue(runId, out var status) ? status : null;
    }
}
