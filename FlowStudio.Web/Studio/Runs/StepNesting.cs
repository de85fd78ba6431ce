using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>Which step another one happened in: the loop's item that it was done for, the turn of the agent that called it.</summary>
/// <param name="IsItem">It is no step of its own but one item of the loop <paramref name="NodeId"/>; <paramref name="Iteration"/> ends with its number.</param>
public readonly record struct StepPlace(string NodeId, IReadOnlyList<int> Iteration, bool IsItem);

/// <summary>How the steps of a flow lie in one another, from its document alone; pure.</summary>
public sealed class StepNesting
{
    readonly Dictionary<string, List<string>> loops = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> agents = new(StringComparer.Ordinal);

    StepNesting()
    {
    }

    public static StepNesting Of(FlowDocument? document)
    {
        var nesting = new StepNesting();
        if (document is null)
            return nesting;
        foreach (var edge in document.Edges.Where(e => e.From.Port == ToolPort.Name))
            nesting.agents.TryAdd(edge.From.Node, edge.To.Node);
        var bodies = document.Nodes.Where(n => n.Type == Loop.Descriptor.Type).DistinctBy(n => n.Id, StringComparer.Ordinal).Select(n => (n.Id, Body: BodyOf(document, n.Id)));
        // From the widest body to the narrowest: the outermost loop of a node stands first.
        foreach (var (loop, body) in bodies.OrderByDescending(b => b.Body.Count))
        {
            foreach (var node in body)
            {
                if (!nesting.loops.TryGetValue(node, out var around))
                    nesting.loops[node] = around = [];
                around.Add(loop);
            }
        }
        return nesting;
    }

    /// <summary>Where a step happened; null when in nothing but the run.</summary>
    public StepPlace? PlaceOf(string nodeId, IReadOnlyList<int> iteration)
    {
        if (iteration.Count == 0)
            return null;
        var depth = DepthOf(nodeId, guard: 0);
        // Deeper than its own place: a turn of an agent.
        if (iteration.Count > depth)
            return new(nodeId, [.. iteration.SkipLast(1)], IsItem: false);
        if (iteration.Count < depth)
            return null;
        return agents.TryGetValue(nodeId, out var agent) ? new(agent, [.. iteration.SkipLast(1)], IsItem: false)
            : new(loops[nodeId][iteration.Count - 1], iteration, IsItem: true);
    }

    /// <summary>The length of a node's iteration path: one for each loop around it; a tool's is its agent's with the turn and the call.</summary>
    int DepthOf(string nodeId, int guard) => agents.TryGetValue(nodeId, out var agent) && guard < 20
        ? DepthOf(agent, guard + 1) + 2
        : loops.TryGetValue(nodeId, out var around) ? around.Count : 0;

    static HashSet<string> BodyOf(FlowDocument document, string loop)
    {
        var body = new HashSet<string>(StringComparer.Ordinal);
        var next = new Queue<string>(document.Edges.Where(e => e.From.Node == loop && e.From.Port == Loop.Descriptor.ItemPort).Select(e => e.To.Node));
        while (next.TryDequeue(out var node))
        {
            if (node == loop || !body.Add(node))
                continue;
            // What goes back to a loop of the body does not lead out of it.
            foreach (var edge in document.Edges.Where(e => e.From.Node == node))
                next.Enqueue(edge.To.Node);
        }
        return body;
    }
}
