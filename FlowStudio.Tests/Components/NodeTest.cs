using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Files;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

/// <summary>One node, run outside of any run: what goes in is set, what it does to its run is recorded.</summary>
sealed class NodeTest : INodeHost
{
    static readonly Lazy<ComponentCatalog> Shared = new(() => NewCatalog());

    readonly ComponentCatalog catalog;
    readonly Dictionary<string, IReadOnlyList<JsonElement>> inputs = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> variables = new(StringComparer.Ordinal);

    public NodeTest(string type, ComponentCatalog? catalog = null)
    {
        this.catalog = catalog ?? Shared.Value;
        Descriptor = this.catalog.Find(type).ShouldNotBeNull();
        Node = new Node { Id = "n1", Type = type };
    }

    /// <summary>The files that nodes find, on disk for as long as the tests run.</summary>
    public static TestFiles Files { get; } = new();

    /// <summary>Every component, able to call loopback only.</summary>
    public static ComponentCatalog Catalog => Shared.Value;

    public Node Node { get; private set; }

    public ComponentDescriptor Descriptor { get; }

    public RunScope Run { get; set; } = new()
    {
        RunId = Guid.Parse("01938f5e-0000-7000-8000-000000000001"),
        RootRunId = Guid.Parse("01938f5e-0000-7000-8000-000000000002"),
        FlowId = Guid.Parse("01938f5e-0000-7000-8000-000000000003"),
        FlowName = "Test",
        ThreadId = Guid.Parse("01938f5e-0000-7000-8000-000000000004"),
        SessionId = "session-1",
        Trigger = RunTrigger.Api,
        Input = JsonText.Null,
    };

    public NodeResume? Resumed { get; set; }

    public IReadOnlyCollection<string>? Connected { get; set; }

    /// <summary>The nodes of the flow around it, such as tools.</summary>
    public List<Node> Nodes { get; } = [];

    /// <summary>Parts of its work that it had done as steps of their own.</summary>
    public List<NodePart> Parts { get; } = [];

    public List<(LogLevelName Level, string Text)> Logs { get; } = [];

    public List<string> Tokens { get; } = [];

    public List<ThreadMessage> Said { get; } = [];

    /// <summary>What the run's caller was to be answered.</summary>
    public List<RunResponse> Responses { get; } = [];

    /// <summary>The thread's messages so far, oldest first.</summary>
    public List<ThreadMessage> Thread { get; } = [];

    /// <summary>Messages of other sessions.</summary>
    public Dictionary<string, List<ThreadMessage>> Sessions { get; } = new(StringComparer.Ordinal);

    public TokenUsage Used { get; private set; }

    /// <summary>The run that a node is given when it wants another flow to run.</summary>
    public ChildRun? Child { get; set; }

    /// <summary>The runs it asked for.</summary>
    public List<(string Flow, JsonElement Input)> Children { get; } = [];

    public static ComponentCatalog NewCatalog(TimeProvider? time = null, GuardedHttp? http = null, SecretRedactor? redactor = null) =>
        new(Services(time, http, redactor).BuildServiceProvider());

    public static IServiceCollection Services(TimeProvider? time = null, GuardedHttp? http = null, SecretRedactor? redactor = null) => new ServiceCollection()
        .AddSingleton(time ?? TimeProvider.System)
        .AddSingleton(http ?? new GuardedHttp(new EgressOptions { AllowLoopback = true }, TimeProvider.System))
        .AddSingleton(redactor ?? new SecretRedactor())
        .AddSingleton<IFileStore>(Files)
        .AddSingleton<FlowStudio.Engine.Files.FileOptions>()
        .AddLlm();

    /// <summary>A value from JSON.</summary>
    public static JsonElement Json(string json) => JsonSerializer.Deserialize<JsonElement>(json);

    public NodeTest Set(string field, object? value)
    {
        Node = Node with { Settings = new(Node.Settings) { [field] = value as JsonElement? ?? JsonSerializer.SerializeToElement(value) } };
        return this;
    }

    public NodeTest Titled(string title)
    {
        Node = Node with { Title = title };
        return this;
    }

