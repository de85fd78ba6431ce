using System.Globalization;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage.Search;

/// <summary>
/// The index's own file beside the database. All in it is derived: it is begun anew when it is missing, damaged, of another version, or ahead of the
/// database (which was then restored from a backup). So its commits need not wait for the disk, and cost the database's writer nothing.
/// </summary>
sealed class SearchDatabase : IDisposable
{
    /// <summary>Another number makes every server build its index anew: raise it when what is searchable changes.</summary>
    const int Version = 1;

    readonly SqliteConnections connections;

    SearchDatabase(SqliteConnections connections, SqliteConnection writer)
    {
        this.connections = connections;
        Writer = writer;
    }

    public SqliteConnection Writer { get; }

    public static string PathIn(string dataDirectory) => Path.Combine(Path.GetFullPath(dataDirectory), "search.db");

    /// <param name="highest">The highest number that an ended run has in the database.</param>
    /// <param name="begun">Why the index was begun anew; null when it was not.</param>
    public static SearchDatabase Open(string path, long highest, out string? begun)
    {
        begun = File.Exists(path) ? null : "there was none";
        if (begun is null)
        {
            SearchDatabase? found = null;
            try
            {
                found = OpenFile(path);
                begun = Convert.ToInt64(found.Writer.Scalar("PRAGMA user_version"), CultureInfo.InvariantCulture) != Version ? "it was of another version"
                    : found.Writer.Scalar("SELECT value FROM progress") is not long cursor ? "it was incomplete"
                    : cursor > highest ? "it was ahead of the database"
                    : null;
            }
            catch (SqliteException e)
            {
                begun = $"it could not be read ({e.Message})";
            }
            if (begun is null && found is not null)
                return found;
            found?.Dispose();
        }
        Delete(path);
        return Create(path);
    }

    public ValueTask<SqliteConnection> OpenReaderAsync(CancellationToken cancellationToken) => connections.OpenReaderAsync(cancellationToken);

    public void Dispose()
    {
        Writer.Dispose();
        connections.Dispose();
    }

    static SearchDatabase OpenFile(string path)
    {
        var opened = new SqliteConnections(path);
        try
        {
            var writer = opened.OpenWriter();
            writer.Execute("PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8192;");
            return new(opened, writer);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    static SearchDatabase Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(path, options).Dispose();
        var made = OpenFile(path);
        // The version comes last: a file without it is begun anew.
        made.Writer.Execute(FormattableString.Invariant(
            $"""
            PRAGMA journal_mode=WAL;
            BEGIN;
            CREATE TABLE progress (value INTEGER NOT NULL);
            INSERT INTO progress VALUES (0);
            CREATE TABLE shards (id INTEGER PRIMARY KEY, low INTEGER NOT NULL UNIQUE, docs INTEGER NOT NULL);
            CREATE TABLE docs (rowid INTEGER PRIMARY KEY, id BLOB NOT NULL);
            CREATE TABLE again (id BLOB PRIMARY KEY) WITHOUT ROWID;
            PRAGMA user_version={Version};
            COMMIT;
            """));
        return made;
    }

    static void Delete(string path)
    {
        foreach (var end in (ReadOnlySpan<string>)["", "-wal", "-shm", "-journal"])
            File.Delete(path + end);
    }
}
