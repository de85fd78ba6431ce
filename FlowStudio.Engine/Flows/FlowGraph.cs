namespace FlowStudio.Engine.Flows;

/// <summary>A document's nodes and edges, indexed; the first of nodes with the same id counts, and edges to or from nowhere are left out.</summary>
sealed class FlowGraph
{
    readonly Dictionary<string, Node> nodes = new(StringComparer.Ordinal);
    readonly Dictionary<string, NodeShape?> shapes = new(StringComparer.Ordinal);
    readonly Dictionary<PortRef, List<Edge>> into = [];
    readonly Dictionary<string, List<Edge>> outOf = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<string>> next = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<string>> previous = new(StringComparer.Ordinal);

    FlowGraph()
    {
    }

    /// <summary>In the document's order, each id once.</summary>
    public IReadOnlyList<Node> Nodes { get; private set; } = [];

    public static FlowGraph Of(FlowDocument document, INodeShapes shapes)
    {
        var graph = new FlowGraph();
        foreach (var node in document.Nodes)
        {
            if (graph.nodes.TryAdd(node.Id, node))
                graph.shapes[node.Id] = shapes.ShapeOf(node);
        }
        graph.Nodes = [.. document.Nodes.Where(n => ReferenceEquals(graph.nodes[n.Id], n))];
        foreach (var edge in document.Edges.DistinctBy(e => (e.From, e.To)))
        {
            Add(graph.into, edge.To, edge);
            Add(graph.outOf, edge.From.Node, edge);
            if (!graph.nodes.ContainsKey(edge.From.Node) || !graph.nodes.ContainsKey(edge.To.Node))
                continue;
            // What closes a loop's body is no dependency: the loop starts before its body ends.
            if (graph.Returns(edge))
                continue;
            Add(graph.next, edge.From.Node, edge.To.Node);
            Add(graph.previous, edge.To.Node, edge.From.Node);
        }
        return graph;
    }

    public Node? Find(string id) => nodes.GetValueOrDefault(id);

    /// <summary>The node's shape; null when no component has its type.</summary>
    public NodeShape? ShapeOf(string id) => shapes.GetValueOrDefault(id);

    public IReadOnlyList<Edge> EdgesInto(string node, string port) => into.TryGetValue(new(node, port), out var edges) ? edges : [];

    public IReadOnlyList<Edge> EdgesOutOf(string node) => outOf.TryGetValue(node, out var edges) ? edges : [];

    /// <summary>An agent has the node as a tool.</summary>
    public bool IsTool(string node) => EdgesOutOf(node).Any(e => e.From.Port == ToolPort.Name);

    /// <summary>The bodies of the loops, by the loop's id: every node that an edge from the loop's item port leads to, however far.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>> Bodies()
    {
        var bodies = new Dictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal);
        foreach (var node in Nodes)
        {
            if (shapes[node.Id]?.ItemPort is { } item)
                bodies[node.Id] = After(node.Id, e => e.From.Port == item);
        }
        return bodies;
    }

    /// <summary>Every node that some of a node's edges lead to, however far.</summary>
    public HashSet<string> After(string id, Func<Edge, bool> edges) =>
        Closure(EdgesOutOf(id).Where(e => edges(e) && nodes.ContainsKey(e.To.Node) && !Returns(e)).Select(e => e.To.Node), next, [.. nodes.Keys]);

    /// <summary>The edge closes a loop's body.</summary>
    public bool Returns(Edge edge) => ShapeOf(edge.To.Node)?.ReturnPort == edge.To.Port;

    /// <summary>Others take only what the node is, a model or a tool, and not what it makes of its inputs.</summary>
    public bool IsOnlyPart(string node) =>
        EdgesOutOf(node) is { Count: > 0 } edges && edges.All(e => ShapeOf(node)?.Output(e.From.Port)?.Type is PortType.Model or PortType.Tool);

    /// <summary>One circle of each set of nodes that lead to one another, in the direction of its edges; nodes that feed themselves are left out.</summary>
    public IEnumerable<IReadOnlyList<Node>> Cycles()
    {
        // What remains after taking away, again and again, nodes that nothing leads to, and then nodes that lead nowhere, lies on or between circles.
        var left = Peel(Peel(nodes.Keys.ToHashSet(StringComparer.Ordinal), previous, next), next, previous);
        while (left.Count > 0)
        {
            var circle = Walk(Nodes.First(n => left.Contains(n.Id)).Id, left);
            yield return [.. circle.Select(id => nodes[id])];
            // Everything that leads to this circle and is led to from it is told by it.
            var forward = Closure(circle, next, left);
            forward.IntersectWith(Closure(circle, previous, left));
            left.ExceptWith(forward);
            left = Peel(Peel(left, previous, next), next, previous);
        }
    }

    /// <summary>Nodes that a trigger leads to, and those that feed one of them.</summary>
    public HashSet<string> Used()
    {
        var enabled = Nodes.Where(n => !n.Disabled).Select(n => n.Id).ToHashSet(StringComparer.Ordinal);
        var reached = Closure(enabled.Where(id => shapes[id] is { IsTrigger: true }), next, enabled);
        return Closure(reached, previous, enabled);
    }

    static void Add<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key, TValue value)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
            lists[key] = list = [];
        list.Add(value);
    }

    static IEnumerable<string> Neighbours(Dictionary<string, List<string>> edges, string id) =>
        edges.TryGetValue(id, out var list) ? list.Where(other => other != id) : [];

    /// <summary>Takes away nodes without an edge in <paramref name="needed"/> until every one has some.</summary>
    static HashSet<string> Peel(HashSet<string> set, Dictionary<string, List<string>> needed, Dictionary<string, List<string>> affected)
    {
        var counts = set.ToDictionary(id => id, id => Neighbours(needed, id).Count(set.Contains), StringComparer.Ordinal);
        var free = new Stack<string>(counts.Where(c => c.Value == 0).Select(c => c.Key));
        while (free.TryPop(out var id))
        {
            set.Remove(id);
            foreach (var other in Neighbours(affected, id).Where(set.Contains))
            {
                if (--counts[other] == 0)
                    free.Push(other);
            }
        }
        return set;
    }

    /// <summary>Follows edges from a node, each of which has a next one in <paramref name="set"/>, until it comes to a node again.</summary>
    List<string> Walk(string start, HashSet<string> set)
    {
        var path = new List<string>();
        var place = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = start; ; id = Neighbours(next, id).First(set.Contains))
        {
            if (place.TryGetValue(id, out var first))
                return path[first..];
            place[id] = path.Count;
            path.Add(id);
        }
    }

    static HashSet<string> Closure(IEnumerable<string> from, Dictionary<string, List<string>> edges, HashSet<string> within)
    {
        var reached = from.ToHashSet(StringComparer.Ordinal);
        var open = new Stack<string>(reached);
        while (open.TryPop(out var id))
        {
            foreach (var other in Neighbours(edges, id))
            {
                if (within.Contains(other) && reached.Add(other))
                    open.Push(other);
            }
        }
        return reached;
    }
}
