using System.Diagnostics.Metrics;

namespace FlowStudio.Engine.Execution;

/// <summary>The engine's metrics, all names in one place. Tags stay few: never a run's or a flow's id.</summary>
public sealed class RunTelemetry : IDisposable
{
    public const string MeterName = "FlowStudio.Engine";

    readonly Meter meter = new(MeterName);
    readonly Counter<long> accepted;
    readonly Counter<long> ended;
    readonly Histogram<double> duration;
    readonly Histogram<double> node;

    public RunTelemetry()
    {
        accepted = meter.CreateCounter<long>("flowstudio.runs.accepted", "{run}", "Runs made durable, by trigger.");
        ended = meter.CreateCounter<long>("flowstudio.runs.ended", "{run}", "Runs that ended, by status.");
        duration = meter.CreateHistogram<double>("flowstudio.run.duration", "s", "From acceptance to end, by status.");
        node = meter.CreateHistogram<double>("flowstudio.node.duration", "s", "One attempt of a node, by component type and status.");
    }

    public void Accepted(string trigger)
    {
        if (accepted.Enabled)
            accepted.Add(1, new KeyValuePair<string, object?>("trigger", trigger));
    }

    public void Ended(string status, TimeSpan took)
    {
        if (ended.Enabled)
            ended.Add(1, new KeyValuePair<string, object?>("status", status));
        if (duration.Enabled)
            duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("status", status));
    }

    public void NodeEnded(string type, string status, TimeSpan took)
    {
        if (node.Enabled)
            node.Record(took.TotalSeconds, new KeyValuePair<string, object?>("type", type), new KeyValuePair<string, object?>("status", status));
    }

    /// <summary>Shows how many runs wait.</summary>
    public void WatchQueue(Func<int> depth) => meter.CreateObservableGauge("flowstudio.queue.depth", depth, "{run}", "Runs that wait for a worker.");

    public void Dispose() => meter.Dispose();
}
