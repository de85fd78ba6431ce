namespace FlowStudio.Engine.Queueing;

/// <summary>The queue of a single process: one line per flow, served in turn. Holds ids only; inputs stay in the database.</summary>
public sealed class InProcessRunQueue(EngineOptions options) : IRunQueue
{
    readonly Lock gate = new();
    readonly Dictionary<Guid, Line> lines = [];
    readonly Queue<Line> turns = new();
    readonly Queue<Waiter> waiters = new();
    readonly int capacity = options.Queue.Capacity;
    int waiting;
    int reserved;

    public int Count
    {
        get
        {
            lock (gate)
                return waiting;
        }
    }

    public bool TryReserve()
    {
        lock (gate)
        {
            if (waiting + reserved >= capacity)
                return false;
            reserved++;
            return true;
        }
    }

    public void Release()
    {
        lock (gate)
            reserved--;
    }

    public void Enqueue(RunTicket ticket, bool reserved)
    {
        lock (gate)
        {
            if (reserved)
                this.reserved--;
            waiting++;
            if (!lines.TryGetValue(ticket.FlowId, out var line))
                lines.Add(ticket.FlowId, line = new Line(ticket.FlowId));
            line.Limit = ticket.FlowLimit;
            line.Runs.Enqueue(ticket.RunId);
            TakeTurn(line);
            Serve();
        }
    }

    public ValueTask<RunTicket> DequeueAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (waiters.Count == 0 && TryNext(out var ticket))
                return new(ticket);
            var waiter = new Waiter();
            waiters.Enqueue(waiter);
            if (cancellationToken.CanBeCanceled)
                waiter.Registration = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter?)state)?.TrySetCanceled(token), waiter);
            return new(waiter.Task);
        }
    }

    public void Done(RunTicket ticket)
    {
        lock (gate)
        {
            if (!lines.TryGetValue(ticket.FlowId, out var line))
                return;
            line.Working--;
            if (line.Runs.Count > 0)
                TakeTurn(line);
            else if (line.Working == 0)
                lines.Remove(ticket.FlowId);
            Serve();
        }
    }

    /// <summary>A flow stands in the turns at most once, and only while it has a run that may start.</summary>
    void TakeTurn(Line line)
    {
        if (line.InTurns || line.Runs.Count == 0 || (line.Limit > 0 && line.Working >= line.Limit))
            return;
        line.InTurns = true;
        turns.Enqueue(line);
    }

    bool TryNext(out RunTicket ticket)
    {
        if (!turns.TryDequeue(out var line))
        {
            ticket = default;
            return false;
        }
        line.InTurns = false;
        ticket = new(line.Runs.Dequeue(), line.FlowId, line.Limit);
        line.Working++;
        waiting--;
        TakeTurn(line);
        return true;
    }

    void Serve()
    {
        while (waiters.TryPeek(out var waiter))
        {
            if (waiter.Task.IsCompleted)
            {
                waiters.Dequeue();
                continue;
            }
            if (!TryNext(out var ticket))
                return;
            waiters.Dequeue();
            if (!waiter.TrySetResult(ticket))
                PutBack(ticket);
            waiter.Registration.Unregister();
        }
    }

    /// <summary>The one who waited has just been canceled: the run goes back to where it was, first in its line.</summary>
    void PutBack(RunTicket ticket)
    {
        var line = lines[ticket.FlowId];
        line.Working--;
        waiting++;
        var rest = line.Runs.ToArray();
        line.Runs.Clear();
        line.Runs.Enqueue(ticket.RunId);
        foreach (var run in rest)
            line.Runs.Enqueue(run);
        TakeTurn(line);
    }

    sealed class Line(Guid flowId)
    {
        public readonly Guid FlowId = flowId;
        public readonly Queue<Guid> Runs = new();
        public int Limit;
        public int Working;
        public bool InTurns;
    }

    sealed class Waiter() : TaskCompletionSource<RunTicket>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public CancellationTokenRegistration Registration;
    }
}
