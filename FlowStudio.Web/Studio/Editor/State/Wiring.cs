using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>Draws an edge. What may be connected is decided by <see cref="ConnectionRules"/> alone.</summary>
public sealed record Connect(PortRef From, PortRef To) : Edit
{
    /// <summary>The edge that was led elsewhere, which this one takes the place of.</summary>
    public EdgeKey? Replaces { get; init; }

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) =>
        $"Connect {catalog.TitleOf(document, From.Node)} to {catalog.TitleOf(document, To.Node)}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var edge = new Edge { From = From, To = To };
        if (Replaces is { } old && old == EdgeKey.Of(edge))
            return document;
        var rest = Replaces is { } moved ? document with { Edges = [.. document.Edges.Where(e => EdgeKey.Of(e) != moved)] } : document;
        if (ConnectionRules.Problem(rest, edge, catalog) is { } problem)
            throw new EditRefusedException(Words(problem, document, catalog));
        return rest with { Edges = [.. rest.Edges, edge] };
    }

    /// <summary>What people see first is the name of the two ports; the rule's own words follow.</summary>
    string Words(FlowProblem problem, FlowDocument document, ComponentCatalog catalog)
    {
        if (problem.Code != "type_mismatch" || document.Node(From.Node) is not { } from || document.Node(To.Node) is not { } to)
            return $"{problem.Message} {problem.Advice}";
        var output = catalog.ShapeOf(from)?.Output(From.Port)?.Title ?? From.Port;
        var input = catalog.ShapeOf(to)?.Input(To.Port)?.Title ?? To.Port;
        return $"{output} cannot go into {input}: {problem.Message} {problem.Advice}";
    }
}

/// <summary>Finds the port of a new node that an edge can take.</summary>
static class Wiring
{
    /// <summary>From an output to an input of the node: the one that is named, or the first that takes it.</summary>
    public static FlowDocument ConnectOut(FlowDocument document, PortRef from, Node node, string? port, ComponentCatalog catalog) =>
        First(document, (port is null ? catalog.ShapeOf(node)?.Inputs.Select(i => i.Name) ?? [] : [port]).Select(i => new Connect(from, new(node.Id, i))), catalog)
        ?? throw new EditRefusedException($"{catalog.TitleOf(document, node.Id)} has no input that takes what {catalog.TitleOf(document, from.Node)} gives. Pick another component.");

    /// <summary>From an output of the node, the one that is named or the first that fits, to an input.</summary>
    public static FlowDocument ConnectIn(FlowDocument document, Node node, string? port, PortRef to, ComponentCatalog catalog) =>
        First(document, (port is null ? Outputs(catalog.ShapeOf(node)) : [port]).Select(o => new Connect(new(node.Id, o), to)), catalog)
        ?? throw new EditRefusedException($"{catalog.TitleOf(document, node.Id)} gives nothing that {catalog.TitleOf(document, to.Node)} takes there. Pick another component.");

    /// <summary>Leads an edge through a node.</summary>
    public static FlowDocument Through(FlowDocument document, EdgeKey edge, Node node, string? input, string? output, ComponentCatalog catalog)
    {
        var without = document with { Edges = [.. document.Edges.Where(e => EdgeKey.Of(e) != edge)] };
        if (without.Edges.Count == document.Edges.Count)
            throw new EditRefusedException("The edge is not there any more: it was deleted meanwhile.");
        return ConnectIn(ConnectOut(without, edge.From, node, input, catalog), node, output, edge.To, catalog);
    }

    static IEnumerable<string> Outputs(NodeShape? shape) =>
        shape is null ? [] : shape.CanBeTool ? shape.Outputs.Select(o => o.Name).Append(ToolPort.Name) : shape.Outputs.Select(o => o.Name);

    static FlowDocument? First(FlowDocument document, IEnumerable<Connect> edges, ComponentCatalog catalog)
    {
        foreach (var connect in edges)
        {
            var edge = new Edge { From = connect.From, To = connect.To };
            if (ConnectionRules.Problem(document, edge, catalog) is null)
                return document with { Edges = [.. document.Edges, edge] };
        }
        return null;
    }
}

