namespace FlowStudio.Engine.Queueing;

/// <summary>A run in the queue.</summary>
/// <param name="FlowId">What the queue is fair between.</param>
/// <param name="FlowLimit">Runs of that flow at work at once; 0 for no limit.</param>
public readonly record struct RunTicket(Guid RunId, Guid FlowId, int FlowLimit);

/// <summary>Carries ids of durable runs to workers. Bounded, and fair: a flooded flow does not starve the others.</summary>
public interface IRunQueue
{
    /// <summary>Runs that wait for a worker.</summary>
    int Count { get; }

    /// <summary>Takes a place for a run about to be accepted; false when the queue is full.</summary>
    bool TryReserve();

    /// <summary>Gives a reserved place back.</summary>
    void Release();

    /// <summary>Adds a durable run; with a place reserved before, or without one for runs that were accepted in an earlier life or come back from sleep.</summary>
    void Enqueue(RunTicket ticket, bool reserved);

    /// <summary>The next run, when there is one whose flow is below its limit. Call <see cref="Done"/> when it has ended or sleeps.</summary>
    ValueTask<RunTicket> DequeueAsync(CancellationToken cancellationToken);

    /// <summary>The worker is through with a run.</summary>
    void Done(RunTicket ticket);
}
