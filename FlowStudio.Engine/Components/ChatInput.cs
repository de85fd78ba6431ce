using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Starts a run with what a person wrote.</summary>
public sealed class ChatInput(TimeProvider time) : IComponent
{
    static readonly TextField Text = Field.Multiline("input_value",
        "What is said when the flow is started without a text, by Run in the editor or by a schedule.") with
    {
        Title = "Text",
    };

    static readonly TextField Sender = Field.Choice("sender", "Who speaks: the user, or the machine.", "User", "Machine") with { Advanced = true };
    static readonly TextField SenderName = Field.Text("sender_name", "The speaker's name as others see it.").Default("User") with { Advanced = true };

    static readonly SwitchField Store = Field.Switch("should_store_message",
        "Keep the message in the conversation, where later runs of the same session find it.")
        .Default(value: true) with
    {
        Title = "Store message",
        Advanced = true,
    };

    static readonly OutputPort Message = new("message", PortType.Message) { Help = "The whole message, with sender, time and session." };

    public static ComponentDescriptor Descriptor { get; } =
        new("ChatInput", "Chat Input", Category.Start, Effects.External, "Starts the flow with a chat message, and adds it to the conversation.")
        {
            Fields = [Text, Sender, SenderName, Store],
            Outputs = [Message],
            IsTrigger = true,
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var text = Said(node.Run.Input) ?? node.Get(Text);
        var message = ChatMessage.New(node, node.Get(Sender), node.Get(SenderName), text, time);
        if (node.Get(Store))
            node.Say(message);
        return ValueTask.FromResult(NodeResult.Of(Message, message.Json));
    }

    /// <summary>The text in a run's input: itself, or in an object under one of the usual names; other values as JSON; null when there is none.</summary>
    static string? Said(JsonElement input)
    {
        if (input.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return null;
        if (input.ValueKind is not JsonValueKind.Object)
            return JsonText.Of(input);
        foreach (var name in (ReadOnlySpan<string>)["input_value", "message", "text", "question"])
        {
            if (input.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null)
                return JsonText.OfMessage(value);
        }
        return input.GetPropertyCount() == 0 ? null : JsonText.Of(input);
    }
}
