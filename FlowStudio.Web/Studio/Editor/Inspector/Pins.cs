using System.Text.Json;
using FlowStudio.Engine;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>Pinned outputs of a node, and the JSON object that a person edits: one property per output port. Pure.</summary>
public static class Pins
{
    public static OrderedDictionary<string, JsonElement> Of(JsonElement outputs) =>
        new(outputs.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.Clone())), StringComparer.Ordinal);

    public static JsonElement Json(IEnumerable<KeyValuePair<string, JsonElement>> pins) => JsonText.Element(pins, static (json, pins) =>
    {
        json.WriteStartObject();
        foreach (var (port, value) in pins)
        {
            json.WritePropertyName(port);
            value.WriteTo(json);
        }
        json.WriteEndObject();
    });

    /// <summary>Reads what was written; null with the reason when it cannot be pinned.</summary>
    public static OrderedDictionary<string, JsonElement>? Read(string text, IReadOnlyCollection<string> ports, out string? problem)
    {
        problem = null;
        if (JsonDraft.Read(text) is not { ValueKind: JsonValueKind.Object } json)
        {
            problem = $"Pinned outputs are a JSON object with a value per output: {{\"{ports.FirstOrDefault() ?? "output"}\": …}}.";
            return null;
        }
        var unknown = json.EnumerateObject().Select(p => p.Name).Where(name => !ports.Contains(name)).ToList();
        if (unknown.Count > 0 && ports.Count > 0)
        {
            problem = $"There is no output {unknown[0]}. The outputs are {string.Join(", ", ports)}.";
            return null;
        }
        return Of(json);
    }
}
