namespace FlowStudio.Engine.Flows;

/// <summary>
/// Whether an edge may be drawn: the rules of <see cref="FlowValidator"/>, asked of one edge before it is there. What only the finished flow can answer, as
/// whether a loop's body is closed, is left to validation.
/// </summary>
public static class ConnectionRules
{
    /// <summary>Why the edge may not be added to the document, and what to do instead; null when it may.</summary>
    public static FlowProblem? Problem(FlowDocument document, Edge edge, INodeShapes shapes)
    {
        if (document.Node(edge.From.Node) is not { } from || document.Node(edge.To.Node) is not { } to)
            return Error("dangling_edge", edge.To, "One end of the edge is not there any more.", "Draw it again from what is on the canvas.");
        if (document.Edges.Any(e => e.From == edge.From && e.To == edge.To))
            return Error("duplicate_edge", edge.To, $"{from.Label} and {to.Label} are already connected this way.", "One edge is enough.");

        var graph = FlowGraph.Of(document, shapes);
        var problems = new List<FlowProblem>();
        FlowValidator.Ports(edge, from, to, graph, problems);
        if (problems.Count > 0)
            return problems[0];
        if (Full(edge, to, graph) is { } full)
            return full;
        if (edge.From.Node != edge.To.Node && !graph.Returns(edge) && graph.After(to.Id, static _ => true).Contains(from.Id))
        {
            return Error("cycle", edge.To, $"{to.Label} already leads to {from.Label}: the flow would run in a circle.",
                "To repeat something, put it between a Loop's item and the Loop.");
        }
        return Tool(edge, from, graph);
    }

    static FlowProblem? Full(Edge edge, Node to, FlowGraph graph)
    {
        if (graph.ShapeOf(to.Id)?.Input(edge.To.Port) is not { Many: false } input || graph.EdgesInto(to.Id, input.Name) is not [var taken, ..])
            return null;
        return Error("too_many_edges", edge.To, $"{input.Title} of {to.Label} takes one edge, and {graph.Find(taken.From.Node)?.Label ?? taken.From.Node} already leads there.",
            "Delete that edge first. To bring values together, use Combine, or give a Prompt a variable for each.");
    }

    /// <summary>A tool runs only when its agent calls it, so it has one agent and nothing else hangs on it.</summary>
    static FlowProblem? Tool(Edge edge, Node from, FlowGraph graph)
    {
        if (graph.EdgesOutOf(from.Id) is not [var first, ..])
            return null;
        if (edge.From.Port == ToolPort.Name)
        {
            return graph.IsTool(from.Id)
                ? Error("tool_shared", edge.From, $"{from.Label} is already the tool of {graph.Find(first.To.Node)?.Label ?? first.To.Node}.", "Place the component a second time, one for each agent.")
                : Error("tool_has_edges", edge.From, $"{from.Label} cannot be a tool: an edge leads from its output {first.From.Port}.", "Delete that edge first, or place the component a second time.");
        }
        return graph.IsTool(from.Id)
            ? Error("tool_has_edges", edge.From, $"{from.Label} is an agent's tool and runs only when the agent calls it.", "Place the component a second time, or delete its edge to the agent.")
            : null;
    }

    static FlowProblem Error(string code, PortRef at, string message, string advice) => new(code, ProblemSeverity.Error, at.Node, at.Port, message, advice);
}
