using System.Globalization;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Journal;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>Runs without an end, by the partial indexes that hold just them.</summary>
sealed class UnfinishedRuns(SqliteConnections connections, IWriteLane lane) : IUnfinishedRuns
{
    /// <inheritdoc/>
    public async Task<LeftOver> TakeStockAsync(int crashLimit, CancellationToken cancellationToken)
    {
        var crashed = await lane.RunAsync((connection, transaction) =>
        {
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "UPDATE runs SET status = 'queued', crashes = crashes + 1 WHERE " + RunConfiguration.Unfinished + " AND status = 'running'";
            return command.ExecuteNonQuery();
        }, cancellationToken);
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        using var command = reader.CreateCommand();
        // Sleeping runs are only counted, in the index: there may be any number of them.
        command.CommandText = "SELECT count(*) FROM runs INDEXED BY ix_runs_unfinished WHERE " + RunConfiguration.Unfinished + " AND status = 'waiting'";
        var sleeping = Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        command.CommandText = "SELECT id, flow_id, crashes FROM runs INDEXED BY ix_runs_unfinished WHERE " + RunConfiguration.Unfinished + " AND status = 'queued' ORDER BY id";
        using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var queued = new List<UnfinishedRun>();
        var looping = new List<UnfinishedRun>();
        while (rows.Read())
        {
            var run = new UnfinishedRun(rows.Id(0), rows.Id(1), rows.GetInt32(2));
            (run.Crashes >= crashLimit ? looping : queued).Add(run);
        }
        return new LeftOver(queued, looping, sleeping, crashed);
    }

    /// <inheritdoc/>
    public async Task<DateTimeOffset?> NextWakeAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        return reader.Scalar("SELECT wake_at FROM runs WHERE status = 'waiting' AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1") is long micros ? UnixMicros.Read(micros) : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UnfinishedRun>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        using var command = reader.Command("SELECT id, flow_id, crashes FROM runs WHERE status = 'waiting' AND wake_at IS NOT NULL AND wake_at <= $now ORDER BY wake_at LIMIT $limit", ("$now", now), ("$limit", limit));
        using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<UnfinishedRun>();
        while (rows.Read())
            due.Add(new(rows.Id(0), rows.Id(1), rows.GetInt32(2)));
        return due;
    }

    /// <inheritdoc/>
    public Task<int> DeleteKeysAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) =>
        lane.RunAsync((connection, transaction) =>
        {
            using var command = ((SqliteConnection)connection).Command(
                "DELETE FROM idempotency_keys WHERE rowid IN (SELECT rowid FROM idempotency_keys WHERE created_at < $before LIMIT $limit)", ("$before", before), ("$limit", limit));
            command.Transaction = (SqliteTransaction)transaction;
            return command.ExecuteNonQuery();
        }, cancellationToken);
}
