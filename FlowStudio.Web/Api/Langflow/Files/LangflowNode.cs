using System.Text.Json;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>A node of a Langflow file. What is missing, or of another kind than it should be, counts as not there.</summary>
readonly record struct LangflowNode(JsonElement Json)
{
    public string Id => Text(Json, "id") ?? Text(Data, "id") ?? "";

    public bool IsNote => Text(Json, "type") == "noteNode" || Text(Data, "type") is "note" or "noteNode";

    public JsonElement Data => Member(Json, "data");

    /// <summary>What Langflow calls the node's node: title, template, outputs.</summary>
    public JsonElement Inner => Member(Data, "node");

    /// <summary>The component's type, such as <c>ChatInput</c>.</summary>
    public string Type => Text(Data, "type") ?? "";

    public string Title => Text(Inner, "display_name") ?? Text(Data, "display_name") ?? Type;

    public JsonElement Template => Member(Inner, "template");

    /// <summary>A field of the template; undefined when there is none.</summary>
    public JsonElement Field(string name) => Member(Template, name);

    /// <summary>A field's value; undefined when there is none.</summary>
    public JsonElement Value(string field) => Member(Field(field), "value");

    /// <summary>A property of an object; undefined when it is none, or has no such property.</summary>
    public static JsonElement Member(JsonElement owner, string name) =>
        owner.ValueKind is JsonValueKind.Object && owner.TryGetProperty(name, out var value) ? value : default;

    public static string? Text(JsonElement owner, string name) =>
        Member(owner, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static bool Flag(JsonElement owner, string name) => Member(owner, name).ValueKind is JsonValueKind.True;

    public static double? Number(JsonElement owner, string name) =>
        Member(owner, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    public static IEnumerable<JsonElement> Items(JsonElement owner, string name) =>
        Member(owner, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>A text's beginning, at most so long; no character is cut in half.</summary>
    public static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
