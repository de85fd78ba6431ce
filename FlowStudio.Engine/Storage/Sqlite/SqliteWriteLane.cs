using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using FlowStudio.Engine.Journal;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>
/// The one writing connection and its thread. Journal entries that wait together share a transaction and one fsync; other writes take
/// their turn between the groups. Acceptances go before what runs have to say, because a caller waits for each; an acceptance belongs to
/// a run that has said nothing yet, so no run's own order changes. Only this connection checkpoints: that keeps SQLITE_BUSY out of the way, and stays clear of the
/// multi-connection checkpoint corruption that SQLite fixed in 3.51.3.
/// </summary>
public sealed class SqliteWriteLane : IWriteLane, IJournalWriter, IAsyncDisposable
{
    /// <summary>
    /// Pages in the write-ahead log after which it is copied into the database, even under load. Callers wait meanwhile: a thousand pages take
    /// a few milliseconds, eight thousand took a hundred, and both the same share of the time.
    /// </summary>
    const int CheckpointPages = 1000;

    /// <summary>Entries of runs that every group takes along, so that no flood of acceptances keeps the runs from going on.</summary>
    const int AlwaysTaken = 8;

    /// <summary>
    /// A group is filled for half as long as the quickest of the last commits took, within these bounds, so that neither callers nor a slow disk wait
    /// much for the other. Not for as long as a commit: the part of it that grows with the group would make the next group larger still.
    /// </summary>
    static readonly TimeSpan ShortestFill = TimeSpan.FromMicroseconds(250);

    /// <inheritdoc cref="ShortestFill"/>
    static readonly TimeSpan LongestFill = TimeSpan.FromMilliseconds(5);

    static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    readonly ConcurrentQueue<AcceptEntry> accepting = new();
    readonly ConcurrentQueue<object> waiting = new();
    readonly ManualResetEventSlim arrived = new(initialState: false);
    readonly SqliteConnection connection;
    readonly JournalStatements statements;
    readonly int maxGroup;
    readonly ILogger<SqliteWriteLane> log;
    readonly Thread thread;
    volatile bool stopping;
    volatile StorageException? trouble;
    int idle = 1;
    TimeSpan fill = ShortestFill;
    TimeSpan quickest = TimeSpan.MaxValue;
    int commits;

    /// <param name="connection">Open, ready to write; owned by the lane from now on.</param>
    public SqliteWriteLane(SqliteConnection connection, EngineOptions options, ILogger<SqliteWriteLane> log)
    {
        this.connection = connection;
        this.log = log;
        maxGroup = options.Journal.MaxGroup;
        statements = new JournalStatements(SqliteBridge.Handle(connection));
        thread = new Thread(Work) { IsBackground = true, Name = "FlowStudio write lane" };
        thread.Start();
    }

    /// <summary>What keeps the database from writing at this moment, or null.</summary>
    public StorageException? Trouble => trouble;

    public void Post(JournalEntry entry) => Add(entry);

    public Task<T> RunAsync<T>(Func<DbConnection, DbTransaction, T> work, CancellationToken cancellationToken)
    {
        var turn = new Turn<T>(work, cancellationToken);
        Add(turn);
        return turn.Task;
    }

