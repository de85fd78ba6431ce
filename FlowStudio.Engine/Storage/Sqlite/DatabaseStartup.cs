using System.Globalization;
using System.Reflection;
using FlowStudio.Engine.Journal;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>
/// Takes the data directory for this process, checks the database and brings its schema up to date. Whatever is wrong ends here, in one
/// message that names the path and what to do, before anything was changed.
/// </summary>
public sealed class DatabaseStartup : IDisposable
{
    /// <summary>Files up to this size are checked page by page; larger ones by their first pages only, so that a start stays fast.</summary>
    const long CheckedWhole = 8 * 1024 * 1024;

    readonly string directory;
    readonly string path;
    readonly ILogger<DatabaseStartup> log;
    readonly Assembly migrations;
    FileStream? owned;

    public DatabaseStartup(EngineOptions options, ILogger<DatabaseStartup> log)
        : this(options, log, typeof(StudioMigrations).Assembly)
    {
    }

    /// <param name="migrations">Has the migrations: tests bring later ones.</param>
    internal DatabaseStartup(EngineOptions options, ILogger<DatabaseStartup> log, Assembly migrations)
    {
        this.migrations = migrations;
        directory = Path.GetFullPath(options.DataDirectory);
        path = SqliteConnections.PathIn(directory);
        this.log = log;
    }

    /// <summary>Whether <see cref="Open"/> has made the database.</summary>
    public bool IsNew { get; private set; }

    /// <summary>Opens or creates the database, and holds the data directory until disposed.</summary>
    /// <exception cref="StorageException">It cannot be used: the host prints the message and exits.</exception>
    public void Open()
    {
        SqliteBridge.Initialize();
        try
        {
            CreateDirectory();
            Own();
            CheckFile();
            Prepare();
        }
        catch (Exception e)
        {
            Dispose();
            throw e is StorageException ? e : Explain(e);
        }
    }

    public void Dispose()
    {
        owned?.Dispose();
        owned = null;
    }

