using FlowStudio.Engine.Journal;
using SQLitePCL;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>What SQLite's result codes mean to the people who run the server.</summary>
static class SqliteFailure
{
    /// <summary>The failure behind a result code of the writing connection.</summary>
    public static StorageException Of(int result, sqlite3 database) =>
        Of(raw.sqlite3_extended_errcode(database) is var extended && (extended & 0xff) == (result & 0xff) ? extended : result, raw.sqlite3_errmsg(database).utf8_to_string());

    /// <param name="result">A result code, extended or not.</param>
    public static StorageException Of(int result, string detail, Exception? inner = null) => (result & 0xff) switch
    {
        raw.SQLITE_FULL => new("storage_full", "The disk with the database is full. Free some space: the server goes on by itself.", inner),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new("storage_locked", "Another program holds the database. Close it, and try again: the server goes on by itself.", inner),
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH => new("storage_read_only", "The database cannot be written: the file or its folder is read-only. Give the server's user the right to write.", inner),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new("storage_damaged", $"The database is damaged ({detail}). Stop the server and restore a backup.", inner),
        raw.SQLITE_CONSTRAINT => new(Constraint, $"The database refused a row ({detail}).", inner),
        _ => new("storage_failed", $"The database failed: {detail} (SQLite {result}).", inner),
    };

    /// <summary>A single entry is at fault, not the database.</summary>
    public const string Constraint = "storage_constraint";
}
