using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>Places a component, and connects it when it was picked for a port.</summary>
/// <param name="Type">The component's type.</param>
/// <param name="At">Its upper left corner.</param>
public sealed record AddNode(string Type, Position At) : Edit
{
    /// <summary>The id it gets when that is free; null: one made of the type.</summary>
    public string? Id { get; init; }

    /// <summary>The output that an edge was drawn from into the empty canvas: it leads to the first input of the new node that takes it.</summary>
    public PortRef? From { get; init; }

    /// <summary>The input that an edge was drawn back from: the first output of the new node that fits leads to it.</summary>
    public PortRef? To { get; init; }

    /// <summary>The port of the new node that <see cref="From"/> or <see cref="To"/> is connected to; null: the first that fits.</summary>
    public string? Port { get; init; }

    /// <summary>Values that differ from the component's defaults.</summary>
    public OrderedDictionary<string, JsonElement> Settings { get; init; } = [];

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => $"Add {catalog.Find(Type)?.Title ?? Type}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var added = NewNodes.Place(document, catalog, Type, At, Settings, Id, out var node);
        if (From is { } from)
            added = Wiring.ConnectOut(added, from, node, Port, catalog);
        if (To is { } to)
            added = Wiring.ConnectIn(added, node, Port, to, catalog);
        return added;
    }
}

/// <summary>Puts a component into the middle of an edge, which then leads through it.</summary>
public sealed record InsertOnEdge(EdgeKey Edge, string Type, Position At) : Edit
{
    /// <inheritdoc cref="AddNode.Id"/>
    public string? Id { get; init; }

    /// <summary>The new node's ports that the edge leads through; null: the first that fit.</summary>
    public string? Input { get; init; }

    /// <inheritdoc cref="Input"/>
    public string? Output { get; init; }

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => $"Insert {catalog.Find(Type)?.Title ?? Type}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var placed = NewNodes.Place(document, catalog, Type, At, [], Id, out var node);
        return Wiring.Through(placed, Edge, node, Input, Output, catalog);
    }
}

/// <summary>Puts a node that is there already into the middle of an edge.</summary>
public sealed record InsertNode(EdgeKey Edge, string NodeId, Position At) : Edit
{
    /// <inheritdoc cref="InsertOnEdge.Input"/>
    public string? Input { get; init; }

    /// <inheritdoc cref="InsertOnEdge.Input"/>
    public string? Output { get; init; }

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => $"Insert {catalog.TitleOf(document, NodeId)}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var node = Find(document, NodeId) with { Position = At };
        return Wiring.Through(With(document, node), Edge, node, Input, Output, catalog);
    }
}

/// <summary>Moves nodes and notes, by id, to where they were let go.</summary>
public sealed record MoveItems(IReadOnlyDictionary<string, Position> Nodes, IReadOnlyDictionary<string, Position> Notes) : Edit
{
    public MoveItems(string nodeId, Position to)
        : this(new Dictionary<string, Position>(StringComparer.Ordinal) { [nodeId] = to }, new Dictionary<string, Position>(StringComparer.Ordinal))
    {
    }

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => $"Move {Several(document, catalog, [.. Nodes.Keys], Notes.Count)}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog) => Places.Put(document, Nodes, Notes);
}

/// <summary>Gives many nodes and notes their places at once: aligned, distributed or laid out.</summary>
/// <param name="Name">What it is called: "Align left", "Arrange the flow".</param>
public sealed record ArrangeNodes(IReadOnlyDictionary<string, Position> Nodes, string Name) : Edit
{
    public IReadOnlyDictionary<string, Position> Notes { get; init; } = new Dictionary<string, Position>(StringComparer.Ordinal);

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => Name;

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog) => Places.Put(document, Nodes, Notes);
}

/// <summary>Gives a node a title; an empty one is the component's own.</summary>
public sealed record RenameNode(string NodeId, string Title) : Edit
{
    internal const int MaxTitle = 200;

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => $"Rename {catalog.TitleOf(document, NodeId)}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var node = Find(document, NodeId);
        var title = Title.Trim();
        if (title.Length > MaxTitle)
            throw new EditRefusedException($"The title has {title.Length} characters. Use {MaxTitle} at most.");
        return title == node.Title ? document : With(document, node with { Title = title });
    }
}

/// <summary>Sets a field of a node; no value takes the field's default again. Typing in one field is one step.</summary>
public sealed record ChangeSetting(string NodeId, string Field, JsonElement? Value) : Edit
{
    public override string? MergeKey => $"setting\n{NodeId}\n{Field}";