    /// <summary>Writes what waits, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stopping)
            return;
        stopping = true;
        arrived.Set();
        await Task.Run(thread.Join);
        statements.Dispose();
        await connection.DisposeAsync();
        arrived.Dispose();
    }

    void Add(object item)
    {
        ObjectDisposedException.ThrowIf(stopping && !thread.IsAlive, this);
        if (item is AcceptEntry acceptance)
            accepting.Enqueue(acceptance);
        else
            waiting.Enqueue(item);
        // The event is only touched when the thread sleeps: under load nobody pays for it. The fence keeps the look at `idle` behind the
        // write above, else each side may miss the other.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref idle) == 1)
            arrived.Set();
    }

    bool EntryWaits => waiting.TryPeek(out var next) && next is JournalEntry;

    void Work()
    {
        var group = new List<JournalEntry>(maxGroup);
        while (true)
        {
            if (waiting.TryPeek(out var next) && next is Turn turn)
            {
                waiting.TryDequeue(out _);
                turn.Run(connection);
                CheckpointQuietly(CheckpointPages);
            }
            if (!accepting.IsEmpty || EntryWaits)
            {
                Commit(group);
                group.Clear();
            }
            else if (waiting.IsEmpty)
            {
                if (stopping)
                    return;
                Sleep();
            }
        }
    }

    void Sleep()
    {
        Volatile.Write(ref idle, 1);
        Interlocked.MemoryBarrier();
        if (waiting.IsEmpty && accepting.IsEmpty && !stopping)
        {
            // Nothing to do for a moment: a good time to copy the log into the database.
            if (!arrived.Wait(1000))
                CheckpointQuietly(minimumPages: 256);
            arrived.Reset();
        }
        Volatile.Write(ref idle, 0);
    }

    void Commit(List<JournalEntry> group)
    {
        var pause = FirstRetry;
        while (true)
        {
            try
            {
                WriteGroup(group, takeMore: true);
                trouble = null;
                foreach (var entry in group)
                    entry.Complete();
                CheckpointQuietly(CheckpointPages);
                return;
            }
            catch (StorageException e) when (e.Code == SqliteFailure.Constraint)
            {
                WriteSingly(group);
                return;
            }
            catch (StorageException e)
            {
                if (trouble is null)
                    StorageLog.CannotWrite(log, e.Code, e.Message);
                trouble = e;
                GiveUp(group, e);
                if (group.Count == 0 && !EntryWaits)
                    return;
                if (stopping)
                {
                    foreach (var entry in group)
                        entry.Fail(e);
                    return;
                }
                Hold(group, pause, e);
                pause = pause * 2 < LastRetry ? pause * 2 : LastRetry;
            }
        }
    }

    /// <summary>Waits before the next try, and meanwhile answers those who cannot wait.</summary>
    void Hold(List<JournalEntry> group, TimeSpan pause, StorageException e)
    {
        var until = Environment.TickCount64 + (long)pause.TotalMilliseconds;
        while (Environment.TickCount64 < until && !stopping)
        {
            while (accepting.TryDequeue(out var hasty))
                hasty.Fail(e);
            while (waiting.TryDequeue(out var item))
            {
                if (item is JournalEntry { GivesUp: true } other)
                    other.Fail(e);
                else if (item is JournalEntry patient)
                    group.Add(patient);
                else
                    ((Turn)item).Fail(e);
            }
            Thread.Sleep(10);
        }
    }

    /// <summary>Answers those who cannot wait, also those whose group never began.</summary>
    void GiveUp(List<JournalEntry> group, StorageException e)
    {
        while (accepting.TryDequeue(out var hasty))
            hasty.Fail(e);
        foreach (var entry in group)
        {
            if (entry.GivesUp)
                entry.Fail(e);
        }
        group.RemoveAll(static entry => entry.GivesUp);
    }

    /// <param name="group">What is written in any case.</param>
    /// <param name="takeMore">Whether it is filled up from what waits.</param>
    void WriteGroup(List<JournalEntry> group, bool takeMore)
    {
        var began = Stopwatch.GetTimestamp();
        statements.Begin.Run();
        try
        {
            foreach (var entry in group)
                statements.Write(entry);
            if (takeMore)
                Fill(group, began);
            var filled = Stopwatch.GetTimestamp();
            statements.Commit.Run();
            Learn(Stopwatch.GetElapsedTime(filled));
        }
        catch
        {
            statements.RollBackQuietly();
            throw;
        }
    }

    /// <summary>A few entries of runs, then all acceptances; more of runs only while no caller waits and the time for it lasts.</summary>
    void Fill(List<JournalEntry> group, long began)
    {
        for (var taken = 0; taken < AlwaysTaken && group.Count < maxGroup && Take(group); taken++)
        {
            // Take has done it.
        }
        var called = false;
        while (group.Count < maxGroup)
        {
            if (accepting.TryDequeue(out var acceptance))
            {
                called = true;
                group.Add(acceptance);
                statements.Write(acceptance);
            }
            else if (called || Stopwatch.GetElapsedTime(began) > fill || !Take(group))
            {
                return;
            }
        }
    }

    void Learn(TimeSpan commit)
    {
        quickest = commit < quickest ? commit : quickest;
        if (++commits < 32)
            return;
        var half = quickest / 2;
        fill = half < ShortestFill ? ShortestFill : half > LongestFill ? LongestFill : half;
        (quickest, commits) = (TimeSpan.MaxValue, 0);
    }

    bool Take(List<JournalEntry> group)
    {
        if (!waiting.TryPeek(out var item) || item is not JournalEntry entry)
            return false;
        waiting.TryDequeue(out _);
        group.Add(entry);
        statements.Write(entry);
        return true;
    }

    /// <summary>One entry of a group is at fault: the others must not suffer for it.</summary>
    void WriteSingly(List<JournalEntry> group)
    {
        foreach (var entry in group)
        {
            try
            {
                WriteGroup([entry], takeMore: false);
                entry.Complete();
            }
            catch (StorageException e)
            {
                StorageLog.EntryRefused(log, entry.GetType().Name, entry.RunId, e.Message);
                entry.Fail(e);
            }
        }
    }

    void CheckpointQuietly(int minimumPages)
    {
        try
        {
            statements.Checkpoint(minimumPages);
        }
        catch (StorageException e)
        {
            // The log just grows until the next try; what is in it is as durable as it was.
            StorageLog.CheckpointFailed(log, e.Message);
        }
    }

    abstract class Turn
    {
        public abstract void Run(SqliteConnection connection);

        public abstract void Fail(Exception error);
    }

    sealed class Turn<T>(Func<DbConnection, DbTransaction, T> work, CancellationToken cancellationToken) : Turn
    {
        readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => done.Task;

        public override void Run(SqliteConnection connection)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                done.TrySetCanceled(cancellationToken);
                return;
            }
            try
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                var result = work(connection, transaction);
                transaction.Commit();
                done.TrySetResult(result);
            }
            catch (Exception e) when (Cause(e) is { } sqlite)
            {
                done.TrySetException(SqliteFailure.Of(sqlite.SqliteExtendedErrorCode, sqlite.Message, e));
            }
            // Whatever the work throws is the caller's: it gets it, and the lane goes on.
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        }

        public override void Fail(Exception error) => done.TrySetException(error);

        /// <summary>The database's own failure inside whatever EF wrapped it in; a refused row stays what the work threw.</summary>
        static SqliteException? Cause(Exception? e)
        {
            while (e is not null and not SqliteException)
                e = e.InnerException;
            return e is SqliteException { SqliteErrorCode: not SQLitePCL.raw.SQLITE_CONSTRAINT } found ? found : null;
        }
    }
}
