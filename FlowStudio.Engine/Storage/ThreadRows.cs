using System.Text;
using System.Text.Json;
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

    public Task<StateThread?> PatchAsync(Guid id, JsonElement metadata, DateTimeOffset now, CancellationToken cancellationToken) => lane.WriteAsync<StateThread?>(
        db =>
        {
            if (db.StateThreads.FirstOrDefault(t => t.Id == id) is not { } row)
                return null;
            row.Metadata = JsonContains.Merge(ThreadMapping.Json(row.Metadata), metadata).GetRawText();
            row.UpdatedAt = now;
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
                checkpoint.ParentId = checkpoint.ParentId is { } parent && ids.TryGetValue(parent, out var known) ? known : null;
                db.Checkpoints.Add(checkpoint);
            }
            (row.Id, row.CreatedAt, row.UpdatedAt) = (copyId, now, now);
            row.HeadId = row.HeadId is { } head && ids.TryGetValue(head, out var newest) ? newest : null;
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
                row.Status = ThreadNames.Of(ThreadStatus.Idle);
                row.Error = null;
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
                db.SaveChanges();
                return ThreadMapping.Read(row) with { Start = checkpoint.Values };
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
            thread.UpdatedAt = now;
            if (rollback)
                RollBack(db, row, thread);
            else
                Advance(db, row, thread, end, now);
            if (row is { WebhookUrl: not null, NativeRunId: { } native })
                db.ThreadEnds.Add(new() { NativeRunId = native, Run = JsonSerializer.Serialize(row, StorageJson.Default.ThreadRunRow), Values = thread.Values ?? "{}" });
            db.SaveChanges();
            var ended = new EndedRun(ThreadMapping.Read(row), thread.Values is null ? JsonText.EmptyObject : ThreadMapping.Json(thread.Values));
            if (rollback)
                db.ThreadRuns.Where(r => r.Id == runId).ExecuteDelete();
            if (row.Temporary)
                Drop(db, thread.Id);
            return ended;
        },
        cancellationToken);

    public async Task<EndedRun?> FindEndAsync(Guid nativeRunId, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.ThreadEnds.FirstOrDefaultAsync(e => e.NativeRunId == nativeRunId, cancellationToken) is { } end
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
        await using var command = reader.Command($"SELECT DISTINCT thread_id FROM thread_runs WHERE {ThreadRunConfiguration.Unfinished}");
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

    static void Advance(StudioDbContext db, ThreadRunRow row, StateThreadRow thread, ThreadEnd end, DateTimeOffset now)
    {
        db.Checkpoints.AddRange(end.Checkpoints.Select(ThreadMapping.Row));
        if (end.Checkpoints is [.., var newest])
            (thread.Values, thread.HeadId, thread.StateAt) = (newest.Values.GetRawText(), newest.Id, now);
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

/// <summary>Rows of threads and what they mean.</summary>
static class ThreadMapping
{
    public static JsonElement Json(string text) => JsonText.Parse(Encoding.UTF8.GetBytes(text));

    public static StateThread Read(StateThreadRow row, bool busy) => new()
    {
        Id = row.Id,
        FlowId = row.FlowId,
        Metadata = Json(row.Metadata),
        Values = row.Values is null ? null : Json(row.Values),
        Status = busy ? ThreadStatus.Busy : ThreadNames.Thread(row.Status) ?? throw Unknown("thread", row.Status),
        Error = row.Error,
        HeadId = row.HeadId,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
        StateAt = row.StateAt,
    };

    public static StateThreadRow Row(StateThread thread) => new()
    {
        Id = thread.Id,
        FlowId = thread.FlowId,
        Metadata = thread.Metadata.GetRawText(),
        Values = thread.Values?.GetRawText(),
        Status = ThreadNames.Of(thread.Status),
        Error = thread.Error,
        HeadId = thread.HeadId,
        CreatedAt = thread.CreatedAt,
        UpdatedAt = thread.UpdatedAt,
        StateAt = thread.StateAt,
    };

    public static ThreadRun Read(ThreadRunRow row) => new()
    {
        Id = row.Id,
        ThreadId = row.ThreadId,
        FlowId = row.FlowId,
        Status = ThreadNames.Run(row.Status) ?? throw Unknown("thread's run", row.Status),
        Strategy = ThreadNames.Strategy(row.Strategy) ?? throw Unknown("thread's run", row.Strategy),
        Input = Json(row.Input),
        Metadata = Json(row.Metadata),
        Request = Json(row.Request),
        NativeRunId = row.NativeRunId,
        Callback = row.WebhookUrl is { } url ? new(url, row.ScheduleId is null ? CallbackSource.Call : CallbackSource.Schedule, row.WebhookKind ?? CallbackTarget.NativeKind) : null,
        FromId = row.FromId,
        InputId = row.InputId,
        BeforeId = row.BeforeId,
        Scheduled = row is { ScheduleId: { } schedule, ScheduledAt: { } at } ? new(schedule, at, Manual: false) : null,
        Temporary = row.Temporary,
        Error = row.ErrorCode is { } code ? new(code, row.ErrorMessage ?? "") : null,
        StartAt = row.StartAt,
        UpdatedAt = row.UpdatedAt,
        StartedAt = row.StartedAt,
        EndedAt = row.EndedAt,
    };

    public static ThreadRunRow Row(ThreadRun run) => new()
    {
        Id = run.Id,
        ThreadId = run.ThreadId,
        FlowId = run.FlowId,
        Status = ThreadNames.Of(run.Status),
        Strategy = ThreadNames.Of(run.Strategy),
        Input = run.Input.GetRawText(),
        Metadata = run.Metadata.GetRawText(),
        Request = run.Request.GetRawText(),
        WebhookUrl = run.Callback?.Url,
        WebhookKind = run.Callback?.Kind,
        FromId = run.FromId,
        ScheduleId = run.Scheduled?.ScheduleId,
        ScheduledAt = run.Scheduled?.At,
        Temporary = run.Temporary,
        StartAt = run.StartAt,
        UpdatedAt = run.UpdatedAt,
    };

    public static Checkpoint Read(CheckpointRow row) => new()
    {
        Id = row.Id,
        ThreadId = row.ThreadId,
        ParentId = row.ParentId,
        RunId = row.RunId,
        Values = Json(row.Values),
        Next = [.. Json(row.Next).EnumerateArray().Select(n => n.GetString() ?? "")],
        Error = row.Error,
        Source = row.Source,
        Step = row.Step,
        Node = row.Node,
        CreatedAt = row.CreatedAt,
    };

    public static CheckpointRow Row(Checkpoint checkpoint) => new()
    {
        Id = checkpoint.Id,
        ThreadId = checkpoint.ThreadId,
        ParentId = checkpoint.ParentId,
        RunId = checkpoint.RunId,
        Values = checkpoint.Values.GetRawText(),
        Next = JsonText.Element(checkpoint.Next, static (json, names) =>
        {
            json.WriteStartArray();
            foreach (var name in names)
                json.WriteStringValue(name);
            json.WriteEndArray();
        }).GetRawText(),
        Error = checkpoint.Error,
        Source = checkpoint.Source,
        Step = checkpoint.Step,
        Node = checkpoint.Node,
        CreatedAt = checkpoint.CreatedAt,
    };

    static InvalidDataException Unknown(string what, string value) => new($"A stored {what} has '{value}', which this program does not know. It was written by a newer one.");
}
