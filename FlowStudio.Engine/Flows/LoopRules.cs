namespace FlowStudio.Engine.Flows;

/// <summary>
/// What a loop's body must fulfil so that each of its nodes belongs to the items of one loop: nothing leads out of a body but the edge back to the
/// loop, and of two bodies one is inside of the other, or they are apart.
/// </summary>
static class LoopRules
{
    /// <summary>Everything wrong with the loops of a flow, in the document's order; of a flow without circles, for in one a body has no end.</summary>
    public static IEnumerable<FlowProblem> Problems(FlowGraph graph)
    {
        var bodies = graph.Bodies();
        if (bodies.Count == 0)
            yield break;
        var leaking = new HashSet<string>(StringComparer.Ordinal);
        foreach (var loop in graph.Nodes.Where(n => bodies.ContainsKey(n.Id)))
        {
            var body = bodies[loop.Id];
            var item = graph.ShapeOf(loop.Id)?.ItemPort;
            var after = graph.After(loop.Id, e => e.From.Port != item);
            if (graph.Nodes.FirstOrDefault(n => body.Contains(n.Id) && after.Contains(n.Id)) is { } both)
            {
                leaking.Add(loop.Id);
                yield return Error("loop_body_leaks", both.Id, field: null, $"{both.Label} hangs on the single items of {loop.Label} and on its finished list.",
                    $"Decide for one: what leads back to {loop.Label} is repeated for each item; what comes after it takes the list alone.");
            }
            foreach (var trigger in graph.Nodes.Where(n => body.Contains(n.Id) && graph.ShapeOf(n.Id) is { IsTrigger: true }))
            {
                yield return Error("trigger_in_loop", trigger.Id, field: null, $"{trigger.Label} starts runs, but hangs on the items of {loop.Label}.",
                    "Place it before the loop: what it gives can be used inside.");
            }
            foreach (var problem in Back(graph, bodies, loop))
                yield return problem;
        }
        foreach (var problem in Overlaps(graph, bodies, leaking))
            yield return problem;
    }

    /// <summary>What leads back to the loop must be a node that runs once for each of its items.</summary>
    static IEnumerable<FlowProblem> Back(FlowGraph graph, IReadOnlyDictionary<string, IReadOnlySet<string>> bodies, Node loop)
    {
        if (graph.ShapeOf(loop.Id) is not { ReturnPort: { } port } shape)
            yield break;
        var title = shape.Input(port)?.Title ?? port;
        var edges = graph.EdgesInto(loop.Id, port);
        if (edges.Count == 0 && !loop.Disabled)
        {
            yield return new("loop_collects_nothing", ProblemSeverity.Warning, loop.Id, port, $"{loop.Label} repeats what hangs on its items, but nothing comes back: its list stays empty.",
                $"Connect the last node of the body to {title}, if the results are needed.");
        }
        foreach (var edge in edges)
        {
            if (graph.Find(edge.From.Node) is not { } last || (last.Id == loop.Id && edge.From.Port == shape.ItemPort))
                continue;
            if (!bodies[loop.Id].Contains(last.Id))
            {
                yield return Error("loop_return_outside", loop.Id, port, $"{last.Label} leads back to {loop.Label}, but does not hang on its items.",
                    $"Connect to {title} a node that {shape.ItemPort} leads to.");
            }
            else if (graph.Nodes.FirstOrDefault(n => n.Id != loop.Id && bodies[loop.Id].Contains(n.Id) && bodies.TryGetValue(n.Id, out var inner) && IsInner(inner, edge, n, graph)) is { } around)
            {
                yield return Error("loop_return_inner", loop.Id, port, $"{last.Label} leads back to {loop.Label}, but runs once for each item of {around.Label} inside of it.",
                    $"Lead it back to {around.Label}, and the list of {around.Label} back to {loop.Label}.");
            }
        }
    }

    static bool IsInner(IReadOnlySet<string> body, Edge edge, Node loop, FlowGraph graph) =>
        body.Contains(edge.From.Node) || (edge.From.Node == loop.Id && edge.From.Port == graph.ShapeOf(loop.Id)?.ItemPort);

    static IEnumerable<FlowProblem> Overlaps(FlowGraph graph, IReadOnlyDictionary<string, IReadOnlySet<string>> bodies, HashSet<string> leaking)
    {
        var loops = graph.Nodes.Where(n => bodies.ContainsKey(n.Id) && !leaking.Contains(n.Id)).ToList();
        for (var i = 0; i < loops.Count; i++)
        {
            for (var j = i + 1; j < loops.Count; j++)
            {
                var (one, other) = (bodies[loops[i].Id], bodies[loops[j].Id]);
                if (one.Contains(loops[j].Id) || other.Contains(loops[i].Id) || !one.Overlaps(other))
                    continue;
                var both = graph.Nodes.First(n => one.Contains(n.Id) && other.Contains(n.Id));
                yield return Error("loop_bodies_overlap", both.Id, field: null, $"{both.Label} hangs on the items of {loops[i].Label} and of {loops[j].Label}, and neither loop is inside of the other.",
                    $"Take the finished list of one of them instead, or place one loop into the body of the other.");
            }
        }
    }

    static FlowProblem Error(string code, string nodeId, string? field, string message, string advice) => new(code, ProblemSeverity.Error, nodeId, field, message, advice);
}
