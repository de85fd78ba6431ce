using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>
/// Stands for a component of another program that does not exist here, with the ports that its edges need. It does nothing but say so: the paths through
/// it end there.
/// </summary>
public sealed class Placeholder : IComponent
{
    /// <summary>The type of such nodes.</summary>
    public const string TypeName = "Placeholder";

    /// <summary>Ports of one side; a file that claims more is not drawn with them.</summary>
    const int MaxPorts = 100;

    static readonly TextField Component = Field.Text("component", "What it is called where it comes from.") with { Required = true };

    static readonly JsonField InputNames = Field.Json("inputs", "The names of its inputs: a list of texts.") with { Advanced = true };

    static readonly JsonField OutputNames = Field.Json("outputs", "Its outputs: a list of {\"name\",\"type\"}, the type any, model or tool.") with { Advanced = true };

    public static ComponentDescriptor Descriptor { get; } =
        new(TypeName, "Placeholder", Category.Shape, Effects.Pure, "Stands for a component that does not exist here.")
        {
            Fields = [Component, InputNames, OutputNames],
            Highlights = ["component"],
            DynamicInputs = Inputs,
            DynamicOutputs = Outputs,
            IsHidden = true,
            FailsItsPathsOnly = true,
            Check = node =>
            [
                new("placeholder", ProblemSeverity.Warning, node.Id, Field: null, $"{node.Label}: {Words(NodeSettings.Text(node, Component))}", Advice),
            ],
        };

    const string Advice = "Put components in its place that do its work, and delete it. Paths that do not come here run as they are.";

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken) =>
        throw new NodeException("placeholder", $"{node.Node.Label}: {Words(node.Get(Component))}", Advice);

    static string Words(string component) =>
        component.Length > 0 ? $"there is no component {Excerpt.Of(component, 80)} here; this node only keeps its place." : "this node only keeps the place of a component that does not exist here.";

    /// <summary>Whatever was connected there fits: values, models and tools.</summary>
    static IReadOnlyList<InputPort> Inputs(Node node) =>
    [
        .. Items(node, InputNames).Where(i => i.ValueKind is JsonValueKind.String).Select(i => i.GetString() ?? "").Distinct(StringComparer.Ordinal)
            .Select(name => new InputPort(name, PortType.Any, PortType.Model, PortType.Tool) { Title = name, Many = true }),
    ];

    static IReadOnlyList<OutputPort> Outputs(Node node) =>
    [
        .. Items(node, OutputNames).Where(i => i.ValueKind is JsonValueKind.Object).Select(i => (Name: Text(i, "name"), Type: Text(i, "type")))
            .Where(o => o.Name.Length > 0 && o.Name != ToolPort.Name).DistinctBy(o => o.Name, StringComparer.Ordinal)
            .Select(o => new OutputPort(o.Name, o.Type switch { "model" => PortType.Model, "tool" => PortType.Tool, _ => PortType.Any }) { Title = o.Name }),
    ];

    static IEnumerable<JsonElement> Items(Node node, Field field) =>
        NodeSettings.Value(node, field) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Take(MaxPorts) : [];

    static string Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() ?? "" : "";
}
