using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Execution;

/// <summary>One attempt of a node: what it says, streams and uses goes from here into the run's events, redacted.</summary>
sealed class NodeAttempt(ActiveRun run, NodeInvoker invoker, IVariables variables, SecretRedactor redactor, IRunStore store, ChildRuns children) : INodeHost
{
    readonly Lock gate = new();
    readonly List<ThreadMessage> messages = [];
    StreamRedactor? stream;
    TokenUsage usage;
    long streamed;

    public RunScope Run => run.Scope;

    public IReadOnlyList<ThreadMessage> Messages
    {
        get
        {
            lock (gate)
                return [.. messages];
        }
    }

    public TokenUsage Used
    {
        get
        {
            lock (gate)
                return usage;
        }
    }

    /// <summary>What the caller is to be answered; null when the node said nothing of it.</summary>
    public RunResponse? Response { get; private set; }

    public void Respond(RunResponse response) => Response = response;

    public string? FindVariable(string name) => run.Variables?.Find(name) ?? variables.Find(name);

    public void Log(Node node, IReadOnlyList<int> iteration, int attempt, LogLevelName level, string text) =>
        run.Log.Add(RunEventTypes.Log, node.Id, iteration, attempt, (level, text: redactor.Redact(text)), static (json, line) =>
        {
            json.WriteString("level"u8, NameOf(line.level));
            json.WriteString("text"u8, line.text);
        });

    public void Token(Node node, IReadOnlyList<int> iteration, int attempt, string text)
    {
        lock (gate)
        {
            stream ??= redactor.Stream();
            Show(node, iteration, attempt, stream.Push(text));
        }
    }

    /// <summary>Shows what the stream still holds back.</summary>
    public void EndStream(Node node, IReadOnlyList<int> iteration, int attempt)
    {
        lock (gate)
        {
            if (stream is not null)
                Show(node, iteration, attempt, stream.Flush());
            stream = null;
        }
    }

    public void Usage(Node node, IReadOnlyList<int> iteration, TokenUsage usage)
    {
        lock (gate)
            this.usage += usage;
    }

    public void Say(ThreadMessage message)
    {
        lock (gate)
            messages.Add(message);
    }

    public Task<IReadOnlyList<ThreadMessage>> MessagesAsync(string? sessionId, int limit, CancellationToken cancellationToken) =>
        store.MessagesAsync(sessionId is null || sessionId == run.Scope.SessionId ? run.Scope.ThreadId : ThreadIds.Of(run.Scope.FlowId, sessionId), limit, cancellationToken);

    public (Node Node, ComponentDescriptor Descriptor, INodeExecutor Executor) FindNode(string id)
    {
        var node = run.Plan.Nodes.First(n => n.Node.Id == id);
        return (node.Node, node.Descriptor, node.Executor);
    }

    public ValueTask<PartResult> PartAsync(NodePart part, CancellationToken cancellationToken) => invoker.PartAsync(run, part, cancellationToken);

    public async Task<ChildRun> StartChildAsync(NodeContext node, string flow, JsonElement input, CancellationToken cancellationToken)
    {
        var (child, started) = await children.StartAsync(run, node, flow, input, cancellationToken);
        Seen(child);
        run.Log.Add(RunEventTypes.Log, node.Node.Id, node.Iteration, node.Attempt, (started, child, name: redactor.Redact(child.FlowName)), static (json, c) =>
        {
            json.WriteString("level"u8, NameOf(LogLevelName.Info));
            json.WriteString("text"u8, c.started ? $"Started a run of {c.name}: {c.child.RunId}." : $"Goes on with the run of {c.name} that was started before: {c.child.RunId}.");
            json.WriteString("run_id"u8, c.child.RunId);
        });
        return child;
    }

    public async Task<ChildRun?> FindChildAsync(Guid runId, CancellationToken cancellationToken)
    {
        var child = await children.FindAsync(runId, cancellationToken);
        if (child is not null)
            Seen(child);
        return child;
    }

    void Seen(ChildRun child)
    {
        if (RunNames.IsFinal(child.Status))
            run.See(child.RunId);
    }

    static string NameOf(LogLevelName level) => level switch
    {
        LogLevelName.Debug => "debug",
        LogLevelName.Warning => "warning",
        LogLevelName.Error => "error",
        _ => "info",
    };

    void Show(Node node, IReadOnlyList<int> iteration, int attempt, string text)
    {
        if (text.Length == 0)
            return;
        run.Log.AddToken(node.Id, iteration, attempt, text, streamed);
        streamed += text.Length;
    }
}
