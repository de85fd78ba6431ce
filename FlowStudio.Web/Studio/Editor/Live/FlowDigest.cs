using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor.Live;

/// <summary>Runs of a busy flow that are counted instead of shown one by one, since <paramref name="Since"/>.</summary>
/// <param name="PerSecond">How many began within the last second, those that are shown among them.</param>
/// <param name="Ended">Of those that are only counted, how many have ended.</param>
/// <param name="Failed">How many of these did not succeed.</param>
public sealed record BusySummary(DateTimeOffset Since, int PerSecond, long Ended, long Failed);

/// <summary>What happened since the batch before.</summary>
/// <param name="Gap">Numbers of a run that were lost, because too much happened at once.</param>
/// <param name="Busy">Set while runs are only counted.</param>
public sealed record FlowBatch(IReadOnlyList<SeenEvent> Events, (Guid RunId, long From, long To)? Gap = null, BusySummary? Busy = null)
{
    /// <summary>There is something to draw.</summary>
    public bool IsNews => Events.Count > 0 || Gap is not null || Busy is not null;

    /// <summary>This batch and the next as one.</summary>
    public FlowBatch With(FlowBatch next) => IsNews ? new([.. Events, .. next.Events], Gap ?? next.Gap, next.Busy ?? Busy) : next;
}

/// <summary>
/// Decides what the viewers of a flow are shown of its runs. Nobody reads a hundred runs a second: beyond <see cref="RunsInFull"/> beginning within one
/// second the new ones are counted, one of them each second is shown in full, and so are the ends of some that fail. What is not shown is not read either.
/// Belongs to one thread.
/// </summary>
public sealed class FlowDigest
{
    /// <summary>Runs that may begin within one second and are all shown.</summary>
    public const int RunsInFull = 10;

    /// <summary>Of the runs that are only counted, so many failures a second are told with their reason.</summary>
    public const int FailuresInFull = 3;

    /// <summary>Events from inside of loops that one batch may have: a loop of ten thousand items is read on the run's own page.</summary>
    public const int InLoops = 400;

    /// <summary>How long one sum goes on before the next begins.</summary>
    public static readonly TimeSpan Stretch = TimeSpan.FromSeconds(10);

    /// <summary>More than can be at work at once; a number of runs whose ends were lost is forgotten with the rest.</summary>
    const int MaxCounted = 100_000;

    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    readonly Queue<(DateTimeOffset At, int Count)> begun = new();
    readonly HashSet<Guid> counted = [];
    int perSecond;
    Guid sample;
    DateTimeOffset sampledAt;
    DateTimeOffset failuresSince;
    int failures;
    BusySummary? sum;
    BusySummary? toldSum;
    int inLoops;
    (Guid RunId, long From, long To)? skipped;
    DateTimeOffset skipToldAt;

    /// <summary>Runs begin faster than they are shown.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>A sum goes on: it is to be told how it ends, though nothing more may happen.</summary>
    public bool IsOpen => IsBusy || sum is not null;

    /// <summary>Reads what is to be shown of the events, and counts the rest.</summary>
    public FlowBatch Take(IReadOnlyList<RunEvent> events, (Guid RunId, long From, long To)? gap, DateTimeOffset now)
    {
        inLoops = 0;
        Beat(events.Count(e => e.Type == RunEventTypes.RunAccepted), now);
        var shown = new List<SeenEvent>(Math.Min(events.Count, 256));
        foreach (var happened in events)
        {
            if (IsShown(happened, now))
                shown.Add(new(happened.RunId, happened.Read()));
        }
        gap ??= Skipped(now);
        // Ends that were lost do not keep the sum open for ever.
        if (!IsBusy && events.Count == 0 && sum is not null && now - sum.Since >= Stretch)
            counted.Clear();
        if (!IsBusy && counted.Count == 0 && sum is not null)
        {
            var last = sum;
            sum = null;
            return new(shown, gap, last with { PerSecond = perSecond });
        }
        if (sum is not null)
            sum = sum with { PerSecond = perSecond };
        var told = sum == toldSum ? null : sum;
        toldSum = sum;
        if (sum is not null && now - sum.Since >= Stretch)
            sum = null;
        return new(shown, gap is { } g && counted.Contains(g.RunId) ? null : gap, told);
    }

    void Beat(int accepted, DateTimeOffset now)
    {
        if (accepted > 0)
            begun.Enqueue((now, accepted));
        perSecond += accepted;
        while (begun.TryPeek(out var oldest) && now - oldest.At >= Second)
            perSecond -= begun.Dequeue().Count;
        IsBusy = IsBusy ? perSecond > RunsInFull / 2 : perSecond > RunsInFull;
    }

    bool IsShown(RunEvent happened, DateTimeOffset now)
    {
        if (happened.Type == RunEventTypes.RunAccepted)
            return Accept(happened.RunId, now);
        if (happened.Type == RunEventTypes.RunFinished && happened.RunId == sample)
            sample = default;
        if (!counted.Contains(happened.RunId))
            return !IsInLoop(happened) || ++inLoops <= InLoops || !Skip(happened);
        if (happened.Type != RunEventTypes.RunFinished)
            return false;
        counted.Remove(happened.RunId);
        var succeeded = Succeeded(happened);
        var since = sum ?? new BusySummary(now, perSecond, 0, 0);
        sum = since with { Ended = since.Ended + 1, Failed = since.Failed + (succeeded ? 0 : 1) };
        if (succeeded)
            return false;
        if (now - failuresSince >= Second)
            (failuresSince, failures) = (now, 0);
        return ++failures <= FailuresInFull;
    }

    bool Accept(Guid run, DateTimeOffset now)
    {
        if (!IsBusy)
            return true;
        if (sample == default && now - sampledAt >= Second)
        {
            (sample, sampledAt) = (run, now);
            return true;
        }
        if (counted.Count >= MaxCounted)
            counted.Clear();
        counted.Add(run);
        sum ??= new BusySummary(now, perSecond, 0, 0);
        return false;
    }

    bool Skip(RunEvent happened)
    {
        skipped = skipped is { } s && s.RunId == happened.RunId ? (s.RunId, s.From, happened.Seq) : (happened.RunId, happened.Seq, happened.Seq);
        return true;
    }

    /// <summary>What of loops was not shown is said once a second.</summary>
    (Guid RunId, long From, long To)? Skipped(DateTimeOffset now)
    {
        if (skipped is null || now - skipToldAt < Second)
            return null;
        var told = skipped;
        (skipped, skipToldAt) = (null, now);
        return told;
    }

    /// <summary>Written before the data, and only inside of loops.</summary>
    static bool IsInLoop(RunEvent happened) => happened.NodeId is not null && happened.Json.Span[..Math.Min(happened.Json.Length, 400)].IndexOf("\"iteration\":["u8) >= 0;

    /// <summary>The status is the first of an end's data; the rest, which may be long, is not looked at.</summary>
    static bool Succeeded(RunEvent end) => end.Json.Span.IndexOf("\"data\":{\"status\":\"succeeded\""u8) >= 0;
}
