using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>A database that cannot write for a while: nothing is half accepted, nothing at work is lost, and it goes on by itself.</summary>
public class StorageTroubleTests
{
    static FlowBuilder Greeting() => new FlowBuilder()
        .Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Hello {name}" }).Node("out", "ChatOutput")
        .Edge("in.output_data", "text.data").Edge("text.text", "out.input_value");

    [Fact]
    public async Task A_full_disk_refuses_new_runs_keeps_those_at_work_and_goes_on_when_there_is_space()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Greeting().Build());
        await engine.EndOfAsync(await engine.StartRunAsync(flow));
        var big = $$"""{"name":"{{new string('x', 200_000)}}"}""";
        await LimitPagesAsync(engine, "(SELECT page_count FROM pragma_page_count)");
        var refused = await engine.TryStartRunAsync(flow, big);
        refused.Outcome.ShouldBe(IntakeOutcome.StorageUnavailable);
        refused.Code.ShouldBe("storage_full");
        refused.RetryAfter.ShouldNotBeNull();
        (await engine.Runs.ListAsync(new RunFilter(), cursor: null, 10, CancellationToken.None)).Items.Count.ShouldBe(1);
        await LimitPagesAsync(engine, "1000000");
        await engine.EndOfAsync(await engine.StartRunAsync(flow, big));
    }

    [Fact]
    public async Task A_run_at_work_waits_for_a_database_that_cannot_write_and_then_ends()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("nap", "Delay", new { seconds = 0.3 })
            .Node("text", "DataToMessage", new { template = "Hello {name}" }).Node("out", "ChatOutput")
            .Edge("in.output_data", "nap.input").Edge("nap.output", "text.data").Edge("text.text", "out.input_value").Build());
        var run = await engine.StartRunAsync(flow, """{"name":"Ada"}""");
        await EngineFixture.UntilAsync(() => Task.FromResult(engine.Get<ActiveRuns>().Find(run) is not null), "the run is at work");
        await using var intruder = new SqliteConnection($"Data Source={Path.Combine(engine.Directory, "flowstudio.db")};Pooling=False");
        await intruder.OpenAsync();
        await ExecuteAsync(intruder, "BEGIN IMMEDIATE");
        // The end of the run meets the lock, and with it the lane says what is wrong.
        await EngineFixture.UntilAsync(() => Task.FromResult(engine.Get<SqliteWriteLane>().Trouble is not null), "the lane is in trouble");
        var refused = await engine.TryStartRunAsync(flow);
        refused.Outcome.ShouldBe(IntakeOutcome.StorageUnavailable);
        refused.Code.ShouldBe("storage_locked");
        await ExecuteAsync(intruder, "ROLLBACK");
        var ended = await engine.EndOfAsync(run);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("Hello Ada");
        engine.Get<SqliteWriteLane>().Trouble.ShouldBeNull();
        (await engine.Runs.ListAsync(new RunFilter(), cursor: null, 10, CancellationToken.None)).Items.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_commit_is_on_disk_before_anyone_is_told()
    {
        await using var engine = await EngineFixture.StartAsync();
        var (synchronous, mode) = await engine.Get<IWriteLane>().RunAsync((connection, transaction) =>
        {
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "SELECT (SELECT synchronous FROM pragma_synchronous), (SELECT journal_mode FROM pragma_journal_mode)";
            using var row = command.ExecuteReader();
            row.Read();
            return (row.GetInt64(0), row.GetString(1));
        }, CancellationToken.None);
        synchronous.ShouldBe(2, "FULL: WAL's default would lose the last commits at a power cut");
        mode.ShouldBe("wal");
    }

    /// <summary>A disk of so many pages: SQLite then answers as it does when the disk is full.</summary>
    static Task LimitPagesAsync(EngineFixture engine, string pages) => engine.Get<IWriteLane>().RunAsync((connection, transaction) =>
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"SELECT {pages}";
        var limit = Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
        command.CommandText = $"PRAGMA max_page_count = {limit}";
        command.ExecuteScalar();
        return 0;
    }, CancellationToken.None);

    static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
