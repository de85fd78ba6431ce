using SQLitePCL;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>A prepared command of the writing connection, bound and stepped without allocation: the journal's speed is the product's.</summary>
sealed class SqliteStatement : IDisposable
{
    readonly sqlite3 database;
    readonly sqlite3_stmt statement;

    public SqliteStatement(sqlite3 database, string sql)
    {
        this.database = database;
        var result = raw.sqlite3_prepare_v2(database, sql, out statement);
        if (result != raw.SQLITE_OK)
            throw SqliteFailure.Of(result, database);
    }

    public SqliteStatement Bind(int index, ReadOnlySpan<byte> blob)
    {
        // An empty span has no address, which SQLite reads as NULL.
        Check(blob.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, index, 0) : raw.sqlite3_bind_blob(statement, index, blob));
        return this;
    }

    public SqliteStatement Bind(int index, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(index, bytes);
    }

    public SqliteStatement Bind(int index, Guid? id) => id is { } value ? Bind(index, value) : BindNull(index);

    public SqliteStatement Bind(int index, string? text)
    {
        Check(text is null ? raw.sqlite3_bind_null(statement, index) : raw.sqlite3_bind_text(statement, index, text));
        return this;
    }

    public SqliteStatement Bind(int index, long number)
    {
        Check(raw.sqlite3_bind_int64(statement, index, number));
        return this;
    }

    public SqliteStatement Bind(int index, long? number) => number is { } value ? Bind(index, value) : BindNull(index);

    public SqliteStatement BindNull(int index)
    {
        Check(raw.sqlite3_bind_null(statement, index));
        return this;
    }

    /// <summary>Runs a command that gives no rows; returns how many rows it changed.</summary>
    public int Run()
    {
        var result = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        return result is raw.SQLITE_DONE or raw.SQLITE_ROW ? raw.sqlite3_changes(database) : throw SqliteFailure.Of(result, database);
    }

    /// <summary>Steps to the first row; call <see cref="Reset"/> when it has been read.</summary>
    public bool Step() => raw.sqlite3_step(statement) switch
    {
        raw.SQLITE_ROW => true,
        raw.SQLITE_DONE => false,
        var result => throw SqliteFailure.Of(result, database),
    };

    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    public Guid Id(int column) => new(Blob(column), bigEndian: true);

    public long Number(int column) => raw.sqlite3_column_int64(statement, column);

    public void Reset() => raw.sqlite3_reset(statement);

    public void Dispose() => statement.Dispose();

    void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw SqliteFailure.Of(result, database);
    }
}
