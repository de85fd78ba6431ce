using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using FlowStudio.Benchmarks.Load;
using FlowStudio.Engine.Storage.Sqlite;
using SQLitePCL;

namespace FlowStudio.Benchmarks.Ceilings;

/// <summary>What the disk and SQLite alone allow: rows of an accepted run's size in committed groups, WAL and <c>synchronous=FULL</c>, one connection, nothing else.</summary>
static class SqliteCeiling
{
    const int PayloadBytes = 240;

    /// <param name="Group">Rows per transaction.</param>
    /// <param name="RowsPerSecond">Durable rows per second.</param>
    /// <param name="CommitsPerSecond">Transactions, and so syncs of the write-ahead log, per second.</param>
    public sealed record Inserts(int Group, double RowsPerSecond, double CommitsPerSecond);

    /// <summary>Inserts groups into a fresh database until the time is over.</summary>
    public static Inserts Measure(string directory, int group, TimeSpan duration)
    {
        SqliteBridge.Initialize();
        var file = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"ceiling-{group}.db"));
        Check(raw.sqlite3_open(file, out var database), database);
        try
        {
            Execute(database, "PRAGMA journal_mode=WAL");
            Execute(database, "PRAGMA synchronous=FULL");
            Execute(database, "CREATE TABLE run (id BLOB PRIMARY KEY, flow_id BLOB NOT NULL, status INTEGER NOT NULL, created_at INTEGER NOT NULL, input BLOB NOT NULL) WITHOUT ROWID");
            return Insert(database, group, duration);
        }
        finally
        {
            raw.sqlite3_close_v2(database);
        }
    }

    /// <summary>Latencies of writing 4 KiB at the end of a file and syncing it: what one commit costs at least.</summary>
    public static Histogram Sync(string directory, TimeSpan duration)
    {
        var histogram = new Histogram();
        var block = RandomNumberGenerator.GetBytes(4096);
        using var file = new FileStream(Path.Combine(directory, "sync.bin"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < duration;)
        {
            var before = Stopwatch.GetTimestamp();
            file.Write(block);
            file.Flush(flushToDisk: true);
            histogram.Record(Stopwatch.GetElapsedTime(before).Ticks * TimeSpan.NanosecondsPerTick);
        }
        return histogram;
    }

    static Inserts Insert(sqlite3 database, int group, TimeSpan duration)
    {
        Check(raw.sqlite3_prepare_v2(database, "INSERT INTO run VALUES (?1, ?2, 0, ?3, ?4)", out var insert), database);
        using var statement = insert;
        var flow = new byte[16];
        var payload = RandomNumberGenerator.GetBytes(PayloadBytes);
        var commits = 0L;
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            Execute(database, "BEGIN IMMEDIATE");
            for (var row = 0; row < group; row++)
            {
                raw.sqlite3_bind_blob(insert, 1, Guid.CreateVersion7().ToByteArray(bigEndian: true));
                raw.sqlite3_bind_blob(insert, 2, flow);
                raw.sqlite3_bind_int64(insert, 3, started);
                raw.sqlite3_bind_blob(insert, 4, payload);
                if (raw.sqlite3_step(insert) != raw.SQLITE_DONE)
                    throw new InvalidOperationException(raw.sqlite3_errmsg(database).utf8_to_string());
                raw.sqlite3_reset(insert);
            }
            Execute(database, "COMMIT");
            commits++;
        }
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Inserts(group, commits * group / seconds, commits / seconds);
    }

    static void Execute(sqlite3 database, string sql) => Check(raw.sqlite3_exec(database, sql), database);

    static void Check(int result, sqlite3 database)
    {
        if (result != raw.SQLITE_OK)
            throw new InvalidOperationException($"SQLite: {raw.sqlite3_errmsg(database).utf8_to_string()}");
    }
}
