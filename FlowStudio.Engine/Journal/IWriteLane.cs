using System.Data.Common;

namespace FlowStudio.Engine.Journal;

/// <summary>
/// The one way to write: work takes its turn on the process's single writing connection, between the journal's groups.
/// Keep it short: no network, no waiting inside.
/// </summary>
public interface IWriteLane
{
    /// <summary>Runs <paramref name="work"/> alone, inside a transaction that commits when it returns and rolls back when it throws.</summary>
    /// <exception cref="StorageException">The database cannot write now (full, locked, read-only, broken).</exception>
    Task<T> RunAsync<T>(Func<DbConnection, DbTransaction, T> work, CancellationToken cancellationToken);
}

/// <summary>The database cannot do what was asked; nothing was half written.</summary>
public sealed class StorageException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary><c>storage_full</c>, <c>storage_locked</c>, <c>storage_read_only</c>, <c>storage_newer</c>, <c>storage_damaged</c> or <c>storage_failed</c>.</summary>
    public string Code { get; } = code;
}
