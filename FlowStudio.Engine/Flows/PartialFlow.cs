using System.Text.Json;

namespace FlowStudio.Engine.Flows;

/// <summary>What an earlier run knows of an output.</summary>
/// <param name="Ran">The node gave something at all.</param>
/// <param name="Value">What left this port; null when that branch was not taken.</param>
public readonly record struct PastOutput(bool Ran, JsonElement? Value);

/// <summary>A part of a flow that can run by itself, or why there is none, in words.</summary>
public sealed record PartOfFlow(FlowDocument? Document, string Problem = "");

/// <summary>Parts of a flow for trying it out: what a node needs, or the node alone. Pure.</summary>
public static class PartialFlow
{
    /// <summary>The node and all that it depends on; what lies before pinned nodes is left out.</summary>
    public static PartOfFlow UpTo(FlowDocument document, string nodeId, INodeShapes shapes)
    {
        var graph = FlowGraph.Of(document, shapes);
        if (graph.Find(nodeId) is not { } target)
            return Gone;
        if (target.Disabled)
            return SwitchedOff(target);
        var around = graph.Bodies().Where(b => b.Value.Contains(nodeId)).Select(b => b.Key).ToHashSet(StringComparer.Ordinal);
        var into = document.Edges.ToLookup(e => e.To.Node, StringComparer.Ordinal);
        var kept = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([nodeId]);
        while (open.TryPop(out var id))
        {
            if (!kept.Add(id) || graph.Find(id) is { Pinned: not null, Disabled: false })
                continue;
            // What comes after the node in its own loop's body is not asked for; of a loop before it, the whole body is.
            foreach (var edge in into[id].Where(e => !(graph.Returns(e) && around.Contains(e.To.Node)) && graph.Find(e.From.Node) is not null))
                open.Push(edge.From.Node);
        }
        return new(Part(document, kept));
    }

    /// <summary>
    /// The node alone, with what came to it in an earlier run: the nodes before it are there with their outputs pinned. What an agent has as tools or
    /// model belongs to it, and a loop's body to the loop. The node's own pin does not count.
    /// </summary>
    public static PartOfFlow Only(FlowDocument document, string nodeId, INodeShapes shapes, Func<PortRef, PastOutput> past)
    {
        var graph = FlowGraph.Of(document, shapes);
        if (graph.Find(nodeId) is not { } target)
            return Gone;
        if (target.Disabled)
            return SwitchedOff(target);
        var own = Own(document, nodeId, graph);
        var given = new Dictionary<string, OrderedDictionary<string, JsonElement>>(StringComparer.Ordinal);
        var edges = new List<Edge>();
        var empty = new List<(Node Node, InputPort Port)>();
        foreach (var edge in document.Edges.Where(e => own.Contains(e.To.Node)))
        {
            if (own.Contains(edge.From.Node))
            {
                edges.Add(edge);
                continue;
            }
            if (graph.Find(edge.From.Node) is not { } source || graph.ShapeOf(edge.To.Node)?.Input(edge.To.Port) is not { } port)
                continue;
            var came = source is { Pinned: { } pins, Disabled: false } ? new PastOutput(Ran: true, pins.TryGetValue(edge.From.Port, out var pin) ? pin : null) : past(edge.From);
            if (came.Value is { } value)
            {
                if (!given.TryGetValue(source.Id, out var outputs))
                    given[source.Id] = outputs = [];
                outputs[edge.From.Port] = value;
                edges.Add(edge);
            }
            else if (port.Required && !came.Ran)
            {
                return new(null, $"Run the flow once, so that there is an input to run {target.Label} with: {source.Label} has not given anything yet.");
            }
            else if (port.Required && graph.Find(edge.To.Node) is { } hungry)
            {
                empty.Add((hungry, port));
            }
        }
        if (empty.FirstOrDefault(e => !edges.Exists(x => x.To == new PortRef(e.Node.Id, e.Port.Name))) is { Node: { } lacking, Port: { } missing })
            return new(null, $"In the run shown nothing came to {missing.Title} of {lacking.Label}: another branch was taken. Show a run that came by here, or pin an output before it.");
        return new(new FlowDocument
        {
            Nodes = [.. document.Nodes.Where(n => own.Contains(n.Id) || given.ContainsKey(n.Id))
                .Select(n => n.Id == nodeId ? n with { Pinned = null } : given.TryGetValue(n.Id, out var outputs) ? StandIn(n, outputs, graph) : n)],
            Edges = [.. edges.Select(e => graph.ShapeOf(e.From.Node)?.ItemPort == e.From.Port && !own.Contains(e.From.Node) ? e with { From = e.From with { Port = WebhookPort } } : e)],
        });
    }

    const string WebhookPort = "output_data";

    static PartOfFlow Gone => new(null, "The node does not exist any more.");

    static PartOfFlow SwitchedOff(Node node) => new(null, $"{node.Label} is switched off. Switch it on to run it.");

    /// <summary>A node with what it gave. A loop would make its body of what hangs on its item; a trigger that gives the same item does not.</summary>
    static Node StandIn(Node node, OrderedDictionary<string, JsonElement> outputs, FlowGraph graph) =>
        graph.ShapeOf(node.Id)?.ItemPort is { } item && outputs.Remove(item, out var value)
            ? new Node { Id = node.Id, Type = "Webhook", Title = node.Label, Position = node.Position, Pinned = new(outputs) { [WebhookPort] = value } }
            : node with { Pinned = outputs };

    static HashSet<string> Own(FlowDocument document, string nodeId, FlowGraph graph)
    {
        var own = new HashSet<string>(StringComparer.Ordinal) { nodeId };
        if (graph.Bodies().TryGetValue(nodeId, out var body))
            own.UnionWith(body);
        var open = new Stack<string>(own);
        while (open.TryPop(out var id))
        {
            foreach (var edge in document.Edges.Where(e => e.To.Node == id && graph.ShapeOf(e.From.Node)?.Output(e.From.Port)?.Type is PortType.Model or PortType.Tool))
            {
                if (own.Add(edge.From.Node))
                    open.Push(edge.From.Node);
            }
        }
        return own;
    }

    static FlowDocument Part(FlowDocument document, HashSet<string> kept) => new()
    {
        Nodes = [.. document.Nodes.Where(n => kept.Contains(n.Id))],
        Edges = [.. document.Edges.Where(e => kept.Contains(e.From.Node) && kept.Contains(e.To.Node) && document.Node(e.To.Node) is not { Pinned: not null, Disabled: false })],
    };
}
