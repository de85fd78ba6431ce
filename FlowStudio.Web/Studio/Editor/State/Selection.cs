using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>What is chosen on the canvas. Two are equal when they choose the same.</summary>
public sealed class Selection : IEquatable<Selection>
{
    readonly HashSet<string> nodes, notes;
    readonly HashSet<EdgeKey> edges;

    public Selection(IEnumerable<string> nodes, IEnumerable<string>? notes = null, IEnumerable<EdgeKey>? edges = null)
    {
        this.nodes = nodes.ToHashSet(StringComparer.Ordinal);
        this.notes = (notes ?? []).ToHashSet(StringComparer.Ordinal);
        this.edges = (edges ?? []).ToHashSet();
    }

    public static Selection None { get; } = new([]);

    public IReadOnlySet<string> Nodes => nodes;

    public IReadOnlySet<string> Notes => notes;

    public IReadOnlySet<EdgeKey> Edges => edges;

    public bool IsEmpty => nodes.Count + notes.Count + edges.Count == 0;

    /// <summary>The node, when exactly one is chosen: the one the inspector shows.</summary>
    public string? Node => nodes.Count == 1 ? nodes.First() : null;

    public static Selection Of(string? node) => node is null ? None : new([node]);

    /// <summary>What of it the document still has.</summary>
    public Selection In(FlowDocument document)
    {
        if (IsEmpty)
            return this;
        var left = new Selection(
            document.Nodes.Select(n => n.Id).Where(nodes.Contains), document.Notes.Select(n => n.Id).Where(notes.Contains), document.Edges.Select(EdgeKey.Of).Where(edges.Contains));
        return Equals(left) ? this : left;
    }

    public bool Equals(Selection? other) => other is not null && nodes.SetEquals(other.nodes) && notes.SetEquals(other.notes) && edges.SetEquals(other.edges);

    public override bool Equals(object? obj) => Equals(obj as Selection);

    public override int GetHashCode() => HashCode.Combine(nodes.Count, notes.Count, edges.Count);
}
