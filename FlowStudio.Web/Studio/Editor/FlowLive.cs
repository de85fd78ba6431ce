using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>
/// What the editor shows of a flow's runs: the log of all of them, and one on the canvas. That one is followed to its end; then the next
/// that moves takes its place. No Blazor in it.
/// </summary>
public sealed class FlowLive
{
    readonly Dictionary<Guid, RunProgress> open = [];

    public RunLogState Log { get; } = new();

    /// <summary>The run on the canvas; null before the first.</summary>
    public RunProgress? Shown { get; private set; }

    /// <summary>Whether the run on the canvas is another one since this was last asked.</summary>
    public bool TakeSwitched()
    {
        var was = switched;
        switched = false;
        return was;
    }

    bool switched;

    /// <summary>Shows a run whose events so far are known, e.g. the newest when the page opens.</summary>
    public void Seed(Guid runId, IEnumerable<RunEventView> events)
    {
        var progress = Progress(runId);
        foreach (var e in events)
        {
            Log.Append(runId, e);
            progress.Apply(e);
        }
        Show(progress);
    }

    /// <summary>Shows this run from now on, whatever was shown: it was started from here.</summary>
    public void Show(Guid runId) => Show(Progress(runId));

    public void Apply(RunBatch batch)
    {
        if (batch.Gap is { } gap)
        {
            var at = batch.Events.Count > 0 ? batch.Events[0].View.At : default;
            Log.Append(gap.RunId, new RunEventView(gap.To, gap.From, at, RunEventTypes.Gap, NodeId: null, [], Attempt: 1, JsonText.EmptyObject));
        }
        foreach (var (runId, e) in batch.Events)
        {
            Log.Append(runId, e);
            var progress = Progress(runId);
            progress.Apply(e);
            if (Shown is null || (Shown.IsFinal && !progress.IsFinal && progress.RunId != Shown.RunId))
                Show(progress);
            if (progress.IsFinal && progress != Shown)
                open.Remove(runId);
        }
    }

    void Show(RunProgress progress)
    {
        if (Shown == progress)
            return;
        if (Shown is { IsFinal: true })
            open.Remove(Shown.RunId);
        Shown = progress;
        switched = true;
    }

    RunProgress Progress(Guid runId)
    {
        if (!open.TryGetValue(runId, out var progress))
            open[runId] = progress = new RunProgress(runId);
        return progress;
    }
}
