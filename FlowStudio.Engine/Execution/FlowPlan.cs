using System.Collections.Concurrent;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Execution;

/// <summary>A flow version made ready to run, once: components found, edges resolved to indices. Immutable, shared by all runs of the version.</summary>
public sealed class FlowPlan
{
    FlowPlan(FlowDocument document, PlanNode[] nodes, PlanScope root) => (Document, Nodes, Root) = (document, nodes, root);

    public FlowDocument Document { get; }

    /// <summary>In the order of the document.</summary>
    public IReadOnlyList<PlanNode> Nodes { get; }

    /// <summary>The nodes outside of all loops.</summary>
    public PlanScope Root { get; }

    /// <summary>Makes the plan of a document that <see cref="FlowValidator"/> found no errors in.</summary>
    public static FlowPlan Compile(FlowDocument document, ComponentCatalog catalog)
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < document.Nodes.Count; i++)
            index[document.Nodes[i].Id] = i;
        var nodes = new PlanNode[document.Nodes.Count];
        for (var i = 0; i < nodes.Length; i++)
            nodes[i] = Resolve(document, i, index, catalog);
        foreach (var node in nodes)
            node.ConnectedOutputs = [.. document.Edges.Where(e => e.From.Node == node.Node.Id).Select(e => e.From.Port).Distinct(StringComparer.Ordinal)];
        var root = PlanScope.Divide(nodes, FlowGraph.Of(document, catalog), index);
        MarkReachable(nodes);
        LeaveOutBeforePins(document, nodes);
        PlanScope.Connect(nodes);
        return new FlowPlan(document, nodes, root);
    }

    static PlanNode Resolve(FlowDocument document, int at, Dictionary<string, int> index, ComponentCatalog catalog)
    {
        var node = document.Nodes[at];
        var (descriptor, executor) = (catalog.Find(node.Type), catalog.Executor(node.Type));
        if (descriptor is null || executor is null)
            throw new InvalidOperationException($"No component {node.Type}: the document was not validated.");
        var ports = descriptor.DynamicInputs is { } dynamic ? [.. descriptor.Inputs, .. dynamic(node)] : descriptor.Inputs;
        var inputs = new List<PlanInput>(ports.Count);
        foreach (var port in ports)
        {
            if (port.Name == descriptor.ReturnPort)
                continue;
            var sources = document.Edges.Where(e => e.To.Node == node.Id && e.To.Port == port.Name)
                .Select(e => new PlanSource(index[e.From.Node], e.From.Port, TypeOf(document.Nodes[index[e.From.Node]], e.From.Port, catalog))).ToArray();
            if (sources.Length > 0)
                inputs.Add(new PlanInput(port, sources));
        }
        return new PlanNode(at, node, descriptor, executor, [.. inputs]);
    }

    static PortType TypeOf(Node node, string port, ComponentCatalog catalog) =>
        port == ToolPort.Name ? PortType.Tool : catalog.Find(node.Type) is { } descriptor
            ? descriptor.Outputs.Concat(descriptor.DynamicOutputs?.Invoke(node) ?? []).FirstOrDefault(o => o.Name == port)?.Type ?? PortType.Any
            : PortType.Any;

    /// <summary>What is pinned needs no inputs, and what leads only there need not run.</summary>
    static void LeaveOutBeforePins(FlowDocument document, PlanNode[] nodes)
    {
        if (!nodes.Any(n => n.IsPinned))
            return;
        var byId = nodes.GroupBy(n => n.Node.Id, StringComparer.Ordinal).ToDictionary(n => n.Key, n => n.First(), StringComparer.Ordinal);
        // The end of a loop's body leads nowhere else; but when the loop is pinned, nothing of the body runs.
        var onward = document.Edges.Where(e => byId[e.To.Node] is var to && (to.IsPinned || e.To.Port != to.Descriptor.ReturnPort)).Select(e => e.From.Node).ToHashSet(StringComparer.Ordinal);
        var into = document.Edges.ToLookup(e => e.To.Node, e => e.From.Node, StringComparer.Ordinal);
        var needed = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(nodes.Where(n => n.IsPinned || !onward.Contains(n.Node.Id)).Select(n => n.Node.Id));
        while (open.TryPop(out var id))
        {
            if (!needed.Add(id) || byId[id].IsPinned)
                continue;
            foreach (var source in into[id])
                open.Push(source);
            if (byId[id].Scope.Loop is { } around)
                open.Push(around.Node.Id);
        }
        foreach (var node in nodes)
        {
            node.Needed = needed.Contains(node.Node.Id);
            if (node.IsPinned)
                node.Inputs = [];
        }
    }

    /// <summary>What no trigger leads to does not run, unless something that runs needs it.</summary>
    static void MarkReachable(PlanNode[] nodes)
    {
        if (!nodes.Any(n => n.Descriptor.IsTrigger))
        {
            foreach (var node in nodes)
                node.Reachable = true;
            return;
        }
        var hanging = nodes.SelectMany(n => n.Inputs.SelectMany(i => i.Sources).Select(s => (From: s.Node, To: n))).ToLookup(e => e.From, e => e.To);
        var open = new Stack<PlanNode>(nodes.Where(n => n.Descriptor.IsTrigger));
        while (open.TryPop(out var node))
        {
            if (node.Reachable)
                continue;
            node.Reachable = true;
            foreach (var next in hanging[node.Index])
                open.Push(next);
        }
        open = new Stack<PlanNode>(nodes.Where(n => n.Reachable));
        while (open.TryPop(out var node))
        {
            node.Reachable = true;
            foreach (var source in node.Inputs.SelectMany(i => i.Sources))
            {
                if (!nodes[source.Node].Reachable)
                    open.Push(nodes[source.Node]);
            }
        }
    }
}

