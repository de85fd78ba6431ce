using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage.Search;

/// <summary>A run as the index takes it in.</summary>
readonly record struct SearchDoc(Guid Id, string Tags, string Body);

/// <summary>Changes the index: one transaction at a time, each leaving it right.</summary>
sealed class SearchWriter(SqliteConnection connection)
{
    readonly List<SearchShard> shards = Read(connection);

    /// <summary>Up to this number, ended runs are in the index.</summary>
    public long Cursor => connection.Scalar("SELECT value FROM progress") as long? ?? 0;

    /// <summary>Runs that are to be taken in once more.</summary>
    public List<Guid> Again(int limit)
    {
        using var command = connection.Command("SELECT id FROM again LIMIT @limit", ("@limit", limit));
        using var rows = command.ExecuteReader();
        var ids = new List<Guid>();
        while (rows.Read())
            ids.Add(rows.Id(0));
        return ids;
    }

    /// <summary>Takes runs in and remembers how far that has come.</summary>
    public void Add(IEnumerable<SearchDoc> docs, long cursor, IEnumerable<Guid> again)
    {
        using var transaction = connection.BeginTransaction();
        using var has = connection.Command("SELECT id FROM docs WHERE rowid = @key", ("@key", null));
        using var name = connection.Command("INSERT INTO docs (rowid, id) VALUES (@key, @id)", ("@key", null), ("@id", null));
        var inserts = new Dictionary<long, SqliteCommand>();
        // In the order of their keys, or the index would write a piece for each step back.
        foreach (var doc in docs.OrderBy(d => d.Id))
        {
            if (FreeKey(has, doc.Id) is not { } key)
                continue;
            var shard = ShardFor(key);
            if (!inserts.TryGetValue(shard.Id, out var insert))
            {
                inserts[shard.Id] = insert = connection.Command(
                    $"INSERT INTO {shard.Table} (rowid, tags, body) VALUES (@key, @tags, @body)", ("@key", null), ("@tags", null), ("@body", null));
            }
            (insert.Parameters[0].Value, insert.Parameters[1].Value, insert.Parameters[2].Value) = (key, doc.Tags, doc.Body);
            insert.ExecuteNonQuery();
            (name.Parameters[0].Value, name.Parameters[1].Value) = (key, GuidBytes.Of(doc.Id));
            name.ExecuteNonQuery();
            Replace(shard with { Docs = shard.Docs + 1 });
        }
        foreach (var insert in inserts.Values)
            insert.Dispose();
        foreach (var shard in shards)
            connection.Execute(FormattableString.Invariant($"UPDATE shards SET docs = {shard.Docs} WHERE id = {shard.Id} AND docs <> {shard.Docs}"));
        foreach (var id in again)
        {
            using var done = connection.Command("DELETE FROM again WHERE id = @id", ("@id", id));
            done.ExecuteNonQuery();
        }
        connection.Execute(FormattableString.Invariant($"UPDATE progress SET value = {cursor}"));
        transaction.Commit();
    }

    /// <summary>Takes deleted runs out of what searches give; their words go with their shard.</summary>
    public void Forget(IReadOnlyCollection<Guid> ids)
    {
        using var transaction = connection.BeginTransaction();
        using var forget = connection.Command("DELETE FROM docs WHERE rowid BETWEEN @key AND @key + @neighbours AND id = @id", ("@key", null), ("@neighbours", SearchKey.Neighbours), ("@id", null));
        foreach (var id in ids)
        {
            (forget.Parameters[0].Value, forget.Parameters[2].Value) = (SearchKey.Of(id), GuidBytes.Of(id));
            forget.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    /// <summary>Drops shards of which fewer than half the runs are left; those are taken in once more.</summary>
    /// <param name="countBetween">How many ended runs the database has from one id to before another.</param>
    public int Sweep(Func<Guid, Guid?, long> countBetween)
    {
        var dropped = 0;
        for (var i = shards.Count - 1; i >= 0; i--)
        {
            var shard = shards[i];
            var (low, high) = (i == 0 ? 0 : shard.Low, i == shards.Count - 1 ? (long?)null : shards[i + 1].Low);
            if (shard.Docs == 0 || countBetween(SearchKey.IdAt(low), high is { } end ? SearchKey.IdAt(end) : null) * 2 >= shard.Docs)
                continue;
            Drop(shard, low, high ?? long.MaxValue);
            shards.RemoveAt(i);
            dropped++;
        }
        return dropped;
    }

    void Drop(SearchShard shard, long low, long high)
    {
        using var transaction = connection.BeginTransaction();
        connection.Execute(FormattableString.Invariant(
            $"""
            INSERT OR IGNORE INTO again SELECT id FROM docs WHERE rowid >= {low} AND rowid < {high};
            DELETE FROM docs WHERE rowid >= {low} AND rowid < {high};
            DELETE FROM shards WHERE id = {shard.Id};
            DROP TABLE {shard.Table};
            """));
        transaction.Commit();
    }

    static List<SearchShard> Read(SqliteConnection connection)
    {
        using var command = connection.Command("SELECT id, low, docs FROM shards ORDER BY low");
        using var rows = command.ExecuteReader();
        var found = new List<SearchShard>();
        while (rows.Read())
            found.Add(new(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2)));
        return found;
    }

    /// <summary>The run's key, or the next one that is free; null when the run is there already.</summary>
    static long? FreeKey(SqliteCommand has, Guid id)
    {
        var key = SearchKey.Of(id);
        for (var last = key + SearchKey.Neighbours; key <= last; key++)
        {
            has.Parameters[0].Value = key;
            if (has.ExecuteScalar() is not byte[] holder)
                return key;
            if (GuidBytes.Read(holder) == id)
                return null;
        }
        // Dozens of ids that share their first 63 bits were not made by chance.
        return null;
    }

    SearchShard ShardFor(long key)
    {
        if (shards.Count == 0)
            return Begin(key);
        if (key >= shards[^1].Low)
            return shards[^1].Docs < SearchShard.Full ? shards[^1] : Begin(key);
        return shards.FindLast(s => s.Low <= key) ?? shards[0];
    }

    SearchShard Begin(long low)
    {
        // A new shard holds what is later than all that is there: keys that come out of order below it belong to the one before.
        var last = connection.Scalar("SELECT max(rowid) FROM docs") as long? ?? 0;
        if (low <= last)
            return shards[^1];
        var shard = new SearchShard(shards.Count == 0 ? 1 : shards.Max(s => s.Id) + 1, low, Docs: 0);
        connection.Execute(FormattableString.Invariant($"INSERT INTO shards (id, low, docs) VALUES ({shard.Id}, {shard.Low}, 0)"));
        connection.Execute(shard.CreateTable);
        shards.Add(shard);
        return shard;
    }

    void Replace(SearchShard shard) => shards[shards.FindIndex(s => s.Id == shard.Id)] = shard;
}
