using System.IO.Compression;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <summary>Histories of drafts in the database, written in the transaction that saves the draft.</summary>
sealed class DraftHistory(FlowStore flows, SqliteConnections connections) : IDraftHistory
{
    public async Task<byte[]?> FindAsync(Guid flowId, int revision, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        var packed = await db.DraftHistories.Where(h => h.FlowId == flowId && h.Revision == revision).Select(h => h.Steps).FirstOrDefaultAsync(cancellationToken);
        if (packed is null)
            return null;
        await using var unpacking = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var steps = new MemoryStream();
        await unpacking.CopyToAsync(steps, cancellationToken);
        return steps.ToArray();
    }

    public Task<Flow?> SaveAsync(Flow flow, int? expectedRevision, byte[] steps, CancellationToken cancellationToken) =>
        flows.SaveAsync(flow, expectedRevision, Packed(steps), cancellationToken);

    static byte[] Packed(byte[] steps)
    {
        using var packed = new MemoryStream();
        using (var packing = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            packing.Write(steps);
        return packed.ToArray();
    }
}
