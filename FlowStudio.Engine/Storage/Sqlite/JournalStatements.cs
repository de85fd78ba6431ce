using System.Text;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using SQLitePCL;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>The journal's entries as prepared commands over SQLite's tables (see <c>Configurations/</c>).</summary>
sealed class JournalStatements : IDisposable
{
    /// <summary>SQLITE_DBSTATUS_CACHE_WRITE: pages this connection wrote to the log.</summary>
    const int PagesWritten = 9;

    readonly sqlite3 database;
    readonly List<SqliteStatement> all = [];
    readonly SqliteStatement rollback, insertRun, insertEvents, insertVersion, findVersion, dropOldKey, insertKey, findKey,
        start, wait, requeue, findStatus, wakeParent, end, endIdle, insertThread, insertMessage,
        fire, findFire, insertDelivery, addDelivery, makeDue, startUnanswered;
    readonly QuestionStatements questions;
    int pagesInLog;
    bool anyDeliveries;
    long ended;

    public JournalStatements(sqlite3 database)
    {
        this.database = database;
        raw.sqlite3_wal_autocheckpoint(database, 0);
        Begin = Prepare("BEGIN IMMEDIATE");
        Commit = Prepare("COMMIT");
        rollback = Prepare("ROLLBACK");
        insertRun = Prepare("""
            INSERT INTO runs (id, flow_id, flow_version_id, flow_version, status, "trigger", thread_id, replay_of, root_run_id, created_at, crashes, tokens_in, tokens_out, parent_run_id, depth, child_key)
            VALUES (?1, ?2, ?3, ?4, 'queued', ?5, ?6, ?7, ?8, ?9, 0, 0, 0, ?10, ?11, ?12)
            """);
        insertEvents = Prepare("INSERT INTO run_events (run_id, seq, to_seq, lines) VALUES (?1, ?2, ?3, ?4)");
        insertVersion = Prepare("INSERT OR IGNORE INTO flow_versions (id, flow_id, number, hash, document, note, created_at) VALUES (?1, ?2, NULL, ?3, ?4, NULL, ?5)");
        findVersion = Prepare("SELECT id FROM flow_versions WHERE flow_id = ?1 AND hash = ?2 AND number IS NULL");
        dropOldKey = Prepare("DELETE FROM idempotency_keys WHERE flow_id = ?1 AND key = ?2 AND created_at < ?3");
        insertKey = Prepare("INSERT OR IGNORE INTO idempotency_keys (flow_id, key, body_hash, run_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)");
        findKey = Prepare("SELECT run_id, body_hash FROM idempotency_keys WHERE flow_id = ?1 AND key = ?2");
        fire = Prepare("""
            INSERT INTO schedule_fires (schedule_id, scheduled_at, at, outcome, manual, run_id) VALUES (?1, ?2, ?3, 'started', ?4, ?5)
            ON CONFLICT (schedule_id, scheduled_at) DO UPDATE SET at = excluded.at, outcome = 'started', run_id = excluded.run_id, code = NULL, reason = NULL WHERE run_id IS NULL
            """);
        findFire = Prepare("SELECT run_id FROM schedule_fires WHERE schedule_id = ?1 AND scheduled_at = ?2");
        start = Prepare("UPDATE runs SET status = 'running', started_at = coalesce(started_at, ?2), wake_at = NULL WHERE id = ?1 AND status = 'queued'");
        startUnanswered = Prepare("""
            UPDATE runs SET status = 'running', started_at = coalesce(started_at, ?2), wake_at = NULL
            WHERE id = ?1 AND status = 'queued' AND NOT EXISTS (SELECT 1 FROM run_events WHERE run_id = ?1 AND seq > ?3)
            """);
        questions = new QuestionStatements(Prepare);
        wait = Prepare("UPDATE runs SET status = 'waiting', wake_at = ?2, crashes = 0 WHERE id = ?1 AND status = 'running'");
        requeue = Prepare("UPDATE runs SET status = 'queued', wake_at = NULL, crashes = 0 WHERE id = ?1 AND status = ?2");
        findStatus = Prepare("SELECT 1 FROM runs WHERE id = ?1 AND status IN ('queued', 'running', 'waiting')");
        wakeParent = Prepare("UPDATE runs SET status = 'queued', wake_at = NULL, crashes = 0 WHERE id = ?1 AND status = 'waiting' RETURNING flow_id");
        const string set = "UPDATE runs SET status = ?2, finished_at = ?3, wake_at = NULL, error_code = ?4, error_message = ?5, error_node = ?6, error_remedy = ?7, result_preview = ?8, tokens_in = ?9, tokens_out = ?10, ended_seq = ?11 WHERE id = ?1 AND ";
        end = Prepare(set + "status IN ('queued', 'running', 'waiting')");
        endIdle = Prepare(set + "status IN ('queued', 'waiting')");
        insertThread = Prepare("INSERT OR IGNORE INTO threads (id, flow_id, external_key, created_at) VALUES (?1, ?2, ?3, ?4)");
        insertDelivery = Prepare("""
            INSERT INTO deliveries (id, run_id, flow_id, source, kind, endpoint, url, context, status, attempts, tries, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'armed', 0, 0, ?9)
            """);
        addDelivery = Prepare($"""
            INSERT INTO deliveries (id, run_id, flow_id, source, kind, endpoint, url, context, status, due_at, attempts, tries, created_at)
            SELECT ?1, id, flow_id, ?3, ?4, ?5, ?6, ?7, iif(?8 OR {RunConfiguration.Ended}, 'pending', 'armed'), iif(?8 OR {RunConfiguration.Ended}, ?9, NULL), 0, 0, ?9
            FROM runs WHERE id = ?2
            """);
        makeDue = Prepare("UPDATE deliveries INDEXED BY ix_deliveries_run SET status = 'pending', due_at = ?2 WHERE run_id = ?1 AND status = 'armed'");
        using (var some = new SqliteStatement(database, "SELECT 1 FROM deliveries LIMIT 1"))
            anyDeliveries = some.Step();
        using (var last = new SqliteStatement(database, "SELECT max(coalesce((SELECT max(ended_seq) FROM runs WHERE ended_seq IS NOT NULL), 0), coalesce((SELECT max(value) FROM history_marks), 0))"))
            ended = last.Step() ? last.Number(0) : 0;
        insertMessage = Prepare("INSERT INTO messages (id, thread_id, run_id, node_id, sender, sender_name, text, json, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    }

    public SqliteStatement Begin { get; }

    public SqliteStatement Commit { get; }

    /// <summary>Ends the open transaction, when there still is one: SQLite has ended it itself after some failures.</summary>
    public void RollBackQuietly()
    {
        if (raw.sqlite3_get_autocommit(database) == 0)
            rollback.Run();
    }

    /// <summary>Copies the log into the database when at least so many pages were written since the last time.</summary>
    public void Checkpoint(int minimumPages)
    {
        if (raw.sqlite3_db_status(database, PagesWritten, out var written, out _, resetFlg: 1) == raw.SQLITE_OK)
            pagesInLog += written;
        if (pagesInLog < minimumPages)
            return;
        var result = raw.sqlite3_wal_checkpoint_v2(database, null, raw.SQLITE_CHECKPOINT_PASSIVE, out var pages, out var copied);
        if (result is not (raw.SQLITE_OK or raw.SQLITE_BUSY or raw.SQLITE_LOCKED))
            throw SqliteFailure.Of(result, database);
        // What a reader kept from being copied counts towards the next try.
        pagesInLog = Math.Max(0, pages - copied);
    }

    /// <summary>Executes one entry inside the open transaction, and tells it whether it applied.</summary>
    public void Write(JournalEntry entry)
    {
        var applied = entry switch
        {
            AcceptEntry accept => Accept(accept),
            StartEntry { Seen: { } seen } s => startUnanswered.Bind(1, s.RunId).Bind(2, Micros(s.At)).Bind(3, seen).Run() == 1,
            StartEntry s => start.Bind(1, s.RunId).Bind(2, Micros(s.At)).Run() == 1,
            WaitEntry w => Wait(w),
            RequeueEntry r => requeue.Bind(1, r.RunId).Bind(2, RunNames.Of(r.From)).Run() == 1,
            EndEntry e => End(e),
            DeliveryEntry d => Add(d),
            AnswerEntry a => Answer(a),
            AppendEntry => true,
            _ => throw new InvalidOperationException($"Unknown journal entry {entry.GetType().Name}."),
        };
        if (applied)
        {
            if (entry.Events is { } chunk)
                insertEvents.Bind(1, chunk.RunId).Bind(2, chunk.FromSeq).Bind(3, chunk.ToSeq).Bind(4, chunk.Lines).Run();
            if (entry.Messages is { } writes)
                Say(writes);
            if (entry.Questions is { } asked)
                questions.Write(asked, anyDeliveries);
            if (entry is EndEntry { HadQuestions: true } ended)
                questions.CloseAll(entry.RunId, ended.At);
        }
        entry.Applied(applied);
    }

    public void Dispose()
    {
        foreach (var statement in all)
            statement.Dispose();
    }

    bool Accept(AcceptEntry entry)
    {
        var run = entry.Run;
        if (entry.IdempotencyKey is { } key && !TakeKey(entry, key))
            return false;
        if (entry.Scheduled is { } scheduled && !TakeTime(entry, scheduled))
            return false;
        var versionId = entry.NewVersion is { } version ? Store(version) : run.FlowVersionId;
        insertRun.Bind(1, run.Id).Bind(2, run.FlowId).Bind(3, versionId).Bind(4, run.FlowVersion).Bind(5, RunNames.Of(run.Trigger)).Bind(6, run.ThreadId)
            .Bind(7, run.ReplayOf).Bind(8, run.RootRunId).Bind(9, Micros(run.CreatedAt))
            .Bind(10, run.ParentRunId).Bind(11, run.Depth).Bind(12, entry.ChildKey).Run();
        foreach (var (id, target) in entry.Deliveries)
            Arm(run, id, target);
        return true;
    }

    void Arm(Run run, Guid id, CallbackTarget target)
    {
        insertDelivery.Bind(1, id).Bind(2, run.Id).Bind(3, run.FlowId).Bind(4, DeliveryNames.Of(target.Source)).Bind(5, target.Kind).Bind(6, CallbackUrl.Endpoint(target.Url))
            .Bind(7, target.Url).Bind(8, target.Context).Bind(9, Micros(run.CreatedAt)).Run();
        anyDeliveries = true;
    }

    bool Add(DeliveryEntry entry)
    {
        var (id, target) = entry.Delivery;
        anyDeliveries = true;
        return addDelivery.Bind(1, id).Bind(2, entry.RunId).Bind(3, DeliveryNames.Of(target.Source)).Bind(4, target.Kind).Bind(5, CallbackUrl.Endpoint(target.Url))
            .Bind(6, target.Url).Bind(7, target.Context).Bind(8, entry.AtOnce ? 1 : 0).Bind(9, Micros(entry.At)).Run() == 1;
    }

    bool TakeKey(AcceptEntry entry, string key)
    {
        var run = entry.Run;
        dropOldKey.Bind(1, run.FlowId).Bind(2, key).Bind(3, Micros(entry.KeysSince)).Run();
        if (insertKey.Bind(1, run.FlowId).Bind(2, key).Bind(3, entry.BodyHash).Bind(4, run.Id).Bind(5, Micros(run.CreatedAt)).Run() == 1)
            return true;
        findKey.Bind(1, run.FlowId).Bind(2, key);
        if (findKey.Step())
        {
            entry.ExistingRunId = findKey.Id(0);
            entry.SameBody = findKey.Blob(1).SequenceEqual(entry.BodyHash);
        }
        findKey.Reset();
        return false;
    }

    bool TakeTime(AcceptEntry entry, ScheduledTime scheduled)
    {
        if (fire.Bind(1, scheduled.ScheduleId).Bind(2, Micros(scheduled.At)).Bind(3, Micros(entry.Run.CreatedAt)).Bind(4, scheduled.Manual ? 1 : 0).Bind(5, entry.Run.Id).Run() == 1)
            return true;
        findFire.Bind(1, scheduled.ScheduleId).Bind(2, Micros(scheduled.At));
        if (findFire.Step())
            (entry.ExistingRunId, entry.SameBody) = (findFire.Id(0), true);
        findFire.Reset();
        return false;
    }

    Guid Store(FlowVersion version)
    {
        insertVersion.Bind(1, version.Id).Bind(2, version.FlowId).Bind(3, version.Hash).Bind(4, Encoding.UTF8.GetString(FlowJson.ToUtf8(version.Document))).Bind(5, Micros(version.CreatedAt)).Run();
        findVersion.Bind(1, version.FlowId).Bind(2, version.Hash);
        var id = findVersion.Step() ? findVersion.Id(0) : version.Id;
        findVersion.Reset();
        return id;
    }

    bool Wait(WaitEntry entry)
    {
        if (wait.Bind(1, entry.RunId).Bind(2, Micros(entry.WakeAt)).Run() != 1)
            return false;
        entry.WokenAtOnce = (entry.IsAnswered || entry.Awaits.Any(run => !IsUnfinished(run))) && requeue.Bind(1, entry.RunId).Bind(2, RunNames.Of(RunStatus.Waiting)).Run() == 1;
        return true;
    }

    bool Answer(AnswerEntry entry)
    {
        if (!questions.Answer(entry))
            return false;
        entry.Woken = requeue.Bind(1, entry.RunId).Bind(2, RunNames.Of(RunStatus.Waiting)).Run() == 1;
        return true;
    }

    bool IsUnfinished(Guid run)
    {
        var found = findStatus.Bind(1, run).Step();
        findStatus.Reset();
        return found;
    }

    bool End(EndEntry entry)
    {
        var applied = (entry.OnlyIfIdle ? endIdle : end)
            .Bind(1, entry.RunId).Bind(2, RunNames.Of(entry.Status)).Bind(3, Micros(entry.At)).Bind(4, entry.Error?.Code).Bind(5, entry.Error?.Message).Bind(6, entry.Error?.NodeId)
            .Bind(7, entry.Error?.Remedy is { Length: > 0 } remedy ? remedy : null).Bind(8, entry.ResultPreview).Bind(9, entry.Tokens.Input).Bind(10, entry.Tokens.Output).Bind(11, ++ended).Run() == 1;
        if (applied && entry.ParentRunId is { } parent)
        {
            entry.WokenFlowId = wakeParent.Bind(1, parent).Step() ? wakeParent.Id(0) : null;
            wakeParent.Reset();
        }
        // A server that never had a completion webhook to send does not look for one.
        if (applied && anyDeliveries)
            entry.HasDeliveries = makeDue.Bind(1, entry.RunId).Bind(2, Micros(entry.At)).Run() > 0;
        return applied;
    }

    void Say(ThreadWrites writes)
    {
        var thread = writes.Thread;
        insertThread.Bind(1, thread.Id).Bind(2, thread.FlowId).Bind(3, thread.ExternalKey).Bind(4, Micros(thread.CreatedAt)).Run();
        foreach (var message in writes.Messages)
        {
            insertMessage.Bind(1, message.Id).Bind(2, thread.Id).Bind(3, message.RunId).Bind(4, message.NodeId).Bind(5, message.Sender).Bind(6, message.SenderName)
                .Bind(7, message.Text).Bind(8, message.Json.GetRawText()).Bind(9, Micros(message.At)).Run();
        }
    }

    SqliteStatement Prepare(string sql)
    {
        var statement = new SqliteStatement(database, sql);
        all.Add(statement);
        return statement;
    }

    static long Micros(DateTimeOffset at) => (at.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    static long? Micros(DateTimeOffset? at) => at is { } value ? Micros(value) : null;
}
