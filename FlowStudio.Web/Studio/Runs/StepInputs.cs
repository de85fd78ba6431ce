using System.Text.Json;
using FlowStudio.Engine;
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
            if (run.Latest(edge.From.Node, iteration) is not { Status: StepStatus.Succeeded, Output: { ValueKind: JsonValueKind.Object } output }
                || !output.TryGetProperty(edge.From.Port, out var value))
            {
                continue;
            }
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
}
