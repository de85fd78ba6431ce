using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Gives the run's answer as a text, without saying it in the conversation.</summary>
public sealed class TextOutput : IComponent
{
    static readonly InputPort Input = new("input_value", PortType.Message, PortType.Data, PortType.Table, PortType.Number, PortType.Boolean)
    {
        Title = "Text",
        Required = true,
        Help = "What the run gives. Data is written by the template, a list one line per item.",
    };

    static readonly TextField Template = Field.Template("data_template",
        "How Data is written as text, with {answer} or {order.id} where values belong. With {text}, Data that has no text is written as JSON.")
        .Default(ChatOutput.TextOnly) with
    {
        Advanced = true,
    };

    static readonly OutputPort Text = new("text", PortType.Message) { Title = "Result", Help = "The text." };

    public static ComponentDescriptor Descriptor { get; } =
        new("TextOutput", "Text Output", Category.Out, Effects.Pure, "Gives the flow's answer as a text; the conversation does not hear of it.")
        {
            Inputs = [Input],
            Fields = [Template],
            Outputs = [Text],
            IsOutput = true,
            Check = node => TemplateChecks.Problems(node, Template),
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken) =>
        ValueTask.FromResult(NodeResult.Of(Text, node.Input(Input) is { } value ? ChatOutput.Text(value, node.Get(Template)) : ""));
}