    public override string NameIn(FlowDocument document, ComponentCatalog catalog)
    {
        var field = document.Node(NodeId) is { } node ? catalog.Find(node.Type)?.Fields.FirstOrDefault(f => f.Name == Field)?.Title : null;
        return $"Change {(field ?? Field).ToLowerInvariant()} of {catalog.TitleOf(document, NodeId)}";
    }

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var node = Find(document, NodeId);
        var had = node.Settings.TryGetValue(Field, out var old);
        if (Value is { } same ? had && JsonElement.DeepEquals(old, same) && old.GetRawText() == same.GetRawText() : !had)
            return document;
        var settings = new OrderedDictionary<string, JsonElement>(node.Settings, StringComparer.Ordinal);
        if (Value is { } value)
            settings[Field] = value.Clone();
        else
            settings.Remove(Field);
        return With(document, node with { Settings = settings });
    }
}

/// <summary>What a node does beside its settings.</summary>
/// <param name="Timeout">Seconds one attempt may take; null: the component's own limit.</param>
/// <param name="Retries">How often a failed attempt is repeated; null: the flow's setting.</param>
/// <param name="Disabled">It is passed over.</param>
public sealed record NodeOptions(double? Timeout, int? Retries, bool Disabled)
{
    public static NodeOptions Of(Node node) => new(node.Timeout, node.Retries, node.Disabled);
}

/// <summary>Changes a node's time limit, retries, or whether it is passed over.</summary>
public sealed record ChangeNodeOptions(string NodeId, NodeOptions Options) : Edit
{
    public override string? MergeKey => $"options\n{NodeId}\n{Options.Disabled}";

    public override string NameIn(FlowDocument document, ComponentCatalog catalog)
    {
        var title = catalog.TitleOf(document, NodeId);
        if (document.Node(NodeId) is not { } node)
            return $"Change {title}";
        return (node.Disabled, Options.Disabled) switch
        {
            (false, true) => $"Disable {title}",
            (true, false) => $"Enable {title}",
            _ => node.Timeout.Equals(Options.Timeout) ? $"Change retries of {title}" : $"Change time limit of {title}",
        };
    }

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var node = Find(document, NodeId);
        if (Options.Timeout is { } timeout && timeout is not (> 0 and <= 604_800))
            throw new EditRefusedException("A time limit is more than 0 and at most 604,800 seconds (a week).");
        if (Options.Retries is { } retries && retries is not (>= 0 and <= 20))
            throw new EditRefusedException("Retries are 0 to 20.");
        return NodeOptions.Of(node) == Options ? document : With(document, node with { Timeout = Options.Timeout, Retries = Options.Retries, Disabled = Options.Disabled });
    }
}

/// <summary>Passes nodes over, or no longer.</summary>
public sealed record Bypass(IReadOnlyList<string> NodeIds, bool Disabled) : Edit
{
    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => $"{(Disabled ? "Disable" : "Enable")} {Several(document, catalog, NodeIds)}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog) =>
        document.Nodes.Any(n => n.Disabled != Disabled && NodeIds.Contains(n.Id))
            ? document with { Nodes = [.. document.Nodes.Select(n => n.Disabled != Disabled && NodeIds.Contains(n.Id) ? n with { Disabled = Disabled } : n)] }
            : document;
}

/// <summary>Deletes nodes with their edges, and edges and notes by themselves.</summary>
public sealed record Delete(Selection What) : Edit
{
    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => $"Delete {Several(document, catalog, [.. What.Nodes], What.Notes.Count, What.Edges.Count)}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var nodes = document.Nodes.Where(n => !What.Nodes.Contains(n.Id)).ToList();
        var edges = document.Edges.Where(e => !What.Nodes.Contains(e.From.Node) && !What.Nodes.Contains(e.To.Node) && !What.Edges.Contains(EdgeKey.Of(e))).ToList();
        var notes = document.Notes.Where(n => !What.Notes.Contains(n.Id)).ToList();
        return nodes.Count == document.Nodes.Count && edges.Count == document.Edges.Count && notes.Count == document.Notes.Count
            ? document
            : document with { Nodes = nodes, Edges = edges, Notes = notes };
    }
}

/// <summary>Another document in place of this one: a version brought back, one side of a conflict.</summary>
/// <param name="Document">What the draft becomes; where the canvas is looked at stays.</param>
/// <param name="Name">What it is called: "Restore version 3".</param>
public sealed record ReplaceDocument(FlowDocument Document, string Name) : Edit
{
    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => Name;

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog) => Document with { Viewport = document.Viewport };
}

/// <summary>Keeps what a node gave, so that runs in the studio take it instead of running the node; no outputs: it runs again.</summary>
/// <param name="Outputs">By output port.</param>
public sealed record PinOutput(string NodeId, OrderedDictionary<string, JsonElement>? Outputs) : Edit
{
    public override string NameIn(FlowDocument document, ComponentCatalog catalog) =>
        $"{(Outputs is null ? "Unpin" : "Pin")} output of {catalog.TitleOf(document, NodeId)}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var node = Find(document, NodeId);
        return Outputs is null && node.Pinned is null ? document : With(document, node with { Pinned = Outputs });
    }
}
