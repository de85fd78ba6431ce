using System.Globalization;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <summary>Schedules in the database; reads beside the writer, writes in its lane. One whose flow was deleted is not shown and does not fire.</summary>
sealed class ScheduleStore(SqliteConnections connections, IWriteLane lane) : IScheduleRows
{
    const int MaxPage = 500;
    const string Columns = "s.id, s.flow_id, s.name, s.cron, s.zone, s.input, s.misfire, s.overlap, s.paused, s.next_at, s.created_at, s.updated_at, s.completion_webhook, s.end_at, s.target";
    const string FireColumns = "f.schedule_id, f.scheduled_at, f.at, f.outcome, f.manual, f.run_id, r.status, f.code, f.reason";

    const string WithLast = $"""
        SELECT {Columns}, {FireColumns} FROM schedules s JOIN flows ON flows.id = s.flow_id
        LEFT JOIN schedule_fires f ON f.schedule_id = s.id AND f.scheduled_at = (SELECT max(scheduled_at) FROM schedule_fires WHERE schedule_id = s.id)
        LEFT JOIN runs r ON r.id = f.run_id
        """;

    public async Task<SchedulePage> ListAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        var (id, name) = cursor is null ? default : PageCursor.Read(cursor);
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"""
            {WithLast} WHERE {(flowId is null ? "1" : "s.flow_id = @flow")} AND {(cursor is null ? "1" : "(s.name, s.id) > (@name, @id)")} ORDER BY s.name, s.id LIMIT @limit
            """,
            ("@flow", flowId), ("@name", name), ("@id", id), ("@limit", limit + 1));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<ScheduleInfo>();
        while (await rows.ReadAsync(cancellationToken))
            items.Add(Info(rows));
        var more = items.Count > limit;
        if (more)
            items.RemoveAt(limit);
        return new(items, more ? PageCursor.Of(items[^1].Schedule.Id, items[^1].Schedule.Name) : null);
    }

    public async Task<int> CountAsync(Guid? flowId, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command($"SELECT count(*) FROM schedules s JOIN flows ON flows.id = s.flow_id {(flowId is null ? "" : "WHERE s.flow_id = @flow")}", ("@flow", flowId));
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    public async Task<ScheduleInfo?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command($"{WithLast} WHERE s.id = @id", ("@id", id));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? Info(rows) : null;
    }

    public async Task<IReadOnlyDictionary<Guid, DateTimeOffset>> NextFiresAsync(IReadOnlyCollection<Guid> flowIds, CancellationToken cancellationToken)
    {
        var next = new Dictionary<Guid, DateTimeOffset>();
        if (flowIds.Count == 0)
            return next;
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command("SELECT min(next_at) FROM schedules WHERE flow_id = @flow AND next_at IS NOT NULL", ("@flow", null));
        foreach (var flowId in flowIds)
        {
            command.Parameters[0].Value = GuidBytes.Of(flowId);
            if (await command.ExecuteScalarAsync(cancellationToken) is long micros)
                next[flowId] = UnixMicros.Read(micros);
        }
        return next;
    }

    public async Task<IReadOnlyDictionary<Guid, DateTimeOffset>> DueTimesAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command("SELECT s.id, s.next_at FROM schedules s JOIN flows ON flows.id = s.flow_id WHERE s.next_at IS NOT NULL");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var due = new Dictionary<Guid, DateTimeOffset>();
        while (await rows.ReadAsync(cancellationToken))
            due[rows.Id(0)] = rows.Time(1);
        return due;
    }

    public async Task<IReadOnlyList<Schedule>> OfFlowAsync(Guid flowId, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return (await db.Schedules.Where(s => s.FlowId == flowId).OrderBy(s => s.Id).ToListAsync(cancellationToken)).ConvertAll(Read);
    }

    public Task<bool> AddAsync(Schedule schedule, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            if (!db.Flows.Any(f => f.Id == schedule.FlowId))
                return false;
            db.Schedules.Add(Fill(new ScheduleRow { Id = schedule.Id, FlowId = schedule.FlowId, CreatedAt = schedule.CreatedAt }, schedule));
            return db.SaveChanges() > 0;
        },
        cancellationToken);

    public Task<Schedule?> ChangeAsync(Guid id, Func<Schedule, Schedule> change, CancellationToken cancellationToken) => lane.WriteAsync<Schedule?>(
        db =>
        {
            if (db.Schedules.FirstOrDefault(s => s.Id == id) is not { } row)
                return null;
            var changed = change(Read(row));
            Fill(row, changed);
            db.SaveChanges();
            return changed;
        },
        cancellationToken);

    public Task<Schedule?> DeleteAsync(Guid id, CancellationToken cancellationToken) => lane.WriteAsync<Schedule?>(
        db =>
        {
            if (db.Schedules.FirstOrDefault(s => s.Id == id) is not { } row)
                return null;
            db.Schedules.Remove(row);
            db.ScheduleFires.Where(f => f.ScheduleId == id && f.Outcome == "waiting").ExecuteDelete();
            db.SaveChanges();
            return Read(row);
        },
        cancellationToken);

    public async Task<FirePage> FiresAsync(Guid id, string? cursor, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        var before = cursor is null ? long.MaxValue : long.TryParse(PageCursor.Read(cursor).Text, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : throw new FormatException($"The cursor '{cursor}' is none that a page gave. Start without one.");
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"SELECT {FireColumns} FROM schedule_fires f LEFT JOIN runs r ON r.id = f.run_id WHERE f.schedule_id = @id AND f.scheduled_at < @before ORDER BY f.scheduled_at DESC LIMIT @limit",
            ("@id", id), ("@before", before), ("@limit", limit + 1));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<ScheduleFire>();
        while (await rows.ReadAsync(cancellationToken))
            items.Add(Fire(rows, 0));
        var more = items.Count > limit;
        if (more)
            items.RemoveAt(limit);
        return new(items, more ? PageCursor.Of(id, UnixMicros.Of(items[^1].ScheduledAt).ToString(CultureInfo.InvariantCulture)) : null);
    }

    public async Task<IReadOnlyList<Guid>> UnfinishedRunsAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"SELECT f.run_id FROM schedule_fires f JOIN runs r ON r.id = f.run_id WHERE f.schedule_id = @id AND r.{RunConfiguration.Unfinished} ORDER BY f.scheduled_at", ("@id", id));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var runs = new List<Guid>();
        while (await rows.ReadAsync(cancellationToken))
            runs.Add(rows.Id(0));
        return runs;
    }

    public async Task<(ScheduleFire? Oldest, int Count)> WaitingAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"SELECT {FireColumns}, count(*) OVER () FROM schedule_fires f LEFT JOIN runs r ON r.id = f.run_id WHERE f.outcome = 'waiting' AND f.schedule_id = @id ORDER BY f.scheduled_at LIMIT 1",
            ("@id", id));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? (Fire(rows, 0), rows.GetInt32(9)) : (null, 0);
    }

    public async Task<IReadOnlyList<Guid>> WithWaitingAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command("SELECT DISTINCT f.schedule_id FROM schedule_fires f JOIN schedules s ON s.id = f.schedule_id WHERE f.outcome = 'waiting'");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var schedules = new List<Guid>();
        while (await rows.ReadAsync(cancellationToken))
            schedules.Add(rows.Id(0));
        return schedules;
    }

    public Task AdvanceAsync(Guid id, IReadOnlyList<ScheduleFire> fires, DateTimeOffset? from, DateTimeOffset? next, int? keep, CancellationToken cancellationToken) => lane.RunAsync(
        (connection, transaction) =>
        {
            var lines = (SqliteConnection)connection;
            foreach (var fire in fires)
            {
                // A line that the journal wrote with its run stays as it is.
                Write(lines, transaction,
                    """
                    INSERT INTO schedule_fires (schedule_id, scheduled_at, at, outcome, manual, run_id, code, reason) VALUES (@id, @scheduled, @at, @outcome, @manual, NULL, @code, @reason)
                    ON CONFLICT (schedule_id, scheduled_at) DO UPDATE SET at = excluded.at, outcome = excluded.outcome, code = excluded.code, reason = excluded.reason WHERE run_id IS NULL
                    """,
                    ("@id", id), ("@scheduled", fire.ScheduledAt), ("@at", fire.At), ("@outcome", ScheduleNames.Of(fire.Outcome)), ("@manual", fire.Manual ? 1 : 0), ("@code", fire.Code), ("@reason", fire.Reason));
            }
            if (from is not null)
                Write(lines, transaction, "UPDATE schedules SET next_at = @next WHERE id = @id AND next_at = @from", ("@id", id), ("@from", from), ("@next", next));
            if (keep is { } most)
            {
                Write(lines, transaction,
                    """
                    DELETE FROM schedule_fires WHERE schedule_id = @id AND outcome <> 'waiting'
                    AND scheduled_at <= (SELECT scheduled_at FROM schedule_fires WHERE schedule_id = @id ORDER BY scheduled_at DESC LIMIT 1 OFFSET @keep)
                    """,
                    ("@id", id), ("@keep", most));
            }
            return 0;
        },
        cancellationToken);

    public Task SweepAsync(CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            // A deleted flow may still come back.
            db.Schedules.Where(s => !db.Flows.Any(f => f.Id == s.FlowId) && !db.DeletedFlows.Any(f => f.Id == s.FlowId)).ExecuteDelete();
            return db.ScheduleFires.Where(f => !db.Schedules.Any(s => s.Id == f.ScheduleId)).ExecuteDelete();
        },
        cancellationToken);

    static void Write(SqliteConnection connection, System.Data.Common.DbTransaction transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Command(sql, parameters);
        command.Transaction = (SqliteTransaction)transaction;
        command.ExecuteNonQuery();
    }

    static ScheduleInfo Info(SqliteDataReader row) => new(
        new Schedule
        {
            Id = row.Id(0),
            FlowId = row.Id(1),
            Name = row.GetString(2),
            Cron = row.GetString(3),
            Zone = row.GetString(4),
            Input = JsonText.Parse(row.GetFieldValue<byte[]>(5)),
            Misfire = Misfire(row.GetString(6)),
            Overlap = Overlap(row.GetString(7)),
            Paused = row.GetBoolean(8),
            NextAt = row.TimeOrNull(9),
            CreatedAt = row.Time(10),
            UpdatedAt = row.Time(11),
            CompletionWebhook = row.TextOrNull(12),
            EndAt = row.TimeOrNull(13),
            Target = row.TextOrNull(14),
        },
        row.IsDBNull(15) ? null : Fire(row, 15));

    static ScheduleFire Fire(SqliteDataReader row, int at) => new()
    {
        ScheduleId = row.Id(at),
        ScheduledAt = row.Time(at + 1),
        At = row.Time(at + 2),
        Outcome = ScheduleNames.Outcome(row.GetString(at + 3)) ?? throw Unknown("outcome", row.GetString(at + 3)),
        Manual = row.GetBoolean(at + 4),
        RunId = row.IdOrNull(at + 5),
        RunStatus = row.TextOrNull(at + 6) is { } status ? RunNames.Status(status) : null,
        Code = row.TextOrNull(at + 7),
        Reason = row.TextOrNull(at + 8),
    };

    static Schedule Read(ScheduleRow row) => new()
    {
        Id = row.Id,
        FlowId = row.FlowId,
        Name = row.Name,
        Cron = row.Cron,
        Zone = row.Zone,
        Input = JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(row.Input)),
        Misfire = Misfire(row.Misfire),
        Overlap = Overlap(row.Overlap),
        Paused = row.Paused,
        CompletionWebhook = row.CompletionWebhook,
        EndAt = row.EndAt,
        Target = row.Target,
        NextAt = row.NextAt,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
    };

    static ScheduleRow Fill(ScheduleRow row, Schedule schedule)
    {
        (row.Name, row.Cron, row.Zone, row.Input) = (schedule.Name, schedule.Cron, schedule.Zone, schedule.Input.GetRawText());
        (row.Misfire, row.Overlap, row.Paused) = (ScheduleNames.Of(schedule.Misfire), ScheduleNames.Of(schedule.Overlap), schedule.Paused);
        (row.NextAt, row.UpdatedAt, row.CompletionWebhook) = (schedule.NextAt, schedule.UpdatedAt, schedule.CompletionWebhook);
        (row.EndAt, row.Target) = (schedule.EndAt, schedule.Target);
        return row;
    }

    static MisfirePolicy Misfire(string name) => ScheduleNames.Misfire(name) ?? throw Unknown("misfire", name);

    static OverlapPolicy Overlap(string name) => ScheduleNames.Overlap(name) ?? throw Unknown("overlap", name);

    static InvalidDataException Unknown(string column, string value) => new($"A stored schedule has the {column} '{value}', which this program does not know. It was written by a newer one.");
}
