using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <content>What its sleeping steps wait for: the runs it started, and how often each step was tried before.</content>
public sealed partial class ActiveRun
{
    readonly HashSet<Guid> awaited = [];
    readonly HashSet<Guid> ended = [];
    readonly HashSet<Guid> seen = [];
    readonly List<Guid> abandoned = [];
    readonly Dictionary<StepKey, StepTally> tallies = [];
    TaskCompletionSource? news;

    /// <summary>Completes when the next of the runs that this one started ends.</summary>
    internal Task News
    {
        get
        {
            lock (gate)
                return (news ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The runs that sleeping steps wait for.</summary>
    internal IReadOnlyList<Guid> Awaited
    {
        get
        {
            lock (gate)
                return [.. awaited];
        }
    }

    /// <summary>A step waits for a run.</summary>
    internal void Await(Guid child)
    {
        lock (gate)
            awaited.Add(child);
    }

    /// <summary>The step that waited for a run goes on.</summary>
    internal void Notice(Guid child)
    {
        lock (gate)
            awaited.Remove(child);
    }

    /// <summary>The step that waited for a run is left out: nobody wants the run's result.</summary>
    internal void Abandon(Guid child)
    {
        lock (gate)
        {
            awaited.Remove(child);
            abandoned.Add(child);
        }
    }

    /// <summary>The runs that nobody wants, to be canceled.</summary>
    internal IReadOnlyList<Guid> TakeAbandoned()
    {
        lock (gate)
        {
            Guid[] taken = [.. abandoned];
            abandoned.Clear();
            return taken;
        }
    }

    /// <summary>A step was told how a run ended.</summary>
    internal void See(Guid child)
    {
        lock (gate)
            seen.Add(child);
    }

    /// <summary>Whether a step of this life was told how a run ended.</summary>
    internal bool HasSeen(Guid child)
    {
        lock (gate)
            return seen.Contains(child);
    }

    /// <summary>A run that this one started has ended, durably.</summary>
    internal void ChildEnded(Guid child)
    {
        TaskCompletionSource? told;
        lock (gate)
        {
            ended.Add(child);
            told = news;
            news = null;
        }
        told?.TrySetResult();
    }

    /// <summary>How often a step has begun and failed so far: waits in between change nothing about how often it is repeated.</summary>
    internal StepTally TallyOf(string nodeId, IReadOnlyList<int> iteration)
    {
        var key = new StepKey(nodeId, StepKey.PathOf(iteration));
        lock (gate)
        {
            if (tallies.TryGetValue(key, out var tally))
                return tally;
        }
        if (History.Latest(key) is not { } latest)
            return default;
        return new(latest.Attempt, History.Steps.Count(s => s is { Status: StepStatus.Failed } && s.NodeId == nodeId && s.Iteration.SequenceEqual(iteration)));
    }

    /// <summary>Keeps a step's tally while it waits.</summary>
    internal void Keep(string nodeId, IReadOnlyList<int> iteration, StepTally tally)
    {
        lock (gate)
            tallies[new StepKey(nodeId, StepKey.PathOf(iteration))] = tally;
    }

    /// <summary>Whether a wait is over, for a time or for a run; one for an answer never is by itself.</summary>
    internal bool IsOver(DateTimeOffset? until, Guid? child, DateTimeOffset now)
    {
        if (until <= now)
            return true;
        if (child is not { } awaitedRun)
            return false;
        lock (gate)
            return ended.Contains(awaitedRun);
    }
}

/// <summary>Attempts of a step that have begun, and those of them that failed.</summary>
record struct StepTally(int Attempts, int Failures);
