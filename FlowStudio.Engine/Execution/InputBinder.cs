using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Execution;

/// <summary>Carries upstream outputs to a node's inputs, converted where that loses nothing.</summary>
public static class InputBinder
{
    /// <summary>The values at a node's inputs.</summary>
    /// <param name="outputs">What the node with an index gave; null when it gave nothing.</param>
    public static PortInputs Bind(PlanNode node, Func<int, IReadOnlyList<PortValue>?> outputs)
    {
        var bound = new List<KeyValuePair<string, IReadOnlyList<JsonElement>>>(node.Inputs.Count);
        foreach (var input in node.Inputs)
        {
            var values = new List<JsonElement>(input.Sources.Count);
            foreach (var source in input.Sources)
            {
                if (Find(outputs(source.Node), source.Port) is { } value)
                    values.Add(Convert(value, source.Type, input.Port));
            }
            if (values.Count > 0)
                bound.Add(new(input.Port.Name, values));
        }
        return new PortInputs(bound);
    }

    /// <summary>The value at a port of what a node gave, or null when that branch was not taken.</summary>
    public static JsonElement? Find(IReadOnlyList<PortValue>? outputs, string port)
    {
        if (outputs is null)
            return null;
        foreach (var output in outputs)
        {
            if (output.Port == port)
                return output.Value;
        }
        return null;
    }

    /// <summary>A value as the port takes it; see <see cref="PortTypes.Fits(PortType, PortType)"/>.</summary>
    public static JsonElement Convert(JsonElement value, PortType from, InputPort to)
    {
        if (to.Accepts.Length == 0 || Array.IndexOf(to.Accepts, from) >= 0 || Array.IndexOf(to.Accepts, PortType.Any) >= 0)
            return value;
        foreach (var target in to.Accepts)
        {
            if (!PortTypes.Fits(from, target))
                continue;
            return (from, target) switch
            {
                (PortType.Message, PortType.Data) when value.ValueKind is not JsonValueKind.Object =>
                    JsonText.Element(value, static (json, v) => Wrap(json, "text"u8, v)),
                (PortType.Number or PortType.Boolean, PortType.Message) => JsonText.Element(value.GetRawText()),
                (PortType.Data, PortType.Table) when value.ValueKind is not JsonValueKind.Array => JsonText.Element(value, static (json, v) =>
                {
                    json.WriteStartArray();
                    v.WriteTo(json);
                    json.WriteEndArray();
                }),
                _ => value,
            };
        }
        return value;
    }

    static void Wrap(Utf8JsonWriter json, ReadOnlySpan<byte> name, JsonElement value)
    {
        json.WriteStartObject();
        json.WritePropertyName(name);
        value.WriteTo(json);
        json.WriteEndObject();
    }
}

/// <summary>Values by input port: a handful, so a list serves better than a hash table.</summary>
public sealed class PortInputs(IReadOnlyList<KeyValuePair<string, IReadOnlyList<JsonElement>>> ports) : IReadOnlyDictionary<string, IReadOnlyList<JsonElement>>
{
    public int Count => ports.Count;

    public IEnumerable<string> Keys => ports.Select(p => p.Key);

    public IEnumerable<IReadOnlyList<JsonElement>> Values => ports.Select(p => p.Value);

    public IReadOnlyList<JsonElement> this[string key] => TryGetValue(key, out var values) ? values : throw new KeyNotFoundException(key);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out IReadOnlyList<JsonElement> value)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i].Key == key)
            {
                value = ports[i].Value;
                return true;
            }
        }
        value = null;
        return false;
    }

    public IEnumerator<KeyValuePair<string, IReadOnlyList<JsonElement>>> GetEnumerator() => ports.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