/// <summary>A node of a plan.</summary>
public sealed class PlanNode(int index, Node node, ComponentDescriptor descriptor, INodeExecutor executor, PlanInput[] inputs)
{
    public int Index { get; } = index;

    public Node Node { get; } = node;

    public ComponentDescriptor Descriptor { get; } = descriptor;

    public INodeExecutor Executor { get; } = executor;

    /// <summary>Input ports that have edges; none when it is pinned.</summary>
    public IReadOnlyList<PlanInput> Inputs { get; internal set; } = inputs;

    /// <summary>The loop's body it is in, or the flow itself.</summary>
    public PlanScope Scope { get; internal set; } = PlanScope.None;

    /// <summary>Its place among the nodes of its scope.</summary>
    public int Local { get; internal set; }

    /// <summary>Its body, when it is a loop.</summary>
    public PlanScope? Body { get; internal set; }

    /// <summary>Edges that must be decided before it starts: its own from the same scope, and a loop's those that lead from there into its body.</summary>
    public int Awaits { get; internal set; }

    /// <summary>Nodes of the same scope that await it, each with the number of its edges.</summary>
    public IReadOnlyList<(PlanNode Node, int Edges)> Dependents { get; internal set; } = [];

    /// <summary>Output ports that have edges.</summary>
    public IReadOnlyCollection<string> ConnectedOutputs { get; internal set; } = [];

    /// <summary>A trigger leads here, or something that runs needs it.</summary>
    public bool Reachable { get; internal set; }

    /// <summary>Something else than pinned nodes needs it, or nothing hangs on it.</summary>
    public bool Needed { get; internal set; } = true;

    /// <summary>It does not run, but gives what is pinned; a tool is called by its agent all the same.</summary>
    public bool IsPinned => Node is { Pinned: not null, Disabled: false } && !IsTool;

    /// <summary>An agent has it as a tool: the walk does not run it, but hands <see cref="AsTool(PortInputs)"/> on when its inputs are decided.</summary>
    public bool IsTool => ConnectedOutputs.Contains(ToolPort.Name);

    /// <summary>What says to an agent which node it may call, and what its edges bring: <c>{"node_id","title","type","inputs":{port:[values]}}</c>.</summary>
    public PortValue AsTool(PortInputs bound) => new(ToolPort.Name, JsonText.Element((Node, bound), static (json, tool) =>
    {
        json.WriteStartObject();
        json.WriteString("node_id"u8, tool.Node.Id);
        json.WriteString("title"u8, tool.Node.Label);
        json.WriteString("type"u8, tool.Node.Type);
        json.WriteStartObject("inputs"u8);
        foreach (var (port, values) in tool.bound)
        {
            json.WriteStartArray(port);
            foreach (var value in values)
                value.WriteTo(json);
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }));
}

/// <summary>An input port with its edges, in the document's order.</summary>
public sealed record PlanInput(InputPort Port, IReadOnlyList<PlanSource> Sources);

/// <summary>Where an edge comes from.</summary>
public readonly record struct PlanSource(int Node, string Port, PortType Type);

/// <summary>Plans by version id: immutable, so never stale.</summary>
public sealed class FlowPlans(IFlowStore flows, ComponentCatalog catalog, FlowValidator validator)
{
    const int Limit = 2000;

    readonly ConcurrentDictionary<Guid, PreparedFlow> plans = new();

    /// <summary>The plan of a version at hand, or the problems that keep it from running.</summary>
    public PreparedFlow Prepare(FlowVersion version)
    {
        if (plans.TryGetValue(version.Id, out var prepared))
            return prepared;
        var problems = validator.Validate(version.Document);
        prepared = problems.Any(p => p.Severity is ProblemSeverity.Error)
            ? new PreparedFlow(version, Plan: null, problems)
            : new PreparedFlow(version, FlowPlan.Compile(version.Document, catalog), problems);
        if (plans.Count >= Limit)
            plans.Clear();
        plans[version.Id] = prepared;
        return prepared;
    }

    /// <summary>The plan of a stored version; null when the version is gone.</summary>
    public async ValueTask<PreparedFlow?> FindAsync(Guid versionId, CancellationToken cancellationToken) =>
        plans.TryGetValue(versionId, out var prepared) ? prepared
        : await flows.FindVersionAsync(versionId, cancellationToken) is { } version ? Prepare(version) : null;
}

/// <summary>A version ready to run, or why it cannot.</summary>
public sealed record PreparedFlow(FlowVersion Version, FlowPlan? Plan, IReadOnlyList<FlowProblem> Problems);
