using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>Deliveries in the database; reads beside the writer, writes in its lane.</summary>
sealed class DeliveryStore(SqliteConnections connections, IWriteLane lane) : IDeliveryRows, IRunCallbacks
{
    const int MaxPage = 500;

    const string Select = """
        SELECT d.id, d.run_id, d.flow_id, d.source, d.kind, d.url, d.context, d.status, d.attempts, d.tries, d.due_at, d.created_at, d.finished_at,
            a.number, a.at, a.duration, a.status_code, a.error_code, a.error, a.answer
        """;

    const string WithLast = "LEFT JOIN delivery_attempts a ON a.delivery_id = d.id AND a.number = d.attempts";
    const int AttemptAt = 13;

    public async Task<DeliveryPage> ListAsync(DeliveryFilter filter, string? cursor, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        Guid? before = cursor is null ? null : PageCursor.Read(cursor).Id;
        // The narrowest index there is; each ends in the id, so that a page needs no sorting.
        var index = filter switch
        {
            { RunId: not null } => "ix_deliveries_run",
            { FlowId: not null } => "ix_deliveries_flow",
            { Status: not null } => "ix_deliveries_status",
            _ => "sqlite_autoindex_deliveries_1",
        };
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"""
            {Select} FROM deliveries d INDEXED BY {index} {WithLast}
            WHERE {(filter.RunId is null ? "1" : "d.run_id = @run")} AND {(filter.FlowId is null ? "1" : "d.flow_id = @flow")} AND {(filter.Status is null ? "1" : "d.status = @status")}
                AND {(before is null ? "1" : "d.id < @before")}
            ORDER BY d.id DESC LIMIT @limit
            """,
            ("@run", filter.RunId), ("@flow", filter.FlowId), ("@status", filter.Status is { } status ? DeliveryNames.Of(status) : null), ("@before", before), ("@limit", limit + 1));
        var items = await ReadAsync(command, cancellationToken);
        var more = items.Count > limit;
        if (more)
            items.RemoveAt(limit);
        return new(items, more ? PageCursor.Of(items[^1].Id) : null);
    }

    public async Task<Delivery?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        return await FindAsync(reader, id, cancellationToken);
    }

    public async Task<IReadOnlyList<DeliveryAttempt>> AttemptsAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            "SELECT number, at, duration, status_code, error_code, error, answer FROM delivery_attempts WHERE delivery_id = @id ORDER BY number", ("@id", id));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var attempts = new List<DeliveryAttempt>();
        while (await rows.ReadAsync(cancellationToken))
            attempts.Add(Attempt(rows, 0));
        return attempts;
    }

    public async Task<IReadOnlyList<CallbackTarget>> TargetsOfAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command($"{Select} FROM deliveries d {WithLast} WHERE d.run_id = @run ORDER BY d.id", ("@run", runId));
        return (await ReadAsync(command, cancellationToken)).ConvertAll(d => d.Target);
    }

    public async Task<IReadOnlyList<EndpointDue>> EndpointsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        // From receiver to receiver in the index, however much waits for each.
        await using var command = reader.Command(
            $"""
            WITH RECURSIVE e(endpoint) AS (
                SELECT min(endpoint) FROM deliveries INDEXED BY ix_deliveries_due WHERE {DeliveryConfiguration.Pending}
                UNION ALL
                SELECT (SELECT min(endpoint) FROM deliveries INDEXED BY ix_deliveries_due WHERE {DeliveryConfiguration.Pending} AND endpoint > e.endpoint) FROM e WHERE e.endpoint IS NOT NULL)
            SELECT endpoint,
                (SELECT min(due_at) FROM deliveries d INDEXED BY ix_deliveries_due WHERE d.{DeliveryConfiguration.Pending} AND d.endpoint = e.endpoint),
                (SELECT min(due_at) FROM deliveries d INDEXED BY ix_deliveries_due WHERE d.{DeliveryConfiguration.Pending} AND d.endpoint = e.endpoint AND d.due_at > @now)
            FROM e WHERE endpoint IS NOT NULL
            """,
            ("@now", now));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var waiting = new List<EndpointDue>();
        while (await rows.ReadAsync(cancellationToken))
            waiting.Add(new(rows.GetString(0), rows.TimeOrNull(1) ?? now, rows.TimeOrNull(2)));
        return waiting;
    }

    public async Task<IReadOnlyList<Delivery>> DueAsync(string endpoint, DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"""
            {Select} FROM deliveries d INDEXED BY ix_deliveries_due {WithLast}
            WHERE d.{DeliveryConfiguration.Pending} AND d.endpoint = @endpoint AND d.due_at <= @now ORDER BY d.due_at LIMIT @limit
            """,
            ("@endpoint", endpoint), ("@now", now), ("@limit", limit));
        return await ReadAsync(command, cancellationToken);
    }

    public Task<bool> RecordAsync(Guid id, DeliveryAttempt attempt, DeliveryVerdict verdict, CancellationToken cancellationToken) => lane.RunAsync(
        (connection, _) =>
        {
            var write = (SqliteConnection)connection;
            using var update = write.Command(
                "UPDATE deliveries SET status = @status, attempts = attempts + 1, tries = @tries, due_at = @due, finished_at = @finished WHERE id = @id",
                ("@id", id), ("@status", DeliveryNames.Of(verdict.Status)), ("@tries", verdict.Tries), ("@due", verdict.DueAt), ("@finished", verdict.FinishedAt));
            // The run, and with it all of this, may have been deleted while the message was on its way.
            if (update.ExecuteNonQuery() == 0)
                return false;
            using var insert = write.Command(
                """
                INSERT INTO delivery_attempts (delivery_id, number, at, duration, status_code, error_code, error, answer)
                SELECT id, attempts, @at, @duration, @code, @errorCode, @error, @answer FROM deliveries WHERE id = @id
                """,
                ("@id", id), ("@at", attempt.At), ("@duration", (long)attempt.Duration.TotalMicroseconds), ("@code", attempt.StatusCode), ("@errorCode", attempt.ErrorCode),
                ("@error", attempt.Error), ("@answer", attempt.Answer));
            insert.ExecuteNonQuery();
            return true;
        },
        cancellationToken);

    public async Task<Delivery?> RequeueAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await lane.RunAsync(
            (connection, _) =>
            {
                using var update = ((SqliteConnection)connection).Command(
                    "UPDATE deliveries SET status = 'pending', tries = 0, due_at = @now, finished_at = NULL WHERE id = @id AND status <> 'armed'", ("@id", id), ("@now", now));
                return update.ExecuteNonQuery();
            },
            cancellationToken);
        return await FindAsync(id, cancellationToken);
    }

    static async Task<Delivery?> FindAsync(SqliteConnection reader, Guid id, CancellationToken cancellationToken)
    {
        await using var command = reader.Command($"{Select} FROM deliveries d {WithLast} WHERE d.id = @id", ("@id", id));
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    static async Task<List<Delivery>> ReadAsync(SqliteCommand command, CancellationToken cancellationToken)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var deliveries = new List<Delivery>();
        while (await rows.ReadAsync(cancellationToken))
            deliveries.Add(Read(rows));
        return deliveries;
    }

    static Delivery Read(SqliteDataReader row) => new()
    {
        Id = row.Id(0),
        RunId = row.Id(1),
        FlowId = row.Id(2),
        Target = new(row.GetString(5), DeliveryNames.Source(row.GetString(3)) ?? throw Unknown("source", row.GetString(3)), row.GetString(4), row.TextOrNull(6)),
        Status = DeliveryNames.Status(row.GetString(7)) ?? throw Unknown("status", row.GetString(7)),
        Attempts = row.GetInt32(8),
        Tries = row.GetInt32(9),
        DueAt = row.TimeOrNull(10),
        CreatedAt = row.Time(11),
        FinishedAt = row.TimeOrNull(12),
        LastAttempt = row.IsDBNull(AttemptAt) ? null : Attempt(row, AttemptAt),
    };

    static DeliveryAttempt Attempt(SqliteDataReader row, int at) => new()
    {
        Number = row.GetInt32(at),
        At = row.Time(at + 1),
        Duration = TimeSpan.FromMicroseconds(row.GetInt64(at + 2)),
        StatusCode = row.IsDBNull(at + 3) ? null : row.GetInt32(at + 3),
        ErrorCode = row.TextOrNull(at + 4),
        Error = row.TextOrNull(at + 5),
        Answer = row.TextOrNull(at + 6),
    };

    static InvalidDataException Unknown(string column, string value) => new($"A stored delivery has the {column} '{value}', which this program does not know. It was written by a newer one.");
}
