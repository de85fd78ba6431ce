namespace FlowStudio.Engine.Flows;

/// <summary>Finds every problem of a flow in one pass.</summary>
public sealed class FlowValidator(INodeShapes shapes)
{
    public const int MaxNodes = 2_000;
    public const int MaxEdges = 10_000;

    /// <summary>Node ids travel in idempotency keys, URLs and logs.</summary>
    public const int MaxIdLength = 128;

    /// <summary>All that is wrong, errors and warnings; of the flow first, then by node and edge in the document's order. Empty when all is well.</summary>
    public IReadOnlyList<FlowProblem> Validate(FlowDocument document)
    {
        var problems = new List<FlowProblem>();
        if (document.Nodes.Count > MaxNodes)
            problems.Add(TooLarge($"{document.Nodes.Count} nodes; {MaxNodes} are allowed"));
        if (document.Edges.Count > MaxEdges)
            problems.Add(TooLarge($"{document.Edges.Count} edges; {MaxEdges} are allowed"));
        if (problems.Count > 0)
            return problems;

        var graph = FlowGraph.Of(document, shapes);
        Nodes(document, graph, problems);
        Edges(document, graph, problems);
        Inputs(graph, problems);
        Tools(graph, problems);
        var cycles = graph.Cycles().ToList();
        problems.AddRange(cycles.Select(Cycle));
        if (cycles.Count == 0)
            problems.AddRange(LoopRules.Problems(graph));
        Reach(graph, problems);
        problems.AddRange(WebhookAnswerRules.Problems(document));
        return problems;
    }

