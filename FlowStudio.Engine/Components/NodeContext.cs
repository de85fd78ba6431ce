using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>What a node may see and do while it runs: its inputs, its settings, its run, its log. One per attempt.</summary>
public sealed class NodeContext(Node node, ComponentDescriptor descriptor, INodeHost host) : NodeReader(node, host.FindVariable)
{
    /// <summary>The run this is a step of.</summary>
    public RunScope Run => host.Run;

    /// <summary>1 for the first attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>Which iteration of the loops around it; empty outside of loops.</summary>
    public required IReadOnlyList<int> Iteration { get; init; }

    /// <summary>Values by input port, already converted to what the port accepts; a port that takes many edges holds each.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Inputs { get; init; }

    /// <summary>How the wait ended that this node asked for; null in the first go.</summary>
    public NodeResume? Resumed { get; init; }

    /// <summary>
    /// <c>{root run}:{node}:{iteration path}</c>: the same over retries, restarts and a replay from the failed node; another for a replay from the start.
    /// </summary>
    public string IdempotencyKey => $"{Run.RootRunId}:{Node.Id}:{string.Join('.', Iteration)}";

    /// <summary>The value at an input, or null when nothing is connected.</summary>
    public JsonElement? Input(string port) => Inputs.TryGetValue(port, out var values) && values.Count > 0 ? values[0] : null;

    public JsonElement? Input(InputPort port) => Input(port.Name);

    /// <summary>All values at an input that takes many edges.</summary>
    public IReadOnlyList<JsonElement> All(InputPort port) => Inputs.TryGetValue(port.Name, out var values) ? values : [];

    /// <summary>The text at an input; when nothing is connected, the field's.</summary>
    public string Text(InputPort port, TextField? field = null) =>
        Input(port) is { } value ? JsonText.OfMessage(value) : field is null ? "" : Get(field);

    /// <summary>Whether anything hangs on an output. What nobody takes need not be made: it would only be stored.</summary>
    public bool Wants(OutputPort port) => ConnectedOutputs?.Contains(port.Name) ?? true;

    /// <summary>The output ports that have edges; null when that is not known.</summary>
    public IReadOnlyCollection<string>? ConnectedOutputs { get; init; }

    /// <summary>The same step as if the node had these settings; JSON null takes one away.</summary>
    public NodeContext With(IReadOnlyDictionary<string, JsonElement> settings)
    {
        var own = new OrderedDictionary<string, JsonElement>(Node.Settings, StringComparer.Ordinal);
        foreach (var (name, value) in settings)
            own[name] = value;
        var same = (NodeContext)MemberwiseClone();
        same.Node = Node with { Settings = own };
        return same;
    }

    /// <summary>A line in the run's log.</summary>
    public void Log(LogLevelName level, string text) => host.Log(Node, Iteration, Attempt, level, text);

    public void Log(string text) => Log(LogLevelName.Info, text);

    /// <summary>The next piece of a streamed text.</summary>
    public void Token(string text) => host.Token(Node, Iteration, Attempt, text);

    /// <summary>What a model call cost; adds up over the run.</summary>
    public void Usage(TokenUsage usage) => host.Usage(Node, Iteration, usage);

    /// <summary>Adds a message to the run's thread, in the same transaction that makes this step durable: exactly once.</summary>
    public void Say(ThreadMessage message) => host.Say(message);

    /// <summary>
    /// Says what whoever started the run, and waits, is to be answered; it is told when this step is through. The first answer of a run counts, and a
    /// later one is a warning in its log.
    /// </summary>
    public void Respond(RunResponse response) => host.Respond(response);

    /// <summary>The newest messages of the run's thread that are durable, oldest first; those of this run among them.</summary>
    public Task<IReadOnlyList<ThreadMessage>> MessagesAsync(int limit, CancellationToken cancellationToken) => host.MessagesAsync(sessionId: null, limit, cancellationToken);

    /// <summary>The newest durable messages of another session of this flow, oldest first; none when there is no such session.</summary>
    public Task<IReadOnlyList<ThreadMessage>> MessagesAsync(string sessionId, int limit, CancellationToken cancellationToken) => host.MessagesAsync(sessionId, limit, cancellationToken);

    /// <summary>The nodes wired to an input as tools, in the order of the edges.</summary>
    public IReadOnlyList<NodeTool> Tools(InputPort port) => [.. All(port).Select(ToolOf)];

    /// <summary>Does a part of this node's work as a step of its own; one that finished before, in this life of the run or an earlier one, gives what it gave.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled.</exception>
    public ValueTask<PartResult> PartAsync(NodePart part, CancellationToken cancellationToken) => host.PartAsync(part, cancellationToken);

