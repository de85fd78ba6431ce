using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>What went into a step: what its incoming edges carried, by port; a trigger's is the run's own input. Pure.</summary>
public static class StepInputs
{
    /// <summary>One JSON object; null when nothing came in (yet).</summary>
    public static JsonElement? Of(RunProgress run, FlowDocument? document, string nodeId, IReadOnlyList<int> iteration)
    {
        if (document is null)
            return null;
        var edges = document.Edges.Where(e => e.To.Node == nodeId).ToList();
        if (edges.Count == 0)
            return run.Latest(nodeId) is null ? null : run.Input;
        var byPort = new OrderedDictionary<string, List<JsonElement>>();
        foreach (var edge in edges)
        {
            if (edge.To.Port == Loop.Descriptor.ReturnPort && document.Node(nodeId)?.Type == Loop.Descriptor.Type)
                continue;
            if (Carried(run, document, edge.From, iteration) is not { } value)
                continue;
            if (!byPort.TryGetValue(edge.To.Port, out var values))
                byPort.Add(edge.To.Port, values = []);
            values.Add(value);
        }
        return byPort.Count == 0 ? null : JsonText.Element(byPort, static (json, ports) =>
        {
            json.WriteStartObject();
            foreach (var (port, values) in ports)
            {
                json.WritePropertyName(port);
                if (values.Count > 1)
                    json.WriteStartArray();
                foreach (var value in values)
                    value.WriteTo(json);
                if (values.Count > 1)
                    json.WriteEndArray();
            }
            json.WriteEndObject();
        });
    }

    /// <summary>What left an output, as an edge from there carries it; null when nothing did (yet).</summary>
    public static JsonElement? Carried(RunProgress run, FlowDocument document, PortRef from, IReadOnlyList<int> iteration)
    {
        if (run.Latest(from.Node, iteration) is not { } source)
            return null;
        // A loop gives the list that came to it item by item.
        if (from.Port == Loop.Descriptor.ItemPort && document.Node(from.Node)?.Type == Loop.Descriptor.Type)
        {
            return source.Iteration.Count < iteration.Count && Of(run, document, from.Node, source.Iteration) is { } came
                ? ItemAt(came.EnumerateObject().First().Value, iteration[source.Iteration.Count])
                : null;
        }
        return source is { Status: StepStatus.Succeeded, Output: { ValueKind: JsonValueKind.Object } output } && output.TryGetProperty(from.Port, out var value) ? value : null;
    }

    static JsonElement? ItemAt(JsonElement list, int index) => list.ValueKind is not JsonValueKind.Array ? list
        : index < list.GetArrayLength() ? list[index] : null;
}
