using System.Text.Json;
using FlowStudio.Engine.Llm;

namespace FlowStudio.Engine.Components;

/// <summary>
/// The shape a Structured Output asks for: a JSON schema, or rows of fields (<c>name</c>, <c>description</c>, <c>type</c>, <c>multiple</c>) that become
/// one, as Langflow's flows have them.
/// </summary>
static class OutputSchema
{
    const int MaxFlaws = 20;

    static readonly (string Row, string Schema)[] RowTypes =
    [
        ("str", "string"), ("string", "string"), ("text", "string"), ("int", "integer"), ("integer", "integer"), ("float", "number"), ("number", "number"),
        ("bool", "boolean"), ("boolean", "boolean"), ("dict", "object"), ("object", "object"), ("", "string"),
    ];

    /// <summary>What is wrong with the setting, the first twenty things; empty when it can be used.</summary>
    public static IReadOnlyList<string> Flaws(JsonElement setting)
    {
        if (setting.ValueKind is not JsonValueKind.Array)
            return setting.ValueKind is JsonValueKind.Object ? JsonSchema.Flaws(setting) : ["it is neither a JSON schema nor a list of fields"];
        var flaws = new List<string>();
        if (setting.GetArrayLength() == 0)
            flaws.Add("it has no fields");
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var row in setting.EnumerateArray())
        {
            if (flaws.Count == MaxFlaws)
                break;
            index++;
            if (row.ValueKind is not JsonValueKind.Object || Text(row, "name") is not { Length: > 0 } name)
                flaws.Add($"field {index} has no name");
            else if (!names.Add(name))
                flaws.Add($"two fields are named {Excerpt.Of(name, 40)}");
            else if (TypeOf(row) is null)
                flaws.Add($"the field {Excerpt.Of(name, 40)} has the type {Excerpt.Of(Text(row, "type"), 40)}, but must have one of str, int, float, bool, dict");
        }
        return flaws;
    }

    /// <summary>The schema of a setting without <see cref="Flaws"/>.</summary>
    public static JsonElement Of(JsonElement setting) => setting.ValueKind is JsonValueKind.Object ? setting : JsonText.Element(setting, static (json, rows) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "object"u8);
        json.WriteStartObject("properties"u8);
        foreach (var row in rows.EnumerateArray())
        {
            json.WriteStartObject(Text(row, "name"));
            if (Text(row, "description") is { Length: > 0 } description)
                json.WriteString("description"u8, description);
            var isList = string.Equals(Text(row, "multiple"), "true", StringComparison.OrdinalIgnoreCase);
            json.WriteString("type"u8, isList ? "array" : TypeOf(row));
            if (isList)
            {
                json.WriteStartObject("items"u8);
                json.WriteString("type"u8, TypeOf(row));
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteStartArray("required"u8);
        foreach (var row in rows.EnumerateArray())
            json.WriteStringValue(Text(row, "name"));
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A schema for a list of what another one describes.</summary>
    public static JsonElement ListOf(JsonElement schema) => JsonText.Element(schema, static (json, item) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "array"u8);
        json.WritePropertyName("items"u8);
        item.WriteTo(json);
        json.WriteEndObject();
    });

    /// <summary>Services that answer in JSON answer with an object: a list goes into one.</summary>
    public static JsonElement Wrapped(JsonElement schema, string name) => JsonText.Element((schema, name), static (json, w) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "object"u8);
        json.WriteStartObject("properties"u8);
        json.WritePropertyName(w.name);
        w.schema.WriteTo(json);
        json.WriteEndObject();
        json.WriteStartArray("required"u8);
        json.WriteStringValue(w.name);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    static string? TypeOf(JsonElement row)
    {
        var type = Text(row, "type");
        return Array.Find(RowTypes, t => string.Equals(t.Row, type, StringComparison.OrdinalIgnoreCase)).Schema;
    }

    static string Text(JsonElement row, string name) => row.TryGetProperty(name, out var value) ? JsonText.Of(value) : "";
}
