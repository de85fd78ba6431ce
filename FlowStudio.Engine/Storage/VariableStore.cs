using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <summary>The vault's rows in the database.</summary>
sealed class VariableStore(SqliteConnections connections, IWriteLane lane) : IVariableRows
{
    public async Task<IReadOnlyList<VariableRow>> ListAsync(string scope, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.Variables.Where(v => v.Scope == scope).OrderBy(v => v.Name)
            .Select(v => new VariableRow(v.Scope, v.Name, v.Secret, v.Value, v.CreatedAt, v.UpdatedAt)).ToListAsync(cancellationToken);
    }

    public Task PutAsync(VariableRow row, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            var stored = db.Variables.Find(row.Scope, row.Name);
            if (stored is null)
                db.Variables.Add(stored = new() { Scope = row.Scope, Name = row.Name, CreatedAt = row.CreatedAt });
            (stored.Secret, stored.Value, stored.UpdatedAt) = (row.Secret, row.Value, row.UpdatedAt);
            return db.SaveChanges();
        },
        cancellationToken);

    public Task<bool> DeleteAsync(string scope, string name, CancellationToken cancellationToken) =>
        lane.WriteAsync(db => db.Variables.Where(v => v.Scope == scope && v.Name == name).ExecuteDelete() > 0, cancellationToken);
}
