using System.Threading.Channels;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.Live;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>A run that is to be read from its beginning on; <paramref name="IsChoice"/> with an empty id ends the reading of the one chosen before.</summary>
public readonly record struct WantedRun(Guid RunId, bool IsChoice);

/// <summary>
/// What the editor shows of a flow's runs: the log of all of them, and one on the canvas. That one is followed to its end; then the next
/// that moves takes its place. Or a past run that was chosen, with its own log, until the latest are asked for again. No Blazor in it.
/// </summary>
public sealed class FlowLive
{
    /// <summary>Runs at work that are kept in mind; of those whose end was lost the oldest are forgotten.</summary>
    const int MaxOpen = 500;

    readonly OrderedDictionary<Guid, RunProgress> open = [];
    readonly HashSet<Guid> startedHere = [];
    readonly Channel<WantedRun> wanted = Channel.CreateUnbounded<WantedRun>();
    readonly RunLogState all = new();
    RunProgress? latest;
    (RunProgress Run, RunLogState Log)? chosen;
    bool switched;

    /// <summary>The log of the run that is chosen, else of all as they happen.</summary>
    public RunLogState Log => chosen?.Log ?? all;

    /// <summary>The run on the canvas; null before the first.</summary>
    public RunProgress? Shown => chosen?.Run ?? latest;

    /// <summary>The past run that was chosen; null while the latest are shown.</summary>
    public Guid? Chosen => chosen?.Run.RunId;

    /// <summary>Set while more runs begin than are shown one by one.</summary>
    public BusySummary? Busy { get; private set; }

    /// <summary>What people call a node.</summary>
    public Func<string, string> TitleOf
    {
        get => all.TitleOf;
        set
        {
            all.TitleOf = value;
            if (chosen is { } one)
                one.Log.TitleOf = value;
        }
    }

    /// <summary>Runs to be read from their beginning on: <see cref="LiveRuns"/> does.</summary>
    public ChannelReader<WantedRun> Wanted => wanted.Reader;

    /// <summary>Whether the run on the canvas is another one since this was last asked.</summary>
    public bool TakeSwitched()
    {
        var was = switched;
        switched = false;
        return was;
    }

    /// <summary>Shows a run whose events so far are known, e.g. the newest when the page opens.</summary>
    public void Seed(Guid runId, IEnumerable<RunEventView> events)
    {
        var progress = Progress(runId);
        foreach (var e in events)
        {
            all.Append(runId, e);
            progress.Apply(e);
        }
        if (latest is null)
            Show(progress);
    }

    /// <summary>Shows this run from now on, whatever was shown: it was started from here.</summary>
    public void Show(Guid runId)
    {
        Choose(null);
        Show(Progress(runId));
        if (startedHere.Add(runId))
            wanted.Writer.TryWrite(new(runId, IsChoice: false));
    }

    /// <summary>Shows a past run, or with null the latest again.</summary>
    public void Choose(Guid? runId)
    {
        if (runId == Chosen)
            return;
        var filter = Log;
        chosen = runId is { } id ? (new RunProgress(id), new RunLogState { TitleOf = all.TitleOf }) : null;
        Log.TakeFilter(filter);
        switched = true;
        wanted.Writer.TryWrite(new(runId ?? Guid.Empty, IsChoice: true));
    }

    public void Apply(FlowBatch batch)
    {
        Busy = batch.Busy is { PerSecond: > FlowDigest.RunsInFull / 2 } now ? now : null;
        if (batch.Gap is { } gap)
        {
            var at = batch.Events.Count > 0 ? batch.Events[0].View.At : default;
            all.Append(gap.RunId, new RunEventView(gap.To, gap.From, at, RunEventTypes.Gap, NodeId: null, [], Attempt: 1, JsonText.EmptyObject));
        }
        foreach (var (runId, e) in batch.Events)
        {
            // What was started here is read from its beginning, by a way of its own.
            if (!startedHere.Contains(runId))
                Take(runId, e);
        }
        if (batch.Busy is { } busy)
            all.Sum(busy);
    }

    /// <summary>The page was too slow for some batches.</summary>
    public void Missed(DateTimeOffset at) => all.Tell(at, "The page could not keep up here; the history has all runs.");

    /// <summary>A run cannot be read any further; what else is told of it counts again.</summary>
    public void Lost(Guid runId, DateTimeOffset at, string why)
    {
        startedHere.Remove(runId);
        Log.Tell(at, $"Run {runId} could not be read any further: {why}");
    }

    /// <summary>More of a run that was started here.</summary>
    public void ApplyStarted(Guid runId, IReadOnlyList<SeenEvent> events)
    {
        foreach (var (_, e) in events)
            Take(runId, e);
    }

    /// <summary>More of the run that is chosen; of another one, nothing.</summary>
    public void ApplyChosen(Guid runId, IReadOnlyList<SeenEvent> events)
    {
        if (chosen is not { } one || one.Run.RunId != runId)
            return;
        foreach (var (_, e) in events)
        {
            one.Log.Append(runId, e);
            one.Run.Apply(e);
        }
    }

    void Take(Guid runId, RunEventView e)
    {
        all.Append(runId, e);
        var progress = Progress(runId);
        progress.Apply(e);
        // While runs follow each other too fast to be seen, one that was started here stays to be read.
        if (latest is null || (latest.IsFinal && !progress.IsFinal && progress.RunId != latest.RunId && !(Busy is not null && startedHere.Contains(latest.RunId))))
            Show(progress);
        if (progress.IsFinal && progress != latest)
            open.Remove(runId);
    }

    void Show(RunProgress progress)
    {
        if (latest == progress)
            return;
        if (latest is { IsFinal: true })
            open.Remove(latest.RunId);
        latest = progress;
        switched |= chosen is null;
    }

    RunProgress Progress(Guid runId)
    {
        if (open.TryGetValue(runId, out var progress))
            return progress;
        if (open.Count >= MaxOpen)
            open.RemoveAt(open.GetAt(0).Key == latest?.RunId ? 1 : 0);
        return open[runId] = new RunProgress(runId);
    }
}
