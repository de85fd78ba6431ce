using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>Short ways to say a command and to read its columns.</summary>
static class SqliteCommands
{
    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row; null when there is none or it is NULL.</summary>
    public static object? Scalar(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>A command with its parameters: ids as bytes, times as microseconds, null as NULL.</summary>
    public static SqliteCommand Command(this SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value switch
            {
                null => DBNull.Value,
                Guid id => GuidBytes.Of(id),
                DateTimeOffset time => UnixMicros.Of(time),
                _ => value,
            });
        }
        return command;
    }

    public static Guid Id(this SqliteDataReader row, int column) => GuidBytes.Read(row.GetFieldValue<byte[]>(column));

    public static Guid? IdOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.Id(column);

    public static DateTimeOffset Time(this SqliteDataReader row, int column) => UnixMicros.Read(row.GetInt64(column));

    public static DateTimeOffset? TimeOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    public static string? TextOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
