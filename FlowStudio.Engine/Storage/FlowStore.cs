using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <summary>Flows and versions in the database; reads beside the writer, writes in its lane.</summary>
sealed class FlowStore(SqliteConnections connections, IWriteLane lane, TimeProvider time) : IFlowStore
{
    const int MaxPage = 500;

    readonly FlowCache cache = new(connections);

    public event Action<Guid>? Changed;

    public async Task<FlowPage> ListAsync(string? search, string? cursor, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        await using var db = connections.Read();
        IQueryable<FlowRow> flows = db.Flows;
        if (!string.IsNullOrWhiteSpace(search))
        {
            var patterns = LikePatterns.Containing(search.Trim());
            flows = flows.Where(f => patterns.Any(p => EF.Functions.Like(f.Name + "\n" + f.Description + "\n" + (f.EndpointName ?? "") + "\n" + f.Tags, p, LikePatterns.Escape)));
        }
        if (cursor is not null)
        {
            var (id, name) = PageCursor.Read(cursor);
            flows = flows.Where(f => string.Compare(f.Name, name) > 0 || (f.Name == name && f.Id > id));
        }
        var rows = await flows.OrderBy(f => f.Name).ThenBy(f => f.Id).Take(limit + 1).ToListAsync(cancellationToken);
        var items = rows.Take(limit).Select(FlowMapping.Read).ToList();
        return new(items, rows.Count > limit ? PageCursor.Of(items[^1].Id, items[^1].Name) : null);
    }

