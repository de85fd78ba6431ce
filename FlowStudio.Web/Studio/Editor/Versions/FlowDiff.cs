using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.Versions;

/// <summary>What became of a thing between two documents.</summary>
public enum DiffKind
{
    Added,
    Removed,
    Changed,
}

/// <summary>A value before and after, in words; empty when there was none.</summary>
public sealed record FieldDiff(string Name, string Before, string After);

/// <summary>A node that is in only one of two documents, or is set otherwise.</summary>
/// <param name="Title">What people call it, after the change where it is still there.</param>
public sealed record NodeDiff(DiffKind Kind, string NodeId, string Type, string Title, IReadOnlyList<FieldDiff> Fields);

/// <summary>An edge that is in only one of two documents, its ends in words: "Prompt · Prompt" to "LLM · Input".</summary>
public sealed record EdgeDiff(DiffKind Kind, string From, string To);

/// <summary>A note that was written, rewritten or taken away.</summary>
public sealed record NoteDiff(DiffKind Kind, string Before, string After);

/// <summary>
/// What differs between two documents, in words. Edges of nodes that came or went are told with them, and where things stand on the canvas counts as one
/// difference, whatever was moved. Pinned outputs and where the canvas was looked at are no difference: neither is published.
/// </summary>
/// <param name="Moved">How many nodes and notes stand elsewhere.</param>
public sealed record FlowDiff(IReadOnlyList<NodeDiff> Nodes, IReadOnlyList<EdgeDiff> Edges, IReadOnlyList<NoteDiff> Notes, int Moved)
{
    const int MaxText = 2_000;

    public static FlowDiff None { get; } = new([], [], [], 0);

    /// <summary>How many differences a person would count.</summary>
    public int Count => Nodes.Count + Edges.Count + Notes.Count + (Moved > 0 ? 1 : 0);

    public static FlowDiff Between(FlowDocument before, FlowDocument after, ComponentCatalog catalog)
    {
        if (ReferenceEquals(before, after))
            return None;
        var old = ById(before);
        var young = ById(after);
        var nodes = new List<NodeDiff>();
        foreach (var node in after.Nodes.DistinctBy(n => n.Id, StringComparer.Ordinal))
        {
            if (!old.TryGetValue(node.Id, out var was))
                nodes.Add(new(DiffKind.Added, node.Id, node.Type, catalog.TitleOf(after, node.Id), []));
            else if (Fields(was, node, catalog) is { Count: > 0 } fields)
                nodes.Add(new(DiffKind.Changed, node.Id, node.Type, catalog.TitleOf(after, node.Id), fields));
        }
        nodes.AddRange(old.Values.Where(n => !young.ContainsKey(n.Id)).Select(n => new NodeDiff(DiffKind.Removed, n.Id, n.Type, catalog.TitleOf(before, n.Id), [])));

        var edges = EdgesOf(after, before, DiffKind.Added, catalog, n => old.ContainsKey(n) && young.ContainsKey(n))
            .Concat(EdgesOf(before, after, DiffKind.Removed, catalog, n => old.ContainsKey(n) && young.ContainsKey(n)));
        var moved = young.Values.Count(n => old.TryGetValue(n.Id, out var was) && was.Position != n.Position);
        return new(nodes, [.. edges], NotesBetween(before, after, out var movedNotes), moved + movedNotes);
    }

    static Dictionary<string, Node> ById(FlowDocument document) =>
        document.Nodes.DistinctBy(n => n.Id, StringComparer.Ordinal).ToDictionary(n => n.Id, StringComparer.Ordinal);

