using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Execution;

/// <summary>
/// Nodes that run together: the flow itself, or a loop's body, which runs once per item. A node's scope is that of the innermost loop that it hangs on.
/// Values from the scopes around may be used inside; out of a body leads only the edge back to its loop.
/// </summary>
public sealed class PlanScope
{
    PlanScope(PlanScope? parent, PlanNode? loop) => (Parent, Loop, Depth) = (parent, loop, parent is null ? 0 : parent.Depth + 1);

    internal static PlanScope None { get; } = new(parent: null, loop: null);

    /// <summary>The scope of <see cref="Loop"/>; null for the flow itself.</summary>
    public PlanScope? Parent { get; }

    /// <summary>The loop whose body this is; null for the flow itself.</summary>
    public PlanNode? Loop { get; }

    /// <summary>How many loops are around: the length of an iteration path here.</summary>
    public int Depth { get; }

    /// <summary>In the order of the document; without those of bodies within.</summary>
    public IReadOnlyList<PlanNode> Nodes { get; private set; } = [];

    /// <summary>Where an iteration's result comes from; null when nothing leads back to the loop.</summary>
    public PlanSource? Result { get; private set; }

    /// <summary>Gives each node its scope and place, and each loop its body.</summary>
    internal static PlanScope Divide(PlanNode[] nodes, FlowGraph graph, Dictionary<string, int> index)
    {
        var root = new PlanScope(parent: null, loop: null);
        foreach (var node in nodes)
            node.Scope = root;
        // From the widest body to the narrowest: each is inside of one before it or apart from all, so the last to claim a node is the innermost.
        foreach (var (id, body) in graph.Bodies().OrderByDescending(b => b.Value.Count))
        {
            var loop = nodes[index[id]];
            var scope = new PlanScope(loop.Scope, loop);
            if (loop.Descriptor.ReturnPort is { } port && graph.EdgesInto(id, port) is [var back, ..])
                scope.Result = new(index[back.From.Node], back.From.Port, PortType.Any);
            loop.Body = scope;
            foreach (var inside in body)
                nodes[index[inside]].Scope = scope;
        }
        foreach (var scope in nodes.GroupBy(n => n.Scope))
        {
            scope.Key.Nodes = [.. scope];
            for (var i = 0; i < scope.Key.Nodes.Count; i++)
                scope.Key.Nodes[i].Local = i;
        }
        return root;
    }

    /// <summary>Tells each node which of its scope await it. What a body takes from around its loop, the loop awaits for it.</summary>
    internal static void Connect(PlanNode[] nodes)
    {
        var edges = new Dictionary<(int From, int To), int>();
        foreach (var node in nodes)
        {
            foreach (var source in node.Inputs.SelectMany(i => i.Sources))
            {
                var from = nodes[source.Node];
                var awaits = node;
                while (awaits.Scope != from.Scope && awaits.Scope.Loop is { } loop)
                    awaits = loop;
                // An item is there as soon as its iteration begins.
                if (awaits == from)
                    continue;
                awaits.Awaits++;
                edges[(from.Index, awaits.Index)] = edges.GetValueOrDefault((from.Index, awaits.Index)) + 1;
            }
        }
        foreach (var from in edges.GroupBy(e => e.Key.From))
            nodes[from.Key].Dependents = [.. from.OrderBy(e => e.Key.To).Select(e => (nodes[e.Key.To], e.Value))];
    }
}
