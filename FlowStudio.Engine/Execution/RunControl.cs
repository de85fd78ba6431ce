using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>Cancels runs and waits for them.</summary>
sealed class RunControl(IRunStore store, IRunFamily family, ActiveRuns active, RunTickets tickets, RunJournal journal, RunEventHub hub, RunEnds ends, DeliverySignal deliveries, RunVariables variables, TimeProvider time) : IRunControl
{
    /// <inheritdoc/>
    public async Task<CancelOutcome> CancelAsync(Guid runId, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (active.Find(runId) is { } run)
            {
                run.Stop(StopReason.Canceled);
                await run.Released.Task.WaitAsync(cancellationToken);
            }
            if (await store.FindAsync(runId, cancellationToken) is not { } row)
                return CancelOutcome.NotFound;
            if (RunNames.IsFinal(row.Status))
                return row.Status is RunStatus.Canceled ? CancelOutcome.Canceled : CancelOutcome.AlreadyEnded;
            if (row.Status is not RunStatus.Running && await EndWhereItLiesAsync(row, cancellationToken))
                return CancelOutcome.Canceled;
            // A worker took it this very moment, or is about to let go: look again.
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<Run?> WaitForEndAsync(Guid runId, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        while (true)
        {
            var next = ends.NextAsync(runId);
            var run = await store.FindAsync(runId, cancellationToken);
            if (run is null || RunNames.IsFinal(run.Status) || patience.IsCancellationRequested)
            {
                // Nobody leaves a waiter behind; another one for the same run is told too and looks again.
                ends.Tell(runId);
                return run;
            }
            await next.WaitAsync(linked.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What a durable end means to others: the run that waits for it goes on, and when it did not succeed, what it started is canceled. Whoever is to be told of it is.</summary>
    public async Task EndedAsync(EndEntry end)
    {
        await variables.ForgetAsync(end.RunId);
        if (end.ParentRunId is { } parent)
        {
            if (end.WokenFlowId is { } flowId)
                await tickets.EnqueueAsync(parent, flowId, CancellationToken.None);
            active.Find(parent)?.ChildEnded(end.RunId);
        }
        if (end.HasDeliveries)
            deliveries.Tell();
        if (end.Status is RunStatus.Succeeded)
            return;
        var children = await family.UnfinishedChildrenAsync(end.RunId, CancellationToken.None);
        await Task.WhenAll(children.Select(child => CancelAsync(child, CancellationToken.None)));
    }

    async Task<bool> EndWhereItLiesAsync(Run row, CancellationToken cancellationToken)
    {
        var last = 0L;
        for (var page = await store.EventsAsync(row.Id, 0, 5000, cancellationToken); page.Count > 0; page = await store.EventsAsync(row.Id, last, 5000, cancellationToken))
            last = page[^1].Seq;
        var log = hub.Open(row.Id, row.FlowId, last + 1, time);
        try
        {
            var end = RunEnding.Make(log, row, RunStatus.Canceled, new RunError("canceled", "The run was canceled before it went on.", NodeId: null), time.GetUtcNow(), onlyIfIdle: true);
            if (!await journal.WriteAsync(end.Entry))
                return false;
            log.Publish(end.Last);
            await EndedAsync(end.Entry);
            ends.Tell(row.Id);
            return true;
        }
        finally
        {
            log.Close();
        }
    }
}
