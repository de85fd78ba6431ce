using System.Text.Json;

namespace FlowStudio.Engine.Llm;

/// <summary>
/// How the demo model handles tools and schemas, without a thought: it calls each tool whose name the user's last message mentions, once, with the text
/// behind the name as what the tool wants; then it answers with what they gave.
/// </summary>
static class DemoTools
{
    const int MaxArgument = 2_000;

    /// <summary>The calls to make now; empty: there is nothing to call, or it has been called.</summary>
    public static IReadOnlyList<LlmToolCall> Calls(LlmRequest request)
    {
        var asked = LastQuestion(request.Chat);
        if (request.Tools.Count == 0 || asked < 0 || request.Chat.Skip(asked).Any(m => m.ToolCalls.Count > 0))
            return [];
        var text = request.Chat[asked].Text;
        var calls = new List<LlmToolCall>();
        foreach (var tool in request.Tools)
        {
            if (Mention(text, tool.Name) is { } behind)
                calls.Add(new LlmToolCall($"demo_{calls.Count}", tool.Name, JsonText.Of(Value(tool.Parameters, behind, 0))));
        }
        return calls;
    }

    /// <summary>What the tools gave that were called, in words; empty when none was.</summary>
    public static string Results(LlmRequest request)
    {
        var chat = request.Chat;
        var calls = chat.Skip(Math.Max(LastQuestion(chat), 0)).SelectMany(m => m.ToolCalls).ToDictionary(c => c.Id, c => c.Name, StringComparer.Ordinal);
        var results = chat.Where(m => m.Role is LlmRole.Tool && calls.ContainsKey(m.ToolCallId))
            .Select(m => $"{calls[m.ToolCallId]} {(m.IsError ? "failed" : "gave")}: {Excerpt.Of(m.Text, 500)}");
        return string.Join('\n', results);
    }

    /// <summary>A value of a schema's shape, its texts and numbers taken from a text.</summary>
    public static JsonElement Value(JsonElement schema, string text, int depth)
    {
        if (schema.ValueKind is not JsonValueKind.Object || depth > 16)
            return JsonText.Null;
        if (schema.TryGetProperty("enum", out var choices) && choices.ValueKind is JsonValueKind.Array && choices.GetArrayLength() > 0)
            return choices[0];
        var type = schema.TryGetProperty("type", out var t) ? t.ValueKind is JsonValueKind.Array && t.GetArrayLength() > 0 ? JsonText.Of(t[0]) : JsonText.Of(t) : "object";
        return type switch
        {
            "string" => JsonText.Element(Short(text, schema)),
            "number" or "integer" => Number(text, schema, type == "integer"),
            "boolean" => JsonText.False,
            "array" => JsonText.Element((schema, text, depth), static (json, a) =>
            {
                json.WriteStartArray();
                if (a.schema.TryGetProperty("items", out var items))
                    Value(items, a.text, a.depth + 1).WriteTo(json);
                json.WriteEndArray();
            }),
            "null" => JsonText.Null,
            _ => JsonText.Element((schema, text, depth), static (json, o) =>
            {
                json.WriteStartObject();
                if (o.schema.TryGetProperty("properties", out var properties) && properties.ValueKind is JsonValueKind.Object)
                {
                    var required = o.schema.TryGetProperty("required", out var names) && names.ValueKind is JsonValueKind.Array
                        ? names.EnumerateArray().Select(JsonText.Of).ToHashSet(StringComparer.Ordinal) : null;
                    foreach (var property in properties.EnumerateObject().Where(p => required is not { Count: > 0 } || required.Contains(p.Name)))
                    {
                        json.WritePropertyName(property.Name);
                        Value(property.Value, o.text, o.depth + 1).WriteTo(json);
                    }
                }
                json.WriteEndObject();
            }),
        };
    }

    static int LastQuestion(IReadOnlyList<LlmMessage> chat)
    {
        for (var i = chat.Count - 1; i >= 0; i--)
        {
            if (chat[i].Role is LlmRole.User)
                return i;
        }
        return -1;
    }

    /// <summary>The text behind a tool's name, to the end of the line; the whole text when nothing is behind it; null when the name is not in it.</summary>
    static string? Mention(string text, string name)
    {
        // Names may hold no spaces, people write them with.
        foreach (var form in (ReadOnlySpan<string>)[name, name.Replace('_', ' '), name.Replace("_", "", StringComparison.Ordinal)])
        {
            var at = text.IndexOf(form, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            var behind = text[(at + form.Length)..];
            var line = behind.IndexOf('\n', StringComparison.Ordinal);
            var rest = (line < 0 ? behind : behind[..line]).Trim(' ', ':', ',', '.', '?', '!', '"', '\t', '\r');
            return rest.Length > 0 ? rest : text.Trim();
        }
        return null;
    }

    static string Short(string text, JsonElement schema)
    {
        var limit = schema.TryGetProperty("maxLength", out var max) && max.ValueKind is JsonValueKind.Number && max.TryGetInt32(out var length) ? Math.Min(length, MaxArgument) : MaxArgument;
        return text.Length <= limit ? text : text[..limit];
    }

    static JsonElement Number(string text, JsonElement schema, bool whole)
    {
        var found = 0d;
        var start = text.AsSpan().IndexOfAnyInRange('0', '9');
        if (start >= 0)
        {
            var end = start;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || (!whole && text[end] == '.')))
                end++;
            _ = double.TryParse(text.AsSpan(start, end - start).TrimEnd('.'), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out found);
        }
        if (schema.TryGetProperty("minimum", out var minimum) && minimum.ValueKind is JsonValueKind.Number)
            found = Math.Max(found, minimum.GetDouble());
        if (schema.TryGetProperty("maximum", out var maximum) && maximum.ValueKind is JsonValueKind.Number)
            found = Math.Min(found, maximum.GetDouble());
        return JsonText.Element(found, static (json, n) => json.WriteNumberValue(n));
    }
}
