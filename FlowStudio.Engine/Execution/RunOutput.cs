using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Execution;

/// <summary>What a run gives back.</summary>
static class RunOutput
{
    /// <summary>
    /// The value of its output node (a message counts by its text); with several, an object by their titles. A flow without output nodes
    /// gives what its last nodes gave.
    /// </summary>
    public static JsonElement Of(FlowPlan plan, Func<int, IReadOnlyList<PortValue>?> outputs)
    {
        var gave = plan.Nodes.Where(n => n.Descriptor.IsOutput && outputs(n.Index) is { Count: > 0 }).ToList();
        if (gave.Count == 0)
            gave = [.. plan.Nodes.Where(n => n.Dependents.Count == 0 && outputs(n.Index) is { Count: > 0 })];
        if (gave.Count == 0)
            return JsonText.Null;
        if (gave.Count == 1)
            return ValueOf(gave[0], outputs(gave[0].Index) ?? []);
        return JsonText.Element((gave, outputs), static (json, state) =>
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            json.WriteStartObject();
            foreach (var node in state.gave)
            {
                json.WritePropertyName(names.Add(node.Node.Label) ? node.Node.Label : $"{node.Node.Label} ({node.Node.Id})");
                ValueOf(node, state.outputs(node.Index) ?? []).WriteTo(json);
            }
            json.WriteEndObject();
        });
    }

    /// <summary>Whether something came out at all: at an output node, or, in a flow without any, at a last node.</summary>
    public static bool IsAny(FlowPlan plan, Func<int, IReadOnlyList<PortValue>?> outputs)
    {
        var gives = plan.Nodes.Any(n => n.Descriptor.IsOutput);
        return plan.Nodes.Any(n => (gives ? n.Descriptor.IsOutput : n.Dependents.Count == 0) && outputs(n.Index) is { Count: > 0 });
    }

    /// <summary>The first 200 characters of an output, for lists.</summary>
    public static string? Preview(JsonElement output)
    {
        var text = JsonText.Of(output).ReplaceLineEndings(" ").Trim();
        if (text.Length == 0)
            return null;
        if (text.Length <= 200)
            return text;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[198]) ? 198 : 199), "…");
    }

    static JsonElement ValueOf(PlanNode node, IReadOnlyList<PortValue> outputs)
    {
        if (outputs.Count == 1)
        {
            var message = node.Descriptor.Outputs.FirstOrDefault(o => o.Name == outputs[0].Port)?.Type is PortType.Message;
            return message && outputs[0].Value.ValueKind is JsonValueKind.Object ? JsonText.Element(JsonText.OfMessage(outputs[0].Value)) : outputs[0].Value;
        }
        return JsonText.Element(outputs, static (json, ports) =>
        {
            json.WriteStartObject();
            foreach (var port in ports)
            {
                json.WritePropertyName(port.Port);
                port.Value.WriteTo(json);
            }
            json.WriteEndObject();
        });
    }
}
