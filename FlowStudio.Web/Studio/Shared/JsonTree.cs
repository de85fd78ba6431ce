using System.Globalization;
using System.Text.Json;

namespace FlowStudio.Web.Studio.Shared;

public enum JsonKind { Object, List, Text, Number, Word }

/// <summary>One value of a JSON text, cut where it is too much to draw. <paramref name="Omitted"/> counts the children that were left out.</summary>
public sealed record JsonNodeView(string? Key, JsonKind Kind, string Value, IReadOnlyList<JsonNodeView> Children, int Omitted, bool Cut);

/// <summary>A JSON value made ready for drawing: never more than a page can bear, and honest about what was left out.</summary>
public sealed class JsonTree
{
    /// <summary>Values drawn in all, per text, and levels deep.</summary>
    public const int MaxValues = 1_000, MaxText = 4_000, MaxDepth = 24;

    int left = MaxValues;

    JsonTree()
    {
    }

    public static JsonNodeView Of(JsonElement value) => new JsonTree().Node(key: null, value, depth: 0);

    JsonNodeView Node(string? key, JsonElement value, int depth)
    {
        left--;
        return value.ValueKind switch
        {
            JsonValueKind.Object =>
                Container(key, JsonKind.Object, value.EnumerateObject().Select(p => ((string?)p.Name, p.Value)), value.GetPropertyCount(), depth),
            JsonValueKind.Array =>
                Container(key, JsonKind.List, value.EnumerateArray().Select(v => ((string?)null, v)), value.GetArrayLength(), depth),
            JsonValueKind.String => Text(key, value.GetString() ?? ""),
            JsonValueKind.Number => Leaf(key, JsonKind.Number, value.GetRawText()),
            _ => Leaf(key, JsonKind.Word, value.ValueKind == JsonValueKind.Undefined ? "null" : value.GetRawText()),
        };
    }

    JsonNodeView Container(string? key, JsonKind kind, IEnumerable<(string? Key, JsonElement Value)> items, int count, int depth)
    {
        var children = new List<JsonNodeView>();
        if (depth < MaxDepth)
        {
            foreach (var (name, value) in items)
            {
                if (left <= 0)
                    break;
                children.Add(Node(name, value, depth + 1));
            }
        }
        return new JsonNodeView(key, kind, string.Create(CultureInfo.InvariantCulture, $"{count}"), children, count - children.Count, Cut: false);
    }

    static JsonNodeView Text(string? key, string text) =>
        text.Length <= MaxText
            ? Leaf(key, JsonKind.Text, text)
            : new JsonNodeView(key, JsonKind.Text, text[..MaxText], [], Omitted: text.Length - MaxText, Cut: true);

    static JsonNodeView Leaf(string? key, JsonKind kind, string value) => new(key, kind, value, [], Omitted: 0, Cut: false);
}