    public async Task<Flow?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.Flows.FirstOrDefaultAsync(f => f.Id == id, cancellationToken) is { } row ? FlowMapping.Read(row) : null;
    }

    public async Task<FlowVersion?> FindVersionAsync(Guid flowId, int number, CancellationToken cancellationToken)
    {
        if (number == 0)
            return (await cache.ResolveAsync(flowId.ToString(), draft: true, cancellationToken))?.Version;
        await using var db = connections.Read();
        return await db.FlowVersions.FirstOrDefaultAsync(v => v.FlowId == flowId && v.Number == number, cancellationToken) is { } row ? FlowMapping.Read(row) : null;
    }

    public Task<FlowVersion?> FindVersionAsync(Guid versionId, CancellationToken cancellationToken) => cache.FindVersionAsync(versionId, cancellationToken);

    public async Task<IReadOnlyList<FlowVersion>> ListVersionsAsync(Guid flowId, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        var rows = await db.FlowVersions.Where(v => v.FlowId == flowId && v.Number != null).OrderByDescending(v => v.Number).ToListAsync(cancellationToken);
        return rows.ConvertAll(FlowMapping.Read);
    }

    public async Task<Flow> CreateAsync(Flow flow, CancellationToken cancellationToken)
    {
        var draft = FlowJson.ToText(flow.Draft);
        var now = time.GetUtcNow();
        var row = new FlowRow { Id = flow.Id, OwnerId = flow.OwnerId, DraftRevision = 1, CreatedAt = now, UpdatedAt = now };
        FlowMapping.Fill(row, flow, draft);
        await lane.WriteAsync(
            db =>
            {
                CheckEndpointName(db, flow);
                db.Flows.Add(row);
                return db.SaveChanges();
            },
            cancellationToken);
        Written(flow.Id);
        return FlowMapping.Read(row);
    }

    public Task<Flow?> SaveAsync(Flow flow, int? expectedRevision, CancellationToken cancellationToken) => SaveAsync(flow, expectedRevision, history: null, cancellationToken);

    /// <summary>Saves the flow, and with it the steps that led to its draft when there are any.</summary>
    public async Task<Flow?> SaveAsync(Flow flow, int? expectedRevision, byte[]? history, CancellationToken cancellationToken)
    {
        var draft = FlowJson.ToText(flow.Draft);
        var saved = await lane.WriteAsync(
            db =>
            {
                if (db.Flows.FirstOrDefault(f => f.Id == flow.Id) is not { } row)
                    return null;
                CheckRevision(row, expectedRevision);
                CheckEndpointName(db, flow);
                KeepHistory(db, row, history, sameDraft: row.Draft == draft);
                FlowMapping.Fill(row, flow, draft);
                row.DraftRevision++;
                row.UpdatedAt = time.GetUtcNow();
                db.SaveChanges();
                return row;
            },
            cancellationToken);
        if (saved is null)
            return null;
        Written(flow.Id);
        return FlowMapping.Read(saved);
    }

    public async Task<FlowVersion?> PublishAsync(Guid id, string? note, int? expectedRevision, CancellationToken cancellationToken)
    {
        var (live, isNew) = await lane.WriteAsync<(FlowVersionRow? Live, bool IsNew)>(
            db =>
            {
                if (db.Flows.FirstOrDefault(f => f.Id == id) is not { } row)
                    return (null, false);
                CheckRevision(row, expectedRevision);
                var document = WithoutPins(row.Draft);
                if (row.LiveVersion is not null && db.FlowVersions.FirstOrDefault(v => v.FlowId == id && v.Number == row.LiveVersion) is { } current && current.Document == document)
                    return (current, false);
                var now = time.GetUtcNow();
                var next = new FlowVersionRow
                {
                    Id = Ids.New(time, now),
                    FlowId = id,
                    Number = (db.FlowVersions.Where(v => v.FlowId == id).Max(v => v.Number) ?? 0) + 1,
                    Hash = FlowMapping.Hash(document),
                    Document = document,
                    Note = note,
                    CreatedAt = now,
                };
                db.FlowVersions.Add(next);
                row.LiveVersion = next.Number;
                row.UpdatedAt = now;
                db.SaveChanges();
                return (next, true);
            },
            cancellationToken);
        if (isNew)
            Written(id);
        return live is null ? null : FlowMapping.Read(live);
    }

    public async Task<Flow?> RestoreAsync(Guid id, int number, CancellationToken cancellationToken)
    {
        var restored = await lane.WriteAsync(
            db =>
            {
                if (db.Flows.FirstOrDefault(f => f.Id == id) is not { } row || db.FlowVersions.FirstOrDefault(v => v.FlowId == id && v.Number == number) is not { } version)
                    return null;
                row.Draft = version.Document;
                row.ComponentTypes = FlowMapping.Types(FlowJson.Parse(version.Document));
                row.DraftRevision++;
                row.UpdatedAt = time.GetUtcNow();
                db.SaveChanges();
                return row;
            },
            cancellationToken);
        if (restored is null)
            return null;
        Written(id);
        return FlowMapping.Read(restored);
    }

    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        var existed = await lane.WriteAsync(
            db =>
            {
                if (db.Flows.FirstOrDefault(f => f.Id == id) is not { } row)
                    return false;
                db.DeletedFlows.Add(new() { Id = id, DeletedAt = time.GetUtcNow(), Flow = JsonSerializer.Serialize(row, StorageJson.Columns.FlowRow) });
                db.Flows.Remove(row);
                db.SaveChanges();
                return true;
            },
            cancellationToken);
        if (existed)
            Written(id);
        return existed;
    }

    public async Task<Flow?> UndeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        var found = await lane.WriteAsync(
            db =>
            {
                if (db.DeletedFlows.FirstOrDefault(f => f.Id == id) is not { } deleted || JsonSerializer.Deserialize(deleted.Flow, StorageJson.Columns.FlowRow) is not { } row)
                    return null;
                if (row.EndpointName is { } name && db.Flows.Any(f => f.EndpointName == name))
                    row.EndpointName = null;
                db.DeletedFlows.Remove(deleted);
                db.Flows.Add(row);
                db.SaveChanges();
                return row;
            },
            cancellationToken);
        if (found is null)
            return null;
        Written(id);
        return FlowMapping.Read(found);
    }

    public async Task<IReadOnlyList<Guid>> ListDeletedAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.DeletedFlows.Where(f => f.DeletedAt < before).Select(f => f.Id).ToListAsync(cancellationToken);
    }

    public async Task<bool> PurgeAsync(Guid id, CancellationToken cancellationToken)
    {
        var token = id.ToString();
        var purged = await lane.WriteAsync(
            db =>
            {
                // It may have been brought back meanwhile.
                if (db.DeletedFlows.Where(f => f.Id == id).ExecuteDelete() == 0)
                    return false;
                db.FlowVersions.Where(v => v.FlowId == id).ExecuteDelete();
                db.DraftHistories.Where(h => h.FlowId == id).ExecuteDelete();
                db.ScheduleFires.Where(f => db.Schedules.Any(s => s.FlowId == id && s.Id == f.ScheduleId)).ExecuteDelete();
                db.Schedules.Where(s => s.FlowId == id).ExecuteDelete();
                db.Variables.Where(v => VariableScopes.OfFlows.Contains(v.Scope) && v.Name == token).ExecuteDelete();
                return true;
            },
            cancellationToken);
        if (purged)
            cache.ForgetVersions(id);
        return purged;
    }

    public ValueTask<RunnableFlow?> ResolveAsync(string idOrEndpointName, bool draft, CancellationToken cancellationToken) =>
        cache.ResolveAsync(idOrEndpointName, draft, cancellationToken);

    public void MarkStored(Guid flowId, Guid versionId) => cache.MarkStored(flowId, versionId);

    void Written(Guid id)
    {
        cache.Forget(id);
        Changed?.Invoke(id);
    }

    static string WithoutPins(string draft) => FlowJson.Parse(draft) is var document && document.WithoutPins() is var plain && ReferenceEquals(plain, document) ? draft : FlowJson.ToText(plain);

    /// <summary>A save of the settings alone leaves the steps as good as they were.</summary>
    static void KeepHistory(StudioDbContext db, FlowRow row, byte[]? history, bool sameDraft)
    {
        if (history is null && !sameDraft)
            return;
        var kept = db.DraftHistories.FirstOrDefault(h => h.FlowId == row.Id);
        if (history is null)
        {
            if (kept is not null && kept.Revision == row.DraftRevision)
                kept.Revision++;
            return;
        }
        if (kept is null)
            db.DraftHistories.Add(kept = new() { FlowId = row.Id });
        (kept.Revision, kept.Steps) = (row.DraftRevision + 1, history);
    }

    static void CheckRevision(FlowRow row, int? expected)
    {
        if (expected is { } revision && revision != row.DraftRevision)
            throw new FlowConflictException("stale_revision", $"The draft of '{row.Name}' was changed meanwhile: it is at revision {row.DraftRevision}, your change began at {revision}. Load it again and repeat your change.");
    }

    static void CheckEndpointName(StudioDbContext db, Flow flow)
    {
        if (flow.EndpointName is { } name && db.Flows.Where(f => f.EndpointName == name && f.Id != flow.Id).Select(f => f.Name).FirstOrDefault() is { } other)
            throw new FlowConflictException("endpoint_name_taken", $"The endpoint name '{name}' belongs to the flow '{other}'. Choose another.");
    }
}
