using System.Globalization;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public class SchemaTests
{
    [Fact]
    public async Task The_migrations_say_all_that_the_model_says()
    {
        await using var fixture = new StorageFixture();
        await using var db = fixture.Connections.Read();
        db.Database.HasPendingModelChanges().ShouldBeFalse("dotnet ef migrations add <Name> --project FlowStudio.Engine -o Storage/Sqlite/Migrations");
    }

    [Fact]
    public async Task The_start_checks_every_table_of_the_model()
    {
        await using var fixture = new StorageFixture();
        await using var db = fixture.Connections.Read();
        StudioMigrations.Tables.Order().ShouldBe(db.Model.GetEntityTypes().Select(e => e.GetTableName()).OfType<string>().Order());
    }

    [Fact]
    public async Task A_commit_waits_for_the_disk()
    {
        await using var fixture = new StorageFixture();
        var (synchronous, journal) = await fixture.Lane.RunAsync(
            (connection, _) =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = "PRAGMA synchronous";
                var mode = Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
                command.CommandText = "PRAGMA journal_mode";
                return (mode, command.ExecuteScalar() as string);
            },
            StorageFixture.Token);
        synchronous.ShouldBe(2);
        journal.ShouldBe("wal");
    }

    [Fact]
    public async Task A_reader_cannot_write_and_leaves_the_log_alone()
    {
        await using var fixture = new StorageFixture();
        await using var reader = await fixture.Connections.OpenReaderAsync(StorageFixture.Token);
        reader.Scalar("PRAGMA wal_autocheckpoint").ShouldBe(0L);
        Should.Throw<Microsoft.Data.Sqlite.SqliteException>(() => reader.Execute("DELETE FROM flows")).SqliteErrorCode.ShouldBe(8);

        await using var db = fixture.Connections.Read();
        db.Flows.Add(new() { Id = Guid.CreateVersion7(), Draft = "{}" });
        await Should.ThrowAsync<DbUpdateException>(() => db.SaveChangesAsync(StorageFixture.Token));
    }

    [Fact]
    public void Bytes_of_ids_sort_by_time()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var ids = Enumerable.Range(0, 1000).Select(i => GuidBytes.Of(Guid.CreateVersion7(start.AddMilliseconds(i * 977)))).ToList();
        ids.Zip(ids.Skip(1)).All(pair => pair.First.AsSpan().SequenceCompareTo(pair.Second) < 0).ShouldBeTrue();
        var bound = GuidBytes.LowerBound(start.AddMilliseconds(500 * 977));
        ids.Count(id => id.AsSpan().SequenceCompareTo(bound) < 0).ShouldBe(500);
    }

    [Fact]
    public void Times_keep_their_microseconds()
    {
        var time = new DateTimeOffset(2026, 11, 21, 13, 14, 15, 123, 456, TimeSpan.FromHours(2));
        UnixMicros.Read(UnixMicros.Of(time)).ShouldBe(time);
        UnixMicros.Read(UnixMicros.Of(DateTimeOffset.UnixEpoch.AddTicks(-10))).ShouldBe(DateTimeOffset.UnixEpoch.AddTicks(-10));
    }

    /// <summary>Queries that lists make: each stretch over an index, in its order; the whole sorting no more than their pages.</summary>
    [Theory]
    [InlineData("", "", "", "sqlite_autoindex_runs_1")]
    [InlineData("", "", "time", "sqlite_autoindex_runs_1 (id>? AND id<?)")]
    [InlineData("flow", "", "", "ix_runs_flow (flow_id=?")]
    [InlineData("", "failed", "api", "ix_runs_ended (status=? AND trigger=? AND id<?)")]
    [InlineData("", "failed,succeeded", "", "ix_runs_ended (status=? AND trigger=? AND id<?)")]
    [InlineData("", "", "replay", "ix_runs_ended (status=? AND trigger=? AND id<?)")]
    [InlineData("flow", "failed", "", "ix_runs_flow_ended (flow_id=? AND status=? AND trigger=? AND id<?)")]
    [InlineData("", "queued,running,waiting", "", "COVERING INDEX ix_runs_unfinished (status=? AND trigger=? AND id<?)")]
    [InlineData("flow", "running,waiting", "api", "COVERING INDEX ix_runs_unfinished (status=? AND trigger=? AND id<?)")]
    public async Task A_page_of_runs_reads_indexes_in_order(string flow, string statuses, string rest, string index)
    {
        await using var fixture = new StorageFixture();
        await using var reader = await fixture.Connections.OpenReaderAsync(StorageFixture.Token);
        var query = new RunQuery(new()
        {
            FlowId = flow.Length > 0 ? Guid.CreateVersion7() : null,
            Statuses = [.. statuses.Split(',').Select(RunNames.Status).OfType<RunStatus>()],
            Triggers = [.. rest.Split(',').Select(RunNames.Trigger).OfType<RunTrigger>()],
            From = rest == "time" ? DateTimeOffset.UnixEpoch : null,
        });
        await using var page = query.Page(reader, Guid.CreateVersion7(), rows: 51);
        var lines = await PlanAsync(page);
        lines.ShouldContain(line => line.Contains(index, StringComparison.Ordinal), string.Join('\n', lines));
        lines.ShouldNotContain(line => line.StartsWith("SCAN runs", StringComparison.Ordinal), string.Join('\n', lines));
        // Nothing is sorted but what the stretches gave, a page each.
        foreach (var (line, before) in lines.Skip(1).Zip(lines).Where(pair => pair.First.Contains("TEMP B-TREE", StringComparison.Ordinal)))
            before.ShouldStartWith("SCAN (subquery", customMessage: $"{line}\n{string.Join('\n', lines)}");

        await using var count = query.Count(reader, 10_001);
        (await PlanAsync(count)).Where(line => line.Contains("runs", StringComparison.Ordinal)).ShouldAllBe(line => line.Contains("COVERING INDEX", StringComparison.Ordinal));
    }

    static async Task<List<string>> PlanAsync(Microsoft.Data.Sqlite.SqliteCommand command)
    {
        command.CommandText = "EXPLAIN QUERY PLAN " + command.CommandText;
        await using var plan = await command.ExecuteReaderAsync(StorageFixture.Token);
        var lines = new List<string>();
        while (await plan.ReadAsync(StorageFixture.Token))
            lines.Add(plan.GetString(3));
        return lines;
    }
}
