namespace FlowStudio.Engine.Execution;

/// <summary>Every way in is a gate that can be closed: all at once when the process stops, or one of them by an operator.</summary>
public sealed class IngressGate
{
    volatile string? closed;

    /// <summary>Why no run is taken now, or null when runs are taken.</summary>
    public string? ClosedBecause => closed;

    public void Close(string why) => closed = why;

    public void Open() => closed = null;
}
