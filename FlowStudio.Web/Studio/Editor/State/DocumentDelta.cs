using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>
/// The difference between two documents, by item, so that it applies both ways and gives back exactly the document it was made of. It also applies to a
/// document that somebody else has changed elsewhere, as long as every item it touches is as it left it. Where the canvas is looked at is no difference.
/// </summary>
public sealed class DocumentDelta
{
    internal ListDelta<Node> Nodes { get; }

    internal ListDelta<Edge> Edges { get; }

    internal ListDelta<Note> Notes { get; }

    internal ExtraChange? Extra { get; }

    internal DocumentDelta(ListDelta<Node> nodes, ListDelta<Edge> edges, ListDelta<Note> notes, ExtraChange? extra)
    {
        (Nodes, Edges, Notes, Extra) = (nodes, edges, notes, extra);
    }

    public bool IsEmpty => Nodes.IsEmpty && Edges.IsEmpty && Notes.IsEmpty && Extra is null;

    public static DocumentDelta Between(FlowDocument before, FlowDocument after) => new(
        ListDelta<Node>.Between(before.Nodes, after.Nodes, ItemKind.Node),
        ListDelta<Edge>.Between(before.Edges, after.Edges, ItemKind.Edge),
        ListDelta<Note>.Between(before.Notes, after.Notes, ItemKind.Note),
        Same(before.Extra, after.Extra) ? null : new(before.Extra, after.Extra));

    /// <summary>The document with the change made; null when something it touches is otherwise by now.</summary>
    public FlowDocument? Apply(FlowDocument document) => Turn(document, forward: true);

    /// <summary>The document with the change taken back; null when something it touches is otherwise by now.</summary>
    public FlowDocument? Revert(FlowDocument document) => Turn(document, forward: false);

    FlowDocument? Turn(FlowDocument document, bool forward)
    {
        if (Nodes.Turn(document.Nodes, ItemKind.Node, forward) is not { } nodes
            || Edges.Turn(document.Edges, ItemKind.Edge, forward) is not { } edges
            || Notes.Turn(document.Notes, ItemKind.Note, forward) is not { } notes)
            return null;
        var extra = document.Extra;
        if (Extra is { } change)
        {
            if (!Same(extra, forward ? change.Before : change.After))
                return null;
            extra = forward ? change.After : change.Before;
        }
        return document with { Nodes = nodes, Edges = edges, Notes = notes, Extra = extra };
    }

    static bool Same(IDictionary<string, JsonElement>? one, IDictionary<string, JsonElement>? other) =>
        ReferenceEquals(one, other) || ((one?.Count ?? 0) == (other?.Count ?? 0)
            && (one ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal)).All(e => other is not null && other.TryGetValue(e.Key, out var value) && value.GetRawText() == e.Value.GetRawText()));
}

/// <summary>Properties of the document that this program does not know, before and after.</summary>
sealed record ExtraChange(IDictionary<string, JsonElement>? Before, IDictionary<string, JsonElement>? After);

/// <summary>How items of one kind are told apart and compared.</summary>
sealed record ItemKind<T>(Func<T, object> Key, Func<T, string> Text)
{
    /// <summary>By content: settings are JSON, which knows no equality of its own.</summary>
    public bool Same(T one, T other) => ReferenceEquals(one, other) || (Key(one).Equals(Key(other)) && Text(one) == Text(other));
}

static class ItemKind
{
    public static readonly ItemKind<Node> Node = new(n => n.Id, FlowJson.ToText);
    public static readonly ItemKind<Edge> Edge = new(e => EdgeKey.Of(e), FlowJson.ToText);
    public static readonly ItemKind<Note> Note = new(n => n.Id, FlowJson.ToText);
}

/// <summary>An item and its place in its list.</summary>
readonly record struct Placed<T>(int At, T Item);

/// <summary>An item that is another now.</summary>
readonly record struct Replaced<T>(T Before, T After);

/// <summary>
/// What differs between two lists. What is in both is in the same order in both; where it is not, all of it counts as removed and added again.
/// </summary>
sealed record ListDelta<T>(IReadOnlyList<Replaced<T>> Changed, IReadOnlyList<Placed<T>> Removed, IReadOnlyList<Placed<T>> Added)
    where T : class
{
    static readonly ListDelta<T> Nothing = new([], [], []);

    public bool IsEmpty => Changed.Count + Removed.Count + Added.Count == 0;

    public static ListDelta<T> Between(IReadOnlyList<T> before, IReadOnlyList<T> after, ItemKind<T> kind)
    {
        if (ReferenceEquals(before, after))
            return Nothing;
        var old = before.Select(kind.Key).ToHashSet();
        var young = after.Select(kind.Key).ToHashSet();
        var stayedBefore = before.Where(i => young.Contains(kind.Key(i))).ToList();
        var stayedAfter = after.Where(i => old.Contains(kind.Key(i))).ToList();
        // Two items with one key are a mistake of some other program; then and when the order is another, the list is replaced whole.
        if (old.Count != before.Count || young.Count != after.Count || !stayedBefore.Select(kind.Key).SequenceEqual(stayedAfter.Select(kind.Key)))
        {
            return before.Count == after.Count && before.Zip(after).All(p => kind.Same(p.First, p.Second))
                ? Nothing
                : new([], [.. before.Select((item, at) => new Placed<T>(at, item))], [.. after.Select((item, at) => new Placed<T>(at, item))]);
        }
        return new(
            [.. stayedBefore.Zip(stayedAfter).Where(p => !kind.Same(p.First, p.Second)).Select(p => new Replaced<T>(p.First, p.Second))],
            [.. before.Select((item, at) => new Placed<T>(at, item)).Where(p => !young.Contains(kind.Key(p.Item)))],
            [.. after.Select((item, at) => new Placed<T>(at, item)).Where(p => !old.Contains(kind.Key(p.Item)))]);
    }

    /// <summary>The list after the change, or before it; null when it does not have what the change takes away, or has already what it brings.</summary>
    public IReadOnlyList<T>? Turn(IReadOnlyList<T> list, ItemKind<T> kind, bool forward)
    {
        if (IsEmpty)
            return list;
        var items = list.ToList();
        foreach (var (_, item) in forward ? Removed : Added)
        {
            var at = items.FindIndex(i => kind.Same(i, item));
            if (at < 0)
                return null;
            items.RemoveAt(at);
        }
        foreach (var (before, after) in Changed)
        {
            var (from, to) = forward ? (before, after) : (after, before);
            var at = items.FindIndex(i => kind.Same(i, from));
            if (at < 0)
                return null;
            items[at] = to;
        }
        var there = items.Select(kind.Key).ToHashSet();
        foreach (var (at, item) in forward ? Added : Removed)
        {
            if (there.Contains(kind.Key(item)))
                return null;
            items.Insert(Math.Min(at, items.Count), item);
        }
        return items;
    }
}