    /// <summary>Sets a field when the component has it and nothing is set.</summary>
    public NodeTest Given(string field, object value) => Descriptor.Fields.Any(f => f.Name == field) && !Node.Settings.ContainsKey(field) ? Set(field, value) : this;

    /// <summary>What edges bring to an input, as JSON.</summary>
    public NodeTest In(string port, params string[] json)
    {
        inputs[port] = [.. json.Select(Json)];
        return this;
    }

    public NodeTest Variable(string name, string value)
    {
        variables[name] = value;
        return this;
    }

    public ValueTask<NodeResult> RunAsync(CancellationToken? cancellationToken = null) => catalog.Executor(Node.Type).ShouldNotBeNull().ExecuteAsync(
        new NodeContext(Node, Descriptor, this) { Attempt = 1, Iteration = [], Inputs = inputs, Resumed = Resumed, ConnectedOutputs = Connected },
        cancellationToken ?? TestContext.Current.CancellationToken);

    /// <summary>Runs it and returns what leaves a port.</summary>
    public async Task<JsonElement> OutputAsync(string port) => (await RunAsync()).Outputs.Single(o => o.Port == port).Value;

    public async Task<string> TextAsync(string port) => JsonText.Of(await OutputAsync(port));

    public async Task<NodeError> FailsAsync() => (await Should.ThrowAsync<NodeException>(async () => await RunAsync())).Error;

    public IReadOnlyList<FlowProblem> Problems() => catalog.ShapeOf(Node).ShouldNotBeNull().FieldProblems;

    string? INodeHost.FindVariable(string name) => variables.GetValueOrDefault(name);

    void INodeHost.Log(Node node, IReadOnlyList<int> iteration, int attempt, LogLevelName level, string text) => Logs.Add((level, text));

    void INodeHost.Token(Node node, IReadOnlyList<int> iteration, int attempt, string text) => Tokens.Add(text);

    void INodeHost.Usage(Node node, IReadOnlyList<int> iteration, TokenUsage usage) => Used += usage;

    Task<IReadOnlyList<ThreadMessage>> INodeHost.MessagesAsync(string? sessionId, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ThreadMessage>>([.. (sessionId is null || sessionId == Run.SessionId ? Thread : Sessions.GetValueOrDefault(sessionId, [])).TakeLast(limit)]);

    (Node Node, ComponentDescriptor Descriptor, INodeExecutor Executor) INodeHost.FindNode(string id)
    {
        var node = Nodes.Single(n => n.Id == id);
        return (node, catalog.Find(node.Type).ShouldNotBeNull(), catalog.Executor(node.Type).ShouldNotBeNull());
    }

    async ValueTask<PartResult> INodeHost.PartAsync(NodePart part, CancellationToken cancellationToken)
    {
        lock (Parts)
            Parts.Add(part);
        try
        {
            var context = new NodeContext(part.Node, part.Descriptor, this) { Attempt = 1, Iteration = part.Iteration, Inputs = part.Inputs, ConnectedOutputs = part.Outputs };
            var result = await part.Executor.ExecuteAsync(context, cancellationToken);
            return new PartResult(result.Outputs, Error: null, result.Wait);
        }
        catch (NodeException e)
        {
            return new PartResult([], e.Error);
        }
    }

    void INodeHost.Say(ThreadMessage message) => Said.Add(message);

    void INodeHost.Respond(RunResponse response) => Responses.Add(response);

    Task<ChildRun> INodeHost.StartChildAsync(NodeContext node, string flow, JsonElement input, CancellationToken cancellationToken)
    {
        Children.Add((flow, input));
        return Task.FromResult(Child.ShouldNotBeNull());
    }

    Task<ChildRun?> INodeHost.FindChildAsync(Guid runId, CancellationToken cancellationToken) => Task.FromResult(Child?.RunId == runId ? Child : null);
}

/// <summary>A clock that stands still.</summary>
sealed class StoppedClock(DateTimeOffset now) : TimeProvider
{
    public static readonly DateTimeOffset Noon = new(2025, 2, 13, 12, 0, 0, TimeSpan.Zero);

    public StoppedClock()
        : this(Noon)
    {
    }

    public override DateTimeOffset GetUtcNow() => now;
}
