using System.Collections.Concurrent;
using System.Text.Json;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Threads;

/// <summary>
/// Gives each thread's runs their turns. What waits is in the database; here is a task for each thread that has something to do, and who waits for what.
/// </summary>
sealed partial class ThreadRuns(
    IThreadRows rows, IFlowStore flows, IRunStore store, IRunIntake intake, IRunControl control, IQuestions questions, IChatThreads chats, ThreadEnding ending, ThreadNews watchers, RunEventHub hub, RunEnds ends,
    SecretRedactor redactor, TimeProvider time, ILogger<ThreadRuns> log) : IThreadRuns
{
    static readonly TimeSpan Again = TimeSpan.FromSeconds(5);
    static readonly TimeSpan LongestNap = TimeSpan.FromHours(12);

    readonly ConcurrentDictionary<Guid, RunProgress> open = new();
    readonly Dictionary<Guid, Turns> threads = [];
    readonly Lock gate = new();
    readonly CancellationTokenSource stopping = new();
    Task starting = Task.CompletedTask;

    /// <summary>Goes on with what had not ended when the process last stopped. Nobody waits for it.</summary>
    public void Start() => starting = RecoverAsync();

    /// <summary>Lets go of all; what has not ended goes on after the next start.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await starting;
        Task[] all;
        lock (gate)
            all = [.. threads.Values.Select(t => t.Work)];
        await Task.WhenAll(all);
    }

    public async Task<StartedThreadRun> StartAsync(ThreadRunRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Ids.New(time, now);
        var threadId = request.ThreadId ?? Ids.New(time, now);
        var progress = new RunProgress();
        // Before anybody can know of the run: it may be over in a moment.
        open[id] = progress;
        var admitted = new AdmittedRun(Admission.NoThread, Run: null, []);
        try
        {
            admitted = await rows.AdmitAsync(
                new ThreadRun
                {
                    Id = id,
                    ThreadId = threadId,
                    FlowId = request.FlowId,
                    AssistantId = request.AssistantId ?? request.FlowId,
                    Presets = request.Presets is { } presets ? redactor.Redact(presets) : null,
                    Stops = request.Stops,
                    Continues = request.Continues,
                    Resume = request.Resume is { } resume ? redactor.Redact(resume) : null,
                    Update = request.Update is { } update ? redactor.Redact(update) : null,
                    Strategy = request.Strategy,
                    FromId = request.FromId,
                    Callback = request.Callback,
                    // A caller may send what the vault holds.
                    Input = redactor.Redact(request.Input),
                    Metadata = redactor.Redact(request.Metadata),
                    Request = redactor.Redact(request.Request(id, threadId)),
                    Scheduled = request.Scheduled,
                    Temporary = request.Temporary,
                    StartAt = now + request.After,
                    UpdatedAt = now,
                },
                request.ThreadId is null || request.CreateThread ? new StateThread { Id = threadId, CreatedAt = now, UpdatedAt = now } : null,
                redactor.Redact(request.ThreadMetadata),
                cancellationToken);
        }
        finally
        {
            if (admitted.Run?.Id != id)
                open.TryRemove(id, out _);
        }
        if (admitted.Run is null)
            return new(admitted.Outcome, null, null);
        // The time of a schedule that has its run.
        if (admitted.Run.Id != id)
            return new(Admission.Taken, admitted.Run, await FollowAsync(admitted.Run.Id, CancellationToken.None));
        foreach (var before in admitted.Before)
            await CancelAsync(before, request.Strategy is MultitaskStrategy.Rollback, CancellationToken.None);
        Kick(threadId);
        return new(Admission.Taken, admitted.Run, progress);
    }

    public async Task<RunProgress?> FollowAsync(Guid runId, CancellationToken cancellationToken)
    {
        if (open.TryGetValue(runId, out var known))
            return known;
        if (await rows.FindRunAsync(runId, cancellationToken) is not { } run)
            return null;
        if (!run.IsFinal)
            return open.GetOrAdd(runId, static _ => new RunProgress());
        var over = new RunProgress();
        over.End(new(run, (await rows.FindAsync(run.ThreadId, cancellationToken))?.Values ?? JsonText.EmptyObject));
        return over;
    }

    public async Task<ThreadCancel> CancelAsync(Guid runId, bool rollback, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await rows.FindRunAsync(runId, cancellationToken) is not { } run)
                return ThreadCancel.NotFound;
            if (run.IsFinal)
                return ThreadCancel.AlreadyEnded;
            if (run.Status is ThreadRunStatus.Running)
            {
                if (!await rows.StopAsync(runId, rollback, cancellationToken))
                    continue;
                if (run.NativeRunId is { } native)
                    await control.CancelAsync(native, cancellationToken);
                return ThreadCancel.Canceled;
            }
            if (await ending.EndPendingAsync(run, rollback, cancellationToken) is not { } ended)
                continue;
            Told(runId, ended);
            Kick(run.ThreadId);
            return ThreadCancel.Canceled;
        }
    }

    public async Task<bool> DeleteThreadAsync(Guid threadId, CancellationToken cancellationToken)
    {
        var waiting = (await rows.FindAsync(threadId, cancellationToken))?.Waiting;
        if (await rows.DeleteAsync(threadId, cancellationToken) is not { } unfinished)
            return false;
        if (waiting is not null)
            await control.CancelAsync(waiting.NativeRunId, CancellationToken.None);
        foreach (var run in unfinished)
        {
            Told(run.Id, end: null);
            if (run.NativeRunId is { } native)
                await control.CancelAsync(native, CancellationToken.None);
        }
        await chats.DeleteAsync(threadId, CancellationToken.None);
        Kick(threadId);
        return true;
    }

    async Task RecoverAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                foreach (var thread in await rows.UnfinishedAsync(stopping.Token))
                    Kick(thread);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                ThreadLog.RecoverFailed(log, e.Message, Again.TotalSeconds, e);
                await Task.Delay(Again, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>A thread has something new to do.</summary>
    void Kick(Guid threadId)
    {
        lock (gate)
        {
            if (stopping.IsCancellationRequested)
                return;
            if (threads.TryGetValue(threadId, out var turns))
            {
                turns.News.TrySetResult();
                return;
            }
            threads[threadId] = turns = new Turns();
            turns.Work = Task.Run(() => TakeTurnsAsync(threadId, turns));
        }
    }

    async Task TakeTurnsAsync(Guid threadId, Turns turns)
    {
        while (!stopping.IsCancellationRequested)
        {
            Task news;
            lock (gate)
            {
                if (turns.News.Task.IsCompleted)
                    turns.News = new(TaskCreationOptions.RunContinuationsAsynchronously);
                news = turns.News.Task;
            }
            TimeSpan? nap;
            try
            {
                nap = await TakeTurnAsync(threadId, news);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                ThreadLog.TurnFailed(log, threadId, e.Message, Again.TotalSeconds, e);
                nap = Again;
            }
            if (nap is { } wait)
            {
                if (wait > TimeSpan.Zero)
                    await Task.WhenAny(news, Task.Delay(wait, time, stopping.Token));
                continue;
            }
            lock (gate)
            {
                // Whoever comes from now on finds no task and begins another.
                if (!turns.News.Task.IsCompleted && threads.Remove(threadId))
                    return;
            }
        }
    }

    /// <summary>One run of a thread; how long to wait before the next, or null when there is none.</summary>
    async Task<TimeSpan?> TakeTurnAsync(Guid threadId, Task news)
    {
        var run = await rows.NextAsync(threadId, stopping.Token);
        TimeSpan? early = run is { NativeRunId: null } && run.StartAt - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left < LongestNap ? left : LongestNap : null;
        if (run is null || early is not null)
        {
            if (await rows.FindAsync(threadId, stopping.Token) is not { Waiting: { } waiting } thread)
                return early;
            await WatchAsync(thread, waiting, news, early);
            return TimeSpan.Zero;
        }
        if (run.NativeRunId is null)
        {
            var (begun, retry) = await BeginAsync(run);
            if (begun is null)
                return retry;
            run = begun;
            watchers.Tell(threadId, new(run, Updated: null));
        }
        open.GetValueOrDefault(run.Id)?.Begin(run);
        await CarryAsync(run);
        return TimeSpan.Zero;
    }

    /// <summary>Gives a run its native run; or else how long to wait before the next try, or the next run.</summary>
    async Task<(ThreadRun? Begun, TimeSpan Retry)> BeginAsync(ThreadRun run)
    {
        var waiting = (await rows.FindAsync(run.ThreadId, stopping.Token))?.Waiting;
        if (run.Continues && (waiting is not null || run.Resume is not null || run.Update is not null))
            return await ContinueAsync(run, waiting);
        if (await flows.ResolveAsync(run.FlowId.ToString(), draft: false, stopping.Token) is not { } flow)
        {
            Told(run.Id, await ending.FailAsync(run, new("flow_not_found", "The flow does not exist any more.")));
            return default;
        }
        var result = await intake.StartAsync(
            new RunRequest
            {
                Flow = flow,
                Trigger = run.Scheduled is null ? RunTrigger.Api : RunTrigger.Schedule,
                Input = StateFold.ForFlow(run.Presets is { } presets && run.Input.ValueKind is JsonValueKind.Object ? JsonContains.Merge(presets, run.Input) : run.Input),
                SessionId = run.ThreadId.ToString(),
                ThreadId = run.ThreadId,
                Scheduled = run.Scheduled,
                InterruptBefore = run.Stops.Before,
                InterruptAfter = run.Stops.After,
                // Twice for the same run, because the process ended in between, it is the same native run.
                IdempotencyKey = $"thread-run:{run.Id}",
                BodyHash = run.Id.ToByteArray(),
            },
            stopping.Token);
        switch (result.Outcome)
        {
            case IntakeOutcome.Accepted or IntakeOutcome.Repeated:
                // A new beginning: nobody goes on from where the thread was.
                if (waiting is not null)
                    await control.CancelAsync(waiting.NativeRunId, CancellationToken.None);
                if (await rows.BeginAsync(run.Id, result.RunId, time.GetUtcNow(), ending.Input, CancellationToken.None) is { } begun)
                    return (begun, default);
                // Canceled or deleted in the meantime.
                await control.CancelAsync(result.RunId, CancellationToken.None);
                return default;
            case IntakeOutcome.QueueFull or IntakeOutcome.Paused or IntakeOutcome.StorageUnavailable:
                return (null, result.RetryAfter ?? Again);
            default:
                Told(run.Id, await ending.FailAsync(run, new(result.Code, result.Message)));
                return default;
        }
    }

    /// <summary>Waits until a run's native run ends, or waits for answers.</summary>
    async Task CarryAsync(ThreadRun run)
    {
        var native = run.NativeRunId ?? Guid.Empty;
        await AnswerAsync(run, native);
        try
        {
            while (true)
            {
                var next = ends.NextAsync(native);
                var row = await store.FindAsync(native, stopping.Token);
                if (row is null || RunNames.IsFinal(row.Status))
                {
                    Told(run.Id, await ending.EndAsync(run, row));
                    return;
                }
                if (row.Status is RunStatus.Waiting)
                {
                    var (end, passed) = await ending.RestAsync(run, stopping.Token);
                    if (end is not null)
                    {
                        Told(run.Id, await ending.StopAsync(run, row, end));
                        return;
                    }
                    await PassAsync(native, passed);
                }
                await next.WaitAsync(LongestNap, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                stopping.Token.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // Nobody leaves a waiter behind; another one for the same run is told too and looks again.
            ends.Tell(native);
        }
    }

    void Told(Guid runId, EndedRun? end)
    {
        if (open.TryRemove(runId, out var progress))
            progress.End(end);
    }

    sealed class Turns
    {
        /// <summary>Completed when the thread has something new.</summary>
        public TaskCompletionSource News { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Work { get; set; } = Task.CompletedTask;
    }
}