    /// <summary>
    /// Runs another flow as a run of its own, whose end this step can wait for (<see cref="NodeResult.WaitForRun"/>). A step that is cut and begun
    /// again finds the run it had started; only after that run has failed, and the step with it, does the next attempt start another.
    /// </summary>
    /// <param name="flow">Id or endpoint name.</param>
    /// <exception cref="NodeException">There is no such flow, it cannot run, or runs are too deep inside each other; retryable when the queue is full.</exception>
    public Task<ChildRun> StartChildAsync(string flow, JsonElement input, CancellationToken cancellationToken) => host.StartChildAsync(this, flow, input, cancellationToken);

    /// <summary>A run that <see cref="StartChildAsync"/> gave, as it is now; null when it was deleted.</summary>
    public Task<ChildRun?> FindChildAsync(Guid runId, CancellationToken cancellationToken) => host.FindChildAsync(runId, cancellationToken);

    /// <summary>The descriptor the node was made from.</summary>
    public ComponentDescriptor Descriptor { get; } = descriptor;

    NodeTool ToolOf(JsonElement value)
    {
        var bound = new Dictionary<string, IReadOnlyList<JsonElement>>(StringComparer.Ordinal);
        if (value.TryGetProperty("inputs", out var inputs) && inputs.ValueKind is JsonValueKind.Object)
        {
            foreach (var port in inputs.EnumerateObject())
                bound[port.Name] = [.. port.Value.EnumerateArray()];
        }
        var (node, descriptor, executor) = host.FindNode(value.GetProperty("node_id").GetString() ?? "");
        IReadOnlyList<InputPort> ports = descriptor.DynamicInputs is { } dynamic ? [.. descriptor.Inputs, .. dynamic(node)] : descriptor.Inputs;
        return new NodeTool(node, descriptor, executor, ports, bound);
    }
}

/// <summary>The run around a node.</summary>
public sealed record RunScope
{
    readonly RunTrigger? origin;

    public required Guid RunId { get; init; }

    /// <summary>The first run of a chain of replays from the failed node; the run itself when it is none.</summary>
    public required Guid RootRunId { get; init; }

    public required Guid FlowId { get; init; }

    public required string FlowName { get; init; }

    public required Guid ThreadId { get; init; }

    /// <summary>What people call the thread: the caller's session id, or the thread's id.</summary>
    public required string SessionId { get; init; }

    public required RunTrigger Trigger { get; init; }

    /// <summary>What started the run that this one replays, or the first of a chain; the trigger itself when it is no replay.</summary>
    public RunTrigger Origin
    {
        get => origin ?? Trigger;
        init => origin = value;
    }

    /// <summary>The run that started this one as a step of its own; null when none did.</summary>
    public Guid? ParentRunId { get; init; }

    /// <summary>How many runs are around this one.</summary>
    public int Depth { get; init; }

    /// <summary>What the run was started with.</summary>
    public required JsonElement Input { get; init; }

    /// <summary>How it was called; null when it was not called by HTTP.</summary>
    public CallDetails? Call { get; init; }
}

/// <summary>What the runner offers to a node; implemented by the execution room, faked in components' tests.</summary>
public interface INodeHost
{
    RunScope Run { get; }

    string? FindVariable(string name);

    void Log(Node node, IReadOnlyList<int> iteration, int attempt, LogLevelName level, string text);

    void Token(Node node, IReadOnlyList<int> iteration, int attempt, string text);

    void Usage(Node node, IReadOnlyList<int> iteration, TokenUsage usage);

    void Say(ThreadMessage message);

    /// <inheritdoc cref="NodeContext.Respond"/>
    void Respond(RunResponse response);

    /// <summary>The newest durable messages of a session of the run's flow, oldest first.</summary>
    /// <param name="sessionId">Null: the run's own thread.</param>
    Task<IReadOnlyList<ThreadMessage>> MessagesAsync(string? sessionId, int limit, CancellationToken cancellationToken);

    /// <summary>A node of the flow, which exists.</summary>
    (Node Node, ComponentDescriptor Descriptor, INodeExecutor Executor) FindNode(string id);

    /// <summary>Does a part of the node's work as a step of its own, unless it was done before.</summary>
    ValueTask<PartResult> PartAsync(NodePart part, CancellationToken cancellationToken);

    /// <inheritdoc cref="NodeContext.StartChildAsync"/>
    Task<ChildRun> StartChildAsync(NodeContext node, string flow, JsonElement input, CancellationToken cancellationToken);

    /// <inheritdoc cref="NodeContext.FindChildAsync"/>
    Task<ChildRun?> FindChildAsync(Guid runId, CancellationToken cancellationToken);
}

/// <summary>A run that a step started, as the step sees it.</summary>
/// <param name="FlowName">Empty when the flow was deleted.</param>
/// <param name="Output">What it gave; null until it has succeeded.</param>
/// <param name="Error">Why it did not succeed.</param>
public sealed record ChildRun(Guid RunId, Guid FlowId, string FlowName, RunStatus Status, JsonElement Output, RunError? Error);
