using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>Runs and the runs they started, by the partial indexes that hold just those.</summary>
sealed class RunFamily(SqliteConnections connections) : IRunFamily
{
    /// <summary>A step has a handful of runs: one, and one more for each repeat.</summary>
    const int MostOfAKey = 50;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Run>> FindByKeyAsync(Guid key, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"SELECT {RunRows.Columns} FROM runs WHERE {RunConfiguration.WithKey} AND child_key = @key ORDER BY id DESC LIMIT @most", ("@key", key), ("@most", MostOfAKey));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var runs = new List<Run>();
        while (await rows.ReadAsync(cancellationToken))
            runs.Add(RunRows.Read(rows));
        return runs;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Guid>> UnfinishedChildrenAsync(Guid parent, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"SELECT id FROM runs INDEXED BY ix_runs_parent WHERE {RunConfiguration.WithParent} AND parent_run_id = @parent AND {RunConfiguration.Unfinished}", ("@parent", parent));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var runs = new List<Guid>();
        while (await rows.ReadAsync(cancellationToken))
            runs.Add(rows.Id(0));
        return runs;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Guid>> EndedAsync(IReadOnlyCollection<Guid> runs, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command("SELECT status FROM runs WHERE id = @id", ("@id", null));
        var ended = new List<Guid>();
        foreach (var run in runs)
        {
            command.Parameters[0].Value = GuidBytes.Of(run);
            if (await command.ExecuteScalarAsync(cancellationToken) is not string status || RunNames.Status(status) is not { } known || RunNames.IsFinal(known))
                ended.Add(run);
        }
        return ended;
    }
}
