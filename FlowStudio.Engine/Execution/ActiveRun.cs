using System.Collections.Concurrent;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>Why a run at work is told to stop.</summary>
public enum StopReason
{
    None,

    /// <summary>Somebody canceled it: it ends.</summary>
    Canceled,

    /// <summary>Its working time is over: it ends.</summary>
    TimedOut,

    /// <summary>The process stops: it goes on after the next start.</summary>
    Interrupted,
}

/// <summary>A run at work in this process. Thread-safe where nodes that run in parallel meet.</summary>
public sealed partial class ActiveRun : IDisposable
{
    const int PieceBytes = 256 * 1024;

    /// <summary>More steps than two pieces hold: an event has a hundred bytes at least.</summary>
    const int CarefulSteps = 2 * PieceBytes / 100;

    readonly CancellationTokenSource stop;
    readonly RunJournal journal;
    readonly ChatThread thread;
    readonly Lock gate = new();
    List<ThreadMessage> unsaid = [];
    readonly List<(long Number, TaskCompletionSource Waiter)> savers = [];
    long saves;
    long savedUpTo;
    ITimer? limit;
    int reason;
    int steps;
    bool responded;
    Task piece = Task.CompletedTask;

    internal ActiveRun(RunScope scope, ChatThread thread, FlowPlan plan, RunHistory history, RetryPolicy retries, RunEventLog log, RunJournal journal, WorkSlot slot, DateTimeOffset now)
    {
        Scope = scope;
        this.thread = thread;
        Plan = plan;
        History = history;
        Retries = retries;
        Log = log;
        this.journal = journal;
        Slot = slot;
        Now = now;
        stop = new CancellationTokenSource();
        Token = stop.Token;
        foreach (var step in history.Steps)
            Tokens += step.Tokens;
        responded = history.Responded;
        if (history.Steps.Count > 0)
            KnowQuestions();
    }

    public RunScope Scope { get; }

    public FlowPlan Plan { get; }

    /// <summary>Variables of this run alone; null when it has none.</summary>
    internal OwnVariables? Variables { get; init; }

    /// <summary>What it did in earlier lives.</summary>
    public RunHistory History { get; }

    /// <summary>The flow's retries, where a node says nothing.</summary>
    public RetryPolicy Retries { get; }

    public RunEventLog Log { get; }

    /// <summary>Canceled when the run must stop, for whatever <see cref="Reason"/>.</summary>
    public CancellationToken Token { get; }

    public StopReason Reason => (StopReason)Volatile.Read(ref reason);

    /// <summary>What models used in this life and all earlier ones.</summary>
    public TokenUsage Tokens { get; private set; }

    /// <summary>It was at work when the process crashed: see <see cref="StoresNextStep"/>.</summary>
    internal bool Careful { get; init; }

    /// <summary>When this stay with the runner began: what was due by then is due.</summary>
    public DateTimeOffset Now { get; }

    internal WorkSlot Slot { get; }

    /// <summary>Parts of nodes' work that were done or begun to wait in this life; those of earlier ones are in <see cref="History"/>.</summary>
    internal ConcurrentDictionary<StepKey, NodeOutcome> Parts { get; } = [];

