using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>Lists of flows from the columns beside the documents, and from the newest entry of each flow in the index of runs.</summary>
sealed class FlowIndex(SqliteConnections connections) : IFlowIndex
{
    const int MaxPage = 500;

    /// <summary>One step into ix_runs_flow; an empty blob sorts before every id.</summary>
    const string NewestRun = "coalesce((SELECT max(r.id) FROM runs r WHERE r.flow_id = f.id), x'')";

    const string Failed = "('failed','timed_out')";

    static readonly string RunColumns = string.Join(", ", RunRows.Columns.Split(", ").Select(c => "r." + c));

    static readonly int First = RunRows.Columns.Split(", ").Length;

    public async Task<FlowListingPage> ListAsync(FlowQuery query, string? cursor, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.CreateCommand();
        command.CommandText = Sql(query, cursor, command);
        command.Parameters.AddWithValue("@limit", limit + 1);
        var items = new List<FlowListing>();
        string? next = null;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            if (items.Count == limit)
            {
                next = CursorOf(query.Order, items[^1]);
                break;
            }
            items.Add(Read(rows));
        }
        return new(items, next);
    }

    public async Task<FlowCounts> CountAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        // One snapshot, so that no part is more than the whole.
        await using var snapshot = reader.BeginTransaction(deferred: true);
        var all = Count("SELECT count(*) FROM flows");
        var failing = Count($"SELECT count(*) FROM flows f CROSS JOIN runs n ON n.id = {NewestRun} WHERE n.status IN {Failed}");
        var scheduled = Count("SELECT count(*) FROM (SELECT DISTINCT flow_id FROM schedules) s JOIN flows f ON f.id = s.flow_id");
        await using var tags = reader.Command(
            "SELECT value, count(*) FROM flows, json_each(flows.tags) GROUP BY value ORDER BY 2 DESC, value LIMIT @most", ("@most", FlowCounts.MaxTags));
        var counted = new List<(string, int)>();
        await using var rows = await tags.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            counted.Add((rows.GetString(0), rows.GetInt32(1)));
        return new(all, failing, scheduled, counted);

        int Count(string sql) => Convert.ToInt32(reader.Scalar(sql), CultureInfo.InvariantCulture);
    }

    public async Task<IReadOnlyList<(Guid Id, string Name, string? EndpointName)>> NamesAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command("SELECT id, name, endpoint_name FROM flows ORDER BY name, id");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var names = new List<(Guid, string, string?)>();
        while (await rows.ReadAsync(cancellationToken))
            names.Add((rows.Id(0), rows.GetString(1), rows.TextOrNull(2)));
        return names;
    }

    /// <summary>The statement of a first page, for its plan to be looked at.</summary>
    internal static string Statement(FlowQuery query)
    {
        using var command = new SqliteCommand();
        return Sql(query, cursor: null, command);
    }

    static string Sql(FlowQuery query, string? cursor, SqliteCommand command)
    {
        var where = new List<string>();
        if (!string.IsNullOrWhiteSpace(query.Text))
            where.Add(HasText(query, command));
        if (query.Tag is { } tag)
        {
            command.Parameters.AddWithValue("@tag", tag);
            where.Add("EXISTS (SELECT 1 FROM json_each(f.tags) WHERE value = @tag)");
        }
        if (query.Scheduled)
            where.Add("EXISTS (SELECT 1 FROM schedules s WHERE s.flow_id = f.id)");
        var (key, order) = query.Order switch
        {
            FlowOrder.Name => ("f.name", "k.key, k.id"),
            FlowOrder.Updated => ("f.updated_at", "k.key DESC, k.id DESC"),
            _ => ("x''", "k.last DESC, k.id DESC"),
        };
        var after = After(query.Order, cursor, command);
        if (after is not null && query.Order is not FlowOrder.LastRun)
            where.Add(after.Replace("k.key", key, StringComparison.Ordinal).Replace("k.id", "f.id", StringComparison.Ordinal));
        var kept = new List<string>();
        if (after is not null && query.Order is FlowOrder.LastRun)
            kept.Add(after);
        if (query.Failing)
            kept.Add($"EXISTS (SELECT 1 FROM runs n WHERE n.id = k.last AND n.status IN {Failed})");
        // The inner query orders and cuts what is small; only the rows of the page are read whole.
        return $"""
            SELECT {RunColumns}, f.id, f.name, f.description, f.endpoint_name, f.tags, f.enabled, f.webhook_access, f.draft_revision, f.live_version, f.created_at,
                f.updated_at, f.component_types, EXISTS (SELECT 1 FROM schedules s WHERE s.flow_id = f.id),
                (SELECT min(s.next_at) FROM schedules s WHERE s.flow_id = f.id AND s.next_at IS NOT NULL)
            FROM (
                SELECT id, key, last
                FROM (SELECT f.id AS id, {key} AS key, {NewestRun} AS last FROM flows f {Where(where)}) k
                {Where(kept)}
                ORDER BY {order}
                LIMIT @limit
            ) k
            LEFT JOIN runs r ON r.id = k.last
            CROSS JOIN flows f ON f.id = k.id
            ORDER BY {order}
            """;
    }

    static string Where(List<string> conditions) => conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);

    static string HasText(FlowQuery query, SqliteCommand command)
    {
        var patterns = LikePatterns.Containing(query.Text?.Trim() ?? "").Concat(query.Types.Select(t => $"%\"{LikePatterns.Literal(t)}\"%"));
        var likes = new List<string>();
        foreach (var pattern in patterns)
        {
            var name = $"@like{likes.Count}";
            command.Parameters.AddWithValue(name, pattern);
            likes.Add($"t LIKE {name} ESCAPE '{LikePatterns.Escape}'");
        }
        return "EXISTS (SELECT 1 FROM (SELECT f.name || char(10) || f.description || char(10) || coalesce(f.endpoint_name, '') || char(10) || f.tags"
            + $" || char(10) || f.component_types AS t) WHERE {string.Join(" OR ", likes)})";
    }

    /// <summary>What comes after the cursor, in the names of the inner query.</summary>
    static string? After(FlowOrder order, string? cursor, SqliteCommand command)
    {
        if (cursor is null)
            return null;
        var (id, text) = PageCursor.Read(cursor);
        if (text.Length == 0 || text[0] != Letter(order))
            throw new FormatException("The cursor belongs to a list in another order. Start without one.");
        command.Parameters.AddWithValue("@id", GuidBytes.Of(id));
        object value = order switch
        {
            FlowOrder.Name => text[1..],
            FlowOrder.Updated => long.TryParse(text[1..], CultureInfo.InvariantCulture, out var micros)
                ? micros : throw new FormatException("The cursor is none that a page gave. Start without one."),
            _ => text.Length == 1 ? Array.Empty<byte>() : Convert.FromHexString(text.AsSpan(1)),
        };
        command.Parameters.AddWithValue("@key", value);
        return order switch
        {
            FlowOrder.Name => "(k.key > @key COLLATE NOCASE OR (k.key = @key COLLATE NOCASE AND k.id > @id))",
            FlowOrder.Updated => "(k.key, k.id) < (@key, @id)",
            _ => "(k.last, k.id) < (@key, @id)",
        };
    }

    static string CursorOf(FlowOrder order, FlowListing last) => PageCursor.Of(last.Id, Letter(order) + order switch
    {
        FlowOrder.Name => last.Name,
        FlowOrder.Updated => UnixMicros.Of(last.UpdatedAt).ToString(CultureInfo.InvariantCulture),
        _ => last.LastRun is { } run ? Convert.ToHexString(GuidBytes.Of(run.Id)) : "",
    });

    static char Letter(FlowOrder order) => order switch { FlowOrder.Name => 'n', FlowOrder.Updated => 'u', _ => 'r' };

    static FlowListing Read(SqliteDataReader row) => new(
        row.Id(First), row.GetString(First + 1), row.GetString(First + 2), row.TextOrNull(First + 3), Texts(row.GetString(First + 4)), row.GetBoolean(First + 5),
        FlowMapping.Access(row.GetString(First + 6)), row.GetInt32(First + 7), row.IsDBNull(First + 8) ? null : row.GetInt32(First + 8),
        Texts(row.GetString(First + 11)), row.Time(First + 9), row.Time(First + 10), row.IsDBNull(0) ? null : RunRows.Read(row),
        row.GetBoolean(First + 12), row.TimeOrNull(First + 13));

    static IReadOnlyList<string> Texts(string json) => JsonSerializer.Deserialize(json, StorageJson.Columns.IReadOnlyListString) ?? [];
}
