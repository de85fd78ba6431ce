using System.Text.Json;

namespace FlowStudio.Engine.Components;

/// <summary>
/// JSON whose texts are templates: a text that is one placeholder and nothing else becomes the value itself, any other text is filled. Whatever is filled
/// in stays a value: it cannot add members, or end a text.
/// </summary>
static class JsonTemplate
{
    static readonly string[] WholeNames = ["data"];
    static readonly string[] WholeTextNames = ["data", "text", "payload"];

    /// <summary>The errors of all its texts, the first of each.</summary>
    public static IEnumerable<TemplateError> Errors(JsonElement template) => template.ValueKind switch
    {
        JsonValueKind.String => TextTemplate.Parse(template.GetString() ?? "").Errors.Take(1),
        JsonValueKind.Object => template.EnumerateObject().SelectMany(m => Errors(m.Value)),
        JsonValueKind.Array => template.EnumerateArray().SelectMany(Errors),
        _ => [],
    };

    /// <summary>The paths that its texts read.</summary>
    public static IEnumerable<string> Paths(JsonElement template) => template.ValueKind switch
    {
        JsonValueKind.String => TextTemplate.Parse(template.GetString() ?? "").Paths,
        JsonValueKind.Object => template.EnumerateObject().SelectMany(m => Paths(m.Value)),
        JsonValueKind.Array => template.EnumerateArray().SelectMany(Paths),
        _ => [],
    };

    /// <exception cref="NodeException">A template has errors, or what it is filled with is too long.</exception>
    public static JsonElement Fill(JsonElement template, JsonElement data) => JsonText.Element((template, data), static (json, s) => Write(json, s.template, s.data));

    // As deep as the JSON, whose depth is bounded where settings are read.
    static void Write(Utf8JsonWriter json, JsonElement template, JsonElement data)
    {
        switch (template.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in template.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value, data);
                }
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in template.EnumerateArray())
                    Write(json, item, data);
                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                var text = TextTemplate.Parse(template.GetString() ?? "");
                var names = data.ValueKind is JsonValueKind.Object ? WholeNames : WholeTextNames;
                if (text.TryTake(data, out var value, names))
                    json.WriteRawValue(JsonText.Utf8(value), skipInputValidation: true);
                else
                    json.WriteStringValue(text.Fill(data, names));
                break;
            default:
                template.WriteTo(json);
                break;
        }
    }
}
