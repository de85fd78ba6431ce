using System.Data.Common;
using FlowStudio.Engine.Schedules;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary><c>schedules.db</c> beside the main database: what keeps alarms has locks of its own there, which never meet the journal's.</summary>
sealed class AlarmFile : IAlarmFile
{
    readonly string path;

    public AlarmFile(EngineOptions options)
    {
        path = Path.Combine(Path.GetFullPath(options.DataDirectory), "schedules.db");
        ConnectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = true }.ConnectionString;
    }

    public DbProviderFactory Provider => SqliteFactory.Instance;

    public string ConnectionString { get; }

    public void Prepare()
    {
        SqliteBridge.Initialize();
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            new FileStream(path, options).Dispose();
        }
        using var connection = new SqliteConnection(ConnectionString);
        connection.Open();
        connection.Execute("PRAGMA journal_mode=WAL");
    }

    public void Discard()
    {
        using (var any = new SqliteConnection(ConnectionString))
            SqliteConnection.ClearPool(any);
        foreach (var file in (string[])[path, path + "-wal", path + "-shm", path + "-journal"])
            File.Delete(file);
    }
}
