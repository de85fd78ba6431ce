using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor.Live;

/// <summary>Keeps a <see cref="FlowLive"/> up to date: what happens in the flow, what runs that were started here do, and the past run that is chosen.</summary>
public sealed class LiveRuns(FlowFeeds feeds, IRunStore store, RunFeed runs, RunEventHub hub, TimeProvider time)
{
    const int EventPage = 2_000;

    /// <summary>Follows until canceled. Watches first, then reads the newest run, so that nothing falls between.</summary>
    /// <param name="onPage">Makes a change where the page lives, and draws it.</param>
    public async Task FollowAsync(Guid flowId, FlowLive live, Func<Action, Task> onPage, CancellationToken cancellationToken)
    {
        using var viewer = feeds.Follow(flowId);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] both = [FollowAllAsync(flowId, live, viewer, onPage, stop.Token), FollowWantedAsync(live, onPage, stop.Token)];
        var first = await Task.WhenAny(both);
        await stop.CancelAsync();
        await ((Task)Task.WhenAll(both)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    async Task FollowAllAsync(Guid flowId, FlowLive live, FlowViewer viewer, Func<Action, Task> onPage, CancellationToken cancellationToken)
    {
        var newest = await store.ListAsync(new RunFilter { FlowId = flowId }, cursor: null, 1, cancellationToken);
        if (newest.Items is [var run, ..])
        {
            using var recent = hub.Watch(run.Id);
            var stored = new List<RunEvent>();
            while (await store.EventsAsync(run.Id, stored is [.., var last] ? last.Seq : 0, EventPage, cancellationToken) is { Count: > 0 } page)
                stored.AddRange(page);
            var events = stored.Concat(recent.Tail).Select(e => e.Read()).ToList();
            await onPage(() => live.Seed(run.Id, events));
        }
        await foreach (var batch in viewer.Batches.ReadAllAsync(cancellationToken))
        {
            await onPage(() =>
            {
                if (viewer.TakeMissed())
                    live.Missed(time.GetUtcNow());
                live.Apply(batch);
            });
        }
    }

    /// <summary>Runs that are read from their beginning on: a past one that is chosen, until another is; those that were started here, to their ends.</summary>
    async Task FollowWantedAsync(FlowLive live, Func<Action, Task> onPage, CancellationToken cancellationToken)
    {
        var mine = new List<Task>();
        var chosen = Task.CompletedTask;
        var choice = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await foreach (var (runId, isChoice) in live.Wanted.ReadAllAsync(cancellationToken))
            {
                if (!isChoice)
                {
                    mine.RemoveAll(static t => t.IsCompletedSuccessfully);
                    mine.Add(FollowRunAsync(live, runId, live.ApplyStarted, onPage, cancellationToken));
                    continue;
                }
                await choice.CancelAsync();
                await chosen.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                choice.Dispose();
                choice = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                if (runId != Guid.Empty)
                    chosen = FollowRunAsync(live, runId, live.ApplyChosen, onPage, choice.Token);
            }
        }
        finally
        {
            await choice.CancelAsync();
            await Task.WhenAll([chosen, .. mine]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            choice.Dispose();
        }
    }

    async Task FollowRunAsync(FlowLive live, Guid runId, Action<Guid, IReadOnlyList<SeenEvent>> apply, Func<Action, Task> onPage, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in RunBatches.Of(runs.FollowAsync(runId, after: 0, cancellationToken), time, cancellationToken))
                await onPage(() => apply(runId, batch));
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            await onPage(() => live.Lost(runId, time.GetUtcNow(), e.Message));
        }
    }
}
