using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowStudio.Web.Api.Docs;

/// <summary>A JSON value as a program writes it down: on one line where it is short, else one item a line.</summary>
static class SnippetLiteral
{
    /// <summary>Characters of a value that stays on one line.</summary>
    const int MaxInline = 72;

    static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly Style JsonStyle = new(JsonText, "true", "false", "null", Step: 2, TrailingComma: false);

    static readonly Style PythonStyle = new(PythonText, "True", "False", "None", Step: 4, TrailingComma: true);

    sealed record Style(Func<string, string> Quote, string True, string False, string Null, int Step, bool TrailingComma);

    /// <param name="json">The value.</param>
    /// <param name="indent">Spaces before each line but the first.</param>
    public static string Json(string json, int indent) => Write(json, indent, JsonStyle);

    /// <inheritdoc cref="Json"/>
    public static string Python(string json, int indent) => Write(json, indent, PythonStyle);

    public static string JsonText(string text) => JsonSerializer.Serialize(text, Relaxed);

    /// <summary>In double quotes; what JSON would write as two escapes for one character stays the character, as Python wants it.</summary>
    public static string PythonText(string value)
    {
        var text = new StringBuilder("\"", value.Length + 2);
        foreach (var c in value)
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }
        return text.Append('"').ToString();
    }

    /// <summary>An object's members as the query of an address, from its question mark on; what is no text in them is JSON.</summary>
    public static string Query(string json)
    {
        if (JsonNode.Parse(json) is not JsonObject { Count: > 0 } members)
            return "";
        return "?" + string.Join('&', members.Select(m => $"{Uri.EscapeDataString(m.Key)}={Uri.EscapeDataString(m.Value is JsonValue value ? value.ToString() : m.Value?.ToJsonString(Relaxed) ?? "")}"));
    }

    static string Write(string json, int indent, Style style)
    {
        using var document = JsonDocument.Parse(json);
        var text = new StringBuilder(json.Length + 64);
        Value(document.RootElement, text, indent, style);
        return text.ToString();
    }

    static void Value(JsonElement value, StringBuilder text, int indent, Style style)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                Items([.. value.EnumerateObject().Select(m => ((string?)m.Name, m.Value))], '{', '}', text, indent, style);
                break;
            case JsonValueKind.Array:
                Items([.. value.EnumerateArray().Select(v => ((string?)null, v))], '[', ']', text, indent, style);
                break;
            case JsonValueKind.String:
                text.Append(style.Quote(value.GetString() ?? ""));
                break;
            case JsonValueKind.Number:
                text.Append(value.GetRawText());
                break;
            default:
                text.Append(value.ValueKind switch { JsonValueKind.True => style.True, JsonValueKind.False => style.False, _ => style.Null });
                break;
        }
    }

    static void Items(IReadOnlyList<(string? Key, JsonElement Value)> items, char open, char close, StringBuilder text, int indent, Style style)
    {
        var lines = items.Sum(i => (i.Key?.Length ?? 0) + i.Value.GetRawText().Length + 6) > MaxInline;
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            var last = i == items.Count - 1;
            if (lines)
                text.Append('\n').Append(' ', indent + style.Step);
            if (items[i].Key is { } key)
                text.Append(style.Quote(key)).Append(": ");
            Value(items[i].Value, text, indent + style.Step, style);
            text.Append(!last ? lines ? "," : ", " : lines && style.TrailingComma ? "," : "");
        }
        if (lines)
            text.Append('\n').Append(' ', indent);
        text.Append(close);
    }
}
