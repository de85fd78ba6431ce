using System.Text;
using FlowStudio.Engine;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class DatabaseStartupTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    string Database => folder.File("flowstudio.db");

    string Backup => folder.File($"flowstudio-before-{Later.Id}.db");

    public void Dispose() => folder.Dispose();

    DatabaseStartup Program(string? directory = null) => new(new EngineOptions { DataDirectory = directory ?? folder.Path }, NullLogger<DatabaseStartup>.Instance);

    DatabaseStartup LaterProgram() => new(new EngineOptions { DataDirectory = folder.Path }, NullLogger<DatabaseStartup>.Instance, typeof(Later).Assembly);

    /// <summary>Starts and stops; tells whether the database was new.</summary>
    static bool Open(DatabaseStartup startup)
    {
        using (startup)
        {
            startup.Open();
            return startup.IsNew;
        }
    }

    StorageException Refused(DatabaseStartup startup)
    {
        var refusal = Should.Throw<StorageException>(() => startup.Open());
        // A refused start holds nothing: what it asks for can be done at once.
        if (refusal.Code != "storage_locked")
            new FileStream(folder.File("flowstudio.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
        return refusal;
    }

    object? Ask(string sql, string? path = null)
    {
        SqliteBridge.Initialize();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path ?? Database, Pooling = false }.ConnectionString);
        connection.Open();
        return connection.Scalar(sql);
    }

    [Fact]
    public void A_new_directory_and_database_are_for_the_servers_user_only()
    {
        var directory = folder.File("data/deeper");
        Open(Program(directory)).ShouldBeTrue("it is new");
        File.Exists(Path.Combine(directory, "flowstudio.db")).ShouldBeTrue();
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(directory).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.GetUnixFileMode(Path.Combine(directory, "flowstudio.db")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public void A_second_start_changes_nothing_and_makes_no_backup()
    {
        Open(Program());
        var before = File.ReadAllBytes(Database);
        Open(Program()).ShouldBeFalse("it is not new");
        File.ReadAllBytes(Database).ShouldBe(before);
        Directory.GetFiles(folder.Path, "*before*").ShouldBeEmpty();
    }

    [Fact]
    public void A_directory_in_use_is_refused_until_it_is_given_back()
    {
        using (var first = Program())
        {
            first.Open();
            var refusal = Refused(Program());
            refusal.Code.ShouldBe("storage_locked");
            refusal.Message.ShouldContain(folder.Path);
            refusal.Message.ShouldContain("FlowStudio:DataDirectory");
        }
        Open(Program());
    }

    [Fact]
    public void A_newer_database_is_refused_and_left_alone()
    {
        Open(LaterProgram());
        var before = File.ReadAllBytes(Database);
        var refusal = Refused(Program());
        refusal.Code.ShouldBe("storage_newer");
        refusal.Message.ShouldContain(Database);
        refusal.Message.ShouldContain(Later.Id);
        File.ReadAllBytes(Database).ShouldBe(before);
    }

    [Fact]
    public void An_older_database_is_backed_up_and_brought_up_to_date()
    {
        Open(Program());
        Ask("INSERT INTO variables VALUES ('variable', 'CITY', 0, x'01', 1, 1)");
        Open(LaterProgram()).ShouldBeFalse("it is not new");
        Ask("SELECT name FROM sqlite_master WHERE name = 'later'").ShouldBe("later");
        Ask("SELECT name FROM variables").ShouldBe("CITY");
        Ask("SELECT name FROM variables", Backup).ShouldBe("CITY");
        Ask("SELECT name FROM sqlite_master WHERE name = 'later'", Backup).ShouldBeNull();
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Backup).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_migration_that_fails_leaves_the_database_as_it_was()
    {
        Open(Program());
        Later.Breaks.Value = true;
        var refusal = Refused(LaterProgram());
        refusal.Code.ShouldBe("storage_failed");
        refusal.Message.ShouldContain(Backup);
        Ask("SELECT name FROM sqlite_master WHERE name = 'later'").ShouldBeNull();
        Open(Program());
    }

    [Fact]
    public void A_lock_row_of_a_killed_migration_does_not_hold_up_the_next()
    {
        Open(Program());
        Ask("CREATE TABLE IF NOT EXISTS __EFMigrationsLock (Id INTEGER NOT NULL CONSTRAINT PK___EFMigrationsLock PRIMARY KEY, Timestamp TEXT NOT NULL)");
        Ask("INSERT INTO __EFMigrationsLock VALUES (1, '2026-01-01 00:00:00')");
        Open(LaterProgram());
        Ask("SELECT name FROM sqlite_master WHERE name = 'later'").ShouldBe("later");
    }

    [Fact]
    public void A_history_without_its_tables_is_refused()
    {
        Open(Program());
        Ask("DROP TABLE run_events");
        var refusal = Refused(Program());
        refusal.Code.ShouldBe("storage_damaged");
        refusal.Message.ShouldContain("run_events");
    }

    [Fact]
    public void Tables_without_their_history_are_refused_and_left_alone()
    {
        Open(Program());
        Ask("DELETE FROM __EFMigrationsHistory");
        var refusal = Refused(Program());
        refusal.Code.ShouldBe("storage_damaged");
        refusal.Message.ShouldContain(Database);
        Ask("SELECT count(*) FROM __EFMigrationsHistory").ShouldBe(0L);
    }

    [Fact]
    public void Somebody_elses_database_is_refused()
    {
        Ask("CREATE TABLE customers (id INTEGER)");
        Refused(Program()).Message.ShouldContain("customers");
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_alone()
    {
        File.WriteAllText(Database, "Dear diary, today I was mistaken for a database.");
        var refusal = Refused(Program());
        refusal.Code.ShouldBe("storage_damaged");
        refusal.Message.ShouldContain(Database);
        File.ReadAllText(Database).ShouldStartWith("Dear diary");
    }

    [Fact]
    public void A_cut_off_database_is_refused()
    {
        Open(Program());
        using (var file = new FileStream(Database, FileMode.Open))
            file.SetLength(file.Length - 8192);
        var refusal = Refused(Program());
        refusal.Code.ShouldBe("storage_damaged");
        refusal.Message.ShouldContain("backup");
    }

    [Fact]
    public void A_page_of_rubbish_is_found()
    {
        Open(Program());
        using (var file = new FileStream(Database, FileMode.Open))
        {
            var rubbish = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("rubbish!", 512)));
            file.Position = 4096 * 2;
            file.Write(rubbish);
        }
        Refused(Program()).Code.ShouldBe("storage_damaged");
    }

    [Fact]
    public void A_folder_in_the_databases_place_is_refused()
    {
        Directory.CreateDirectory(Database);
        Refused(Program()).Message.ShouldContain(Database);
    }

    [Fact]
    public void A_data_directory_that_is_a_file_is_refused()
    {
        var file = folder.File("notes.txt");
        File.WriteAllText(file, "");
        var refusal = Should.Throw<StorageException>(() => Program(file).Open());
        refusal.Message.ShouldContain(file);
        refusal.Message.ShouldContain("FlowStudio:DataDirectory");
    }

    [Fact]
    public void A_data_directory_that_cannot_be_made_is_refused()
    {
        var directory = OperatingSystem.IsWindows() ? @"Q:\no\such\drive" : "/proc/flowstudio";
        var refusal = Should.Throw<StorageException>(() => Program(directory).Open());
        refusal.Message.ShouldContain(directory);
        refusal.Message.ShouldContain("FlowStudio:DataDirectory");
    }
}
