using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage.Search;

/// <summary>Reads ended runs as the index takes them in.</summary>
static class SearchReader
{
    const string Columns = "id, flow_id, status, \"trigger\", coalesce(ended_seq, 0)";

    /// <summary>The next runs in the order of their ends, and how far that is.</summary>
    public static (List<SearchDoc> Docs, long Cursor) After(SqliteConnection reader, long cursor, int limit)
    {
        using var command = reader.Command(
            $"SELECT {Columns} FROM runs INDEXED BY ix_runs_ended_seq WHERE ended_seq IS NOT NULL AND ended_seq > @cursor ORDER BY ended_seq LIMIT @limit", ("@cursor", cursor), ("@limit", limit));
        var docs = new List<SearchDoc>();
        using var rows = command.ExecuteReader();
        using var text = new Texts(reader);
        for (; rows.Read(); cursor = rows.GetInt64(4))
            docs.Add(text.Doc(rows));
        return (docs, cursor);
    }

    /// <summary>These runs, as far as they are still there.</summary>
    public static List<SearchDoc> Of(SqliteConnection reader, IEnumerable<Guid> ids)
    {
        using var command = reader.Command($"SELECT {Columns} FROM runs WHERE id = @id AND finished_at IS NOT NULL", ("@id", null));
        using var text = new Texts(reader);
        var docs = new List<SearchDoc>();
        foreach (var id in ids)
        {
            command.Parameters[0].Value = GuidBytes.Of(id);
            using var rows = command.ExecuteReader();
            if (rows.Read())
                docs.Add(text.Doc(rows));
        }
        return docs;
    }

    /// <summary>What a run was given is in its first chunk of events, what came of it in its last.</summary>
    sealed class Texts(SqliteConnection reader) : IDisposable
    {
        readonly SqliteCommand first = reader.Command("SELECT lines FROM run_events WHERE run_id = @id ORDER BY seq LIMIT 1", ("@id", null));
        readonly SqliteCommand last = reader.Command("SELECT lines FROM run_events WHERE run_id = @id ORDER BY seq DESC LIMIT 1", ("@id", null));

        public SearchDoc Doc(SqliteDataReader row)
        {
            var id = row.Id(0);
            first.Parameters[0].Value = last.Parameters[0].Value = GuidBytes.Of(id);
            return new(id, SearchTerms.Tags(row.Id(1), row.GetString(2), row.GetString(3)), SearchText.Of(first.ExecuteScalar() as byte[] ?? [], last.ExecuteScalar() as byte[] ?? []));
        }

        public void Dispose()
        {
            first.Dispose();
            last.Dispose();
        }
    }
}
