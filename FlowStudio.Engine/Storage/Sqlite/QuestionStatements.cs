using System.Text;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>What journal entries do to questions, as prepared commands; a part of <see cref="JournalStatements"/>, in its transactions.</summary>
sealed class QuestionStatements(Func<string, SqliteStatement> prepare)
{
    readonly SqliteStatement ask = prepare("""
        INSERT INTO questions (id, run_id, flow_id, node_id, node_title, iteration, question, asked_at, until, status)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'open')
        """);

    readonly SqliteStatement close = prepare("UPDATE questions SET status = ?2, closed_at = ?3, answer = ?4, answered_by = ?5, answered_via = ?6 WHERE id = ?1 AND status = 'open'");
    readonly SqliteStatement closeAll = prepare("UPDATE questions INDEXED BY ix_questions_run SET status = 'over', closed_at = ?2 WHERE run_id = ?1 AND status = 'open'");

    readonly SqliteStatement answer = prepare("""
        UPDATE questions SET status = ?2, closed_at = ?3, answer = ?4, answered_by = ?5, answered_via = ?6
        WHERE id = ?1 AND status = 'open' AND (until IS NULL OR until > ?3)
            AND EXISTS (SELECT 1 FROM runs WHERE id = ?7 AND status IN ('queued', 'waiting'))
            AND NOT EXISTS (SELECT 1 FROM run_events WHERE run_id = ?7 AND seq >= ?8)
        """);

    readonly SqliteStatement receivers = prepare("SELECT id FROM deliveries INDEXED BY ix_deliveries_run WHERE run_id = ?1 AND status = 'armed' AND kind = ?2");

    readonly SqliteStatement tell = prepare("""
        INSERT INTO deliveries (id, run_id, flow_id, source, kind, endpoint, url, context, status, due_at, attempts, tries, created_at)
        SELECT ?2, run_id, flow_id, source, kind, endpoint, url, ?3, 'pending', ?4, 0, 0, ?4 FROM deliveries WHERE id = ?1
        """);

    /// <summary>Asks and closes.</summary>
    /// <param name="tells">Whether there is anybody who is told of runs at all.</param>
    public void Write(QuestionWrites writes, bool tells)
    {
        foreach (var asked in writes.Asked)
        {
            ask.Bind(1, asked.Id).Bind(2, asked.RunId).Bind(3, asked.FlowId).Bind(4, asked.NodeId).Bind(5, asked.NodeTitle).Bind(6, StepKey.PathOf(asked.Iteration))
                .Bind(7, Encoding.UTF8.GetString(JsonText.Utf8(asked.Question.ToJson()))).Bind(8, UnixMicros.Of(asked.AskedAt)).Bind(9, asked.Until is { } until ? UnixMicros.Of(until) : null).Run();
            if (tells)
                writes.TellsReceivers |= Tell(asked);
        }
        foreach (var closed in writes.Closed)
            Bind(close, closed).Run();
    }

    /// <summary>Whatever a run that has ended still asked.</summary>
    public void CloseAll(Guid runId, DateTimeOffset at) => closeAll.Bind(1, runId).Bind(2, UnixMicros.Of(at)).Run();

    /// <summary>See <see cref="AnswerEntry"/>.</summary>
    public bool Answer(AnswerEntry entry) => Bind(answer, entry.Answer).Bind(7, entry.RunId).Bind(8, entry.Events?.FromSeq ?? 0).Run() == 1;

    /// <summary>Those who are to be told of the run's end are told of the question, each by a message of its own.</summary>
    bool Tell(OpenQuestion asked)
    {
        var armed = new List<Guid>();
        receivers.Bind(1, asked.RunId).Bind(2, CallbackTarget.NativeKind);
        while (receivers.Step())
            armed.Add(receivers.Id(0));
        receivers.Reset();
        Span<byte> id = stackalloc byte[16];
        for (var i = 0; i < armed.Count; i++)
        {
            // Unlike the question's own, and as young.
            asked.Id.TryWriteBytes(id, bigEndian: true, out _);
            id[^1] ^= (byte)(i + 1);
            tell.Bind(1, armed[i]).Bind(2, new Guid(id, bigEndian: true)).Bind(3, CallbackTarget.ContextOf(asked.Id)).Bind(4, UnixMicros.Of(asked.AskedAt)).Run();
        }
        return armed.Count > 0;
    }

    static SqliteStatement Bind(SqliteStatement statement, QuestionClose closed) => statement.Bind(1, closed.Id).Bind(2, QuestionStore.NameOf(closed.Status)).Bind(3, UnixMicros.Of(closed.At))
        .Bind(4, closed.Answer is { } given ? Encoding.UTF8.GetString(JsonText.Utf8(given)) : null).Bind(5, closed.By?.Who).Bind(6, closed.By is { } by ? Answerer.NameOf(by.Via) : null);
}
