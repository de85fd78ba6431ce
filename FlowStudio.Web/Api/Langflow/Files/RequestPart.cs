using System.Text;
using System.Text.Json;
using FlowStudio.Engine;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>What an API Request's settings say otherwise there: rows that are the body, a query as one text, and failures that are results.</summary>
static class RequestPart
{
    public static IEnumerable<KeyValuePair<string, JsonElement>> Read(LangflowNode node)
    {
        // A 404 is a result there.
        yield return KeyValuePair.Create("on_error", JsonText.Element("data"));
        if (LangflowNode.Flag(node.Field("use_curl"), "value"))
            yield return KeyValuePair.Create("mode", JsonText.Element("cURL"));
        if (Body(node.Value("body")) is { } body)
            yield return KeyValuePair.Create("body", body);
        if (LangflowNode.Text(node.Field("query_params"), "value") is { Length: > 0 } query)
            yield return KeyValuePair.Create("query_params", Query(query));
    }

    /// <summary>Rows of key and value make an object; values that are JSON are taken as what they are, as Langflow does.</summary>
    static JsonElement? Body(JsonElement rows)
    {
        if (rows.ValueKind is JsonValueKind.Object)
            return rows;
        if (rows.ValueKind is not JsonValueKind.Array || rows.GetArrayLength() == 0)
            return null;
        var pairs = rows.EnumerateArray().Select(r => (Key: LangflowNode.Text(r, "key"), Value: LangflowNode.Member(r, "value"))).Where(p => !string.IsNullOrEmpty(p.Key))
            .DistinctBy(p => p.Key, StringComparer.Ordinal).ToList();
        return pairs.Count == 0 ? null : JsonText.Element(pairs, static (json, all) =>
        {
            json.WriteStartObject();
            foreach (var (key, value) in all)
            {
                json.WritePropertyName(key ?? "");
                if (value.ValueKind is JsonValueKind.String && JsonCheck.TryParse(Encoding.UTF8.GetBytes(value.GetString() ?? ""), out var parsed, out _))
                    parsed.WriteTo(json);
                else if (value.ValueKind is JsonValueKind.Undefined)
                    json.WriteStringValue(""u8);
                else
                    value.WriteTo(json);
            }
            json.WriteEndObject();
        });
    }

    static JsonElement Query(string text) => JsonText.Element(text, static (json, query) =>
    {
        json.WriteStartArray();
        foreach (var pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            json.WriteStartObject();
            json.WriteString("key"u8, Uri.UnescapeDataString(parts[0]));
            json.WriteString("value"u8, parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
