using System.Buffers;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>
/// A piece of a flow as text, as the clipboard carries it between flows and tabs:
/// <c>{"flowstudio":"nodes","nodes":[…],"edges":[…],"notes":[…]}</c>, written as in a flow's file.
/// </summary>
public static class Fragment
{
    const string Mark = "nodes";

    /// <summary>A clipboard takes more than a person draws; beyond this it is no fragment of a flow.</summary>
    public const int MaxLength = 5_000_000;

    /// <summary>The chosen nodes and notes, with the edges between the nodes; null when nothing of it can be copied.</summary>
    public static string? Of(FlowDocument document, Selection what)
    {
        var nodes = document.Nodes.Where(n => what.Nodes.Contains(n.Id)).ToList();
        var notes = document.Notes.Where(n => what.Notes.Contains(n.Id)).ToList();
        if (nodes.Count + notes.Count == 0)
            return null;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, JsonText.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("flowstudio"u8, Mark);
            List(json, "nodes"u8, nodes.Select(FlowJson.ToText));
            List(json, "edges"u8, document.Edges.Where(e => what.Nodes.Contains(e.From.Node) && what.Nodes.Contains(e.To.Node)).Select(FlowJson.ToText));
            List(json, "notes"u8, notes.Select(FlowJson.ToText));
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The nodes, edges and notes of a fragment.</summary>
    /// <exception cref="EditRefusedException">The text is none; the message says so.</exception>
    public static FlowDocument Read(string text)
    {
        if (text.Length > MaxLength)
            throw new EditRefusedException("What is on the clipboard is too large to be nodes of a flow.");
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind is not JsonValueKind.Object || !json.RootElement.TryGetProperty("flowstudio", out var mark)
                || mark.ValueKind is not JsonValueKind.String || !mark.ValueEquals(Mark))
                throw new EditRefusedException("What is on the clipboard is not from a flow. Copy nodes on a canvas first.");
            var buffer = new ArrayBufferWriter<byte>(text.Length);
            using (var writer = new Utf8JsonWriter(buffer, JsonText.Relaxed))
            {
                writer.WriteStartObject();
                writer.WriteNumber("schema"u8, FlowDocument.CurrentSchema);
                foreach (var name in (ReadOnlySpan<string>)["nodes", "edges", "notes"])
                {
                    if (!json.RootElement.TryGetProperty(name, out var list))
                        continue;
                    writer.WritePropertyName(name);
                    list.WriteTo(writer);
                }
                writer.WriteEndObject();
            }
            return FlowJson.Parse(buffer.WrittenSpan);
        }
        catch (Exception e) when (e is JsonException or FlowFormatException)
        {
            throw new EditRefusedException($"What is on the clipboard is not from a flow: {e.Message}");
        }
    }

    static void List(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<string> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
            json.WriteRawValue(item, skipInputValidation: true);
        json.WriteEndArray();
    }

    /// <summary>Puts nodes, their inner edges and notes into a document under new ids; what bears a title that is taken is numbered.</summary>
    internal static FlowDocument Into(FlowDocument document, FlowDocument fragment, ComponentCatalog catalog, double dx, double dy)
    {
        if (fragment.Nodes.Count + fragment.Notes.Count == 0)
            throw new EditRefusedException("There is nothing to paste.");
        if (document.Nodes.Count + fragment.Nodes.Count > FlowValidator.MaxNodes)
            throw new EditRefusedException($"With them the flow would have {document.Nodes.Count + fragment.Nodes.Count:N0} nodes; {FlowValidator.MaxNodes:N0} are allowed. Split it into flows that call one another.");
        var ids = new NewIds(document);
        var titles = new NewTitles(document, catalog);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var nodes = new List<Node>();
        foreach (var node in fragment.Nodes)
        {
            var id = ids.For(node.Type);
            names.TryAdd(node.Id, id);
            nodes.Add(node with { Id = id, Title = titles.For(node), Position = Moved(node.Position, dx, dy) });
        }
        var edges = fragment.Edges.Where(e => names.ContainsKey(e.From.Node) && names.ContainsKey(e.To.Node))
            .Select(e => e with { From = e.From with { Node = names[e.From.Node] }, To = e.To with { Node = names[e.To.Node] } });
        var notes = fragment.Notes.Select(n => n with { Id = ids.For("note"), Position = Moved(n.Position, dx, dy) });
        return document with { Nodes = [.. document.Nodes, .. nodes], Edges = [.. document.Edges, .. edges], Notes = [.. document.Notes, .. notes] };
    }

    static Position Moved(Position from, double dx, double dy) => new(from.X + dx, from.Y + dy);
}

/// <summary>Puts what was copied into the flow, under new ids, with the edges between its nodes.</summary>
/// <param name="Text">The fragment, as it was on the clipboard.</param>
/// <param name="At">Where its upper left corner comes; null: 20 right of and below where it was copied.</param>
public sealed record Paste(string Text, Position? At = null) : Edit
{
    internal const double Offset = 20;

    public override string NameIn(FlowDocument document, ComponentCatalog catalog)
    {
        var fragment = Fragment.Read(Text);
        return $"Paste {Several(fragment, catalog, [.. fragment.Nodes.Select(n => n.Id)], fragment.Notes.Count)}";
    }

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var fragment = Fragment.Read(Text);
        var corners = fragment.Nodes.Select(n => n.Position).Concat(fragment.Notes.Select(n => n.Position)).ToList();
        var (dx, dy) = At is { } at && corners.Count > 0 ? (at.X - corners.Min(p => p.X), at.Y - corners.Min(p => p.Y)) : (Offset, Offset);
        return Fragment.Into(document, fragment, catalog, dx, dy);
    }
}

/// <summary>Copies nodes and notes beside themselves.</summary>
public sealed record Duplicate(Selection What) : Edit
{
    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => $"Duplicate {Several(document, catalog, [.. What.Nodes], What.Notes.Count)}";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog) => Fragment.Into(
        document,
        new FlowDocument
        {
            Nodes = [.. document.Nodes.Where(n => What.Nodes.Contains(n.Id))],
            Edges = [.. document.Edges.Where(e => What.Nodes.Contains(e.From.Node) && What.Nodes.Contains(e.To.Node))],
            Notes = [.. document.Notes.Where(n => What.Notes.Contains(n.Id))],
        },
        catalog,
        Paste.Offset,
        Paste.Offset);
}
