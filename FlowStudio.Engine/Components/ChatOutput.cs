using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Gives the run's answer, and says it in the conversation.</summary>
public sealed class ChatOutput(TimeProvider time) : IComponent
{
    internal const string TextOnly = "{text}";

    static readonly InputPort Input = new("input_value", PortType.Message, PortType.Data, PortType.Table, PortType.Number, PortType.Boolean)
    {
        Title = "Text",
        Required = true,
        Help = "What is said. Data is written by the template, a list one line per item.",
    };

    static readonly TextField Sender = Field.Choice("sender", "Who speaks: the machine, or the user.", "Machine", "User") with { Advanced = true };
    static readonly TextField SenderName = Field.Text("sender_name", "The speaker's name as others see it.").Default("AI") with { Advanced = true };
    static readonly SwitchField Store = Field.Switch("should_store_message",
        "Keep the message in the conversation, where later runs of the same session find it.")
        .Default(value: true) with
    {
        Title = "Store message",
        Advanced = true,
    };

    static readonly TextField Template = Field.Template("data_template",
        "How Data is written as text, with {answer} or {order.id} where values belong. With {text}, Data that has no text is written as JSON.")
        .Default(TextOnly) with
    {
        Advanced = true,
    };

    static readonly OutputPort Message = new("message", PortType.Message) { Help = "The whole message, with sender, time and session." };

    public static ComponentDescriptor Descriptor { get; } =
        new("ChatOutput", "Chat Output", Category.Out, Effects.External, "Gives the flow's answer and adds it to the conversation.")
        {
            Inputs = [Input],
            Fields = [Sender, SenderName, Store, Template],
            Outputs = [Message],
            IsOutput = true,
            Check = node => TemplateChecks.Problems(node, Template),
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var text = node.Input(Input) is { } value ? Text(value, node.Get(Template)) : "";
        var message = ChatMessage.New(node, node.Get(Sender), node.Get(SenderName), text, time);
        if (node.Get(Store))
            node.Say(message);
        return ValueTask.FromResult(NodeResult.Of(Message, message.Json));
    }

    /// <summary>A value as it is said: a message by its text, a list one line per item, Data by the template.</summary>
    internal static string Text(JsonElement value, string template) => value.ValueKind switch
    {
        JsonValueKind.Array => JoinedText.Of(value.EnumerateArray().Select(item => Text(item, template)), "\n"),
        JsonValueKind.Object when ChatMessage.IsMessage(value) => JsonText.OfMessage(value),
        JsonValueKind.Object when template == TextOnly && !value.TryGetProperty("text"u8, out _) => JsonText.Of(value),
        JsonValueKind.Object => DataToMessage.Fill(TextTemplate.Parse(template), value),
        _ => JsonText.Of(value),
    };
}
