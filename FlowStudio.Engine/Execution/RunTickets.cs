using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Queueing;

namespace FlowStudio.Engine.Execution;

/// <summary>Puts durable runs that come back from sleep into the queue, with their flow's limit.</summary>
sealed class RunTickets(IFlowStore flows, IRunQueue queue)
{
    public async Task EnqueueAsync(Guid run, Guid flowId, CancellationToken cancellationToken)
    {
        var flow = await flows.ResolveAsync(flowId.ToString(), draft: false, cancellationToken);
        queue.Enqueue(new RunTicket(run, flowId, flow?.Flow.Limits.MaxConcurrentRuns ?? 0), reserved: false);
    }
}
