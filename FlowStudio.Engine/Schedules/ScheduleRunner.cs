using System.Collections.Concurrent;
using System.Data.Common;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Schedules;

/// <summary>
/// Handles the times of schedules: what is due is started, left out or noted as missed, and the next time is set. A time and its run are one transaction of the
/// journal, so however often a time is handled, it has one run.
/// </summary>
sealed class ScheduleRunner(
    IScheduleRows rows, IFlowStore flows, IRunStore runs, IRunIntake intake, IRunControl control, IngressGate gate, IAlarms alarms, IEnumerable<IScheduleTarget> targets, EngineOptions options, TimeProvider time, ILogger<ScheduleRunner> log)
{
    /// <summary>So late a time still counts as on time: a process may be busy.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    static readonly TimeSpan Again = TimeSpan.FromSeconds(5);
    static readonly TimeSpan LongWait = TimeSpan.FromMinutes(10);

    readonly ConcurrentDictionary<Guid, List<Guid>> open = new();
    readonly ConcurrentDictionary<Guid, Task> draining = new();
    readonly ConcurrentDictionary<Guid, int> sinceTrim = new();
    readonly SemaphoreSlim[] turns = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];
    readonly CancellationTokenSource stopping = new();

    /// <summary>Raised when a schedule has something new in its history.</summary>
    public event Action<ScheduleChange>? Fired;

    /// <summary>Stops handling; what is due then is due at the next start.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(draining.Values);
    }

    /// <summary>Handles a schedule's changes and fires one after the other.</summary>
    public async Task<T> InTurnAsync<T>(Guid scheduleId, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var turn = turns[(uint)scheduleId.GetHashCode() % turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Handles what is due of a schedule and sets its alarm. Whatever goes wrong with one keeps none of the others from firing.</summary>
    public async Task RingAsync(Guid scheduleId, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping.Token);
        try
        {
            await InTurnAsync(scheduleId, () => FireDueAsync(scheduleId, either.Token), either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The server stops; what is due waits for the next start.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            ScheduleLog.FireFailed(log, scheduleId, e.Message, Again.TotalSeconds, e);
            await SetAlarmAsync(scheduleId, time.GetUtcNow() + Again);
        }
    }

    /// <summary>Sets the alarm; one that cannot be set now is set later.</summary>
    public async Task SetAlarmAsync(Guid scheduleId, DateTimeOffset? at)
    {
        try
        {
            await alarms.SetAsync(scheduleId, at, CancellationToken.None);
        }
        catch (Exception e) when (e is Quartz.SchedulerException or DbException or IOException or InvalidOperationException)
        {
            ScheduleLog.AlarmFailed(log, scheduleId, e.Message, Again.TotalSeconds, e);
            _ = SetLaterAsync(scheduleId);
        }
    }

    async Task SetLaterAsync(Guid scheduleId)
    {
        await Task.Delay(Again, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Not the alarm that failed, but what is right by then.
        if (!stopping.IsCancellationRequested)
            await RingAsync(scheduleId, CancellationToken.None);
    }

    async Task<bool> FireDueAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await rows.FindAsync(id, cancellationToken) is not { Schedule: { Paused: false, NextAt: { } from } schedule })
            return false;
        var now = time.GetUtcNow();
        if (from > now)
        {
            await SetAlarmAsync(id, from);
            return false;
        }
        if (gate.WhyClosed(RunTrigger.Schedule) is not null)
        {
            await SetAlarmAsync(id, now + Again);
            return false;
        }
        CronClock clock;
        try
        {
            clock = CronClock.Of(schedule.Cron, schedule.Zone);
        }
        catch (Exception e) when (e is CronException or ScheduleException)
        {
            // It was good when it was stored: a zone that this server's data no longer has, most likely.
            await NoteAsync(schedule, [Line(schedule, from, FireOutcome.Refused, (e as ScheduleException)?.Code ?? "invalid_cron", e.Message)], from, next: null);
            return true;
        }
        var plan = FirePlan.Of(clock, schedule.Misfire, from, schedule.EndAt < now ? schedule.EndAt.Value : now);
        var lines = new List<ScheduleFire>();
        if (plan.Missed is { } missed)
            lines.Add(Line(schedule, missed.Last, FireOutcome.Missed, "missed", missed.Words(schedule.Misfire)));
        foreach (var at in plan.Start)
        {
            if (await StartAsync(schedule, at, lines, mayWait: plan.CatchesUp, cancellationToken) is not { } retry)
                continue;
            // Nothing more can be started now: go on here when it can.
            await NoteAsync(schedule, lines, from, at, now + retry);
            return true;
        }
        await NoteAsync(schedule, lines, from, schedule.Within(clock.Next(now)));
        return true;
    }

    /// <summary>Starts one run, or adds the line that says why not; gives how long to wait when it should be tried again.</summary>
    async Task<TimeSpan?> StartAsync(Schedule schedule, DateTimeOffset at, List<ScheduleFire> lines, bool mayWait, CancellationToken cancellationToken)
    {
        // To make up for each time means one after the other where two must not be at work at once.
        var overlap = schedule.Overlap is OverlapPolicy.Skip && mayWait ? OverlapPolicy.Queue : schedule.Overlap;
        if (overlap is not OverlapPolicy.Allow && await IsBusyAsync(schedule.Id, lines, cancellationToken))
        {
            if (overlap is OverlapPolicy.Skip)
            {
                lines.Add(Line(schedule, at, FireOutcome.Skipped, "overlap", "The run before it was still at work."));
                return null;
            }
            var (_, count) = await rows.WaitingAsync(schedule.Id, cancellationToken);
            count += lines.Count(l => l.Outcome is FireOutcome.Waiting);
            lines.Add(count < ISchedules.MostAtOnce
                ? Line(schedule, at, FireOutcome.Waiting, "overlap", "It waits for the run before it to end.")
                : Line(schedule, at, FireOutcome.Skipped, "too_many_waiting", FormattableString.Invariant($"{count:N0} fires wait already.")));
            return null;
        }
        var result = await IntakeAsync(schedule, new ScheduledTime(schedule.Id, at, Manual: false), cancellationToken);
        if (result is null)
        {
            lines.Add(Line(schedule, at, FireOutcome.Refused, "flow_not_found", "The flow does not exist any more."));
            return null;
        }
        switch (result.Outcome)
        {
            case IntakeOutcome.Accepted or IntakeOutcome.Repeated:
                Opened(schedule.Id, result.RunId);
                return null;
            case IntakeOutcome.QueueFull or IntakeOutcome.Paused or IntakeOutcome.StorageUnavailable:
                return result.RetryAfter ?? Again;
            default:
                ScheduleLog.Refused(log, schedule.Id, at, result.Message);
                lines.Add(Line(schedule, at, FireOutcome.Refused, result.Code, result.Message));
                return null;
        }
    }

    /// <summary>Starts a run for a time; null when the flow is gone.</summary>
    public async Task<IntakeResult?> IntakeAsync(Schedule schedule, ScheduledTime scheduled, CancellationToken cancellationToken)
    {
        if (schedule.Target is { } name)
            return targets.FirstOrDefault(t => t.Name == name) is { } target ? await target.StartAsync(schedule, scheduled, cancellationToken) : null;
        if (await flows.ResolveAsync(schedule.FlowId.ToString(), draft: false, cancellationToken) is not { } flow)
            return null;
        return await intake.StartAsync(
            new RunRequest
            {
                Flow = flow,
                Trigger = RunTrigger.Schedule,
                Input = schedule.Input,
                Scheduled = scheduled,
                Callbacks = schedule.CompletionWebhook is { } url ? [new CallbackTarget(url, CallbackSource.Schedule)] : [],
            },
            cancellationToken);
    }

    /// <summary>A run of the schedule is at work from now on.</summary>
    public void Opened(Guid scheduleId, Guid runId)
    {
        if (open.TryGetValue(scheduleId, out var known))
        {
            lock (known)
                known.Add(runId);
        }
    }

    /// <summary>What is known of a deleted schedule is of no use.</summary>
    public void Forget(Guid scheduleId)
    {
        open.TryRemove(scheduleId, out _);
        sinceTrim.TryRemove(scheduleId, out _);
    }

    /// <summary>Whether a run of the schedule has not ended, or a fire waits for one.</summary>
    async Task<bool> IsBusyAsync(Guid scheduleId, List<ScheduleFire> lines, CancellationToken cancellationToken) =>
        lines.Exists(l => l.Outcome is FireOutcome.Waiting)
        || await UnfinishedAsync(scheduleId, cancellationToken) is not null
        || (await rows.WaitingAsync(scheduleId, cancellationToken)).Count > 0;

    /// <summary>One of the schedule's runs that have not ended, or null. Which there are is read from the database once, and kept from then on.</summary>
    async Task<Guid?> UnfinishedAsync(Guid scheduleId, CancellationToken cancellationToken)
    {
        if (!open.TryGetValue(scheduleId, out var known))
            known = open.GetOrAdd(scheduleId, [.. await rows.UnfinishedRunsAsync(scheduleId, cancellationToken)]);
        Guid[] candidates;
        lock (known)
            candidates = [.. known];
        foreach (var run in candidates)
        {
            if (await runs.FindAsync(run, cancellationToken) is { } found && !RunNames.IsFinal(found.Status))
                return run;
            lock (known)
                known.Remove(run);
        }
        return null;
    }

    /// <param name="ringAt">When to look again; null: at the next time.</param>
    async Task NoteAsync(Schedule schedule, List<ScheduleFire> lines, DateTimeOffset from, DateTimeOffset? next, DateTimeOffset? ringAt = null)
    {
        // A tenth of it may be too much: counting lines at every fire would cost more than they do.
        var fires = sinceTrim.AddOrUpdate(schedule.Id, 1, static (_, count) => count + 1);
        var trim = fires > options.Schedules.KeepFires / 10;
        if (trim)
            sinceTrim[schedule.Id] = 0;
        await rows.AdvanceAsync(schedule.Id, lines, from, next, trim ? options.Schedules.KeepFires : null, CancellationToken.None);
        await SetAlarmAsync(schedule.Id, ringAt ?? next);
        if (lines.Exists(l => l.Outcome is FireOutcome.Waiting))
            DrainWaiting(schedule.Id);
        Fired?.Invoke(new(schedule.Id, schedule.FlowId));
    }

    /// <summary>Starts the fires that wait, each when the run before it has ended.</summary>
    public void DrainWaiting(Guid scheduleId)
    {
        if (stopping.IsCancellationRequested)
            return;
        var begun = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (draining.TryAdd(scheduleId, begun.Task.Unwrap()))
            begun.SetResult(Task.Run(() => DrainAsync(scheduleId)));
    }

    async Task DrainAsync(Guid scheduleId)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await UnfinishedAsync(scheduleId, stopping.Token) is { } run)
                {
                    await control.WaitForEndAsync(run, LongWait, stopping.Token);
                    continue;
                }
                var again = await InTurnAsync(scheduleId, () => StartOldestAsync(scheduleId), stopping.Token);
                if (again is null)
                    return;
                await Task.Delay(again.Value, time, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // What waits is in the database and goes on after the next start.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                ScheduleLog.FireFailed(log, scheduleId, e.Message, Again.TotalSeconds, e);
                await Task.Delay(Again, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        draining.TryRemove(scheduleId, out _);
    }

    /// <summary>Starts the oldest fire that waits; gives how long to wait before the next, or null when none waits any more.</summary>
    async Task<TimeSpan?> StartOldestAsync(Guid scheduleId)
    {
        var (oldest, _) = await rows.WaitingAsync(scheduleId, stopping.Token);
        if (oldest is null || await rows.FindAsync(scheduleId, stopping.Token) is not { Schedule: { } schedule })
        {
            // In turn with what adds fires: none is added between this look and the end of this task.
            draining.TryRemove(scheduleId, out _);
            return null;
        }
        var lines = new List<ScheduleFire>();
        var retry = TimeSpan.Zero;
        if (schedule.Paused)
            lines.Add(Line(schedule, oldest.ScheduledAt, FireOutcome.Skipped, "paused", "The schedule was paused while it waited."));
        else if (await IntakeAsync(schedule, new ScheduledTime(scheduleId, oldest.ScheduledAt, Manual: false), stopping.Token) is not { } result)
            lines.Add(Line(schedule, oldest.ScheduledAt, FireOutcome.Refused, "flow_not_found", "The flow does not exist any more."));
        else if (result.Outcome is IntakeOutcome.Accepted or IntakeOutcome.Repeated)
            Opened(scheduleId, result.RunId);
        else if (result.Outcome is IntakeOutcome.QueueFull or IntakeOutcome.Paused or IntakeOutcome.StorageUnavailable)
            retry = result.RetryAfter ?? Again;
        else
            lines.Add(Line(schedule, oldest.ScheduledAt, FireOutcome.Refused, result.Code, result.Message));
        if (lines.Count > 0)
            await rows.AdvanceAsync(scheduleId, lines, from: null, next: null, keep: null, CancellationToken.None);
        Fired?.Invoke(new(scheduleId, schedule.FlowId));
        return retry;
    }

    ScheduleFire Line(Schedule schedule, DateTimeOffset at, FireOutcome outcome, string code, string reason) =>
        new() { ScheduleId = schedule.Id, ScheduledAt = at, At = time.GetUtcNow(), Outcome = outcome, Code = code, Reason = reason };
}
