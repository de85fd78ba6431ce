using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>Sums of some ended runs, in memory, and how they are added to the stored ones inside a transaction.</summary>
sealed class RollupCells
{
    public const int Minute = 60;
    public const int Hour = 3600;

    readonly Dictionary<(int Step, Guid Flow, long At), Cell> cells = [];

    /// <summary>Adds a run to its minute and hour, of its flow and of all.</summary>
    /// <param name="finished">Microseconds since the Unix epoch; likewise <paramref name="started"/>.</param>
    public void Add(Guid flow, string status, long? started, long finished, TokenUsage tokens)
    {
        foreach (var step in (ReadOnlySpan<int>)[Minute, Hour])
        {
            var at = Floor(finished / 1_000_000, step);
            CellOf(step, flow, at).Add(status, started, finished, tokens);
            CellOf(step, Guid.Empty, at).Add(status, started, finished, tokens);
        }
    }

    /// <summary>Adds what was collected to the stored sums.</summary>
    public void Write(SqliteConnection connection)
    {
        using var read = connection.Command("SELECT durations FROM run_rollups WHERE step = @step AND flow_id = @flow AND at = @at", ("@step", null), ("@flow", null), ("@at", null));
        using var write = connection.Command(
            """
            INSERT INTO run_rollups (step, flow_id, at, succeeded, failed, canceled, timed_out, tokens_in, tokens_out, durations)
            VALUES (@step, @flow, @at, @succeeded, @failed, @canceled, @timed, @in, @out, @durations)
            ON CONFLICT (step, flow_id, at) DO UPDATE SET succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed, canceled = canceled + excluded.canceled,
                timed_out = timed_out + excluded.timed_out, tokens_in = tokens_in + excluded.tokens_in, tokens_out = tokens_out + excluded.tokens_out, durations = excluded.durations
            """,
            ("@step", null), ("@flow", null), ("@at", null), ("@succeeded", null), ("@failed", null), ("@canceled", null), ("@timed", null), ("@in", null), ("@out", null), ("@durations", null));
        foreach (var ((step, flow, at), cell) in cells)
        {
            object[] key = [step, GuidBytes.Of(flow), at];
            Set(read, key);
            if (read.ExecuteScalar() is byte[] stored)
                cell.Durations.Add(stored);
            Set(write, [.. key, cell.Succeeded, cell.Failed, cell.Canceled, cell.TimedOut, cell.Tokens.Input, cell.Tokens.Output, cell.Durations.ToBytes()]);
            write.ExecuteNonQuery();
        }
    }

    /// <summary>The multiple of <paramref name="step"/> at or before a time, before 1970 too.</summary>
    public static long Floor(long seconds, long step) => seconds - (((seconds % step) + step) % step);

    static void Set(SqliteCommand command, object[] values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
    }

    Cell CellOf(int step, Guid flow, long at)
    {
        if (!cells.TryGetValue((step, flow, at), out var cell))
            cells[(step, flow, at)] = cell = new();
        return cell;
    }

    /// <summary>One row in the making.</summary>
    internal sealed class Cell
    {
        public long Succeeded { get; private set; }

        public long Failed { get; private set; }

        public long Canceled { get; private set; }

        public long TimedOut { get; private set; }

        public TokenUsage Tokens { get; private set; }

        public DurationHistogram Durations { get; } = new();

        public void Add(string status, long? started, long finished, TokenUsage tokens)
        {
            Count(status);
            Tokens += tokens;
            if (started is { } start)
                Durations.Add(TimeSpan.FromMicroseconds(finished - start));
        }

        /// <summary>Adds a stored row, in the order of <see cref="RunRollups"/>' columns.</summary>
        public void Add(SqliteDataReader row)
        {
            Succeeded += row.GetInt64(1);
            Failed += row.GetInt64(2);
            Canceled += row.GetInt64(3);
            TimedOut += row.GetInt64(4);
            Tokens += new TokenUsage(row.GetInt64(5), row.GetInt64(6));
            Durations.Add(row.GetFieldValue<byte[]>(7));
        }

        public RollupPoint At(DateTimeOffset at) =>
            new(at, Succeeded, Failed, Canceled, TimedOut, Tokens, Durations.Percentile(50), Durations.Percentile(95), Durations.Percentile(99));

        public void Clear()
        {
            (Succeeded, Failed, Canceled, TimedOut, Tokens) = (0, 0, 0, 0, default);
            Durations.Clear();
        }

        void Count(string status)
        {
            switch (RunNames.Status(status))
            {
                case RunStatus.Succeeded:
                    Succeeded++;
                    break;
                case RunStatus.Failed:
                    Failed++;
                    break;
                case RunStatus.Canceled:
                    Canceled++;
                    break;
                case RunStatus.TimedOut:
                    TimedOut++;
                    break;
                default:
                    throw new InvalidDataException($"An ended run has the status '{status}'.");
            }
        }
    }
}
