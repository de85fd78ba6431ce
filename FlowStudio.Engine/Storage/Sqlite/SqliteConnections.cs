using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>
/// Every connection to the database: one writer, any number of readers. Readers see the last commit, never wait for the writer, cannot
/// write, and never move the write-ahead log into the file: that is the writer's work alone (SQLite before 3.51.3 could damage a file
/// when several connections did it at once).
/// </summary>
sealed class SqliteConnections : IDisposable
{
    /// <summary>How long SQLite itself waits for a lock before it gives up, in milliseconds.</summary>
    public const int BusyMilliseconds = 5000;

    readonly string readers;
    readonly string writer;
    readonly Lazy<DbContextOptions<StudioDbContext>> contexts;

    public SqliteConnections(EngineOptions options)
        : this(PathIn(options.DataDirectory))
    {
    }

    public SqliteConnections(string path)
    {
        SqliteBridge.Initialize();
        DatabasePath = path;
        // DefaultTimeout: after SQLite has waited, the ADO provider would go on trying in 150 ms sleeps for so many seconds; 0 means for ever.
        var shared = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 1 };
        readers = new SqliteConnectionStringBuilder(shared.ConnectionString) { Pooling = true }.ConnectionString;
        writer = new SqliteConnectionStringBuilder(shared.ConnectionString) { Pooling = false }.ConnectionString;
        // Lazy: a start with nothing to migrate must not pay for EF.
        contexts = new(() => new DbContextOptionsBuilder<StudioDbContext>()
            .UseSqlite(readers)
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
            .AddInterceptors(new ReaderPragmas())
            .Options);
    }

    public string DatabasePath { get; }

    /// <summary>The database's place in a data directory.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(Path.GetFullPath(dataDirectory), "flowstudio.db");

    /// <summary>A connection that only reads; dispose it to give it back.</summary>
    public async ValueTask<SqliteConnection> OpenReaderAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(readers);
        try
        {
            await connection.OpenAsync(cancellationToken);
            MakeReader(connection);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A context that only reads and tracks nothing.</summary>
    public StudioDbContext Read() => new(contexts.Value);

    /// <summary>
    /// The connection that writes: there must be one at a time in the process. A commit returns when the disk has it (<c>synchronous=FULL</c>).
    /// The write-ahead log is cut back to 64 MiB after a burst.
    /// </summary>
    public SqliteConnection OpenWriter()
    {
        var connection = new SqliteConnection(writer);
        try
        {
            connection.Open();
            connection.Execute(FormattableString.Invariant(
                $"PRAGMA busy_timeout={BusyMilliseconds}; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF;"));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Closes the readers that wait in the pool.</summary>
    public void Dispose()
    {
        using var any = new SqliteConnection(readers);
        SqliteConnection.ClearPool(any);
    }

    static void MakeReader(SqliteConnection connection) => connection.Execute(FormattableString.Invariant(
        $"PRAGMA busy_timeout={BusyMilliseconds}; PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=134217728; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY;"));

    sealed class ReaderPragmas : DbConnectionInterceptor
    {
        public override void ConnectionOpened(System.Data.Common.DbConnection connection, ConnectionEndEventData eventData) => MakeReader((SqliteConnection)connection);

        public override Task ConnectionOpenedAsync(System.Data.Common.DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            MakeReader((SqliteConnection)connection);
            return Task.CompletedTask;
        }
    }
}
