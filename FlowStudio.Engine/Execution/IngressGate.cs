using System.Collections.Concurrent;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>Every way in is a gate that can be closed: all at once when the process stops, or one of them by an operator.</summary>
public sealed class IngressGate
{
    readonly ConcurrentDictionary<RunTrigger, string> ways = new();
    volatile string? closed;

    /// <summary>Why no run at all is taken now, or null when runs are taken.</summary>
    public string? ClosedBecause => closed;

    /// <summary>Why no run that this starts is taken now, or null when such runs are taken.</summary>
    public string? WhyClosed(RunTrigger way) => closed ?? ways.GetValueOrDefault(way);

    public void Close(string why) => closed = why;

    /// <summary>Closes one way in; it stays closed when all others are opened.</summary>
    public void Close(RunTrigger way, string why) => ways[way] = why;

    public void Open() => closed = null;

    public void Open(RunTrigger way) => ways.TryRemove(way, out _);
}