    /// <summary>Completes when the worker has let go of the run.</summary>
    internal TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Tells the run to stop; the first reason counts.</summary>
    public void Stop(StopReason why)
    {
        if (Interlocked.CompareExchange(ref reason, (int)why, (int)StopReason.None) != (int)StopReason.None)
            return;
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    /// <summary>Sets the limit on working time.</summary>
    internal void StopAfter(TimeSpan remaining, TimeProvider time) =>
        limit = time.CreateTimer(static run => ((ActiveRun?)run)?.Stop(StopReason.TimedOut), this, remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    /// <summary>Adds a finished step's event and its messages together, so that they become durable together.</summary>
    internal void Finish(Action writeEvent, IReadOnlyList<ThreadMessage> messages, TokenUsage tokens)
    {
        lock (gate)
        {
            writeEvent();
            unsaid.AddRange(messages);
            Tokens += tokens;
        }
    }

    /// <summary>Says what the run's caller is to be answered; false when that was said before, in this life of the run or an earlier one.</summary>
    internal bool Respond(string nodeId, IReadOnlyList<int> iteration, int attempt, RunResponse response)
    {
        lock (gate)
        {
            if (responded)
                return false;
            responded = true;
            Log.Add(RunEventTypes.RunResponded, nodeId, iteration, attempt, response, static (json, r) => r.Write(json));
            return true;
        }
    }

    /// <summary>Makes everything that happened so far durable: what another branch, or the clock, is saving just now is waited for too.</summary>
    internal async ValueTask SaveAsync()
    {
        AppendEntry? entry;
        ValueTask<bool> write = default;
        Task? others = null;
        long number = 0;
        lock (gate)
        {
            entry = TakeUnsaved();
            if (entry is not null)
            {
                // Handed over in here, so that pieces reach the journal in the order of their events.
                write = journal.WriteAsync(entry);
                number = ++saves;
            }
            else if (savedUpTo < saves)
            {
                others = SavedAsync(saves);
            }
        }
        if (entry is null)
        {
            await (others ?? Task.CompletedTask);
            return;
        }
        try
        {
            await write;
            Tell(entry);
            Log.Stored(entry.Events?.ToSeq ?? 0);
            Tell(number, error: null);
        }
        catch (Exception e)
        {
            Tell(number, e);
            throw;
        }
    }

    /// <summary>Completes when the save of that number is through. The journal keeps order: then all before it are durable as well.</summary>
    Task SavedAsync(long number)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        savers.Add((number, waiter));
        return waiter.Task;
    }

    /// <summary>Those who wait for a save, or one before it, go on.</summary>
    void Tell(long number, Exception? error)
    {
        List<TaskCompletionSource>? told = null;
        lock (gate)
        {
            savedUpTo = Math.Max(savedUpTo, number);
            for (var i = savers.Count - 1; i >= 0; i--)
            {
                if (savers[i].Number > number)
                    continue;
                (told ??= []).Add(savers[i].Waiter);
                savers.RemoveAt(i);
            }
        }
        foreach (var waiter in told ?? [])
        {
            if (error is null)
                waiter.TrySetResult();
            else
                waiter.TrySetException(error);
        }
    }

    /// <summary>
    /// Whether the next step is to be stored before it begins, so that one that kills the process is known. It can be none but those that were under way
    /// or not yet stored when the process crashed; a loop over many items need not be slow to its end.
    /// </summary>
    internal bool StoresNextStep() => Careful && Interlocked.Increment(ref steps) <= CarefulSteps;

    /// <summary>
    /// Hands what has happened to the journal when it has become much, without waiting for it to be durable; two such pieces are under way at most, so
    /// that a run of many steps holds little memory.
    /// </summary>
    internal async ValueTask SaveSomeAsync()
    {
        if (Log.PendingBytes < PieceBytes)
            return;
        await piece;
        piece = SaveAsync().AsTask();
    }

    /// <summary>What waits to be saved together with the run's end or sleep.</summary>
    /// <remarks>No answer is taken from now on: it would come after the last event.</remarks>
    internal LastWrites TakeUnsavedWith<TState>(string type, TState state, Action<System.Text.Json.Utf8JsonWriter, TState> writeData)
    {
        lock (gate)
        {
            door = Door.Shut;
            var (chunk, last) = Log.TakePendingWith(type, state, writeData);
            return new(chunk, last, TakeMessages(), TakeQuestions(), unheard is { Count: > 0 });
        }
    }

    /// <summary>What a durable entry means to those who are to be told of questions.</summary>
    internal void Tell(JournalEntry entry)
    {
        if (entry.Questions is { TellsReceivers: true })
            Deliveries?.Tell();
    }

    public void Dispose()
    {
        limit?.Dispose();
        stop.Dispose();
    }

    AppendEntry? TakeUnsaved()
    {
        lock (gate)
        {
            return Log.TakePending() is { } chunk ? new AppendEntry { RunId = Scope.RunId, Events = chunk, Messages = TakeMessages(), Questions = TakeQuestions() } : null;
        }
    }

    ThreadWrites? TakeMessages()
    {
        if (unsaid.Count == 0)
            return null;
        var messages = unsaid;
        unsaid = [];
        return new ThreadWrites(thread, messages);
    }
}

/// <summary>What waits to be saved when a run is put away.</summary>
/// <param name="IsAnswered">An answer came that no step has gone on with.</param>
readonly record struct LastWrites(EventChunk Chunk, RunEvent Last, ThreadWrites? Messages, QuestionWrites? Questions, bool IsAnswered);

/// <summary>A run's place among the runs at work; given back while the run only waits for a repeat.</summary>
sealed class WorkSlot(SemaphoreSlim slots)
{
    readonly Lock gate = new();
    int pausing;

    public async Task PauseAsync(TimeSpan pause, TimeProvider time, CancellationToken cancellationToken)
    {
        // Giving the place back pays only when the pause is longer than getting it again may take.
        if (pause < TimeSpan.FromSeconds(1))
        {
            await Task.Delay(pause, time, cancellationToken);
            return;
        }
        // Branches of one run may pause at the same time: the first gives the run's place back, the last takes one again.
        lock (gate)
        {
            if (pausing++ == 0)
                slots.Release();
        }
        try
        {
            await Task.Delay(pause, time, cancellationToken);
        }
        finally
        {
            bool last;
            lock (gate)
                last = --pausing == 0;
            if (last)
                await slots.WaitAsync(CancellationToken.None);
        }
    }

    public void Release() => slots.Release();
}
