using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>
/// The file that a flow was imported from, kept in the flow's document: what is not understood here is given back on export. Nodes name the one they were
/// in the file, so that copies keep what theirs had.
/// </summary>
sealed class KeptFile
{
    const string Key = "langflow";

    readonly Dictionary<string, LangflowNode> nodes;

    KeptFile(JsonElement json)
    {
        Top = LangflowNode.Member(json, "file");
        Nodes = [.. LangflowNode.Items(json, "nodes").Select(n => new LangflowNode(n))];
        Edges = [.. LangflowNode.Items(json, "edges").Select(e => new LangflowEdge(e))];
        Flat = LangflowGroups.Of(Nodes, Edges);
        nodes = Flat.Nodes.DistinctBy(n => n.Id, StringComparer.Ordinal).ToDictionary(n => n.Id, StringComparer.Ordinal);
    }

    /// <summary>The file without nodes and edges.</summary>
    public JsonElement Top { get; }

    /// <summary>Nodes and notes, in the file's order.</summary>
    public IReadOnlyList<LangflowNode> Nodes { get; }

    public IReadOnlyList<LangflowEdge> Edges { get; }

    /// <summary>The same with groups taken apart: what the flow was made of.</summary>
    public LangflowGroups Flat { get; }

    public LangflowNode? Find(string id) => nodes.TryGetValue(id, out var node) ? node : null;

    /// <summary>What a document keeps of a file; null when it was not imported from one.</summary>
    public static KeptFile? Of(FlowDocument document) =>
        document.Extra is { } extra && extra.TryGetValue(Key, out var kept) && kept.ValueKind is JsonValueKind.Object ? new(kept) : null;

    /// <summary>A document's further properties: the file, without secrets.</summary>
    public static Dictionary<string, JsonElement> Extra(JsonObject top, IEnumerable<JsonNode?> nodes, IEnumerable<JsonNode?> edges)
    {
        var kept = new JsonObject { ["file"] = top, ["nodes"] = new JsonArray([.. nodes]), ["edges"] = new JsonArray([.. edges]) };
        return new(StringComparer.Ordinal) { [Key] = ToElement(kept) };
    }

    /// <summary>A node's further properties: which one it was.</summary>
    public static Dictionary<string, JsonElement> Extra(string id) => new(StringComparer.Ordinal) { [Key] = JsonText.Element(id) };

    /// <summary>The id that a node or note had in the file; null when it was made here.</summary>
    public static string? IdOf(IDictionary<string, JsonElement>? extra) =>
        extra is not null && extra.TryGetValue(Key, out var id) && id.ValueKind is JsonValueKind.String ? id.GetString() : null;

    public static JsonElement ToElement(JsonNode node) => JsonText.Element(node, static (json, n) => n.WriteTo(json));
}
