using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Storage;

/// <summary>What came to the inputs of a run's steps: not stored, but what left the ports that their edges come from. A run may have many thousand steps of a few nodes.</summary>
sealed class StepInputs(FlowDocument document, Dictionary<string, Node> nodes, RunHistory history, INodeShapes shapes)
{
    readonly ILookup<string, Edge> incoming = document.Edges.ToLookup(e => e.To.Node, StringComparer.Ordinal);
    readonly Dictionary<string, NodeShape?> known = new(StringComparer.Ordinal);
    readonly Dictionary<StepKey, IReadOnlyList<JsonElement>> items = [];

    /// <summary>By port; an input that takes many edges gives a list.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Of(Node node, IReadOnlyList<int> iteration)
    {
        var shape = ShapeOf(node);
        var input = new List<KeyValuePair<string, JsonElement>>();
        foreach (var port in incoming[node.Id].GroupBy(e => e.To.Port, StringComparer.Ordinal))
        {
            // What comes back to a loop is not what it began with.
            if (port.Key == shape?.ReturnPort)
                continue;
            var values = port.Select(e => Carried(e.From, iteration)).OfType<JsonElement>().ToList();
            if (values.Count == 0)
                continue;
            var isList = shape?.Input(port.Key)?.Many ?? values.Count > 1;
            input.Add(new(port.Key, isList ? List(values) : values[^1]));
        }
        return input;
    }

    /// <summary>What left a port in this iteration, or in the nearest one around it.</summary>
    JsonElement? Carried(PortRef from, IReadOnlyList<int> iteration)
    {
        for (var depth = iteration.Count; depth >= 0; depth--)
        {
            var key = new StepKey(from.Node, StepKey.PathOf([.. iteration.Take(depth)]));
            if (history.Latest(key) is not { } source)
                continue;
            if (depth < iteration.Count && nodes.TryGetValue(from.Node, out var loop) && ShapeOf(loop)?.ItemPort == from.Port)
                return ItemsOf(loop, key, source.Iteration) is var list && iteration[depth] < list.Count ? list[iteration[depth]] : null;
            foreach (var (port, value) in source.Output)
            {
                if (port == from.Port)
                    return value;
            }
            return null;
        }
        return null;
    }

    /// <summary>What a loop gives one after another: the list that came to it.</summary>
    IReadOnlyList<JsonElement> ItemsOf(Node loop, StepKey key, IReadOnlyList<int> iteration)
    {
        if (items.TryGetValue(key, out var list))
            return list;
        var came = Of(loop, iteration);
        list = came.Count == 0 ? [] : came[0].Value.ValueKind is JsonValueKind.Array ? [.. came[0].Value.EnumerateArray()] : [came[0].Value];
        return items[key] = list;
    }

    NodeShape? ShapeOf(Node node)
    {
        if (!known.TryGetValue(node.Id, out var shape))
            known[node.Id] = shape = shapes.ShapeOf(node);
        return shape;
    }

    static JsonElement List(List<JsonElement> values) => JsonText.Element(values, static (json, all) =>
    {
        json.WriteStartArray();
        foreach (var item in all)
            item.WriteTo(json);
        json.WriteEndArray();
    });
}
