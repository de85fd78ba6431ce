using System.Collections.Concurrent;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <summary>
/// What triggers run, in memory. A hit takes no lock and allocates nothing; a flow that was written is read again, and never an older
/// state of it is kept.
/// </summary>
sealed class FlowCache(SqliteConnections connections)
{
    /// <summary>Versions never change; so many are kept, then all are forgotten.</summary>
    const int MaxVersions = 256;

    readonly ConcurrentDictionary<Guid, Entry> byId = new();
    readonly ConcurrentDictionary<string, Guid> byName = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<Guid, FlowVersion> versions = new();
    readonly SemaphoreSlim filling = new(1);
    readonly Lock gate = new();
    long writes;

    public ValueTask<RunnableFlow?> ResolveAsync(string idOrEndpointName, bool draft, CancellationToken cancellationToken) =>
        Hit(idOrEndpointName) is { } entry ? new(entry.Runs(draft)) : new(MissAsync(idOrEndpointName, draft, cancellationToken));

    public async Task<FlowVersion?> FindVersionAsync(Guid versionId, CancellationToken cancellationToken)
    {
        if (versions.TryGetValue(versionId, out var known))
            return known;
        await using var db = connections.Read();
        if (await db.FlowVersions.FirstOrDefaultAsync(v => v.Id == versionId, cancellationToken) is not { } row)
            return null;
        if (versions.Count >= MaxVersions)
            versions.Clear();
        return versions.GetOrAdd(versionId, FlowMapping.Read(row));
    }

    /// <summary>Forgets a flow that was written.</summary>
    public void Forget(Guid flowId)
    {
        lock (gate)
        {
            writes++;
            if (byId.TryRemove(flowId, out var entry) && entry.Draft.Flow.EndpointName is { } name)
                byName.TryRemove(name, out _);
        }
    }

    /// <summary>Forgets the versions of a flow that was deleted.</summary>
    public void ForgetVersions(Guid flowId)
    {
        foreach (var (id, version) in versions)
        {
            if (version.FlowId == flowId)
                versions.TryRemove(id, out _);
        }
    }

    public void MarkStored(Guid flowId, Guid versionId)
    {
        lock (gate)
        {
            if (byId.TryGetValue(flowId, out var entry) && entry.Draft.Version.Id == versionId && !entry.Draft.Stored)
                byId[flowId] = entry with { Draft = entry.Draft with { Stored = true } };
        }
    }

    Entry? Hit(string idOrEndpointName)
    {
        if (IsId(idOrEndpointName, out var id) && byId.TryGetValue(id, out var entry))
            return entry;
        return byName.TryGetValue(idOrEndpointName, out id) && byId.TryGetValue(id, out entry) && entry.Draft.Flow.EndpointName == idOrEndpointName ? entry : null;
    }

    async Task<RunnableFlow?> MissAsync(string idOrEndpointName, bool draft, CancellationToken cancellationToken)
    {
        // Unknown names end here, outside of the turnstile: they must not keep known flows waiting.
        if (await FindIdAsync(idOrEndpointName, cancellationToken) is not { } id)
            return null;
        // One at a time: when a busy flow is saved, its next thousand calls wait for one reading.
        await filling.WaitAsync(cancellationToken);
        try
        {
            if (!byId.TryGetValue(id, out var entry))
                entry = await FillAsync(id, cancellationToken);
            return entry?.Runs(draft);
        }
        finally
        {
            filling.Release();
        }
    }

    async Task<Entry?> FillAsync(Guid id, CancellationToken cancellationToken)
    {
        var seen = Volatile.Read(ref writes);
        if (await ReadAsync(id, cancellationToken) is not { } entry)
            return null;
        lock (gate)
        {
            // Somebody wrote meanwhile: what was read may be old. It does for this caller, who asked before.
            if (writes == seen)
            {
                byId[id] = entry;
                if (entry.Draft.Flow.EndpointName is { } name)
                    byName[name] = id;
            }
        }
        return entry;
    }

    async Task<Guid?> FindIdAsync(string idOrEndpointName, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        await using var find = reader.Command(
            "SELECT id FROM (SELECT id, 0 AS rank FROM flows WHERE id = @id UNION ALL SELECT id, 1 FROM flows WHERE endpoint_name = @name) ORDER BY rank LIMIT 1",
            ("@id", IsId(idOrEndpointName, out var id) ? id : null),
            ("@name", idOrEndpointName));
        return await find.ExecuteScalarAsync(cancellationToken) is byte[] found ? GuidBytes.Read(found) : null;
    }

    async Task<Entry?> ReadAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        var found = await (
            from f in db.Flows
            where f.Id == id
            from v in db.FlowVersions.Where(v => v.FlowId == f.Id && v.Number != null && v.Number == f.LiveVersion).DefaultIfEmpty()
            select new { Flow = f, Live = v }).FirstOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        var flow = FlowMapping.Read(found.Flow);
        // Whoever calls the flow gets what its nodes do, not what is pinned for trying them out.
        var document = flow.Draft.WithoutPins();
        var hash = ReferenceEquals(document, flow.Draft) ? FlowMapping.Hash(found.Flow.Draft) : FlowJson.Hash(document);
        var stored = await db.FlowVersions.Where(v => v.FlowId == id && v.Hash == hash && v.Number == null).Select(v => (Guid?)v.Id).FirstOrDefaultAsync(cancellationToken);
        var snapshot = new FlowVersion { Id = stored ?? FlowVersion.SnapshotId(id, hash), FlowId = id, Hash = hash, Document = document, CreatedAt = flow.UpdatedAt };
        return new(
            new(flow, snapshot, stored is not null),
            found.Live is null ? null : new(flow, FlowMapping.Read(found.Live), Stored: true));
    }

    static bool IsId(string text, out Guid id)
    {
        id = default;
        return text.Length is 36 or 32 && Guid.TryParse(text, out id);
    }

    sealed record Entry(RunnableFlow Draft, RunnableFlow? Live)
    {
        public RunnableFlow Runs(bool draft) => draft ? Draft : Live ?? Draft;
    }
}
