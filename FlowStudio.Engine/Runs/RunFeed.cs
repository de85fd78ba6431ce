using System.Runtime.CompilerServices;

namespace FlowStudio.Engine.Runs;

/// <summary>One run's events from any number on, stored and then live, without a hole and without a double.</summary>
public sealed class RunFeed(IRunStore store, RunEventHub hub, TimeProvider time)
{
    /// <summary>How many events a reader may lag behind what happens. Of a token or a step that is a quarter of a kibibyte each, about.</summary>
    public const int MostBehind = 10_000;

    /// <summary>The code of the event that ends the stream of a reader that lags further.</summary>
    public const string TooSlow = "too_slow";

    const int Page = 500;

    /// <summary>
    /// Events above <paramref name="after"/>, in order, until <c>run.finished</c>, however slowly they are taken: one who lags reads from the store what it
    /// missed. Ends at once when the run does not exist or has ended before <paramref name="after"/>.
    /// </summary>
    public IAsyncEnumerable<RunEvent> FollowAsync(Guid runId, long after, CancellationToken cancellationToken) => ReadAsync(runId, after, cutOff: false, cancellationToken);

    /// <summary>
    /// The same for a reader at the other end of a connection: one that lags more than <see cref="MostBehind"/> events behind is cut off. The last event is then
    /// of type <see cref="RunEventTypes.CutOff"/>, its number that of the last event before it: from there the reader can go on.
    /// </summary>
    public IAsyncEnumerable<RunEvent> StreamAsync(Guid runId, long after, CancellationToken cancellationToken) => ReadAsync(runId, after, cutOff: true, cancellationToken);

    /// <summary>What a reader that was cut off is told, but for how to go on.</summary>
    public static string CutOffWords { get; } = FormattableString.Invariant($"This reader fell more than {MostBehind:N0} events behind, so its stream was ended. The run goes on, and nothing is lost.");

    async IAsyncEnumerable<RunEvent> ReadAsync(Guid runId, long after, bool cutOff, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = after;
        while (true)
        {
            // Watched anew for each page: who has much to catch up with is not behind for that.
            using var watch = hub.Watch(runId, MostBehind, endWhenBehind: true);
            var page = await store.EventsAsync(runId, seen, Page, cancellationToken);
            foreach (var stored in page)
            {
                seen = stored.Seq;
                yield return stored;
                if (stored.Type == RunEventTypes.RunFinished)
                    yield break;
            }
            if (page.Count < Page && !watch.FellBehind)
            {
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
                    page = await store.EventsAsync(runId, seen, Page, cancellationToken);
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
                    while (watch.Events.TryRead(out var live) && !watch.FellBehind)
                    {
                        if (live.Seq <= seen)
                            continue;
                        seen = live.Seq;
                        yield return live;
                        if (live.Type == RunEventTypes.RunFinished)
                            yield break;
                    }
                }
            }
            if (cutOff && watch.FellBehind)
            {
                yield return CutOff(runId, seen);
                yield break;
            }
        }
    }

    RunEvent CutOff(Guid runId, long seen) =>
        new(runId, seen, RunEventTypes.CutOff, NodeId: null, RunEventJson.Write(seen, fromSeq: null, time.GetUtcNow(), RunEventTypes.CutOff, nodeId: null, iteration: null, attempt: null, seen, static (json, last) =>
        {
            json.WriteString("code"u8, TooSlow);
            json.WriteString("message"u8, FormattableString.Invariant($"{CutOffWords} Open the stream again with Last-Event-ID: {last}"));
            json.WriteNumber("last_seq"u8, last);
        }));
}
