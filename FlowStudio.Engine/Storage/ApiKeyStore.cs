using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <summary>The keys' rows in the database.</summary>
sealed class ApiKeyStore(SqliteConnections connections, IWriteLane lane) : IApiKeyRows
{
    public async Task<IReadOnlyList<ApiKeyRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.ApiKeys.OrderBy(k => k.Id).Select(k => new ApiKeyRow(k.Id, k.Name, k.Prefix, k.Hash, k.CreatedAt, k.LastUsedAt))
            .ToListAsync(cancellationToken);
    }

    public Task AddAsync(ApiKeyRow row, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            db.ApiKeys.Add(new() { Id = row.Id, Name = row.Name, Prefix = row.Prefix, Hash = row.Hash, CreatedAt = row.CreatedAt, LastUsedAt = row.LastUsedAt });
            return db.SaveChanges();
        },
        cancellationToken);

    public Task<bool> RenameAsync(Guid id, string name, CancellationToken cancellationToken) =>
        lane.WriteAsync(db => db.ApiKeys.Where(k => k.Id == id).ExecuteUpdate(k => k.SetProperty(r => r.Name, name)) > 0, cancellationToken);

    public Task TouchAsync(Guid id, DateTimeOffset at, CancellationToken cancellationToken) =>
        lane.WriteAsync(db => db.ApiKeys.Where(k => k.Id == id).ExecuteUpdate(k => k.SetProperty(r => r.LastUsedAt, (DateTimeOffset?)at)), cancellationToken);

    public Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        lane.WriteAsync(db => db.ApiKeys.Where(k => k.Id == id).ExecuteDelete() > 0, cancellationToken);
}
