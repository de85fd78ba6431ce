using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>A row of a table of keys and values: the value is a text, or the variable it comes from.</summary>
/// <param name="Format">Around a variable's value: <c>Bearer {value}</c>.</param>
public sealed record KeyValueRow(string Key, string Value, bool FromVariable = false, string? Format = null)
{
    public bool IsEmpty => Key.Length == 0 && Value.Length == 0 && !FromVariable;
}

/// <summary>A table of keys and values as rows to be edited, and back. Pure.</summary>
public static class KeyValueTable
{
    public static IReadOnlyList<KeyValueRow> Rows(JsonElement value) =>
        value.ValueKind is not JsonValueKind.Array ? [] : [.. value.EnumerateArray().Where(r => r.ValueKind is JsonValueKind.Object).Select(Row)];

    /// <summary>The rows as the setting holds them; null when all are empty, which is the default. An unfinished row is not kept.</summary>
    public static JsonElement? Value(IReadOnlyList<KeyValueRow> rows) => rows.All(r => r.IsEmpty) ? null : JsonText.Element(rows, static (json, rows) =>
    {
        json.WriteStartArray();
        foreach (var row in rows.Where(r => !r.IsEmpty))
        {
            json.WriteStartObject();
            json.WriteString("key"u8, row.Key);
            json.WritePropertyName("value"u8);
            if (row.FromVariable)
                VariableValue.Of(row.Value, row.Format).WriteTo(json);
            else
                json.WriteStringValue(row.Value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    /// <summary>A key that usually goes with a secret, whose value stands open in the flow.</summary>
    public static bool ShowsSecret(KeyValueRow row) => !row.FromVariable && row.Value.Length >= 8 && row.Key.ToLowerInvariant() is
        "authorization" or "proxy-authorization" or "x-api-key" or "api-key" or "apikey" or "api_key" or "x-auth-token" or "access_token" or "token" or "password" or "cookie";

    static KeyValueRow Row(JsonElement row)
    {
        var key = row.TryGetProperty("key", out var k) ? JsonText.Of(k) : "";
        var cell = row.TryGetProperty("value", out var v) ? v : default;
        return VariableReference.TryRead(cell, out var reference) ? new(key, reference.Name, FromVariable: true, reference.Format) : new(key, JsonText.Of(cell));
    }
}

/// <summary>A reference to a variable, as settings hold it.</summary>
public static class VariableValue
{
    public static JsonElement Of(string name, string? format) => JsonText.Element((name, format), static (json, reference) =>
    {
        json.WriteStartObject();
        json.WriteString("variable"u8, reference.name);
        if (!string.IsNullOrEmpty(reference.format))
            json.WriteString("format"u8, reference.format);
        json.WriteEndObject();
    });
}
