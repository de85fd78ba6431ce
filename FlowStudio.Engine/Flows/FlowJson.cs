using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowStudio.Engine.Flows;

/// <summary>The flow document as JSON: camelCase, stable key order, nothing escaped that need not be.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FlowDocument))]
sealed partial class FlowJsonContext : JsonSerializerContext;

/// <summary>Reads and writes <see cref="FlowDocument"/>; writing what was read gives back the same bytes, for documents written here.</summary>
public static class FlowJson
{
    static readonly FlowJsonContext Compact = new(Options(indented: false));
    static readonly FlowJsonContext Indented = new(Options(indented: true));

    static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = indented,
        NewLine = "\n",
        MaxDepth = 64,
    };

    /// <summary>The document, checked for shape only, not for sense.</summary>
    /// <exception cref="FlowFormatException">It is not a flow document; the message says where.</exception>
    public static FlowDocument Parse(ReadOnlySpan<byte> utf8)
    {
        if (JsonCheck.Problem(utf8) is { } trap)
            throw new FlowFormatException($"Not a flow document: {trap}.");
        FlowDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(utf8, Compact.FlowDocument);
        }
        catch (JsonException e)
        {
            throw new FlowFormatException($"Not a flow document: {Where(e)}", e);
        }
        if (document is null)
            throw new FlowFormatException("Not a flow document: it is null.");
        if (document.Schema != FlowDocument.CurrentSchema)
            throw new FlowFormatException($"The document has schema {document.Schema}; this program reads schema {FlowDocument.CurrentSchema}. Update FlowStudio, or export the flow again.");
        if (document.Nodes?.Any(n => n is null) is true || document.Edges?.Any(e => e is null) is true || document.Notes?.Any(n => n is null) is true)
            throw new FlowFormatException("Not a flow document: nodes, edges and notes must be lists of objects.");
        if (document.Edges?.Any(e => e is { From: { Node: null } or { Port: null } } or { To: { Node: null } or { Port: null } }) is true)
            throw new FlowFormatException("Not a flow document: an edge has from and to, each with a node and a port.");
        return Complete(document);
    }

    /// <summary>What a document leaves out is empty; the deserialiser leaves it null. (A null that is written is refused.)</summary>
    static FlowDocument Complete(FlowDocument document) => document with
    {
        Nodes = document.Nodes is null ? [] : [.. document.Nodes.Select(n => n is { Title: not null, Settings: not null } ? n : n with { Title = n.Title ?? "", Settings = n.Settings ?? [] })],
        Edges = document.Edges ?? [],
        Notes = document.Notes is null ? [] : [.. document.Notes.Select(n => n is { Text: not null } ? n : n with { Text = "" })],
    };

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static FlowDocument Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    public static byte[] ToUtf8(FlowDocument document) => JsonSerializer.SerializeToUtf8Bytes(document, Compact.FlowDocument);

    public static string ToText(FlowDocument document, bool indented = false) =>
        JsonSerializer.Serialize(document, (indented ? Indented : Compact).FlowDocument);

    public static string ToText(Node node) => JsonSerializer.Serialize(node, Compact.Node);

    public static string ToText(Edge edge) => JsonSerializer.Serialize(edge, Compact.Edge);

    public static string ToText(Note note) => JsonSerializer.Serialize(note, Compact.Note);

    /// <summary>SHA-256 over the compact form, lower-case hex: the identity of a version's content.</summary>
    public static string Hash(FlowDocument document) => Convert.ToHexStringLower(SHA256.HashData(ToUtf8(document)));

    static string Where(JsonException e) =>
        e.Path is { Length: > 1 } path ? $"{path.TrimStart('$', '.')}: {e.Message.Split(" Path:", 2)[0]}" : e.Message.Split(" Path:", 2)[0];
}

/// <summary>Text that is not a flow document.</summary>
public sealed class FlowFormatException(string message, Exception? inner = null) : Exception(message, inner);