    void Nodes(FlowDocument document, FlowGraph graph, List<FlowProblem> problems)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in document.Nodes)
        {
            if (IdProblem(node.Id) is { } reason)
            {
                problems.Add(Error("invalid_node_id", node.Id, field: null, $"The id of the node {node.Label} {reason}.",
                    $"Give it an id of 1 to {MaxIdLength} characters, none of them a control character, without spaces around it."));
            }
            if (!seen.Add(node.Id))
            {
                problems.Add(Error("duplicate_node_id", node.Id, field: null, $"Two nodes have the id {Shorten(node.Id)}.",
                    "Give one of them another id, and mend the edges that mean it."));
                continue;
            }
            if (graph.ShapeOf(node.Id) is { } shape)
            {
                // A disabled node does not run: what is wrong with it can wait.
                if (!node.Disabled)
                {
                    problems.AddRange((graph.IsTool(node.Id) ? shape.FieldProblems.Where(p => !(p.Code == "missing_setting" && shape.ToolParameters.Contains(p.Field))) : shape.FieldProblems)
                        .Select(p => Unless(IsPinned(node, graph), p)));
                    Pins(node, shape, problems);
                }
                continue;
            }
            var similar = shapes.Suggest(node.Type);
            problems.Add(Error("unknown_type", node.Id, field: null, $"{node.Label}: there is no component of the type {Shorten(node.Type)}.",
                similar.Count > 0 ? $"Perhaps {string.Join(" or ", similar)} is meant. Otherwise replace or remove the node." : "Replace or remove the node."));
        }
    }

    static void Edges(FlowDocument document, FlowGraph graph, List<FlowProblem> problems)
    {
        var seen = new HashSet<(PortRef, PortRef)>();
        foreach (var edge in document.Edges)
        {
            var from = graph.Find(edge.From.Node);
            var to = graph.Find(edge.To.Node);
            if (from is null)
            {
                problems.Add(Error("dangling_edge", to?.Id, to is null ? null : edge.To.Port,
                    $"An edge{(to is null ? "" : $" into {to.Label}")} comes from the node {Shorten(edge.From.Node)}, which does not exist.",
                    "Remove the edge, or draw it from another node."));
            }
            if (to is null)
            {
                problems.Add(Error("dangling_edge", from?.Id, from is null ? null : edge.From.Port,
                    $"An edge{(from is null ? "" : $" from {from.Label}")} goes to the node {Shorten(edge.To.Node)}, which does not exist.",
                    "Remove the edge, or draw it to another node."));
            }
            if (from is null || to is null)
                continue;
            if (!seen.Add((edge.From, edge.To)))
            {
                problems.Add(Error("duplicate_edge", to.Id, edge.To.Port,
                    $"Two edges lead from {from.Label} ({Shorten(edge.From.Port)}) to {to.Label} ({Shorten(edge.To.Port)}).", "Remove one of them."));
                continue;
            }
            Ports(edge, from, to, graph, problems);
        }
    }

    /// <summary>What is wrong with the two ends of an edge: ports that are not there, types that do not fit, a node that feeds itself.</summary>
    internal static void Ports(Edge edge, Node from, Node to, FlowGraph graph, List<FlowProblem> problems)
    {
        // Of a node of unknown type no port is known.
        var output = graph.ShapeOf(from.Id)?.Output(edge.From.Port);
        var input = graph.ShapeOf(to.Id)?.Input(edge.To.Port);
        if (output is null && graph.ShapeOf(from.Id) is { } source)
        {
            problems.Add(Error("dangling_edge", from.Id, edge.From.Port,
                $"An edge to {to.Label} comes from the output {Shorten(edge.From.Port)}, which {from.Label} does not have.",
                $"Draw it anew. {Names("outputs", source.Outputs.Select(o => o.Name))}"));
        }
        if (input is null && graph.ShapeOf(to.Id) is { } target)
        {
            problems.Add(Error("dangling_edge", to.Id, edge.To.Port,
                $"An edge from {from.Label} goes to the input {Shorten(edge.To.Port)}, which {to.Label} does not have.",
                $"Draw it anew. {Names("inputs", target.Inputs.Select(i => i.Name))}"));
        }
        if (output is not null && input is not null && !PortTypes.Fits(output.Type, input))
        {
            problems.Add(Error("type_mismatch", to.Id, edge.To.Port,
                $"{from.Label} gives {output.Type} ({output.Title}), but {to.Label} takes {string.Join(" or ", input.Accepts)} ({input.Title}).",
                output.Type is PortType.Data or PortType.Table && input.Accepts.Contains(PortType.Message)
                    ? "Put a Data to Message between them: its template says how the Data becomes text."
                    : $"Draw an edge from an output of the type {string.Join(" or ", input.Accepts)}."));
        }
        if (from.Id == to.Id && graph.ShapeOf(to.Id)?.ReturnPort != edge.To.Port)
        {
            problems.Add(Error("self_loop", to.Id, edge.To.Port, $"{to.Label} feeds itself.",
                "Remove the edge. To repeat something, use a component that loops."));
        }
    }

    static void Inputs(FlowGraph graph, List<FlowProblem> problems)
    {
        foreach (var node in graph.Nodes)
        {
            if (graph.ShapeOf(node.Id) is not { } shape)
                continue;
            foreach (var input in shape.Inputs)
            {
                var edges = graph.EdgesInto(node.Id, input.Name);
                if (edges.Count > 1 && !input.Many)
                {
                    var sources = string.Join(", ", edges.Take(5).Select(e => Shorten(graph.Find(e.From.Node)?.Label ?? e.From.Node)));
                    problems.Add(Error("too_many_edges", node.Id, input.Name,
                        $"{node.Label}: {edges.Count} edges lead into {input.Title}, which takes one ({sources}).",
                        "Remove all but one. To bring values together, use Combine, or give a Prompt a variable for each."));
                }
                // What a tool still needs, the agent that calls it gives; who is only a model is asked elsewhere.
                if (edges.Count == 0 && input.Required && !node.Disabled && !shape.FilledInputs.Contains(input.Name) && !graph.IsTool(node.Id) && !graph.IsOnlyPart(node.Id))
                {
                    problems.Add(Unless(IsPinned(node, graph), Error("missing_input", node.Id, input.Name, $"{node.Label}: nothing is connected to {input.Title}.",
                        $"Draw an edge to it from an output of the type {string.Join(" or ", input.Accepts)}, or give it a value in the node's settings.")));
                }
            }
        }
    }

    static void Tools(FlowGraph graph, List<FlowProblem> problems)
    {
        foreach (var node in graph.Nodes.Where(n => graph.IsTool(n.Id)))
        {
            // A call is a step of the tool's node, numbered by its agent: two agents' numbers would meet.
            if (graph.EdgesOutOf(node.Id).Count(e => e.From.Port == ToolPort.Name) > 1)
            {
                problems.Add(Error("tool_shared", node.Id, ToolPort.Name, $"{node.Label} is the tool of more than one agent.",
                    "Place the component a second time, one for each agent."));
            }
            if (graph.EdgesOutOf(node.Id).FirstOrDefault(e => e.From.Port != ToolPort.Name) is not { } other)
                continue;
            problems.Add(Error("tool_has_edges", node.Id, other.From.Port,
                $"{node.Label} is an agent's tool, but an edge leads from its output {Shorten(other.From.Port)} as well.",
                "A tool runs only when the agent calls it: remove one of the edges, or place the component a second time."));
        }
    }

    static FlowProblem Cycle(IReadOnlyList<Node> cycle)
    {
        var names = cycle.Count > 10 ? cycle.Take(9).Select(n => n.Label).Append("…") : cycle.Select(n => n.Label);
        return Error("cycle", cycle[0].Id, field: null, $"The flow runs in a circle: {string.Join(" → ", names)} → {cycle[0].Label}.",
            "Remove one of the edges between them. To repeat something, use a component that loops.");
    }

    static void Reach(FlowGraph graph, List<FlowProblem> problems)
    {
        if (!graph.Nodes.Any(n => !n.Disabled && graph.ShapeOf(n.Id) is { IsTrigger: true }))
        {
            problems.Add(new("no_trigger", ProblemSeverity.Warning, NodeId: null, Field: null,
                graph.Nodes.Count == 0 ? "The flow is empty." : "No node starts this flow.", "Add a Webhook, or a Chat Input, and connect it."));
            return;
        }
        var used = graph.Used();
        foreach (var node in graph.Nodes.Where(n => !n.Disabled && !used.Contains(n.Id)))
        {
            problems.Add(new("unreachable_node", ProblemSeverity.Warning, node.Id, Field: null, $"{node.Label} is connected to nothing that a trigger starts.",
                "Connect it, or remove it."));
        }
    }

    static string? IdProblem(string id) => id switch
    {
        "" => "is empty",
        { Length: > MaxIdLength } => $"has {id.Length} characters",
        _ when id.Any(char.IsControl) => "has a control character",
        _ when char.IsWhiteSpace(id[0]) || char.IsWhiteSpace(id[^1]) => "begins or ends with a space",
        _ => null,
    };

    static string Names(string what, IEnumerable<string> names) =>
        string.Join(", ", names) is { Length: > 0 } list ? $"Its {what} are {list}." : $"It has no {what}.";

    static string Shorten(string name) => name.Length > 60 ? name[..60] + "…" : name;

    static FlowProblem TooLarge(string what) =>
        Error("flow_too_large", nodeId: null, field: null, $"The flow has {what}.", "Split it into flows that call one another.");

    /// <summary>A pinned node does not run: it keeps nothing from being tried out. What is published has no pins, and there it counts.</summary>
    static bool IsPinned(Node node, FlowGraph graph) => node.Pinned is not null && !graph.IsTool(node.Id);

    static FlowProblem Unless(bool pinned, FlowProblem problem) => pinned ? problem with { Severity = ProblemSeverity.Warning } : problem;

    static void Pins(Node node, NodeShape shape, List<FlowProblem> problems)
    {
        foreach (var port in node.Pinned?.Keys ?? Enumerable.Empty<string>())
        {
            var output = shape.Outputs.FirstOrDefault(o => o.Name == port);
            if (output is null)
            {
                problems.Add(new("pinned_unknown_output", ProblemSeverity.Warning, node.Id, port, $"{node.Label}: something is pinned at the output {Shorten(port)}, which it does not have.",
                    "Unpin the node's output, or pin it anew from a run."));
            }
            else if (output.Type is PortType.Model or PortType.Tool)
            {
                problems.Add(new("pinned_part", ProblemSeverity.Warning, node.Id, port, $"{node.Label}: {output.Title} is a part of the flow and no value, so nothing can be pinned there.",
                    "Unpin the node's output."));
            }
        }
    }

    static FlowProblem Error(string code, string? nodeId, string? field, string message, string advice) =>
        new(code, ProblemSeverity.Error, nodeId, field, message, advice);
}
