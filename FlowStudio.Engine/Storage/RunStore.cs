using System.Globalization;
using System.Runtime.CompilerServices;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Search;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>History in the database.</summary>
sealed class RunStore(SqliteConnections connections, IWriteLane lane, IFlowStore flows, INodeShapes shapes, SearchIndex search) : IRunStore
{
    const int MaxPage = 500;

    /// <summary>Ids gone through for one that ends so, as no index knows ends.</summary>
    const int IdsLookedAt = 20_000;

    public async Task<RunPage> ListAsync(RunFilter filter, string? cursor, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        Guid? before = cursor is null ? null : PageCursor.Read(cursor).Id;
        if (!string.IsNullOrWhiteSpace(filter.Text))
            return await SearchAsync(filter, before, limit, cancellationToken);
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = new RunQuery(filter).Page(reader, before, limit + 1);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<Run>();
        while (await rows.ReadAsync(cancellationToken))
        {
            if (items.Count == limit)
                return new(items, PageCursor.Of(items[^1].Id));
            items.Add(RunRows.Read(rows));
        }
        return new(items, NextCursor: null);
    }

    public async Task<RunCount> CountAsync(RunFilter filter, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrWhiteSpace(filter.Text))
            return await FindNamedAsync(filter, cancellationToken) is not null ? new(1, IsExact: true) : RunCount.Of(await search.CountAsync(filter, RunCount.CountedUpTo + 1, cancellationToken));
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = new RunQuery(filter).Count(reader, RunCount.CountedUpTo + 1);
        var found = Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        return RunCount.Of(found);
    }

    public async Task<Run?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        return await FindAsync(reader, id, cancellationToken);
    }

    public async Task<IReadOnlyList<Run>> FindByIdPartsAsync(string start, string end, int limit, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"""
            SELECT {RunRows.Columns} FROM runs WHERE id IN (
                SELECT id FROM (SELECT id FROM runs INDEXED BY sqlite_autoindex_runs_1 WHERE id BETWEEN @first AND @last ORDER BY id DESC LIMIT @looked)
                WHERE @end = '' OR substr(hex(id), 33 - length(@end)) = @end
                ORDER BY id DESC LIMIT @limit)
            ORDER BY id DESC
            """,
            ("@first", Convert.FromHexString(start.PadRight(32, '0'))), ("@last", Convert.FromHexString(start.PadRight(32, 'f'))),
            ("@end", end.ToUpperInvariant()), ("@looked", IdsLookedAt), ("@limit", limit));
        var found = new List<Run>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            found.Add(RunRows.Read(rows));
        return found;
    }

    public async Task<RunDetails?> FindDetailsAsync(Guid id, CancellationToken cancellationToken)
    {
        Run run;
        RunHistory history;
        await using (var reader = await connections.OpenReaderAsync(cancellationToken))
        {
            // One snapshot for both, so that a run never shows an end that its steps do not have.
            await using var snapshot = reader.BeginTransaction(deferred: true);
            if (await FindAsync(reader, id, cancellationToken) is not { } found)
                return null;
            run = found;
            var events = new List<RunEvent>();
            await foreach (var happened in EventsAsync(reader, id, after: 0, cancellationToken))
                events.Add(happened);
            history = RunHistory.Fold(events);
        }
        var version = await flows.FindVersionAsync(run.FlowVersionId, cancellationToken);
        return new(run, history.Input, history.Output, history.Call, RunSteps.Of(run, history, version, shapes))
        {
            Scheduled = history is { ScheduleId: { } schedule, ScheduledAt: { } at } ? (schedule, at) : null,
        };
    }

    public async Task<IReadOnlyList<RunEvent>> EventsAsync(Guid id, long after, int limit, CancellationToken cancellationToken)
    {
        var page = new List<RunEvent>();
        if (limit <= 0)
            return page;
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await foreach (var happened in EventsAsync(reader, id, after, cancellationToken))
        {
            page.Add(happened);
            if (page.Count == limit)
                break;
        }
        return page;
    }

    public async Task<IReadOnlyList<ThreadMessage>> MessagesAsync(Guid threadId, int limit, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            "SELECT id, run_id, node_id, sender, sender_name, text, json, at FROM messages WHERE thread_id = @thread ORDER BY id DESC LIMIT @limit",
            ("@thread", threadId),
            ("@limit", Math.Max(0, limit)));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var messages = new List<ThreadMessage>();
        while (await rows.ReadAsync(cancellationToken))
            messages.Add(new(rows.Id(0), rows.Id(1), rows.GetString(2), rows.GetString(3), rows.GetString(4), rows.GetString(5), JsonText.Parse(rows.GetFieldValue<byte[]>(6)), rows.Time(7)));
        messages.Reverse();
        return messages;
    }

    public async Task<ChatThread?> FindThreadAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command("SELECT id, flow_id, external_key, created_at FROM threads WHERE id = @id", ("@id", id));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? new(rows.Id(0), rows.Id(1), rows.TextOrNull(2), rows.Time(3)) : null;
    }

    public async Task<IReadOnlyDictionary<Guid, FlowActivity>> ActivityAsync(IReadOnlyCollection<Guid> flowIds, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var activity = new Dictionary<Guid, FlowActivity>();
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var newest = reader.Command($"SELECT {RunRows.Columns} FROM runs WHERE flow_id = @flow ORDER BY id DESC LIMIT 1", ("@flow", null));
        // Counted in the index alone: the id has the time.
        await using var count = reader.Command(
            "SELECT count(*) FROM (SELECT 1 FROM runs INDEXED BY ix_runs_flow WHERE flow_id = @flow AND id >= @since LIMIT @most)",
            ("@flow", null),
            ("@since", GuidBytes.LowerBound(since)),
            ("@most", FlowActivity.CountedUpTo));
        foreach (var flowId in flowIds)
        {
            newest.Parameters[0].Value = count.Parameters[0].Value = GuidBytes.Of(flowId);
            Run? last = null;
            await using (var rows = await newest.ExecuteReaderAsync(cancellationToken))
            {
                if (await rows.ReadAsync(cancellationToken))
                    last = RunRows.Read(rows);
            }
            activity[flowId] = new(last, last is null ? 0 : Convert.ToInt32(await count.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture));
        }
        return activity;
    }

    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        var deleted = await lane.RunAsync((connection, _) => RunDeletion.Delete((SqliteConnection)connection, [id]), cancellationToken);
        search.Forget(deleted);
        return deleted.Count > 0;
    }

    /// <summary>The index says which, the database what they are: a run that was deleted meanwhile is passed over.</summary>
    async Task<RunPage> SearchAsync(RunFilter filter, Guid? before, int limit, CancellationToken cancellationToken)
    {
        if (before is null && await FindNamedAsync(filter, cancellationToken) is { } named)
            return new([named], NextCursor: null);
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var find = reader.Command($"SELECT {RunRows.Columns} FROM runs WHERE id = @id", ("@id", null));
        var items = new List<Run>();
        while (true)
        {
            var wanted = limit + 1 - items.Count;
            var ids = await search.FindAsync(filter, before, wanted, cancellationToken);
            foreach (var id in ids)
            {
                find.Parameters[0].Value = GuidBytes.Of(id);
                await using var row = await find.ExecuteReaderAsync(cancellationToken);
                if (!await row.ReadAsync(cancellationToken) || RunRows.Read(row) is not { } run || !RunQuery.Matches(filter, run))
                    continue;
                if (items.Count == limit)
                    return new(items, PageCursor.Of(items[^1].Id));
                items.Add(run);
            }
            if (ids.Count < wanted)
                return new(items, NextCursor: null);
            before = ids[^1];
        }
    }

    /// <summary>The run whose id was given as the text.</summary>
    async Task<Run?> FindNamedAsync(RunFilter filter, CancellationToken cancellationToken) =>
        Guid.TryParse(filter.Text, out var id) && await FindAsync(id, cancellationToken) is { } run && RunQuery.Matches(filter, run) ? run : null;

    static async Task<Run?> FindAsync(SqliteConnection reader, Guid id, CancellationToken cancellationToken)
    {
        await using var command = reader.Command($"SELECT {RunRows.Columns} FROM runs WHERE id = @id", ("@id", id));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? RunRows.Read(rows) : null;
    }

    static async IAsyncEnumerable<RunEvent> EventsAsync(SqliteConnection reader, Guid id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = Chunks(reader, id, after);
        await using var chunks = await command.ExecuteReaderAsync(cancellationToken);
        while (await chunks.ReadAsync(cancellationToken))
        {
            foreach (var happened in RunEventLines.Read(id, chunks.GetFieldValue<byte[]>(0), after))
                yield return happened;
        }
    }

    /// <summary>Begins at the chunk that holds the first number wanted, found by the key.</summary>
    internal static SqliteCommand Chunks(SqliteConnection reader, Guid id, long after) => reader.Command(
        """
        SELECT lines FROM run_events
        WHERE run_id = @id AND seq >= coalesce((SELECT max(seq) FROM run_events WHERE run_id = @id AND seq <= @after + 1), 0) AND to_seq > @after
        ORDER BY seq
        """,
        ("@id", id),
        ("@after", after));
}
