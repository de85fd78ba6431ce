using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Queueing;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>At start: what was accepted and has no end goes back to the queue; what keeps killing the process is set aside.</summary>
sealed class RunRecovery(EngineOptions options, IUnfinishedRuns unfinished, IRunQueue queue, IFlowStore flows, IRunStore store, RunControl control, RunVariables variables, RunJournal journal, RunEventHub hub, TimeProvider time, ILogger<RunRecovery> log)
{
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        await variables.LoadAsync(cancellationToken);
        var left = await unfinished.TakeStockAsync(options.Runner.CrashLimit, cancellationToken);
        foreach (var run in left.Looping)
            await SetAsideAsync(run, cancellationToken);
        var limits = new Dictionary<Guid, int>();
        foreach (var run in left.Queued)
        {
            if (!limits.TryGetValue(run.FlowId, out var limit))
                limits[run.FlowId] = limit = (await flows.ResolveAsync(run.FlowId.ToString(), draft: false, cancellationToken))?.Flow.Limits.MaxConcurrentRuns ?? 0;
            queue.Enqueue(new RunTicket(run.Id, run.FlowId, limit), reserved: false);
        }
        if (left.Queued.Count + left.Sleeping + left.Crashed > 0)
            ExecutionLog.Recovered(log, left.Queued.Count, left.Sleeping, left.Crashed);
    }

    async Task SetAsideAsync(UnfinishedRun run, CancellationToken cancellationToken)
    {
        ExecutionLog.CrashLoop(log, run.Id, run.Crashes);
        if (await store.FindAsync(run.Id, cancellationToken) is not { } row)
            return;
        var history = RunHistory.Fold(await store.AllEventsAsync(run.Id, cancellationToken));
        var suspect = history.Steps.LastOrDefault(s => s.Status is StepStatus.Running)?.NodeId;
        var runLog = hub.Open(run.Id, run.FlowId, history.LastSeq + 1, time);
        var error = new RunError("crash_loop", $"The process stopped {run.Crashes} times in a row while this run was at work.", suspect, "See the server's log for why it stopped; start a new run when that is mended.");
        var end = RunEnding.Make(runLog, row, RunStatus.Failed, error, time.GetUtcNow());
        if (await journal.WriteAsync(end.Entry))
            await control.EndedAsync(end.Entry);
        runLog.Close();
    }
}
