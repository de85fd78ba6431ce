using System.Text.Json;
using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>
/// Request bins in the database. What arrives while the lane is busy shares the next transaction, so that a flood of requests is not a
/// flood of transactions.
/// </summary>
sealed class BinStore(SqliteConnections connections, IWriteLane lane) : IBinStore
{
    /// <summary>Requests a bin keeps.</summary>
    public const int Kept = 100;

    const int MaxBatch = 2000;
    const long MaxBatchBytes = 16 * 1024 * 1024;
    const string Columns = "id, bin, method, path, query, headers, body, content_type, at";

    readonly Queue<Waiting> buffer = new();
    readonly Lock gate = new();
    bool flushing;

    public event Action<BinRequest>? Caught;

    public Task AddAsync(BinRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new Waiting(request, JsonSerializer.Serialize(request.Headers.Select(h => new[] { h.Key, h.Value }).ToArray(), StorageJson.Columns.StringArrayArray));
        lock (gate)
        {
            buffer.Enqueue(waiting);
            if (!flushing)
            {
                flushing = true;
                _ = FlushAsync();
            }
        }
        // A caller that stops waiting takes nothing back: the request is kept and told all the same.
        return KeptAsync(waiting).WaitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<BinRequest>> ListAsync(string bin, int limit, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command($"SELECT {Columns} FROM bin_requests WHERE bin = @bin ORDER BY id DESC LIMIT @limit", ("@bin", bin), ("@limit", Math.Clamp(limit, 0, Kept)));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var requests = new List<BinRequest>();
        while (await rows.ReadAsync(cancellationToken))
        {
            var headers = JsonSerializer.Deserialize(rows.GetString(5), StorageJson.Columns.StringArrayArray) ?? [];
            requests.Add(new(
                rows.Id(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), rows.GetString(4), [.. headers.Select(h => KeyValuePair.Create(h[0], h[1]))],
                rows.GetFieldValue<byte[]>(6), rows.TextOrNull(7), rows.Time(8)));
        }
        return requests;
    }

    public async Task<IReadOnlyList<BinSummary>> BinsAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            "SELECT r.bin, r.at, b.requests FROM (SELECT max(id) AS newest, count(*) AS requests FROM bin_requests INDEXED BY ix_bin_requests_bin GROUP BY bin) b JOIN bin_requests r ON r.id = b.newest ORDER BY r.at DESC, r.id DESC");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var bins = new List<BinSummary>();
        while (await rows.ReadAsync(cancellationToken))
            bins.Add(new(rows.GetString(0), rows.Time(1), rows.GetInt32(2)));
        return bins;
    }

    public Task<int> ClearAsync(string bin, CancellationToken cancellationToken) => lane.RunAsync(
        (connection, _) =>
        {
            using var delete = ((SqliteConnection)connection).Command("DELETE FROM bin_requests WHERE bin = @bin", ("@bin", bin));
            return delete.ExecuteNonQuery();
        },
        cancellationToken);

    async Task KeptAsync(Waiting waiting)
    {
        await waiting.Done.Task;
        Caught?.Invoke(waiting.Request);
    }

    async Task FlushAsync()
    {
        while (TakeBatch() is { Count: > 0 } batch)
        {
            try
            {
                await lane.RunAsync((connection, _) => Write((SqliteConnection)connection, batch), CancellationToken.None);
            }
            // Each caller gets it; those who come later try anew.
            catch (Exception e)
            {
                foreach (var waiting in batch)
                    waiting.Done.TrySetException(e);
                continue;
            }
            foreach (var waiting in batch)
                waiting.Done.TrySetResult();
        }
    }

    /// <summary>What waits, up to a size; when nothing does, the next request starts a new flush.</summary>
    List<Waiting> TakeBatch()
    {
        var batch = new List<Waiting>();
        lock (gate)
        {
            for (var bytes = 0L; batch.Count < MaxBatch && bytes < MaxBatchBytes && buffer.TryDequeue(out var waiting); bytes += waiting.Request.Body.Length)
                batch.Add(waiting);
            flushing = batch.Count > 0;
        }
        return batch;
    }

    static int Write(SqliteConnection connection, List<Waiting> batch)
    {
        using var insert = connection.Command(
            $"INSERT INTO bin_requests ({Columns}) VALUES (@id, @bin, @method, @path, @query, @headers, @body, @type, @at)",
            ("@id", null), ("@bin", null), ("@method", null), ("@path", null), ("@query", null), ("@headers", null), ("@body", null), ("@type", null), ("@at", null));
        using var trim = connection.Command(
            FormattableString.Invariant($"DELETE FROM bin_requests WHERE bin = @bin AND id < (SELECT id FROM bin_requests WHERE bin = @bin ORDER BY id DESC LIMIT 1 OFFSET {Kept - 1})"),
            ("@bin", null));
        foreach (var bin in batch.GroupBy(w => w.Request.Bin, StringComparer.Ordinal))
        {
            // What the same batch would push out again is not written at all.
            foreach (var (request, headers) in bin.OrderByDescending(w => w.Request.Id).Take(Kept))
            {
                object[] values = [GuidBytes.Of(request.Id), request.Bin, request.Method, request.Path, request.Query, headers, request.Body, (object?)request.ContentType ?? DBNull.Value, UnixMicros.Of(request.At)];
                for (var i = 0; i < values.Length; i++)
                    insert.Parameters[i].Value = values[i];
                insert.ExecuteNonQuery();
            }
            trim.Parameters[0].Value = bin.Key;
            trim.ExecuteNonQuery();
        }
        return batch.Count;
    }

    sealed record Waiting(BinRequest Request, string Headers)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
