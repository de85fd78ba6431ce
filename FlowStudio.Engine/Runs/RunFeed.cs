using System.Runtime.CompilerServices;

namespace FlowStudio.Engine.Runs;

/// <summary>One run's events from any number on, stored and then live, without a hole and without a double.</summary>
public sealed class RunFeed(IRunStore store, RunEventHub hub, TimeProvider time)
{
    const int Page = 500;

    /// <summary>
    /// Events above <paramref name="after"/>, in order, until <c>run.finished</c>. A follower that reads too slowly gets a <c>gap</c> event
    /// (<c>from</c>, <c>to</c>) in place of what it missed. Ends at once when the run does not exist or has ended before <paramref name="after"/>.
    /// </summary>
    public async IAsyncEnumerable<RunEvent> FollowAsync(Guid runId, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watch = hub.Watch(runId);
        var seen = after;
        while (true)
        {
            var page = await store.EventsAsync(runId, seen, Page, cancellationToken);
            foreach (var stored in page)
            {
                seen = stored.Seq;
                yield return stored;
                if (stored.Type == RunEventTypes.RunFinished)
                    yield break;
            }
            if (page.Count < Page)
                break;
        }
        foreach (var recent in watch.Tail)
        {
            if (recent.Seq <= seen)
                continue;
            seen = recent.Seq;
            yield return recent;
            if (recent.Type == RunEventTypes.RunFinished)
                yield break;
        }
        if (await store.FindAsync(runId, cancellationToken) is not { } run)
            yield break;
        // What an ended run did is all stored, even while its last events are still on their way to the watchers.
        while (RunNames.IsFinal(run.Status))
        {
            var page = await store.EventsAsync(runId, seen, Page, cancellationToken);
            foreach (var stored in page)
            {
                seen = stored.Seq;
                yield return stored;
            }
            if (page.Count < Page)
                yield break;
        }
        while (await watch.Events.WaitToReadAsync(cancellationToken))
        {
            while (watch.Events.TryRead(out var live))
            {
                if (watch.TakeGap() is { } gap && gap.To > seen)
                    yield return Gap(runId, Math.Max(gap.From, seen + 1), gap.To);
                if (live.Seq <= seen)
                    continue;
                seen = live.Seq;
                yield return live;
                if (live.Type == RunEventTypes.RunFinished)
                    yield break;
            }
        }
    }

    RunEvent Gap(Guid runId, long from, long to) =>
        new(runId, to, RunEventTypes.Gap, NodeId: null, RunEventJson.Write(to, fromSeq: null, time.GetUtcNow(), RunEventTypes.Gap, nodeId: null, iteration: null, attempt: null, (from, to), static (json, g) =>
        {
            json.WriteNumber("from"u8, g.from);
            json.WriteNumber("to"u8, g.to);
        }));
}
