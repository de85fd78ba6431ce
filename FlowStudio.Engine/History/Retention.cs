using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Queueing;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.History;

/// <summary>
/// Deletes ended runs that are too old or too many. Works in small steps with pauses between them, so that the write lane serves callers first;
/// a run stays for a minute at least, so that whoever started it can read its result.
/// </summary>
sealed class Retention(EngineOptions options, IRetentionUpkeep runs, IFlowStore flows, IRunQueue queue, TimeProvider time, ILogger<Retention> log)
{
    /// <summary>Runs deleted in one turn of the write lane: some milliseconds of work.</summary>
    internal const int Step = 50;

    /// <summary>How long a run is kept whatever the settings say.</summary>
    internal static readonly TimeSpan LeastKept = TimeSpan.FromMinutes(1);

    /// <summary>The share of time that steps may take while runs wait for their turn, and while none do.</summary>
    const double BusyShare = 0.05;

    /// <inheritdoc cref="BusyShare"/>
    const double IdleShare = 0.3;

    /// <summary>One pass over all rules; returns how many runs went.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var deleted = 0;
        foreach (var flowId in await runs.FlowsAsync(cancellationToken))
        {
            var limits = (await flows.ResolveAsync(flowId.ToString(), draft: false, cancellationToken))?.Flow.Limits;
            if ((limits?.KeepDays ?? options.Retention.KeepDays) is { } days)
                deleted += await DeleteAsync(OlderThan(flowId, TimeSpan.FromDays(days)), cancellationToken);
            if (limits?.KeepRuns is { } keep)
                deleted += await DeleteBeyondAsync(flowId, keep, cancellationToken);
        }
        if (options.Retention.KeepRuns is { } most)
            deleted += await DeleteBeyondAsync(flowId: null, most, cancellationToken);
        if (deleted > 0)
            Log.Deleted(log, deleted);
        return deleted;
    }

    Expired OlderThan(Guid? flowId, TimeSpan age)
    {
        var ended = time.GetUtcNow() - (age > LeastKept ? age : LeastKept);
        // An id made at this moment or later belongs to a run that cannot have ended before it.
        return new(flowId, Guid.CreateVersion7(ended), ended);
    }

    async Task<int> DeleteBeyondAsync(Guid? flowId, int keep, CancellationToken cancellationToken) =>
        await runs.OldestKeptAsync(flowId, keep, cancellationToken) is { } oldest
            ? await DeleteAsync(new(flowId, oldest, time.GetUtcNow() - LeastKept), cancellationToken)
            : 0;

    async Task<int> DeleteAsync(Expired expired, CancellationToken cancellationToken)
    {
        var total = 0;
        for (Guid? next = Guid.Empty; next is { } after;)
        {
            var began = time.GetTimestamp();
            (var deleted, next) = await runs.DeleteAsync(expired, after, Step, cancellationToken);
            total += deleted;
            if (next is not null)
                await Task.Delay(time.GetElapsedTime(began) * ((1 / (queue.Count > 0 ? BusyShare : IdleShare)) - 1), time, cancellationToken);
        }
        return total;
    }
}
