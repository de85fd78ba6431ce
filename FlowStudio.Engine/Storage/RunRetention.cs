using FlowStudio.Engine.History;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Storage.Search;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>Old runs, looked for beside the write lane and deleted in it. The space they leave is used again; the file does not shrink.</summary>
sealed class RunRetention(SqliteConnections connections, IWriteLane lane, SearchIndex search) : IRetentionUpkeep
{
    public async Task<IReadOnlyList<Guid>> FlowsAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        // One step in the index for each flow, however many runs it has.
        await using var command = reader.Command("SELECT flow_id FROM runs INDEXED BY ix_runs_flow WHERE flow_id > @after ORDER BY flow_id LIMIT 1", ("@after", Guid.Empty));
        var flows = new List<Guid>();
        while (await command.ExecuteScalarAsync(cancellationToken) is byte[] flow)
        {
            flows.Add(GuidBytes.Read(flow));
            command.Parameters[0].Value = flow;
        }
        return flows;
    }

    public async Task<Guid?> OldestKeptAsync(Guid? flowId, int keep, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var command = reader.Command(
            $"SELECT id FROM runs {Stretch(flowId)} ORDER BY id DESC LIMIT 1 OFFSET @skip", ("@flow", flowId), ("@skip", keep - 1));
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] id ? GuidBytes.Read(id) : null;
    }

    public async Task<(int Deleted, Guid? Next)> DeleteAsync(Expired expired, Guid after, int limit, CancellationToken cancellationToken)
    {
        var ids = await FindAsync(expired, after, limit, cancellationToken);
        if (ids.Count == 0)
            return (0, null);
        var deleted = await lane.RunAsync((connection, _) => RunDeletion.Delete((SqliteConnection)connection, ids), cancellationToken);
        search.Forget(deleted);
        return (deleted.Count, ids.Count < limit ? null : ids[^1]);
    }

    async Task<List<Guid>> FindAsync(Expired expired, Guid after, int limit, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        // Whom a run still has to tell is told before it goes. A run that is still at work may have started this one, and may yet read what became of it.
        await using var command = reader.Command(
            $"""
            SELECT id FROM runs {Stretch(expired.FlowId)} AND id > @after AND id < @before AND finished_at < @ended
                AND NOT EXISTS (SELECT 1 FROM runs root WHERE root.id IN (runs.parent_run_id, runs.root_run_id) AND root.finished_at IS NULL)
                AND NOT EXISTS (SELECT 1 FROM deliveries INDEXED BY ix_deliveries_run WHERE run_id = runs.id AND status = 'pending')
            ORDER BY id LIMIT @limit
            """,
            ("@flow", expired.FlowId), ("@after", after), ("@before", expired.Before), ("@ended", expired.EndedBefore), ("@limit", limit));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await rows.ReadAsync(cancellationToken))
            ids.Add(rows.Id(0));
        return ids;
    }

    static string Stretch(Guid? flowId) => flowId is null ? "INDEXED BY sqlite_autoindex_runs_1 WHERE 1" : "INDEXED BY ix_runs_flow WHERE flow_id = @flow";
}
