using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>
/// A text for the flow: the setting's, or what the run was started with under this node's name. A run by the API or the studio whose input is an
/// object fills each Text Input from the property that has its title (as it is, or in small letters with underscores) or its id. A webhook's body
/// never does: who may post must not be able to replace the flow's own texts.
/// </summary>
public sealed class TextInput : IComponent
{
    static readonly TextField Value = Field.Multiline("input_value",
        "The text. A run by the API may bring another: {\"input\": {\"tone\": \"friendly\"}} fills the Text Input with the title Tone.") with
    {
        Title = "Text",
    };

    static readonly OutputPort Text = new("text", PortType.Message) { Help = "The text." };

    public static ComponentDescriptor Descriptor { get; } =
        new("TextInput", "Text Input", Category.Shape, Effects.Pure, "A text of its own, which a run by the API may replace by name.")
        {
            Fields = [Value],
            Outputs = [Text],
            CanBeTool = false,
            Highlights = ["input_value"],
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken) =>
        ValueTask.FromResult(NodeResult.Of(Text, Given(node) is { } given ? JsonText.OfMessage(given) : node.Get(Value)));

    /// <summary>What the run was started with for this node; null when there is nothing.</summary>
    static JsonElement? Given(NodeContext node)
    {
        var input = node.Run.Input;
        // A replay of a webhook's call has the call too.
        if (input.ValueKind is not JsonValueKind.Object || node.Run.Trigger is RunTrigger.Webhook || node.Run.Call is not null)
            return null;
        var title = node.Node.Title;
        foreach (var name in (ReadOnlySpan<string>)[title, title.Trim().Replace(' ', '_').ToLowerInvariant(), node.Node.Id])
        {
            if (name.Length > 0 && input.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null)
                return value;
        }
        return null;
    }
}
