using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Engine.Threads;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <inheritdoc/>
sealed class AssistantRows(SqliteConnections connections, IWriteLane lane) : IAssistantRows
{
    public async Task<Assistant?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.Assistants.FirstOrDefaultAsync(a => a.Id == id && a.IsLatest, cancellationToken) is { } row ? Read(row) : null;
    }

    public async Task<IReadOnlyList<Assistant>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return (await db.Assistants.Where(a => a.IsLatest).ToListAsync(cancellationToken)).ConvertAll(Read);
    }

    public Task<bool> AddAsync(Assistant assistant, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            if (db.Assistants.Any(a => a.Id == assistant.Id))
                return false;
            db.Assistants.Add(Row(assistant));
            return db.SaveChanges() > 0;
        },
        cancellationToken);

    public Task<Assistant?> ChangeAsync(Guid id, Func<Assistant, Assistant> change, CancellationToken cancellationToken) => lane.WriteAsync<Assistant?>(
        db =>
        {
            if (db.Assistants.AsNoTracking().FirstOrDefault(a => a.Id == id && a.IsLatest) is not { } before)
                return null;
            var after = change(Read(before)) with { Id = id, Version = db.Assistants.Where(a => a.Id == id).Max(a => a.Version) + 1 };
            db.Assistants.Where(a => a.Id == id).ExecuteUpdate(s => s.SetProperty(a => a.IsLatest, valueExpression: false));
            db.Assistants.Add(Row(after));
            db.SaveChanges();
            return after;
        },
        cancellationToken);

    public Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) => lane.WriteAsync(db => db.Assistants.Where(a => a.Id == id).ExecuteDelete() > 0, cancellationToken);

    public async Task<IReadOnlyList<Assistant>> VersionsAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return (await db.Assistants.Where(a => a.Id == id).OrderByDescending(a => a.Version).ToListAsync(cancellationToken)).ConvertAll(Read);
    }

    public Task<Assistant?> TakeUpAsync(Guid id, int version, DateTimeOffset now, CancellationToken cancellationToken) => lane.WriteAsync<Assistant?>(
        db =>
        {
            if (!db.Assistants.Any(a => a.Id == id && a.Version == version))
                return null;
            // One after the other: never are two of them in use.
            db.Assistants.Where(a => a.Id == id && a.Version != version).ExecuteUpdate(s => s.SetProperty(a => a.IsLatest, valueExpression: false));
            db.Assistants.Where(a => a.Id == id && a.Version == version).ExecuteUpdate(s => s.SetProperty(a => a.IsLatest, valueExpression: true).SetProperty(a => a.UpdatedAt, now));
            return Read(db.Assistants.AsNoTracking().First(a => a.Id == id && a.Version == version));
        },
        cancellationToken);

    static Assistant Read(AssistantRow row) => new()
    {
        Id = row.Id,
        FlowId = row.FlowId,
        Name = row.Name,
        Description = row.Description,
        Config = ThreadMapping.Json(row.Config),
        Context = ThreadMapping.Json(row.Context),
        Metadata = ThreadMapping.Json(row.Metadata),
        Version = row.Version,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
    };

    static AssistantRow Row(Assistant assistant) => new()
    {
        Id = assistant.Id,
        Version = assistant.Version,
        IsLatest = true,
        FlowId = assistant.FlowId,
        Name = assistant.Name,
        Description = assistant.Description,
        Config = assistant.Config.GetRawText(),
        Context = assistant.Context.GetRawText(),
        Metadata = assistant.Metadata.GetRawText(),
        CreatedAt = assistant.CreatedAt,
        UpdatedAt = assistant.UpdatedAt,
    };
}
