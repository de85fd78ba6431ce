using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>
/// Brings values together, in the order of the edges; what a branch that was not taken would have brought is left out. Which output is used says how:
/// texts one after the other, objects merged (the later one wins), or everything in one list.
/// </summary>
public sealed class Combine : IComponent
{
    const string Deep = "deep";

    static readonly InputPort Input = new("values", PortType.Message, PortType.Data, PortType.Table, PortType.Number, PortType.Boolean)
    {
        Many = true,
        Required = true,
        Help = "What is brought together: any number of edges.",
    };

    static readonly TextField Separator = Field.Multiline("separator", "Stands between the texts of the output Text.").Default("\n");

    static readonly TextField Merge = Field.Choice("merge",
        "How the output Data merges. deep: objects inside objects are merged and lists under one name appended. shallow: the later value replaces the earlier.",
        Deep, "shallow");

    static readonly OutputPort Text = new("text", PortType.Message) { Help = "All as one text; Data is written as JSON." };
    static readonly OutputPort Data = new("data", PortType.Data) { Help = "All objects merged into one; of two values with the same name the later counts. A text is {\"text\": …}." };
    static readonly OutputPort Table = new("table", PortType.Table) { Title = "List", Help = "All in one list, one after the other; the items of lists one by one." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Combine", "Combine", Category.Shape, Effects.Pure, "Brings values together: as one text, one object, or one list.")
        {
            Inputs = [Input],
            Fields = [Separator, Merge],
            Outputs = [Text, Data, Table],
            CanBeTool = false,
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var (separator, deep) = (node.Get(Separator), node.Get(Merge) is Deep);
        var values = node.All(Input);
        var none = node.ConnectedOutputs is { Count: 0 };
        var outputs = new List<PortValue>(3);
        if (none ? values.Any(v => v.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) || ChatMessage.IsMessage(v)) : node.Wants(Text))
            outputs.Add(new(Text.Name, JsonText.Element(JoinedText.Of(values.Select(JsonText.OfMessage), separator))));
        if (none ? outputs.Count == 0 && values.All(v => v.ValueKind is JsonValueKind.Object) : node.Wants(Data))
            outputs.Add(new(Data.Name, Checked(node, Merged(node, values, deep))));
        if (none ? outputs.Count == 0 : node.Wants(Table))
            outputs.Add(new(Table.Name, Checked(node, Listed(values))));
        return ValueTask.FromResult(NodeResult.Of(outputs));
    }

    static JsonElement Merged(NodeContext node, IReadOnlyList<JsonElement> values, bool deep)
    {
        var objects = new List<JsonElement>(values.Count);
        foreach (var value in values)
        {
            var plain = AsData(ValuePath.Opened(value));
            if (plain.ValueKind is not JsonValueKind.Object)
            {
                throw new NodeException("not_an_object", $"{node.Node.Label}: value {objects.Count + 1} of {values.Count} is {Kind(plain)}; only objects can be merged.",
                    "Use the output Text or List, or connect Data that is an object.");
            }
            objects.Add(plain);
        }
        return JsonText.Element((objects, deep), static (json, state) => Write(json, state.objects, state.deep));
    }

    /// <summary>Writes what objects give together: names in the order in which they appear first.</summary>
    static void Write(Utf8JsonWriter json, IEnumerable<JsonElement> objects, bool deep)
    {
        var byName = new OrderedDictionary<string, List<JsonElement>>(StringComparer.Ordinal);
        foreach (var property in objects.SelectMany(o => o.EnumerateObject()))
        {
            if (!byName.TryGetValue(property.Name, out var values))
                byName[property.Name] = values = [];
            values.Add(property.Value);
        }
        json.WriteStartObject();
        foreach (var (name, values) in byName)
        {
            json.WritePropertyName(name);
            var last = values[^1];
            // What another kind of value replaced does not count any more.
            var alike = deep ? values.Skip(values.FindLastIndex(v => v.ValueKind != last.ValueKind) + 1).ToList() : [last];
            if (alike.Count > 1 && last.ValueKind is JsonValueKind.Object)
                Write(json, alike, deep);
            else if (alike.Count > 1 && last.ValueKind is JsonValueKind.Array)
                WriteList(json, alike.SelectMany(l => l.EnumerateArray()));
            else
                json.WriteRawValue(JsonText.Utf8(last), skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    static JsonElement Listed(IReadOnlyList<JsonElement> values) => JsonText.Element(values, static (json, all) => WriteList(json,
        all.SelectMany(v => v.ValueKind is JsonValueKind.Array ? v.EnumerateArray() : Enumerable.Repeat(AsData(v), 1))));

    static void WriteList(Utf8JsonWriter json, IEnumerable<JsonElement> items)
    {
        json.WriteStartArray();
        foreach (var item in items)
            json.WriteRawValue(JsonText.Utf8(item), skipInputValidation: true);
        json.WriteEndArray();
    }

    /// <summary>A text, or a message, as the object that it is where Data is wanted.</summary>
    static JsonElement AsData(JsonElement value) => value.ValueKind is JsonValueKind.String || ChatMessage.IsMessage(value)
        ? JsonText.Element(JsonText.OfMessage(value), static (json, text) =>
        {
            json.WriteStartObject();
            json.WriteString("text"u8, text);
            json.WriteEndObject();
        })
        : value;

    static JsonElement Checked(NodeContext node, JsonElement result) => JsonCheck.Problem(result) is not { } problem
        ? result
        : throw new NodeException("invalid_data", $"{node.Node.Label}: the combined value can't be used: {problem}.", "Combine values that are less deep.");

    static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "nothing",
    };
}
