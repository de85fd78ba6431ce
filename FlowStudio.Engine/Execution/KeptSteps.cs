using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>
/// Which steps of a run another version of its flow can take over. A step is kept when its node has the same type, settings and edges there, and
/// so has everything that the node depends on; a loop's iterations and an agent's turns and calls too. When only a loop's body has changed, the steps
/// before the change are kept in every iteration, and the loop gathers its results anew.
/// </summary>
static class KeptSteps
{
    /// <summary>The finished steps of a run that can be taken over.</summary>
    /// <param name="ran">What the run ran.</param>
    /// <param name="next">What is to run now.</param>
    public static IReadOnlyList<StepState> Of(RunHistory history, FlowDocument ran, FlowDocument next, INodeShapes shapes)
    {
        var finished = history.Newest.Where(s => s.IsDone);
        if (ReferenceEquals(ran, next))
            return [.. finished];
        var changed = Changed(ran, next, shapes);
        return [.. finished.Where(s => !changed.Contains(s.NodeId) && next.Node(s.NodeId) is not null)];
    }

    static HashSet<string> Changed(FlowDocument ran, FlowDocument next, INodeShapes shapes)
    {
        var graph = FlowGraph.Of(next, shapes);
        var bodies = graph.Bodies();
        var changed = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>();
        // A loop whose body has changed gives other results, but the same items.
        var results = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in graph.Nodes)
        {
            if (!IsSame(node, ran, next, graph))
                Add(node.Id);
            else if (!Into(ran, node.Id, graph, returning: true).SequenceEqual(Into(next, node.Id, graph, returning: true)))
                AddResults(node.Id);
        }
        while (open.TryDequeue(out var id))
        {
            foreach (var edge in graph.EdgesOutOf(id))
            {
                if (graph.Returns(edge))
                    AddResults(edge.To.Node);
                else
                    Add(edge.To.Node);
            }
            // The calls of an agent's tools belong to its turns, which are made anew.
            foreach (var edge in next.Edges.Where(e => e.To.Node == id && e.From.Port == ToolPort.Name))
                Add(edge.From.Node);
        }
        changed.UnionWith(results);
        return changed;

        void Add(string id)
        {
            if (changed.Add(id))
                open.Enqueue(id);
        }

        void AddResults(string loop)
        {
            if (!results.Add(loop))
                return;
            var body = bodies.GetValueOrDefault(loop);
            foreach (var edge in graph.EdgesOutOf(loop))
            {
                if (body is null || !body.Contains(edge.To.Node))
                    Add(edge.To.Node);
            }
        }
    }

    static bool IsSame(Node node, FlowDocument ran, FlowDocument next, FlowGraph graph) =>
        ran.Node(node.Id) is { } before
        && before.Type == node.Type
        && before.Disabled == node.Disabled
        && IsPinnedSame(before, node)
        && before.Settings.Count == node.Settings.Count
        && node.Settings.All(s => before.Settings.TryGetValue(s.Key, out var value) && JsonElement.DeepEquals(value, s.Value))
        // A model knows a tool by its title.
        && (before.Title == node.Title || !graph.IsTool(node.Id))
        && Into(ran, node.Id, graph, returning: false).SequenceEqual(Into(next, node.Id, graph, returning: false));

    static bool IsPinnedSame(Node before, Node node) => before.Pinned is null || node.Pinned is null
        ? before.Pinned is null && node.Pinned is null
        : before.Pinned.Count == node.Pinned.Count && node.Pinned.All(p => before.Pinned.TryGetValue(p.Key, out var value) && JsonElement.DeepEquals(value, p.Value));

    static IEnumerable<Edge> Into(FlowDocument document, string node, FlowGraph graph, bool returning) => document.Edges.Where(e => e.To.Node == node && graph.Returns(e) == returning);
}
