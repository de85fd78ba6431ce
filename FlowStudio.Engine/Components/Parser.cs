using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Writes Data or a table as text: by a template, or as it is. Fields and output are named as in Langflow's Parser.</summary>
public sealed class Parser : IComponent
{
    const string ByTemplate = "Parser";

    static readonly JsonWriterOptions Pretty = JsonText.Relaxed with { Indented = true, NewLine = "\n" };

    static readonly InputPort Input = new("input_data", PortType.Data, PortType.Table, PortType.Message, PortType.Number, PortType.Boolean)
    {
        Title = "Data",
        Required = true,
        Help = "What becomes text: Data, or a table of it.",
    };

    static readonly TextField Mode = Field.Choice("mode", "Parser: by the template. Stringify: Data as JSON, a table as a Markdown table, a text as it is.", ByTemplate, "Stringify");

    static readonly TextField Pattern = Field.Template("pattern",
        "Text with {order.id}, {items[0].name} or {text} for values, filled once per row of a table. A missing key gives an empty text; {{ and }} give braces.")
        .Default("Text: {text}") with
    {
        Title = "Template",
        ShownWhen = ("mode", [ByTemplate]),
    };

    static readonly TextField Separator = Field.Text("sep", "Stands between the texts of a table's rows.").Default("\n") with
    {
        Title = "Separator",
        Advanced = true,
        ShownWhen = ("mode", [ByTemplate]),
    };

    static readonly OutputPort Text = new("parsed_text", PortType.Message) { Title = "Text", Help = "The text." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Parser", "Parser", Category.Shape, Effects.Pure, "Writes Data or a table as text: by a template, as JSON, or as a Markdown table.")
        {
            Inputs = [Input],
            Fields = [Mode, Pattern, Separator],
            Outputs = [Text],
            CanBeTool = false,
            Highlights = ["mode", "pattern"],
            Check = node => NodeSettings.Text(node, Mode) is ByTemplate ? TemplateChecks.Problems(node, Pattern) : [],
            ReadsPaths = node => NodeSettings.Text(node, Mode) is ByTemplate ? TextTemplate.Parse(NodeSettings.Text(node, Pattern)).Paths : [],
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var value = node.Input(Input) ?? JsonText.Null;
        var text = node.Get(Mode) is ByTemplate
            ? Filled(Content(value), TextTemplate.Parse(node.Get(Pattern)), node.Get(Separator), cancellationToken)
            : Written(value, cancellationToken);
        return ValueTask.FromResult(NodeResult.Of(Text, text));
    }

    /// <summary>A model's answer is a message whose text is often JSON.</summary>
    static JsonElement Content(JsonElement value) =>
        ValuePath.Opened(ChatMessage.IsMessage(value) ? value.GetProperty("text"u8) : value) is { ValueKind: JsonValueKind.Object or JsonValueKind.Array } data ? data : value;

    static string Filled(JsonElement value, TextTemplate template, string separator, CancellationToken cancellationToken)
    {
        if (value.ValueKind is not JsonValueKind.Array)
            return DataToMessage.Fill(template, value);
        var text = new JoinedText(separator);
        foreach (var row in value.EnumerateArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            text.Add(DataToMessage.Fill(template, row));
        }
        return text.ToString();
    }

    static string Written(JsonElement value, CancellationToken cancellationToken) => value.ValueKind switch
    {
        JsonValueKind.Array => MarkdownTable.Of(value, cancellationToken),
        JsonValueKind.Object when !ChatMessage.IsMessage(value) => $"```json\n{Indented(value)}\n```",
        _ => JsonText.OfMessage(value),
    };

    static string Indented(JsonElement value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Pretty))
            value.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