    void CreateDirectory()
    {
        if (Directory.Exists(directory))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The lock goes with the process, however it ends.</summary>
    void Own()
    {
        var lockPath = Path.Combine(directory, "flowstudio.lock");
        try
        {
            owned = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(lockPath))
        {
            throw new StorageException("storage_locked",
                $"Another FlowStudio process is using the data directory '{directory}' (it holds '{lockPath}'). Stop that process, or give this one a directory of its own with {EngineOptions.Section}:DataDirectory.", e);
        }
    }

    void CheckFile()
    {
        if (Directory.Exists(path))
            throw new StorageException("storage_damaged", $"'{path}' is a folder; the database must be a file. Move the folder away, or choose another {EngineOptions.Section}:DataDirectory.");
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            // Only the server's user may read it; SQLite gives the files beside it the same mode.
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            new FileStream(path, options).Dispose();
            return;
        }
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> header = stackalloc byte[16];
        var read = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read > 0 && !header[..read].SequenceEqual("SQLite format 3\0"u8))
            throw Damaged("it is not an SQLite database");
    }

    void Prepare()
    {
        using var connections = new SqliteConnections(path);
        using var connection = connections.OpenWriter();
        if (SQLitePCL.raw.sqlite3_db_readonly(SqliteBridge.Handle(connection), "main") == 1)
            throw ReadOnly(inner: null);
        var applied = Applied(connection);
        var known = StudioMigrations.Known(migrations);
        if (applied.FirstOrDefault(a => !known.Contains(a, StringComparer.Ordinal)) is { } newer)
        {
            throw new StorageException("storage_newer",
                $"The database '{path}' was written by a newer FlowStudio (it has the migration '{newer}'). Start that version or a newer one, or restore a backup that this version made.");
        }
        CheckPages(connection);
        if (connection.Scalar("PRAGMA journal_mode=WAL") as string is not "wal")
            throw new StorageException("storage_failed", $"The file system of '{path}' cannot share memory between SQLite's connections (write-ahead log). Put {EngineOptions.Section}:DataDirectory on a local disk.");
        if (known.FirstOrDefault(k => !applied.Contains(k, StringComparer.Ordinal)) is { } first)
            Migrate(connection, first, isNew: applied.Count == 0);
        CheckTables(connection);
        IsNew = applied.Count == 0;
    }

    static List<string> Applied(SqliteConnection connection)
    {
        var applied = new List<string>();
        if (connection.Scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsHistory'") is null)
            return applied;
        using var command = connection.Command("SELECT MigrationId FROM __EFMigrationsHistory ORDER BY MigrationId");
        using var rows = command.ExecuteReader();
        while (rows.Read())
            applied.Add(rows.GetString(0));
        return applied;
    }

    void CheckPages(SqliteConnection connection)
    {
        var size = Number(connection, "PRAGMA page_size") * Number(connection, "PRAGMA page_count");
        var length = new FileInfo(path).Length;
        // With a log beside it, the file may rightly be shorter: the rest is still in the log.
        if (length < size && new FileInfo(path + "-wal") is not { Exists: true, Length: > 0 })
            throw Damaged(FormattableString.Invariant($"it should have {size} bytes and has {length}"));
        if (length <= CheckedWhole && connection.Scalar("PRAGMA quick_check(1)") is string verdict && verdict != "ok")
            throw Damaged(verdict);
    }

    /// <summary>A table that the history promises and the file does not have: a migration was torn, or somebody dropped it.</summary>
    void CheckTables(SqliteConnection connection)
    {
        foreach (var table in StudioMigrations.Tables)
        {
            if (connection.Scalar($"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{table}'") is null)
                throw Damaged($"the table '{table}' is missing");
            connection.Scalar($"SELECT 1 FROM {table} LIMIT 1");
        }
    }

    void Migrate(SqliteConnection connection, string first, bool isNew)
    {
        if (isNew && connection.Scalar("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_\\_EF%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 1") is string foreign)
            throw Damaged($"it has the table '{foreign}', but no record of how it came there: it is no FlowStudio database, or one whose first migration was torn");
        // The migrator waits for this row for ever. The directory is ours, so a row that is there was left by a process that was killed.
        if (connection.Scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsLock'") is not null)
            connection.Execute("DELETE FROM __EFMigrationsLock");
        if (!isNew)
            BackUp(connection, first);
        try
        {
            StorageLog.Migrating(log, path, first);
            using var db = new StudioDbContext(new DbContextOptionsBuilder<StudioDbContext>().UseSqlite(connection, sqlite => sqlite.MigrationsAssembly(migrations)).Options);
            db.Database.Migrate();
        }
        catch (Exception e) when (!isNew && e is not StorageException)
        {
            throw new StorageException("storage_failed",
                $"The database '{path}' could not be brought up to date ({e.Message}). A copy from before lies at '{BackupPath(first)}': put it in place of the database to go on with the version that wrote it, and report this.", e);
        }
    }

    void BackUp(SqliteConnection connection, string migration)
    {
        var backup = BackupPath(migration);
        var unfinished = backup + ".tmp";
        File.Delete(unfinished);
        using (var copy = connection.Command("VACUUM INTO @path", ("@path", unfinished)))
            copy.ExecuteNonQuery();
        using (var file = new FileStream(unfinished, FileMode.Open, FileAccess.ReadWrite))
            file.Flush(flushToDisk: true);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(unfinished, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(unfinished, backup, overwrite: true);
        StorageLog.BackedUp(log, backup);
    }

    string BackupPath(string migration) => Path.Combine(directory, $"flowstudio-before-{migration}.db");

    static long Number(SqliteConnection connection, string sql) => Convert.ToInt64(connection.Scalar(sql), CultureInfo.InvariantCulture);

    StorageException Damaged(string how, Exception? inner = null) =>
        new("storage_damaged", $"The database '{path}' cannot be used: {how}. Restore a backup in its place (with the server stopped, and without '{path}-wal' and '{path}-shm'), or move it away to start empty.", inner);

    StorageException ReadOnly(Exception? inner) =>
        new("storage_read_only", $"The database '{path}' cannot be written: the file or its folder is read-only for this process. Give the server's user the right to write both, or choose another {EngineOptions.Section}:DataDirectory.", inner);

    StorageException Explain(Exception e) => e switch
    {
        SqliteException sqlite => SqliteFailure.Of(sqlite.SqliteExtendedErrorCode, sqlite.Message).Code switch
        {
            "storage_full" => new("storage_full", $"The disk with '{path}' is full. Free some space and start again.", e),
            "storage_locked" => new("storage_locked", $"Another program holds the database '{path}'. Close it and start again.", e),
            "storage_read_only" => ReadOnly(e),
            "storage_damaged" => Damaged(sqlite.Message, e),
            _ => new("storage_failed", $"The database '{path}' cannot be opened: {sqlite.Message} Check the file and its folder.", e),
        },
        UnauthorizedAccessException => ReadOnly(e),
        IOException => new("storage_failed", $"The data directory '{directory}' cannot be used: {e.Message} Choose another with {EngineOptions.Section}:DataDirectory.", e),
        _ => new("storage_failed", $"The database '{path}' cannot be opened: {e.Message}", e),
    };
}
