using System.Text.Json;

namespace FlowStudio.Web.Studio.Flows;

/// <summary>What the API's import said of a file, for people; pure.</summary>
public static class ImportAnswer
{
    /// <summary>The flows that were made, or why none was. Of many, the browser passes on the first ids and how many there are.</summary>
    public static (IReadOnlyList<Guid> Ids, int Count, string? Problem) Read(string fileName, int status, string body)
    {
        if (status == 0)
            return ([], 0, $"{fileName} did not reach the server: {body}");
        JsonElement json;
        try
        {
            using var parsed = JsonDocument.Parse(body);
            json = parsed.RootElement.Clone();
        }
        catch (JsonException)
        {
            // A long answer arrives cut; that it worked is known all the same.
            return status < 300 ? ([], 0, null) : ([], 0, $"{fileName} was refused with status {status}.");
        }
        if (status >= 300)
            return ([], 0, $"{fileName}: {(Text(json, "detail") ?? Text(json, "title") ?? $"refused with status {status}.")}");
        if (json.ValueKind is not JsonValueKind.Object || !json.TryGetProperty("items", out var items) || items.ValueKind is not JsonValueKind.Array)
            return ([], 0, null);
        IReadOnlyList<Guid> ids = [.. items.EnumerateArray().Select(i => Guid.TryParse(Text(i, "id"), out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];
        return (ids, json.TryGetProperty("count", out var count) && count.TryGetInt32(out var many) ? many : ids.Count, null);
    }

    static string? Text(JsonElement owner, string name) =>
        owner.ValueKind is JsonValueKind.Object && owner.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}
