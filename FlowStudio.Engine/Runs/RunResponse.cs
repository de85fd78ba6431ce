using System.Text.Json;

namespace FlowStudio.Engine.Runs;

/// <summary>What a run answers whoever started it and waits, in the terms of HTTP, but for any way in that has somebody waiting.</summary>
/// <param name="Status">200 to 599.</param>
/// <param name="ContentType">What the body is; empty when there is none.</param>
/// <param name="Body">Sent as UTF-8.</param>
/// <param name="Headers">In order; names may repeat.</param>
public sealed record RunResponse(int Status, string ContentType, string Body, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>The response that the data of a <see cref="RunEventTypes.RunResponded"/> tells of.</summary>
    public static RunResponse Read(JsonElement data) => new(
        data.GetProperty("status").GetInt32(),
        data.GetProperty("content_type").GetString() ?? "",
        data.GetProperty("body").GetString() ?? "",
        [.. data.GetProperty("headers").EnumerateArray().Select(pair => KeyValuePair.Create(pair[0].GetString() ?? "", pair[1].GetString() ?? ""))]);

    /// <summary>The members of the event's data.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("status"u8, Status);
        json.WriteStartArray("headers"u8);
        foreach (var (name, value) in Headers)
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteString("content_type"u8, ContentType);
        json.WriteString("body"u8, Body);
    }
}
