using BenchmarkDotNet.Attributes;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowStudio.Benchmarks.Micro;

/// <summary>A run of ten pure nodes with nothing around it: no HTTP, no queue, no disk.</summary>
public class RunnerBenchmarks : IDisposable
{
    const int Nodes = 10;

    readonly MicroEngine engine = new();
    FlowRunner? runner;
    FlowPlan? plan;
    RunEventHub? hub;
    RunJournal? journal;

    [GlobalSetup]
    public void SetUp()
    {
        (runner, hub, journal) = (engine.Get<FlowRunner>(), engine.Get<RunEventHub>(), engine.Get<RunJournal>());
        plan = FlowPlan.Compile(Documents.Chain(Nodes), engine.Get<ComponentCatalog>());
    }

    [Benchmark(Description = "Run of 10 pure nodes, in memory")]
    public async Task RunAsync()
    {
        if (runner is null || plan is null || hub is null || journal is null)
            throw new InvalidOperationException("SetUp comes first.");
        var now = TimeProvider.System.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var scope = new RunScope
        {
            RunId = id,
            RootRunId = id,
            FlowId = id,
            FlowName = "Micro",
            ThreadId = id,
            SessionId = "micro",
            Trigger = RunTrigger.Api,
            Origin = RunTrigger.Api,
            Input = Input,
        };
        using var slots = new SemaphoreSlim(1);
        using var run = new ActiveRun(scope, new ChatThread(id, id, "micro", now), plan, RunHistory.Fold([]), new RetryPolicy(0, TimeSpan.Zero, TimeSpan.Zero), hub.Open(id, id, 2, TimeProvider.System),
            journal, new WorkSlot(slots), now);
        if (await runner.RunAsync(run) is not RunnerOutcome.Succeeded)
            throw new InvalidOperationException("The run did not succeed.");
        run.Log.Close();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        engine.Dispose();
        GC.SuppressFinalize(this);
    }

    static System.Text.Json.JsonElement Input { get; } = System.Text.Json.JsonSerializer.SerializeToElement(new { order = new { id = 4711 }, customer = new { name = "Ada" } });
}

/// <summary>The journal's way to the disk: 64 acceptances that share a transaction and its flush, per acceptance.</summary>
public class JournalBenchmarks : IAsyncDisposable
{
    const int Group = 64;

    static readonly byte[] Line = [.. Enumerable.Repeat((byte)'x', 299), (byte)'\n'];

    readonly string directory = Directory.CreateTempSubdirectory("flowstudio-micro-").FullName;
    readonly Guid flow = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
    readonly ValueTask<bool>[] pending = new ValueTask<bool>[Group];
    SqliteConnections? connections;
    SqliteWriteLane? lane;
    RunJournal? journal;

    [GlobalSetup]
    public void SetUp()
    {
        var options = new EngineOptions { DataDirectory = directory };
        using (var startup = new DatabaseStartup(options, NullLogger<DatabaseStartup>.Instance))
            startup.Open();
        connections = new SqliteConnections(options);
        lane = new SqliteWriteLane(connections.OpenWriter(), options, NullLogger<SqliteWriteLane>.Instance);
        journal = new RunJournal(lane);
    }

    [Benchmark(Description = "Journal: an acceptance, in groups of 64", OperationsPerInvoke = Group)]
    public async Task AcceptAsync()
    {
        if (journal is null)
            throw new InvalidOperationException("SetUp comes first.");
        for (var i = 0; i < Group; i++)
            pending[i] = journal.WriteAsync(Entry());
        foreach (var one in pending)
            await one;
    }

    [GlobalCleanup]
    public void CleanUp() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (lane is not null)
            await lane.DisposeAsync();
        connections?.Dispose();
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    AcceptEntry Entry()
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        return new AcceptEntry
        {
            RunId = id,
            Events = new EventChunk(id, 1, 1, Line),
            Run = new Run
            {
                Id = id,
                FlowId = flow,
                FlowVersionId = flow,
                Status = RunStatus.Queued,
                Trigger = RunTrigger.Webhook,
                ThreadId = id,
                RootRunId = id,
                CreatedAt = now,
            },
        };
    }
}
