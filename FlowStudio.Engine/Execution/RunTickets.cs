using System.Data.Common;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Queueing;

namespace FlowStudio.Engine.Execution;

/// <summary>Puts durable runs that come back from sleep into the queue, with their flow's limit.</summary>
sealed class RunTickets(IFlowStore flows, IRunQueue queue)
{
    public async Task EnqueueAsync(Guid run, Guid flowId, CancellationToken cancellationToken) =>
        queue.Enqueue(new RunTicket(run, flowId, await LimitAsync(flowId, cancellationToken)), reserved: false);

    /// <summary>A run that is queued in the database must come into the queue: better without its flow's limit than after the next start.</summary>
    async Task<int> LimitAsync(Guid flowId, CancellationToken cancellationToken)
    {
        try
        {
            return (await flows.ResolveAsync(flowId.ToString(), draft: false, cancellationToken))?.Flow.Limits.MaxConcurrentRuns ?? 0;
        }
        catch (Exception e) when (e is StorageException or DbException)
        {
            return 0;
        }
    }
}
