using System.Text.Json;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Engine.Threads;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <inheritdoc/>
sealed class ThreadRows(SqliteConnections connections, IWriteLane lane, TimeProvider time) : IThreadRows
{
    static readonly string[] Unfinished = ["pending", "running"];
    static readonly string Pending = ThreadNames.Of(ThreadRunStatus.Pending);

    public async Task<StateThread?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        var row = await db.StateThreads.FirstOrDefaultAsync(t => t.Id == id, cancellationToken);
        return row is null ? null : ThreadMapping.Read(row, await db.ThreadRuns.AnyAsync(r => r.ThreadId == id && Unfinished.Contains(r.Status), cancellationToken));
    }

    public Task<bool> AddAsync(StateThread thread, IReadOnlyList<Checkpoint> checkpoints, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            if (db.StateThreads.Any(t => t.Id == thread.Id))
                return false;
            db.StateThreads.Add(ThreadMapping.Row(thread));
            db.Checkpoints.AddRange(checkpoints.Select(ThreadMapping.Row));
            return db.SaveChanges() > 0;
        },
        cancellationToken);

    public Task<StateThread?> PatchAsync(Guid id, JsonElement metadata, ThreadTtl? ttl, DateTimeOffset now, CancellationToken cancellationToken) => lane.WriteAsync<StateThread?>(
        db =>
        {
            if (db.StateThreads.FirstOrDefault(t => t.Id == id) is not { } row)
                return null;
            row.Metadata = JsonContains.Merge(ThreadMapping.Json(row.Metadata), metadata).GetRawText();
            row.UpdatedAt = now;
            if (ttl is not null)
                (row.TtlMinutes, row.TtlKeepLatest) = (ttl.Minutes, ttl.KeepLatest);
            db.SaveChanges();
            return ThreadMapping.Read(row, IsBusy(db, id));
        },
        cancellationToken);

    public Task<IReadOnlyList<ThreadRun>?> DeleteAsync(Guid id, CancellationToken cancellationToken) => lane.WriteAsync<IReadOnlyList<ThreadRun>?>(
        db =>
        {
            if (!db.StateThreads.Any(t => t.Id == id))
                return null;
            var unfinished = db.ThreadRuns.AsNoTracking().Where(r => r.ThreadId == id && Unfinished.Contains(r.Status)).AsEnumerable().Select(ThreadMapping.Read).ToList();
            Drop(db, id);
            return unfinished;
        },
        cancellationToken);

    public Task<bool> PruneAsync(Guid id, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            if (db.StateThreads.AsNoTracking().FirstOrDefault(t => t.Id == id) is not { } row || IsBusy(db, id))
                return false;
            db.Checkpoints.Where(c => c.ThreadId == id && c.Id != row.HeadId).ExecuteDelete();
            db.Checkpoints.Where(c => c.Id == row.HeadId).ExecuteUpdate(s => s.SetProperty(c => c.ParentId, (Guid?)null));
            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<StateThread>> ExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        // Reckoned where the times are numbers. What is busy has not had its last change; what has one checkpoint left has nothing more to lose.
        var rows = await db.StateThreads.FromSqlInterpolated(
            $"""
            SELECT * FROM state_threads t INDEXED BY ix_state_threads_ttl WHERE ttl_minutes IS NOT NULL AND updated_at + ttl_minutes * 60000000 < {UnixMicros.Of(now)}
                AND (NOT ttl_keep_latest OR EXISTS (SELECT 1 FROM checkpoints c WHERE c.thread_id = t.id AND c.id <> t.head_id))
                AND NOT EXISTS (SELECT 1 FROM thread_runs r WHERE r.thread_id = t.id AND r.status IN ('pending', 'running'))
            LIMIT {limit}
            """).ToListAsync(cancellationToken);
        return rows.ConvertAll(static r => ThreadMapping.Read(r, busy: false));
    }

    public Task<int> DeleteEndsAsync(DateTimeOffset before, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            var old = db.ThreadEnds.Where(e => e.NativeRunId == null && e.At < before).Select(e => e.RunId).ToList();
            db.DeliveryAttempts.Where(a => db.Deliveries.Any(d => d.Id == a.DeliveryId && old.Contains(d.RunId))).ExecuteDelete();
            db.Deliveries.Where(d => old.Contains(d.RunId)).ExecuteDelete();
            return db.ThreadEnds.Where(e => old.Contains(e.RunId)).ExecuteDelete();
        },
        cancellationToken);

    public async Task<(IReadOnlyList<StateThread> Items, bool More)> SearchAsync(ThreadFilter filter, int offset, int limit, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        var page = new List<Guid>();
        var more = false;
        await foreach (var id in MatchesAsync(db, filter, cancellationToken))
        {
            if (offset-- > 0)
                continue;
            if (page.Count == limit)
            {
                more = true;
                break;
            }
            page.Add(id);
        }
        var rows = await db.StateThreads.Where(t => page.Contains(t.Id)).ToDictionaryAsync(t => t.Id, cancellationToken);
        var busy = await db.ThreadRuns.Where(r => page.Contains(r.ThreadId) && Unfinished.Contains(r.Status)).Select(r => r.ThreadId).Distinct().ToListAsync(cancellationToken);
        return ([.. page.Where(rows.ContainsKey).Select(id => ThreadMapping.Read(rows[id], busy.Contains(id)))], more);
    }

    public async Task<int> CountAsync(ThreadFilter filter, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        var count = 0;
        await foreach (var _ in MatchesAsync(db, filter, cancellationToken))
            count++;
        return count;
    }

    public Task<StateThread?> CopyAsync(Guid id, Guid copyId, DateTimeOffset now, CancellationToken cancellationToken) => lane.WriteAsync<StateThread?>(
        db =>
        {
            if (db.StateThreads.AsNoTracking().FirstOrDefault(t => t.Id == id) is not { } row)
                return null;
            var ids = new Dictionary<Guid, Guid>();
            foreach (var checkpoint in db.Checkpoints.AsNoTracking().Where(c => c.ThreadId == id).OrderBy(c => c.Id).ToList())
            {
                // Later ones sort later, as those that they are copies of.
                var copied = Ids.New(time, now);
                ids[checkpoint.Id] = copied;
                checkpoint.Id = copied;
                checkpoint.ThreadId = copyId;
                checkpoint.RunId = null;
                checkpoint.Interrupts = null;
                checkpoint.ParentId = checkpoint.ParentId is { } parent && ids.TryGetValue(parent, out var known) ? known : null;
                db.Checkpoints.Add(checkpoint);
            }
            (row.Id, row.CreatedAt, row.UpdatedAt) = (copyId, now, now);
            row.HeadId = row.HeadId is { } head && ids.TryGetValue(head, out var newest) ? newest : null;
            // The run that waits is the other thread's: here nobody could answer it.
            if (row.WaitingRunId is not null)
                (row.WaitingRunId, row.WaitingSeq, row.Interrupts, row.Status) = (null, 0, null, ThreadNames.Of(ThreadStatus.Idle));
            db.StateThreads.Add(row);
            db.SaveChanges();
            return ThreadMapping.Read(row, busy: false);
        },
        cancellationToken);

    public Task<(Admission Outcome, Checkpoint? Made)> UpdateStateAsync(Guid id, Func<StateThread, Checkpoint?, Checkpoint> make, Guid? from, CancellationToken cancellationToken) =>
        lane.WriteAsync<(Admission, Checkpoint?)>(
            db =>
            {
                if (db.StateThreads.FirstOrDefault(t => t.Id == id) is not { } row)
                    return (Admission.NoThread, null);
                if (IsBusy(db, id))
                    return (Admission.Busy, null);
                var parentId = from ?? row.HeadId;
                var parent = db.Checkpoints.AsNoTracking().FirstOrDefault(c => c.ThreadId == id && c.Id == parentId);
                if (from is not null && parent is null)
                    return (Admission.NoThread, null);
                var made = make(ThreadMapping.Read(row, busy: false), parent is null ? null : ThreadMapping.Read(parent));
                db.Checkpoints.Add(ThreadMapping.Row(made));
                (row.Values, row.HeadId, row.StateAt, row.UpdatedAt) = (made.Values.GetRawText(), made.Id, made.CreatedAt, made.CreatedAt);
                // What waits goes on waiting, and goes on with the new state; unless this goes out from an older one.
                if (row.WaitingRunId is not null && made.Interrupts.Count == 0)
                    (row.WaitingRunId, row.WaitingSeq, row.Interrupts) = (null, 0, null);
                if (row.WaitingRunId is null)
                    (row.Status, row.Error) = (ThreadNames.Of(ThreadStatus.Idle), null);
                db.SaveChanges();
                return (Admission.Taken, made);
            },
            cancellationToken);

    public async Task<Checkpoint?> FindCheckpointAsync(Guid threadId, Guid id, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.Checkpoints.FirstOrDefaultAsync(c => c.Id == id && c.ThreadId == threadId, cancellationToken) is { } row ? ThreadMapping.Read(row) : null;
    }

    public async Task<IReadOnlyList<Checkpoint>> HistoryAsync(Guid threadId, Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        // Ids are compared as the bytes they are stored as, which the query language has no word for.
        byte[] thread = GuidBytes.Of(threadId), end = before is { } id ? GuidBytes.Of(id) : [];
        var rows = before is null
            ? db.Checkpoints.Where(c => c.ThreadId == threadId)
            : db.Checkpoints.FromSqlInterpolated($"SELECT * FROM checkpoints WHERE thread_id = {thread} AND id < {end}");
        return (await rows.OrderByDescending(c => c.Id).Take(limit).ToListAsync(cancellationToken)).ConvertAll(ThreadMapping.Read);
    }

    public Task<AdmittedRun> AdmitAsync(ThreadRun run, StateThread? create, JsonElement threadMetadata, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            if (run.Scheduled is { } scheduled && db.ThreadRuns.AsNoTracking().FirstOrDefault(r => r.ScheduleId == scheduled.ScheduleId && r.ScheduledAt == scheduled.At) is { } first)
                return new AdmittedRun(Admission.Taken, ThreadMapping.Read(first), []);
            var thread = db.StateThreads.FirstOrDefault(t => t.Id == run.ThreadId);
            if (thread is null && create is null)
                return new AdmittedRun(Admission.NoThread, null, []);
            if (thread is null && create is not null)
                db.StateThreads.Add(thread = ThreadMapping.Row(create));
            var before = db.ThreadRuns.Where(r => r.ThreadId == run.ThreadId && Unfinished.Contains(r.Status)).Select(r => r.Id).ToList();
            if (before.Count > 0 && run.Strategy is MultitaskStrategy.Reject)
                return new AdmittedRun(Admission.Busy, null, []);
            if (thread is not null)
            {
                run = run with { Metadata = JsonContains.Merge(ThreadMapping.Json(thread.Metadata), run.Metadata) };
                thread.Metadata = JsonContains.Merge(ThreadMapping.Json(thread.Metadata), threadMetadata).GetRawText();
                (thread.FlowId, thread.UpdatedAt) = (run.FlowId, run.UpdatedAt);
            }
            db.ThreadRuns.Add(ThreadMapping.Row(run));
            db.SaveChanges();
            return new AdmittedRun(Admission.Taken, run, run.Strategy is MultitaskStrategy.Interrupt or MultitaskStrategy.Rollback ? before : []);
        },
        cancellationToken);

    public async Task<ThreadRun?> NextAsync(Guid threadId, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        var row = await db.ThreadRuns.Where(r => r.ThreadId == threadId && Unfinished.Contains(r.Status))
            .OrderBy(r => r.Status == Pending).ThenBy(r => r.StartAt).ThenBy(r => r.Id).FirstOrDefaultAsync(cancellationToken);
        return row is null ? null : ThreadMapping.Read(row);
    }

    public Task<ThreadRun?> BeginAsync(Guid runId, Guid nativeRunId, DateTimeOffset now, Func<StateThread, ThreadRun, Checkpoint> input, CancellationToken cancellationToken) =>
        lane.WriteAsync<ThreadRun?>(
            db =>
            {
                if (db.ThreadRuns.FirstOrDefault(r => r.Id == runId && r.Status == Pending) is not { } row || db.StateThreads.FirstOrDefault(t => t.Id == row.ThreadId) is not { } thread)
                    return null;
                var state = ThreadMapping.Read(thread, busy: true);
                if (row.FromId is { } from && db.Checkpoints.AsNoTracking().FirstOrDefault(c => c.Id == from && c.ThreadId == thread.Id) is { } origin)
                    state = state with { HeadId = origin.Id, Values = ThreadMapping.Json(origin.Values) };
                var checkpoint = input(state, ThreadMapping.Read(row));
                db.Checkpoints.Add(ThreadMapping.Row(checkpoint));
                row.Status = ThreadNames.Of(ThreadRunStatus.Running);
                (row.NativeRunId, row.InputId, row.BeforeId, row.StartedAt, row.UpdatedAt) = (nativeRunId, checkpoint.Id, thread.HeadId, now, now);
                (thread.Values, thread.HeadId, thread.StateAt, thread.UpdatedAt) = (checkpoint.Values.GetRawText(), checkpoint.Id, now, now);
                // What waited was given up for it.
                (thread.WaitingRunId, thread.WaitingSeq, thread.Interrupts) = (null, 0, null);
                db.SaveChanges();
                return ThreadMapping.Read(row) with { Start = checkpoint.Values };
            },
            cancellationToken);

    public Task<ThreadRun?> ContinueAsync(Guid runId, Guid nativeRunId, IReadOnlyDictionary<Guid, JsonElement> answers, DateTimeOffset now, Func<StateThread, ThreadRun, Checkpoint>? update, CancellationToken cancellationToken) =>
        lane.WriteAsync<ThreadRun?>(
            db =>
            {
                if (db.ThreadRuns.FirstOrDefault(r => r.Id == runId && r.Status == Pending) is not { } row
                    || db.StateThreads.FirstOrDefault(t => t.Id == row.ThreadId && t.WaitingRunId == nativeRunId) is not { } thread)
                    return null;
                var before = ThreadMapping.Read(thread, busy: true);
                CarryOn(db, row, thread, now);
                row.Answers = ThreadMapping.Answers(answers);
                if (update is not null)
                {
                    var checkpoint = update(before, ThreadMapping.Read(row));
                    db.Checkpoints.Add(ThreadMapping.Row(checkpoint));
                    row.InputId = checkpoint.Id;
                    (thread.Values, thread.HeadId, thread.StateAt) = (checkpoint.Values.GetRawText(), checkpoint.Id, now);
                }
                db.SaveChanges();
                return ThreadMapping.Read(row);
            },
            cancellationToken);

    public Task<ThreadRun?> FollowUpAsync(ThreadRun run, Guid nativeRunId, DateTimeOffset now, CancellationToken cancellationToken) => lane.WriteAsync<ThreadRun?>(
        db =>
        {
            if (db.StateThreads.FirstOrDefault(t => t.Id == run.ThreadId && t.WaitingRunId == nativeRunId) is not { } thread || db.ThreadRuns.Any(r => r.ThreadId == run.ThreadId && r.Status == "running"))
                return null;
            var row = ThreadMapping.Row(run);
            CarryOn(db, row, thread, now);
            db.ThreadRuns.Add(row);
            db.SaveChanges();
            return ThreadMapping.Read(row);
        },
        cancellationToken);

    public Task<EndedRun?> EndAsync(Guid runId, ThreadEnd end, DateTimeOffset now, CancellationToken cancellationToken) => lane.WriteAsync<EndedRun?>(
        db =>
        {
            if (db.ThreadRuns.FirstOrDefault(r => r.Id == runId && Unfinished.Contains(r.Status)) is not { } row || (end.OnlyPending && row.Status != Pending)
                || db.StateThreads.FirstOrDefault(t => t.Id == row.ThreadId) is not { } thread)
                return null;
            var rollback = end.Rollback || row.Stop == "rollback";
            row.Status = ThreadNames.Of(end.Status);
            (row.UpdatedAt, row.EndedAt) = (now, now);
            (row.ErrorCode, row.ErrorMessage) = (end.Error?.Code, end.Error?.Message);
            (row.UntilSeq, row.Interrupts) = (end.Waiting?.Seq, ThreadMapping.Interrupts(end.Interrupts));
            thread.UpdatedAt = now;
            if (rollback)
                RollBack(db, row, thread);
            else if (!end.LeavesThread)
                Advance(db, row, thread, end, now);
            if (row.WebhookUrl is not null)
                Tell(db, row, thread, now);
            db.SaveChanges();
            var ended = new EndedRun(ThreadMapping.Read(row), thread.Values is null ? JsonText.EmptyObject : ThreadMapping.Json(thread.Values));
            if (rollback)
                db.ThreadRuns.Where(r => r.Id == runId).ExecuteDelete();
            // One that waits lives on until what it waits for has come.
            if (row.Temporary && (end.Waiting is null || rollback))
                Drop(db, thread.Id);
            return ended;
        },
        cancellationToken);

    public async Task<EndedRun?> FindEndAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.ThreadEnds.FirstOrDefaultAsync(e => e.RunId == runId, cancellationToken) is { } end
            && JsonSerializer.Deserialize(end.Run, StorageJson.Default.ThreadRunRow) is { } run ? new(ThreadMapping.Read(run), ThreadMapping.Json(end.Values)) : null;
    }

    public Task<bool> StopAsync(Guid runId, bool rollback, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            var how = rollback ? "rollback" : "interrupt";
            return db.ThreadRuns.Where(r => r.Id == runId && r.Status == "running").ExecuteUpdate(s => s.SetProperty(r => r.Stop, how)) > 0;
        },
        cancellationToken);

    public async Task<ThreadRun?> FindRunAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.ThreadRuns.FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is { } row ? ThreadMapping.Read(row) : null;
    }

    public async Task<IReadOnlyList<ThreadRun>> RunsAsync(Guid? threadId, IReadOnlyCollection<ThreadRunStatus> statuses, int offset, int limit, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        IQueryable<ThreadRunRow> rows = db.ThreadRuns;
        if (threadId is { } thread)
            rows = rows.Where(r => r.ThreadId == thread);
        if (statuses.Count > 0)
        {
            var names = statuses.Select(ThreadNames.Of).ToList();
            rows = rows.Where(r => names.Contains(r.Status));
        }
        return (await rows.OrderByDescending(r => r.Id).Skip(offset).Take(limit).ToListAsync(cancellationToken)).ConvertAll(ThreadMapping.Read);
    }

    public Task<bool> DeleteRunAsync(Guid id, CancellationToken cancellationToken) =>
        lane.WriteAsync(db => db.ThreadRuns.Where(r => r.Id == id && !Unfinished.Contains(r.Status)).ExecuteDelete() > 0, cancellationToken);

    public async Task<IReadOnlyList<Guid>> UnfinishedAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"SELECT thread_id FROM thread_runs WHERE {ThreadRunConfiguration.Unfinished} UNION SELECT id FROM state_threads WHERE {StateThreadConfiguration.Waiting}");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var threads = new List<Guid>();
        while (await rows.ReadAsync(cancellationToken))
            threads.Add(rows.Id(0));
        return threads;
    }

    static bool IsBusy(StudioDbContext db, Guid threadId) => db.ThreadRuns.Any(r => r.ThreadId == threadId && Unfinished.Contains(r.Status));

    static void Drop(StudioDbContext db, Guid threadId)
    {
        db.ThreadRuns.Where(r => r.ThreadId == threadId).ExecuteDelete();
        db.Checkpoints.Where(c => c.ThreadId == threadId).ExecuteDelete();
        db.StateThreads.Where(t => t.Id == threadId).ExecuteDelete();
    }

    /// <summary>A run takes over the native run that waits on its thread.</summary>
    static void CarryOn(StudioDbContext db, ThreadRunRow row, StateThreadRow thread, DateTimeOffset now)
    {
        row.Status = ThreadNames.Of(ThreadRunStatus.Running);
        (row.NativeRunId, row.FromSeq, row.Waited) = (thread.WaitingRunId, thread.WaitingSeq, thread.Interrupts);
        (row.BeforeId, row.InputId) = (thread.HeadId, thread.HeadId);
        (row.StartedAt, row.UpdatedAt) = (now, now);
        // A thread that was to go with its run goes with the last one over it.
        row.Temporary = row.Temporary || db.ThreadRuns.Any(r => r.ThreadId == thread.Id && r.Temporary);
        (thread.WaitingRunId, thread.WaitingSeq, thread.Interrupts, thread.UpdatedAt) = (null, 0, null, now);
    }

    /// <summary>A message about the end, due now: written with it, so that neither is without the other.</summary>
    void Tell(StudioDbContext db, ThreadRunRow row, StateThreadRow thread, DateTimeOffset now)
    {
        var url = row.WebhookUrl ?? "";
        db.ThreadEnds.Add(new() { RunId = row.Id, NativeRunId = row.NativeRunId, At = now, Run = JsonSerializer.Serialize(row, StorageJson.Default.ThreadRunRow), Values = thread.Values ?? "{}" });
        db.Deliveries.Add(new()
        {
            Id = Ids.New(time, now),
            RunId = row.NativeRunId ?? row.Id,
            FlowId = row.FlowId,
            Source = DeliveryNames.Of(row.ScheduleId is null ? CallbackSource.Call : CallbackSource.Schedule),
            Kind = row.WebhookKind ?? CallbackTarget.NativeKind,
            Endpoint = CallbackUrl.Endpoint(url),
            Url = url,
            Context = row.Id.ToString(),
            Status = DeliveryNames.Of(DeliveryStatus.Pending),
            DueAt = now,
            CreatedAt = now,
        });
    }

    static void Advance(StudioDbContext db, ThreadRunRow row, StateThreadRow thread, ThreadEnd end, DateTimeOffset now)
    {
        db.Checkpoints.AddRange(end.Checkpoints.Select(ThreadMapping.Row));
        if (end.Checkpoints is [.., var newest])
            (thread.Values, thread.HeadId, thread.StateAt) = (newest.Values.GetRawText(), newest.Id, now);
        if (row.NativeRunId is not null)
            (thread.WaitingRunId, thread.WaitingSeq, thread.Interrupts) = (end.Waiting?.NativeRunId, end.Waiting?.Seq ?? 0, ThreadMapping.Interrupts(end.Interrupts));
        // One that never began left nothing behind.
        if (row.NativeRunId is null && end.Status is ThreadRunStatus.Interrupted)
            return;
        thread.Status = ThreadNames.Of(end.Status switch
        {
            ThreadRunStatus.Error or ThreadRunStatus.Timeout => ThreadStatus.Error,
            ThreadRunStatus.Interrupted => ThreadStatus.Interrupted,
            _ => ThreadStatus.Idle,
        });
        thread.Error = end.Error?.Message;
    }

    static void RollBack(StudioDbContext db, ThreadRunRow row, StateThreadRow thread)
    {
        if (row.NativeRunId is null)
            return;
        db.Checkpoints.Where(c => c.ThreadId == row.ThreadId && c.RunId == row.Id).ExecuteDelete();
        thread.HeadId = row.BeforeId;
        thread.Values = db.Checkpoints.Where(c => c.Id == row.BeforeId).Select(c => c.Values).FirstOrDefault();
        thread.Status = ThreadNames.Of(ThreadStatus.Idle);
        thread.Error = null;
    }

    /// <summary>Ids of the threads that a filter has, in its order; what is in their JSON is looked at here.</summary>
    static async IAsyncEnumerable<Guid> MatchesAsync(StudioDbContext db, ThreadFilter filter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IQueryable<StateThreadRow> rows = db.StateThreads;
        if (filter.Ids is { } ids)
            rows = rows.Where(t => ids.Contains(t.Id));
        if (filter.Status is { } status)
        {
            var name = ThreadNames.Of(status);
            rows = status is ThreadStatus.Busy
                ? rows.Where(t => db.ThreadRuns.Any(r => r.ThreadId == t.Id && Unfinished.Contains(r.Status)))
                : rows.Where(t => t.Status == name && !db.ThreadRuns.Any(r => r.ThreadId == t.Id && Unfinished.Contains(r.Status)));
        }
        rows = (filter.Sort, filter.Ascending) switch
        {
            (ThreadSort.ThreadId, true) => rows.OrderBy(t => t.Id),
            (ThreadSort.ThreadId, _) => rows.OrderByDescending(t => t.Id),
            (ThreadSort.UpdatedAt, true) => rows.OrderBy(t => t.UpdatedAt).ThenBy(t => t.Id),
            (ThreadSort.UpdatedAt, _) => rows.OrderByDescending(t => t.UpdatedAt).ThenByDescending(t => t.Id),
            (ThreadSort.StateUpdatedAt, true) => rows.OrderBy(t => t.StateAt).ThenBy(t => t.Id),
            (ThreadSort.StateUpdatedAt, _) => rows.OrderByDescending(t => t.StateAt).ThenByDescending(t => t.Id),
            (ThreadSort.Status, true) => rows.OrderBy(t => t.Status).ThenBy(t => t.Id),
            (ThreadSort.Status, _) => rows.OrderByDescending(t => t.Status).ThenByDescending(t => t.Id),
            (_, true) => rows.OrderBy(t => t.CreatedAt).ThenBy(t => t.Id),
            _ => rows.OrderByDescending(t => t.CreatedAt).ThenByDescending(t => t.Id),
        };
        var values = filter.Values is not null;
        await foreach (var row in rows.Select(t => new { t.Id, t.Metadata, Values = values ? t.Values : null }).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            if (filter.Metadata is { } metadata && !JsonContains.In(ThreadMapping.Json(row.Metadata), metadata))
                continue;
            if (filter.Values is { } state && (row.Values is null || !JsonContains.In(ThreadMapping.Json(row.Values), state)))
                continue;
            yield return row.Id;
        }
    }
}
