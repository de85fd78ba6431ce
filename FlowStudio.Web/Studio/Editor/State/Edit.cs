using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>One thing a person does to a document. Immutable; knows neither canvas nor page.</summary>
public abstract record Edit
{
    /// <summary>What the step is called in the history: "Move Prompt", "Change template of LLM". Asked before the edit is applied.</summary>
    public abstract string NameIn(FlowDocument document, ComponentCatalog catalog);

    /// <summary>Consecutive edits with the same key become one step of the history; null: always a step of its own.</summary>
    public virtual string? MergeKey => null;

    /// <summary>The document after the edit; the same document when there is nothing to change.</summary>
    /// <exception cref="EditRefusedException">It cannot be done; the message says why and what to do.</exception>
    public abstract FlowDocument Apply(FlowDocument document, ComponentCatalog catalog);

    /// <summary>The node an edit is about.</summary>
    /// <exception cref="EditRefusedException">It is gone.</exception>
    protected static Node Find(FlowDocument document, string nodeId) =>
        document.Node(nodeId) ?? throw new EditRefusedException("The node is not there any more: it was deleted meanwhile.");

    /// <summary>The document with one node replaced by another in its place.</summary>
    protected static FlowDocument With(FlowDocument document, Node node) => document with { Nodes = [.. document.Nodes.Select(n => n.Id == node.Id ? node : n)] };

    /// <summary>What people call one thing, or how many there are: "Prompt", "3 nodes".</summary>
    protected static string Several(FlowDocument document, ComponentCatalog catalog, IReadOnlyCollection<string> nodes, int notes = 0, int edges = 0) => (nodes.Count, notes, edges) switch
    {
        (1, 0, _) => catalog.TitleOf(document, nodes.First()),
        (0, 1, 0) => "a note",
        (0, 0, 1) => "an edge",
        (0, 0, _) => $"{edges} edges",
        (0, _, 0) => $"{notes} notes",
        (_, 0, _) => $"{nodes.Count} nodes",
        _ => $"{nodes.Count + notes} items",
    };
}

/// <summary>An edit that cannot be done; the message is for the person who tried: what is in the way and what to do.</summary>
public sealed class EditRefusedException(string message) : Exception(message);

/// <summary>What became of an edit.</summary>
/// <param name="Refusal">Why it was not done, in words; null when it was.</param>
/// <param name="Added">Ids of the nodes and notes that it made, in the document's order.</param>
public sealed record EditOutcome(string? Refusal, IReadOnlyList<string> Added)
{
    public bool Done => Refusal is null;

    internal static EditOutcome Refused(string reason) => new(reason, []);
}

/// <summary>An edge told by its two ends; a document has at most one of each that is valid.</summary>
public readonly record struct EdgeKey(PortRef From, PortRef To)
{
    public static EdgeKey Of(Edge edge) => new(edge.From, edge.To);
}
