using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Turns Data into a Message by filling a template; a list gives one text per item.</summary>
public sealed class DataToMessage : IComponent
{
    static readonly InputPort Data = new("data", PortType.Data, PortType.Table) { Many = true, Required = true, Help = "One value, or a list of them." };

    static readonly TextField Template = Field.Template("template",
        "Text with {order.id}, {items[0].name} or {text} for values. {data} is the whole value. A missing key gives an empty text; {{ and }} give braces.")
        .Default("{text}");

    static readonly TextField Separator = Field.Text("sep", "Stands between the texts when there are several.").Default("\n") with
    {
        Title = "Separator",
        Advanced = true,
    };

    static readonly OutputPort Text = new("text", PortType.Message) { Title = "Message", Help = "The filled text." };
    static readonly OutputPort List = new("data_list", PortType.Table) { Title = "Data list", Help = "Each value with its own filled text as text." };

    public static ComponentDescriptor Descriptor { get; } =
        new("DataToMessage", "Data to Message", Category.Shape, Effects.Pure, "Writes Data as text: a template says what goes where.")
        {
            Inputs = [Data],
            Fields = [Template, Separator],
            Outputs = [Text, List],
            Highlights = ["template"],
            Check = node => TemplateChecks.Problems(node, Template),
            ReadsPaths = node => TextTemplate.Parse(NodeSettings.Text(node, Template)).Paths,
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var template = TextTemplate.Parse(node.Get(Template));
        var items = Items(node.All(Data));
        var texts = new string[items.Count];
        var joined = new JoinedText(node.Get(Separator));
        for (var i = 0; i < texts.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            texts[i] = Fill(template, items[i]);
            if (texts.Length > 1)
                joined.Add(texts[i]);
        }
        var text = texts.Length == 1 ? texts[0] : joined.ToString();
        var outputs = new List<PortValue>(2) { new(Text.Name, JsonText.Element(text)) };
        if (node.Wants(List))
            outputs.Add(new(List.Name, WithTexts(items, texts)));
        return ValueTask.FromResult(NodeResult.Of(outputs));
    }

    /// <summary>Fills a template with a value; what is no object is itself what <c>{text}</c>, <c>{payload}</c> and <c>{data}</c> mean.</summary>
    internal static string Fill(TextTemplate template, JsonElement item) =>
        item.ValueKind is JsonValueKind.Object ? template.Fill(item, "data") : template.Fill(item, "data", "text", "payload");

    static IReadOnlyList<JsonElement> Items(IReadOnlyList<JsonElement> values)
    {
        if (values is [{ ValueKind: not JsonValueKind.Array }])
            return values;
        var items = new List<JsonElement>();
        foreach (var value in values)
        {
            if (value.ValueKind is JsonValueKind.Array)
                items.AddRange(value.EnumerateArray());
            else
                items.Add(value);
        }
        return items;
    }

    static JsonElement WithTexts(IReadOnlyList<JsonElement> items, string[] texts) => JsonText.Element((items, texts), static (writer, state) =>
    {
        writer.WriteStartArray();
        for (var i = 0; i < state.texts.Length; i++)
        {
            writer.WriteStartObject();
            if (state.items[i].ValueKind is JsonValueKind.Object)
            {
                foreach (var property in state.items[i].EnumerateObject().Where(p => !p.NameEquals("text"u8)))
                    property.WriteTo(writer);
            }
            writer.WriteString("text"u8, state.texts[i]);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });
}
