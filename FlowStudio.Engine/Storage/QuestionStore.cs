using System.Globalization;
using System.Text;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>Questions in the database, read beside the writer.</summary>
sealed class QuestionStore(SqliteConnections connections) : IQuestionRows
{
    const int MaxPage = 500;

    const string Columns = "id, run_id, flow_id, node_id, node_title, iteration, question, asked_at, until, status, closed_at, answer, answered_by, answered_via";
    const string CanBeAnswered = QuestionConfiguration.Open + " AND (until IS NULL OR until > @now)";

    public async Task<IReadOnlyList<OpenQuestion>> OpenOfRunAsync(Guid runId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command($"SELECT {Columns} FROM questions INDEXED BY ix_questions_run WHERE run_id = @run AND {CanBeAnswered} ORDER BY id", ("@run", runId), ("@now", now));
        return (await ReadAsync(command, cancellationToken)).ConvertAll(q => q.Asked);
    }

    public async Task<QuestionPage> ListAsync(Guid? flowId, string? cursor, int limit, bool oldestFirst, DateTimeOffset now, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        Guid? last = cursor is null ? null : PageCursor.Read(cursor).Id;
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"""
            SELECT {Columns} FROM questions INDEXED BY {(flowId is null ? "ix_questions_open" : "ix_questions_flow")}
            WHERE {CanBeAnswered} AND {(flowId is null ? "1" : "flow_id = @flow")} AND {(last is null ? "1" : oldestFirst ? "id > @last" : "id < @last")}
            ORDER BY id {(oldestFirst ? "ASC" : "DESC")} LIMIT @limit
            """,
            ("@now", now), ("@flow", flowId), ("@last", last), ("@limit", limit + 1));
        var items = (await ReadAsync(command, cancellationToken)).ConvertAll(q => q.Asked);
        var more = items.Count > limit;
        if (more)
            items.RemoveAt(limit);
        return new(items, more ? PageCursor.Of(items[^1].Id) : null);
    }

    public async Task<int> CountAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command($"SELECT count(*) FROM questions INDEXED BY ix_questions_open WHERE {CanBeAnswered}", ("@now", now));
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    public async Task<QuestionState?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command($"SELECT {Columns} FROM questions WHERE id = @id", ("@id", id));
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    public async Task<QuestionState?> LastClosedAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"SELECT {Columns} FROM questions INDEXED BY ix_questions_run WHERE run_id = @run AND closed_at IS NOT NULL ORDER BY closed_at DESC, id DESC LIMIT 1", ("@run", runId));
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    static async Task<List<QuestionState>> ReadAsync(SqliteCommand command, CancellationToken cancellationToken)
    {
        var found = new List<QuestionState>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            found.Add(Read(rows));
        return found;
    }

    static QuestionState Read(SqliteDataReader row)
    {
        var asked = new OpenQuestion
        {
            Id = row.Id(0),
            RunId = row.Id(1),
            FlowId = row.Id(2),
            NodeId = row.GetString(3),
            NodeTitle = row.GetString(4),
            Iteration = [.. row.GetString(5).Split('.', StringSplitOptions.RemoveEmptyEntries).Select(i => int.Parse(i, CultureInfo.InvariantCulture))],
            Question = Question.Read(JsonText.Parse(Encoding.UTF8.GetBytes(row.GetString(6)))),
            AskedAt = row.Time(7),
            Until = row.TimeOrNull(8),
        };
        return new(asked, StatusOf(row.GetString(9)))
        {
            ClosedAt = row.TimeOrNull(10),
            Answer = row.TextOrNull(11) is { } answer ? JsonText.Parse(Encoding.UTF8.GetBytes(answer)) : null,
            By = row.TextOrNull(13) is { } via ? new Answerer(row.TextOrNull(12) ?? "", Answerer.ViaOf(via) ?? AnswerVia.Api) : null,
        };
    }

    internal static string NameOf(QuestionStatus status) => status switch
    {
        QuestionStatus.Open => "open",
        QuestionStatus.Answered => "answered",
        _ => "over",
    };

    static QuestionStatus StatusOf(string name) => name switch
    {
        "open" => QuestionStatus.Open,
        "answered" => QuestionStatus.Answered,
        _ => QuestionStatus.Over,
    };
}
