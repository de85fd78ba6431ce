using FlowStudio.Engine;
using FlowStudio.Engine.Storage.Sqlite;

namespace FlowStudio.Benchmarks.History;

/// <summary>Looks into a database beside the server that owns it: how many ended runs it has, uncapped, as no API says it.</summary>
sealed class EndedRuns(string directory) : IDisposable
{
    readonly SqliteConnections connections = new(new EngineOptions { DataDirectory = directory });

    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        return reader.Scalar("SELECT count(*) FROM runs INDEXED BY ix_runs_ended_seq WHERE ended_seq IS NOT NULL") as long? ?? 0;
    }

    public void Dispose() => connections.Dispose();
}
