using System.Collections.Concurrent;
using System.Globalization;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Storage.Search;

/// <summary>
/// Full-text search over ended runs, kept up behind the runs' backs: it follows the order of their ends, and how far it has come is part of its own
/// transactions, so that it misses none and takes none twice.
/// </summary>
sealed class SearchIndex(EngineOptions options, SqliteConnections connections, ILogger<SearchIndex> log) : ISearchUpkeep, IDisposable
{
    readonly string path = SearchDatabase.PathIn(options.DataDirectory);
    readonly SemaphoreSlim turn = new(1);
    readonly ConcurrentQueue<Guid> deleted = new();
    volatile Opened? open;
    volatile bool damaged;
    bool? supported;

    public async Task<int> IndexAsync(int limit, CancellationToken cancellationToken)
    {
        if (!await IsSupportedAsync(cancellationToken))
            return 0;
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await IndexAsync(await OpenAsync(cancellationToken), limit, cancellationToken);
        }
        catch (SqliteException e)
        {
            throw Failure(e);
        }
        finally
        {
            turn.Release();
        }
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (!await IsSupportedAsync(cancellationToken))
            return;
        await turn.WaitAsync(cancellationToken);
        try
        {
            var index = await OpenAsync(cancellationToken);
            await using var reader = await connections.OpenReaderAsync(cancellationToken);
            var dropped = index.Writer.Sweep((low, high) => Number(reader, "SELECT count(*) FROM runs WHERE id >= @low AND (@high IS NULL OR id < @high)", ("@low", low), ("@high", high)));
            if (dropped > 0)
                StorageLog.SearchSwept(log, dropped);
        }
        catch (SqliteException e)
        {
            throw Failure(e);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Deleted runs are to be found no more.</summary>
    public void Forget(IEnumerable<Guid> runs)
    {
        foreach (var run in runs)
            deleted.Enqueue(run);
    }

    /// <summary>Ids of runs that have the filter's text and all else it says, newest first, below <paramref name="before"/>.</summary>
    /// <exception cref="NotSupportedException">This SQLite has no full-text search.</exception>
    /// <exception cref="StorageException">The index cannot be read now.</exception>
    public async Task<IReadOnlyList<Guid>> FindAsync(RunFilter filter, Guid? before, int limit, CancellationToken cancellationToken)
    {
        var found = new List<Guid>();
        await AskAsync(filter, before, async (reader, from, where, shard) =>
        {
            await using var command = reader.Command(
                $"SELECT d.id FROM {shard} t CROSS JOIN docs d ON d.rowid = t.rowid WHERE {where} ORDER BY t.rowid DESC LIMIT @limit", [.. from, ("@limit", limit + SearchKey.Neighbours - found.Count)]);
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            while (found.Count < limit && await rows.ReadAsync(cancellationToken))
            {
                // A key says nearly as much as the id, but not quite.
                if (before is not { } bound || rows.Id(0).CompareTo(bound) < 0)
                    found.Add(rows.Id(0));
            }
            return found.Count < limit;
        }, cancellationToken);
        return found;
    }

    /// <summary>How many there are, counted up to <paramref name="most"/>.</summary>
    /// <inheritdoc cref="FindAsync"/>
    public async Task<int> CountAsync(RunFilter filter, int most, CancellationToken cancellationToken)
    {
        var count = 0;
        await AskAsync(filter, before: null, (reader, from, where, shard) =>
        {
            count += (int)Number(reader, $"SELECT count(*) FROM (SELECT 1 FROM {shard} t CROSS JOIN docs d ON d.rowid = t.rowid WHERE {where} LIMIT @limit)", [.. from, ("@limit", most - count)]);
            return Task.FromResult(count < most);
        }, cancellationToken);
        return count;
    }

    public void Dispose()
    {
        open?.Database.Dispose();
        turn.Dispose();
    }

    /// <summary>Asks shard by shard, from the newest, until the answer is that it is enough.</summary>
    async Task AskAsync(
        RunFilter filter, Guid? before, Func<SqliteConnection, (string, object?)[], string, string, Task<bool>> ask, CancellationToken cancellationToken)
    {
        if (!await IsSupportedAsync(cancellationToken))
            throw new NotSupportedException($"This server's SQLite ({SqliteBridge.Version}, {SqliteBridge.Source}) was built without full-text search (FTS5). Install one that has it, and restart.");
        if (SearchTerms.Match(filter) is not { } match)
            return;
        if (open is null || damaged)
            await OpenInTurnAsync(cancellationToken);
        var low = filter.From is { } from ? SearchKey.At(from) : 0;
        var high = filter.To is { } to ? SearchKey.At(to) - 1 : long.MaxValue;
        if (before is { } bound)
            high = Math.Min(high, SearchKey.Of(bound) + SearchKey.Neighbours);
        try
        {
            await using var reader = await (open ?? throw Closed()).Database.OpenReaderAsync(cancellationToken);
            // One snapshot: between two shards, none comes or goes.
            await using var snapshot = reader.BeginTransaction(deferred: true);
            foreach (var (table, first, end) in await ShardsAsync(reader, cancellationToken))
            {
                if (first > high || end <= low)
                    continue;
                (string, object?)[] values = [("@match", match), ("@low", Math.Max(first, low)), ("@high", Math.Min(end - 1, high))];
                if (!await ask(reader, values, $"{table} MATCH @match AND t.rowid BETWEEN @low AND @high", table))
                    return;
            }
        }
        catch (SqliteException e)
        {
            throw Failure(e);
        }
    }

    /// <summary>Newest first, each with the keys it has.</summary>
    static async Task<List<(string Table, long First, long End)>> ShardsAsync(SqliteConnection reader, CancellationToken cancellationToken)
    {
        await using var command = reader.Command("SELECT id, low, docs FROM shards ORDER BY low");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var shards = new List<SearchShard>();
        while (await rows.ReadAsync(cancellationToken))
            shards.Add(new(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2)));
        return [.. shards.Select((s, i) => (s.Table, i == 0 ? 0 : s.Low, i == shards.Count - 1 ? long.MaxValue : shards[i + 1].Low)).Reverse()];
    }

