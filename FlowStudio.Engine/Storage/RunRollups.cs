using FlowStudio.Engine.History;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>
/// Sums in the database. Runs are added in the order of their ends, and how far that has come is written in the same transaction: each counts
/// once, whatever happens to the process.
/// </summary>
sealed class RunRollups(SqliteConnections connections, IWriteLane lane) : IRunRollups, IRollupUpkeep
{
    const string Columns = "at, succeeded, failed, canceled, timed_out, tokens_in, tokens_out, durations";

    static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeSeconds();

    /// <summary>The last number of <see cref="RunRow.EndedSeq"/> that is in the sums.</summary>
    internal const string Mark = $"coalesce((SELECT value FROM history_marks WHERE name = '{HistoryMarkRow.Rollups}'), 0)";

    public async Task<IReadOnlyList<RollupPoint>> ReadAsync(Guid? flowId, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken)
    {
        var flow = flowId ?? Guid.Empty;
        return (await ReadManyAsync([flow], from, to, step, cancellationToken))[flow];
    }

    public async Task<IReadOnlyDictionary<Guid, IReadOnlyList<RollupPoint>>> ReadManyAsync(
        IReadOnlyCollection<Guid> flowIds, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken)
    {
        var (first, seconds, points) = Stretch(from, to, step);
        if (points > IRunRollups.MaxPoints)
            throw new ArgumentOutOfRangeException(nameof(step), step, $"There would be {points} points; {IRunRollups.MaxPoints} are the most.");
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = Select(reader, first, seconds, points);
        var read = new Dictionary<Guid, IReadOnlyList<RollupPoint>>();
        foreach (var flowId in flowIds)
        {
            command.Parameters[1].Value = GuidBytes.Of(flowId);
            read[flowId] = await ReadAsync(command, first, seconds, (int)points, cancellationToken);
        }
        return read;
    }

    public async Task<RollupPoint> SumAsync(Guid? flowId, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken)
    {
        var flow = flowId ?? Guid.Empty;
        return (await SumManyAsync([flow], from, to, step, cancellationToken))[flow];
    }

    public async Task<IReadOnlyDictionary<Guid, RollupPoint>> SumManyAsync(
        IReadOnlyCollection<Guid> flowIds, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken)
    {
        var (first, seconds, points) = Stretch(from, to, step);
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = Select(reader, first, seconds, points);
        var sums = new Dictionary<Guid, RollupPoint>();
        var cell = new RollupCells.Cell();
        foreach (var flowId in flowIds)
        {
            command.Parameters[1].Value = GuidBytes.Of(flowId);
            await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await rows.ReadAsync(cancellationToken))
                    cell.Add(rows);
            }
            sums[flowId] = cell.At(DateTimeOffset.FromUnixTimeSeconds(Math.Max(first, Earliest)));
            cell.Clear();
        }
        return sums;
    }

    public async Task<int> FoldAsync(int limit, CancellationToken cancellationToken)
    {
        // Most of the time there is nothing to add, and the lane need not be asked.
        await using (var reader = await connections.OpenReaderAsync(cancellationToken))
        {
            if (reader.Scalar($"SELECT 1 FROM runs INDEXED BY ix_runs_ended_seq WHERE ended_seq IS NOT NULL AND ended_seq > {Mark} LIMIT 1") is null)
                return 0;
        }
        return await lane.RunAsync((connection, _) => Fold((SqliteConnection)connection, limit), cancellationToken);
    }

    public Task<int> PruneAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) => lane.RunAsync(
        (connection, _) =>
        {
            using var delete = ((SqliteConnection)connection).Command(
                "DELETE FROM run_rollups WHERE rowid IN (SELECT rowid FROM run_rollups WHERE step = @step AND at < @before LIMIT @limit)",
                ("@step", RollupCells.Minute), ("@before", before.ToUnixTimeSeconds()), ("@limit", limit));
            return delete.ExecuteNonQuery();
        },
        cancellationToken);

    /// <summary>Where the first step begins, how long each is (both in seconds), and how many there are.</summary>
    static (long First, long Seconds, long Points) Stretch(DateTimeOffset from, DateTimeOffset to, TimeSpan step)
    {
        var seconds = (long)step.TotalSeconds;
        if (seconds < RollupCells.Minute || seconds % RollupCells.Minute != 0 || step.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentOutOfRangeException(nameof(step), step, "The step must be a whole number of minutes.");
        var first = RollupCells.Floor(from.ToUnixTimeSeconds(), seconds);
        var end = (to.UtcTicks - DateTimeOffset.UnixEpoch.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
        return (first, seconds, Math.Max(0, (end - first + seconds - 1) / seconds));
    }

    /// <summary>The stored rows of a stretch, oldest first; the second parameter, the flow, is still to be set.</summary>
    static SqliteCommand Select(SqliteConnection reader, long first, long seconds, long points) => reader.Command(
        $"SELECT {Columns} FROM run_rollups WHERE step = @step AND flow_id = @flow AND at >= @first AND at < @end ORDER BY at",
        ("@step", seconds % RollupCells.Hour == 0 ? RollupCells.Hour : RollupCells.Minute),
        ("@flow", null),
        ("@first", first),
        ("@end", first + (points * seconds)));

    static async Task<IReadOnlyList<RollupPoint>> ReadAsync(SqliteCommand command, long first, long step, int points, CancellationToken cancellationToken)
    {
        var read = new RollupPoint[points];
        var cell = new RollupCells.Cell();
        var point = 0;
        await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await rows.ReadAsync(cancellationToken))
            {
                for (var at = (rows.GetInt64(0) - first) / step; point < at; point++)
                    Finish();
                cell.Add(rows);
            }
        }
        for (; point < points; point++)
            Finish();
        return read;

        void Finish()
        {
            read[point] = cell.At(DateTimeOffset.FromUnixTimeSeconds(Math.Max(first + (point * step), Earliest)));
            cell.Clear();
        }
    }

    static int Fold(SqliteConnection connection, int limit)
    {
        using var read = connection.Command(
            $"SELECT ended_seq, flow_id, status, started_at, finished_at, tokens_in, tokens_out FROM runs INDEXED BY ix_runs_ended_seq WHERE ended_seq IS NOT NULL AND ended_seq > {Mark} ORDER BY ended_seq LIMIT @limit",
            ("@limit", limit));
        var cells = new RollupCells();
        var (count, last) = (0, 0L);
        using (var rows = read.ExecuteReader())
        {
            for (; rows.Read(); count++)
            {
                last = rows.GetInt64(0);
                Add(cells, rows, 1);
            }
        }
        if (count == 0)
            return 0;
        cells.Write(connection);
        SetMark(connection, HistoryMarkRow.Rollups, last);
        return count;
    }

    /// <summary>Adds a run from columns that begin at <paramref name="at"/>: flow, status, start, end, tokens read and written.</summary>
    internal static void Add(RollupCells cells, SqliteDataReader row, int at) =>
        cells.Add(row.Id(at), row.GetString(at + 1), row.IsDBNull(at + 2) ? null : row.GetInt64(at + 2), row.GetInt64(at + 3), new(row.GetInt64(at + 4), row.GetInt64(at + 5)));

    /// <summary>Moves a mark forward.</summary>
    internal static void SetMark(SqliteConnection connection, string name, long value)
    {
        using var set = connection.Command("INSERT INTO history_marks (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)", ("@name", name), ("@value", value));
        set.ExecuteNonQuery();
    }
}
