using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage;
using FlowStudio.Engine.Storage.Search;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;

namespace FlowStudio.Tests.Storage;

/// <summary>A real database in a folder of its own, with the real write lane and a clock that moves when told.</summary>
sealed class StorageFixture : IAsyncDisposable
{
    readonly DatabaseStartup startup;

    public StorageFixture()
    {
        Folder = new TemporaryFolder();
        Options = new EngineOptions { DataDirectory = Folder.Path };
        startup = new DatabaseStartup(Options, NullLogger<DatabaseStartup>.Instance);
        startup.Open();
        Connections = new SqliteConnections(Options);
        Lane = new SqliteWriteLane(Connections.OpenWriter(), Options, NullLogger<SqliteWriteLane>.Instance);
        Flows = new FlowStore(Connections, Lane, Clock);
        Search = new SearchIndex(Options, Connections, NullLogger<SearchIndex>.Instance);
        Runs = new RunStore(Connections, Lane, Flows, new TestShapes(), Search);
        Journal = new RunJournal(Lane);
    }

    public TemporaryFolder Folder { get; }

    public EngineOptions Options { get; }

    public ManualClock Clock { get; } = new();

    public SqliteConnections Connections { get; }

    public SqliteWriteLane Lane { get; }

    public FlowStore Flows { get; }

    public RunStore Runs { get; }

    public SearchIndex Search { get; }

    public RunJournal Journal { get; }

    public static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await Lane.DisposeAsync();
        Search.Dispose();
        Connections.Dispose();
        startup.Dispose();
        Folder.Dispose();
    }

    public Flow NewFlow(string name = "Greeter", string? endpoint = null, string text = "Hello {name}") => new()
    {
        Id = Guid.CreateVersion7(Clock.GetUtcNow()),
        Name = name,
        EndpointName = endpoint,
        Draft = Document(text),
    };

    /// <summary>A webhook, a template, an output.</summary>
    public static FlowDocument Document(string text) => FlowJson.Parse(
        $$$"""
        {"schema":1,"nodes":[
          {"id":"hook","type":"Webhook","title":"","position":{"x":0,"y":0},"settings":{}},
          {"id":"fill","type":"DataToMessage","title":"Fill","position":{"x":1.5,"y":-20},"settings":{"template":{{{System.Text.Json.JsonSerializer.Serialize(text)}}}}},
          {"id":"out","type":"ChatOutput","title":"","position":{"x":2,"y":0},"settings":{}},
          {"id":"lone","type":"Prompt","title":"","position":{"x":3,"y":0},"settings":{}}],
         "edges":[{"from":{"node":"hook","port":"data"},"to":{"node":"fill","port":"data"}},{"from":{"node":"fill","port":"text"},"to":{"node":"out","port":"message"}}],
         "notes":[]}
        """);

    /// <summary>A run as intake would accept it, through the journal.</summary>
    public async Task<Run> AcceptAsync(Guid flowId, RunTrigger trigger = RunTrigger.Webhook, Guid? versionId = null, FlowVersion? version = null)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        var now = Clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var run = new Run { Id = id, FlowId = flowId, FlowVersionId = version?.Id ?? versionId ?? flowId, Status = RunStatus.Queued, Trigger = trigger, ThreadId = id, RootRunId = id, CreatedAt = now };
        (await Journal.WriteAsync(new AcceptEntry { RunId = id, Run = run, NewVersion = version })).ShouldBeTrue();
        return run;
    }

    public async Task EndAsync(Run run, RunStatus status, string? preview = null, RunError? error = null)
    {
        (await Journal.WriteAsync(new StartEntry { RunId = run.Id, At = Clock.GetUtcNow() })).ShouldBeTrue();
        (await Journal.WriteAsync(new EndEntry { RunId = run.Id, Status = status, At = Clock.GetUtcNow(), ResultPreview = preview, Error = error, Tokens = new(3, 4) })).ShouldBeTrue();
    }

    public Task<int> ExecuteAsync(string sql) => Lane.RunAsync(
        (connection, _) =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteNonQuery();
        },
        Token);

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var reader = await Connections.OpenReaderAsync(Token);
        return reader.Scalar(sql);
    }

    /// <summary>Webhook starts runs; ChatOutput's input takes one edge, Prompt's any number.</summary>
    sealed class TestShapes : INodeShapes
    {
        public NodeShape? ShapeOf(Node node) => node.Type switch
        {
            "Webhook" => new([], [new("data", PortType.Data)], IsTrigger: true, ReturnPort: null, []),
            "DataToMessage" => new([new("data", PortType.Data)], [new("text", PortType.Message)], IsTrigger: false, ReturnPort: null, []),
            "Collect" => new([new("items", PortType.Any) { Many = true }], [new("list", PortType.Data)], IsTrigger: false, ReturnPort: null, []),
            _ => null,
        };

        public IReadOnlyList<string> Suggest(string type) => [];
    }
}

/// <summary>A folder that goes when the test does.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("flowstudio-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A clock that stands until it is moved.</summary>
sealed class ManualClock : TimeProvider
{
    DateTimeOffset now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Advance(TimeSpan by) => now += by;
}