static class Places
{
    public static FlowDocument Put(FlowDocument document, IReadOnlyDictionary<string, Position> nodes, IReadOnlyDictionary<string, Position> notes)
    {
        var movesNodes = document.Nodes.Any(n => nodes.TryGetValue(n.Id, out var to) && to != n.Position);
        var movesNotes = document.Notes.Any(n => notes.TryGetValue(n.Id, out var to) && to != n.Position);
        if (nodes.Values.Concat(notes.Values).Any(p => !double.IsFinite(p.X) || !double.IsFinite(p.Y)))
            throw new EditRefusedException("A place on the canvas is two finite numbers.");
        return document with
        {
            Nodes = movesNodes ? [.. document.Nodes.Select(n => nodes.TryGetValue(n.Id, out var to) && to != n.Position ? n with { Position = to } : n)] : document.Nodes,
            Notes = movesNotes ? [.. document.Notes.Select(n => notes.TryGetValue(n.Id, out var to) && to != n.Position ? n with { Position = to } : n)] : document.Notes,
        };
    }
}

static class NewNodes
{
    public static FlowDocument Place(
        FlowDocument document, ComponentCatalog catalog, string type, Position at, OrderedDictionary<string, JsonElement> settings, string? id, out Node node)
    {
        var descriptor = catalog.Find(type) ?? throw new EditRefusedException($"There is no component of the type {type}.");
        if (document.Nodes.Count >= FlowValidator.MaxNodes)
            throw new EditRefusedException($"The flow has {FlowValidator.MaxNodes:N0} nodes, and no more are allowed. Split it into flows that call one another.");
        var ids = new NewIds(document);
        node = new Node { Id = ids.Take(id) ?? ids.For(type), Type = type, Title = Title(document, descriptor), Position = at, Settings = settings };
        return document with { Nodes = [.. document.Nodes, node] };
    }

    /// <summary>A second Prompt is called "Prompt 2", so that log and problems tell them apart.</summary>
    static string Title(FlowDocument document, ComponentDescriptor descriptor)
    {
        var taken = document.Nodes.Select(n => n.Title.Length > 0 ? n.Title : descriptor.Title).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (!document.Nodes.Any(n => n.Type == descriptor.Type) || !taken.Contains(descriptor.Title))
            return descriptor.Title;
        for (var i = 2; ; i++)
        {
            var title = string.Create(CultureInfo.InvariantCulture, $"{descriptor.Title} {i}");
            if (!taken.Contains(title))
                return title;
        }
    }
}

/// <summary>Gives out ids that a document does not have: <c>data_to_message</c>, <c>data_to_message_2</c>…</summary>
sealed class NewIds(FlowDocument document)
{
    readonly HashSet<string> taken = [.. document.Nodes.Select(n => n.Id), .. document.Notes.Select(n => n.Id)];

    /// <summary>This very id; null when it is taken, or none that a flow takes.</summary>
    public string? Take(string? id) => id is { Length: > 0 and <= FlowValidator.MaxIdLength } && !id.Any(char.IsControl) && id.Trim() == id && taken.Add(id) ? id : null;

    public string For(string type)
    {
        var stem = Stem(type);
        var id = stem;
        for (var i = 2; !taken.Add(id); i++)
            id = string.Create(CultureInfo.InvariantCulture, $"{stem}_{i}");
        return id;
    }

    /// <summary>The type in lower case, words apart; what is not a letter or digit is left out.</summary>
    static string Stem(string type)
    {
        var stem = new StringBuilder();
        for (var i = 0; i < type.Length && stem.Length < 40; i++)
        {
            var c = type[i];
            if (!char.IsAsciiLetterOrDigit(c))
                continue;
            if (char.IsAsciiLetterUpper(c) && stem.Length > 0 && !char.IsAsciiLetterUpper(type[i - 1]))
                stem.Append('_');
            stem.Append(char.ToLowerInvariant(c));
        }
        return stem.Length > 0 ? stem.ToString() : "node";
    }
}