    async Task<int> IndexAsync(Opened index, int limit, CancellationToken cancellationToken)
    {
        var gone = new List<Guid>();
        while (gone.Count < 1000 && deleted.TryDequeue(out var id))
            gone.Add(id);
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        var (docs, cursor) = SearchReader.After(reader, index.Writer.Cursor, limit);
        var again = index.Writer.Again(limit);
        if (docs.Count + again.Count > 0)
            index.Writer.Add(docs.Concat(SearchReader.Of(reader, again)), cursor, again);
        if (gone.Count > 0)
            index.Writer.Forget(gone);
        return docs.Count + again.Count;
    }

    async Task OpenInTurnAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            await OpenAsync(cancellationToken);
        }
        catch (SqliteException e)
        {
            throw Failure(e);
        }
        finally
        {
            turn.Release();
        }
    }

    async Task<Opened> OpenAsync(CancellationToken cancellationToken)
    {
        if (open is { } ready && !damaged)
            return ready;
        long highest;
        await using (var reader = await connections.OpenReaderAsync(cancellationToken))
            highest = Number(reader, "SELECT max(coalesce((SELECT max(ended_seq) FROM runs WHERE ended_seq IS NOT NULL), 0), coalesce((SELECT max(value) FROM history_marks), 0))");
        // A damaged file is not looked at again: the damage may lie where opening does not read.
        if (damaged)
        {
            open?.Database.Dispose();
            File.Delete(path);
        }
        var database = SearchDatabase.Open(path, highest, out var begun);
        if (begun is not null && highest > 0)
            StorageLog.SearchBegun(log, path, damaged ? "it was damaged" : begun);
        damaged = false;
        return open = new(database, new SearchWriter(database.Writer));
    }

    async ValueTask<bool> IsSupportedAsync(CancellationToken cancellationToken)
    {
        if (supported is { } known)
            return known;
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        supported = reader.Scalar("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'") is not null;
        if (supported is false)
            StorageLog.NoSearch(log, SqliteBridge.Version);
        return supported is true;
    }

    /// <summary>What is wrong with the index is mended by itself; the database is not concerned.</summary>
    StorageException Failure(SqliteException e)
    {
        var failure = SqliteFailure.Of(e.SqliteExtendedErrorCode, e.Message, e);
        if (failure.Code is not ("storage_damaged" or "storage_failed"))
            return failure;
        damaged = true;
        return new("search_damaged", "The search index was damaged and is being made anew. Search again in a moment; lists without a text are not concerned.", e);
    }

    static StorageException Closed() => new("search_closed", "The server is stopping.");

    static long Number(SqliteConnection connection, string sql, params ReadOnlySpan<(string, object?)> values)
    {
        using var command = connection.Command(sql, values);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    sealed record Opened(SearchDatabase Database, SearchWriter Writer);
}