    static List<FieldDiff> Fields(Node before, Node after, ComponentCatalog catalog)
    {
        var fields = new List<FieldDiff>();
        void Compare(string name, string was, string now)
        {
            if (was != now)
                fields.Add(new(name, Short(was), Short(now)));
        }
        if (before.Type != after.Type)
            Compare("Component", catalog.Find(before.Type)?.Title ?? before.Type, catalog.Find(after.Type)?.Title ?? after.Type);
        Compare("Title", before.Title, after.Title);
        var descriptor = catalog.Find(after.Type);
        foreach (var name in before.Settings.Keys.Union(after.Settings.Keys, StringComparer.Ordinal))
        {
            var field = descriptor?.Fields.FirstOrDefault(f => f.Name == name);
            var (had, has) = (before.Settings.TryGetValue(name, out var was), after.Settings.TryGetValue(name, out var now));
            if (had != has || !JsonElement.DeepEquals(was, now))
                fields.Add(new(field?.Title ?? name, Short(Words(field, had, was)), Short(Words(field, has, now))));
        }
        Compare("Disabled", before.Disabled ? "yes" : "no", after.Disabled ? "yes" : "no");
        Compare("Time limit", Seconds(before.Timeout), Seconds(after.Timeout));
        Compare("Retries", before.Retries?.ToString(CultureInfo.InvariantCulture) ?? "flow's default", after.Retries?.ToString(CultureInfo.InvariantCulture) ?? "flow's default");
        return fields;
    }

    static string Words(Field? field, bool present, JsonElement value) => (field, present) switch
    {
        (not null, false) => SettingText.Of(field, field.DefaultValue),
        (null, false) => "",
        (not null, true) => SettingText.Of(field, value),
        _ => JsonText.Of(value),
    };

    static string Seconds(double? timeout) => timeout is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"{seconds} s") : "component's default";

    static string Short(string text) => text.Length > MaxText ? string.Concat(text.AsSpan(0, MaxText), "…") : text;

    /// <summary>Edges that only the first document has, between nodes that both have.</summary>
    static IEnumerable<EdgeDiff> EdgesOf(FlowDocument with, FlowDocument without, DiffKind kind, ComponentCatalog catalog, Func<string, bool> stays)
    {
        var known = without.Edges.Select(e => (e.From, e.To)).ToHashSet();
        return with.Edges.Where(e => stays(e.From.Node) && stays(e.To.Node) && !known.Contains((e.From, e.To)))
            .Select(e => new EdgeDiff(kind, End(with, e.From, catalog, output: true), End(with, e.To, catalog, output: false)));
    }

    static string End(FlowDocument document, PortRef port, ComponentCatalog catalog, bool output)
    {
        var shape = document.Node(port.Node) is { } node ? catalog.ShapeOf(node) : null;
        var title = output ? shape?.Output(port.Port)?.Title : shape?.Input(port.Port)?.Title;
        return $"{catalog.TitleOf(document, port.Node)} · {title ?? port.Port}";
    }

    static List<NoteDiff> NotesBetween(FlowDocument before, FlowDocument after, out int moved)
    {
        var old = before.Notes.DistinctBy(n => n.Id, StringComparer.Ordinal).ToDictionary(n => n.Id, StringComparer.Ordinal);
        var young = after.Notes.DistinctBy(n => n.Id, StringComparer.Ordinal).ToDictionary(n => n.Id, StringComparer.Ordinal);
        moved = young.Values.Count(n => old.TryGetValue(n.Id, out var was) && (was.Position, was.Width, was.Height, was.Color) != (n.Position, n.Width, n.Height, n.Color));
        return
        [
            .. young.Values.Where(n => !old.ContainsKey(n.Id)).Select(n => new NoteDiff(DiffKind.Added, "", Short(n.Text))),
            .. young.Values.Where(n => old.TryGetValue(n.Id, out var was) && was.Text != n.Text).Select(n => new NoteDiff(DiffKind.Changed, Short(old[n.Id].Text), Short(n.Text))),
            .. old.Values.Where(n => !young.ContainsKey(n.Id)).Select(n => new NoteDiff(DiffKind.Removed, Short(n.Text), "")),
        ];
    }
}
