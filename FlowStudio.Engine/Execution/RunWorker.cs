using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Queueing;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>Takes runs from the queue, as many at once as there are places, and carries each to its end, its sleep or its interruption.</summary>
sealed class RunWorker(EngineOptions options, IRunQueue queue, IFlowStore flows, IRunStore store, FlowPlans plans, FlowRunner runner, RunJournal journal, RunControl control, IRunFamily family, RunTickets tickets,
    RunEventHub hub, FreshRuns fresh, ActiveRuns active, RunWaker waker, RunEnds ends, RunVariables variables, DeliverySignal deliveries, RunTelemetry telemetry, TimeProvider time, ILogger<RunWorker> log) : IDisposable
{
    /// <summary>More numbers than a process can have shown without storing: a watcher's last number stays behind those that follow a crash.</summary>
    const long SeqGap = 100_000;

    readonly SemaphoreSlim places = new(options.Runner.MaxConcurrentRuns);
    readonly RunScheduler scheduler = new(Math.Max(1, Environment.ProcessorCount - 1));
    readonly CancellationTokenSource stopping = new();
    readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Task? loop;
    volatile bool interrupts;

    /// <summary>Runs taken and not let go of, and one more while others may be taken.</summary>
    int taken = 1;

    public void Start()
    {
        if (options.Runner.Paused)
            ExecutionLog.Paused(log);
        else
            loop = Task.Run(LoopAsync);
    }

    /// <summary>Runs at work, those among them that are only being opened.</summary>
    public int AtWork => Volatile.Read(ref taken);

    /// <summary>Completes when the last run has been let go of, after <see cref="StopTakingAsync"/>.</summary>
    public Task Idle => idle.Task;

    /// <summary>Takes no more runs; those at work go on.</summary>
    public async Task StopTakingAsync()
    {
        await stopping.CancelAsync();
        if (loop is not null)
            await loop;
        LetGo();
    }

    /// <summary>Runs at work, and those that are only being opened, stop where they are; they go on after the next start.</summary>
    public void Interrupt()
    {
        interrupts = true;
        foreach (var run in active.All)
            run.Stop(StopReason.Interrupted);
    }

    public void Dispose()
    {
        scheduler.Dispose();
        stopping.Dispose();
        places.Dispose();
    }

    async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await places.WaitAsync(stopping.Token);
                RunTicket ticket;
                try
                {
                    ticket = await queue.DequeueAsync(stopping.Token);
                }
                catch
                {
                    places.Release();
                    throw;
                }
                Interlocked.Increment(ref taken);
                scheduler.Start(static s => s.worker.WorkAsync(s.ticket), (worker: this, ticket));
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop taking runs.
        }
    }

    async Task WorkAsync(RunTicket ticket)
    {
        var slot = new WorkSlot(places);
        try
        {
            await CarryAsync(ticket.RunId, slot);
        }
        // Nothing a run does may take the worker down; what was durable stays, and the next start tries again.
        catch (Exception e)
        {
            ExecutionLog.RunBroke(log, ticket.RunId, e.Message, e);
        }
        finally
        {
            slot.Release();
            queue.Done(ticket);
            LetGo();
        }
    }

    void LetGo()
    {
        if (Interlocked.Decrement(ref taken) == 0)
            idle.TrySetResult();
    }

    async Task CarryAsync(Guid id, WorkSlot slot)
    {
        // Woken the moment it went to sleep: its last life here is just being put away.
        if (active.Find(id) is { } before)
            await before.Released.Task;
        if (await OpenAsync(id, slot) is not { } run)
            return;
        active.Add(run);
        // Told to all at work while this one was being opened.
        if (interrupts)
            run.Stop(StopReason.Interrupted);
        var again = false;
        try
        {
            // A run that asks something may have been answered since it was read: then it is read again.
            long? seen = run.HasAsked ? run.History.LastSeq : null;
            if (await journal.WriteAsync(new StartEntry { RunId = id, At = time.GetUtcNow(), Seen = seen }))
                again = await WorkAsync(run);
            else
                again = seen is not null;
        }
        finally
        {
            run.Log.Close();
            active.Remove(run);
            ends.Tell(id);
            run.Dispose();
        }
        if (again)
            await tickets.EnqueueAsync(id, run.Scope.FlowId, CancellationToken.None);
    }

    /// <summary>From its durable start to its end, sleep or interruption; returns whether it is queued again at once.</summary>
    async Task<bool> WorkAsync(ActiveRun run)
    {
        run.OpenDoor();
        run.Log.Add(run.History.Began ? RunEventTypes.RunResumed : RunEventTypes.RunStarted);
        var limit = TimeSpan.FromSeconds(await LimitOf(run.Scope.FlowId)) - run.History.Worked;
        run.StopAfter(limit, time);
        await LookAtChildrenAsync(run);
        var outcome = await runner.RunAsync(run);
        await Task.WhenAll(run.TakeAbandoned().Select(child => control.CancelAsync(child, CancellationToken.None)));
        return await CloseAsync(run, outcome);
    }

    /// <summary>The number of the next event of a run that nobody works on.</summary>
    public static long NextSeq(RunHistory history) => history.LastSeq + 1 + (history.EndsOpen ? SeqGap : 0);

    /// <summary>Those that ended while the run slept; what ends from now on tells it.</summary>
    async ValueTask LookAtChildrenAsync(ActiveRun run)
    {
        var awaited = run.History.Steps.Where(s => s.Status is StepStatus.Waiting).Select(s => s.ChildRunId).OfType<Guid>().Distinct().ToList();
        if (awaited.Count == 0)
            return;
        foreach (var child in awaited)
            run.Await(child);
        foreach (var child in await family.EndedAsync(awaited, CancellationToken.None))
            run.ChildEnded(child);
    }

    async ValueTask<double> LimitOf(Guid flowId) =>
        (await flows.ResolveAsync(flowId.ToString(), draft: false, CancellationToken.None))?.Flow.Limits.RunTimeout ?? options.Runner.RunTimeoutSeconds;

    /// <summary>Everything the run needs, from memory when it is fresh, else from the database; null when it has ended or cannot run.</summary>
    async Task<ActiveRun?> OpenAsync(Guid id, WorkSlot slot)
    {
        var kept = fresh.Take(id);
        var row = kept?.Run ?? await store.FindAsync(id, CancellationToken.None);
        if (row is null || RunNames.IsFinal(row.Status))
            return null;
        var history = kept is null ? RunHistory.Fold(await store.AllEventsAsync(id, CancellationToken.None)) : RunHistory.Fold([]);
        var nextSeq = kept is null ? history.LastSeq + 1 : 2;
        var crashed = history.EndsOpen || (kept is null && row.StartedAt is not null && !history.Began);
        if (crashed)
            nextSeq += SeqGap;
        var flow = await flows.ResolveAsync(row.FlowId.ToString(), draft: false, CancellationToken.None);
        var prepared = await plans.FindAsync(row.FlowVersionId, CancellationToken.None);
        var runLog = hub.Open(id, row.FlowId, nextSeq, time);
        if (prepared?.Plan is null)
        {
            await EndUnrunnableAsync(runLog, row, prepared);
            return null;
        }
        if (row.ParentRunId is { } parent && (await store.FindAsync(parent, CancellationToken.None) is not { } owner || RunNames.IsFinal(owner.Status)))
        {
            await EndUnopenedAsync(runLog, row, RunStatus.Canceled, new RunError("canceled", "The run that started this one has ended, so nobody waits for it.", NodeId: null));
            return null;
        }
        var sessionId = kept is null ? history.SessionId : kept.SessionId;
        var scope = new RunScope
        {
            RunId = id,
            RootRunId = row.RootRunId,
            FlowId = row.FlowId,
            FlowName = flow?.Flow.Name ?? "",
            ThreadId = row.ThreadId,
            SessionId = sessionId ?? row.ThreadId.ToString(),
            Trigger = row.Trigger,
            Origin = (kept is null ? history.Origin : kept.Origin) ?? row.Trigger,
            ParentRunId = row.ParentRunId,
            Depth = row.Depth,
            Input = kept?.Input ?? history.Input,
            Call = kept is null ? history.Call : kept.Call,
        };
        var thread = new ChatThread(row.ThreadId, row.FlowId, sessionId, row.CreatedAt);
        var retries = new RetryPolicy(flow?.Flow.Limits.Retries ?? options.Runner.Retries, TimeSpan.FromSeconds(options.Runner.RetryDelaySeconds), TimeSpan.FromSeconds(options.Runner.MaxRetryDelaySeconds));
        return new ActiveRun(scope, thread, prepared.Plan, history, retries, runLog, journal, slot, time.GetUtcNow())
        {
            Careful = crashed,
            Interrupts = kept is null ? RunInterrupts.Of(history.InterruptBefore, history.InterruptAfter) : kept.Interrupts,
            Deliveries = deliveries,
            Variables = variables.Of(id),
        };
    }

    /// <summary>Returns whether the run is queued again at once.</summary>
    async Task<bool> CloseAsync(ActiveRun run, RunnerOutcome outcome)
    {
        switch (outcome)
        {
            case RunnerOutcome.Succeeded succeeded:
                await EndAsync(run, RunStatus.Succeeded, succeeded.Output, error: null);
                break;
            case RunnerOutcome.Failed failed:
                await EndAsync(run, RunStatus.Failed, output: null, failed.Error);
                break;
            case RunnerOutcome.Sleeps sleeps:
                return await SleepAsync(run, sleeps.WakeAt);
            case RunnerOutcome.Stopped when run.Reason is StopReason.Interrupted:
                await InterruptAsync(run);
                break;
            case RunnerOutcome.Stopped when run.Reason is StopReason.TimedOut:
                await EndAsync(run, RunStatus.TimedOut, output: null, await TimedOut(run));
                break;
            default:
                await EndAsync(run, RunStatus.Canceled, output: null, new RunError("canceled", "The run was canceled.", NodeId: null));
                break;
        }
        return false;
    }

    async ValueTask<RunError> TimedOut(ActiveRun run) =>
        new("run_timeout", $"The run worked longer than its limit of {Words.Of(TimeSpan.FromSeconds(await LimitOf(run.Scope.FlowId)))}.", NodeId: null, "Raise the flow's time limit, or see in the steps what took so long.");

    async Task EndAsync(ActiveRun run, RunStatus status, System.Text.Json.JsonElement? output, RunError? error)
    {
        var end = RunEnding.Make(run, status, output, error, time.GetUtcNow());
        var applied = await journal.WriteAsync(end.Entry);
        if (!applied)
            return;
        run.Tell(end.Entry);
        run.Log.Publish(end.Last);
        telemetry.Ended(RunNames.Of(status), end.Entry.At - run.Now);
        await control.EndedAsync(end.Entry);
    }

    async Task<bool> SleepAsync(ActiveRun run, DateTimeOffset? wakeAt)
    {
        var writes = run.TakeUnsavedWith(RunEventTypes.RunWaiting, wakeAt, static (json, at) =>
        {
            if (at is { } until)
                json.WriteString("until"u8, until.UtcDateTime);
        });
        var entry = new WaitEntry
        {
            RunId = run.Scope.RunId,
            WakeAt = wakeAt,
            Awaits = run.Awaited,
            IsAnswered = writes.IsAnswered,
            Events = writes.Chunk,
            Messages = writes.Messages,
            Questions = writes.Questions,
        };
        await journal.WriteAsync(entry);
        run.Tell(entry);
        run.Log.Publish(writes.Last);
        if (wakeAt is { } time)
            waker.Expect(time);
        return entry.WokenAtOnce;
    }

    async Task InterruptAsync(ActiveRun run)
    {
        var writes = run.TakeUnsavedWith<object?>(RunEventTypes.RunInterrupted, state: null, static (_, _) => { });
        var entry = new RequeueEntry { RunId = run.Scope.RunId, From = RunStatus.Running, Events = writes.Chunk, Messages = writes.Messages, Questions = writes.Questions };
        await journal.WriteAsync(entry);
        run.Tell(entry);
        run.Log.Publish(writes.Last);
    }

    /// <summary>The version a run needs is gone, or a later program finds it wrong: the run ends with the reason.</summary>
    async Task EndUnrunnableAsync(RunEventLog runLog, Run row, PreparedFlow? prepared)
    {
        var error = prepared is null
            ? new RunError("flow_version_gone", "The version of the flow that this run needs is not stored any more.", NodeId: null, "Start a new run.")
            : new RunError("flow_invalid", prepared.Problems.First(p => p.Severity is ProblemSeverity.Error).Message, NodeId: null, "Correct the flow and start a new run.");
        await EndUnopenedAsync(runLog, row, RunStatus.Failed, error);
    }

    async Task EndUnopenedAsync(RunEventLog runLog, Run row, RunStatus status, RunError error)
    {
        var end = RunEnding.Make(runLog, row, status, error, time.GetUtcNow());
        if (await journal.WriteAsync(end.Entry))
        {
            runLog.Publish(end.Last);
            await control.EndedAsync(end.Entry);
        }
        runLog.Close();
        ends.Tell(row.Id);
    }
}
