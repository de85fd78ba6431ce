using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Takes one value out of Data.</summary>
public sealed class Extract : IComponent
{
    const string Fail = "fail";
    const string Default = "default";

    static readonly InputPort Input = new("data", PortType.Data, PortType.Table, PortType.Message)
    {
        Required = true,
        Help = "Where the value is; a text that is JSON will do.",
    };

    static readonly TextField Path = Field.Text("path",
        "The way to the value: order.total, items[0].name, items[-1] for the last one, items[*].name for a list of all, [\"any key\"] for unusual names.") with
    {
        Required = true,
        Placeholder = "order.items[0].name",
    };

    static readonly TextField Missing = Field.Choice("missing", "When nothing is there, or null: fail, or give the default.", Fail, Default) with
    {
        Title = "When missing",
    };

    static readonly TextField DefaultValue = Field.Text("default_value", "What is given when nothing is there. JSON, such as 0 or [], is taken as such, the rest as text.") with
    {
        Title = "Default",
        ShownWhen = ("missing", [Default]),
    };

    static readonly OutputPort Value = new("value", PortType.Any) { Help = "The value as it is in the Data." };
    static readonly OutputPort Text = new("text", PortType.Message) { Help = "The value as text; a list has a line per item." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Extract", "Extract", Category.Shape, Effects.Pure, "Takes a value out of Data by its path.")
        {
            Inputs = [Input],
            Fields = [Path, Missing, DefaultValue],
            Outputs = [Value, Text],
            CanBeTool = false,
            Highlights = ["path"],
            Check = Check,
            ReadsPaths = node => ValuePath.Parse(NodeSettings.Text(node, Path), out _) is { IsMany: false, Text.Length: > 0 } path ? [path.Text] : [],
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var (missing, instead) = (node.Get(Missing), node.Get(DefaultValue));
        var path = ValuePath.Parse(node.Get(Path), out var problem)
            ?? throw new NodeException("invalid_setting", $"{node.Node.Label}: the setting {Path.Title} is no path. {problem}", "Write it as in order.items[0].name.");
        var whole = node.Input(Input) ?? JsonText.Null;
        var found = path.Find(whole);
        if (found.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            if (missing is Fail)
                throw NotThere(node, path, whole);
            found = JsonCheck.TryParse(Encoding.UTF8.GetBytes(instead), out var parsed, out _) ? parsed : JsonText.Element(instead);
        }
        var outputs = new List<PortValue>(2) { new(Value.Name, found) };
        if (node.Wants(Text))
            outputs.Add(new(Text.Name, JsonText.Element(ChatOutput.Text(found, ChatOutput.TextOnly))));
        return ValueTask.FromResult(NodeResult.Of(outputs));
    }

    static NodeException NotThere(NodeContext node, ValuePath path, JsonElement whole)
    {
        var has = ValuePath.Opened(whole) switch
        {
            { ValueKind: JsonValueKind.Object } data => data.EnumerateObject().Any()
                ? $"The Data has {string.Join(", ", data.EnumerateObject().Take(10).Select(p => Excerpt.Of(p.Name, 40)))}{(data.GetPropertyCount() > 10 ? ", …" : "")}."
                : "The Data is empty.",
            { ValueKind: JsonValueKind.Array } data => $"The Data is a list of {data.GetArrayLength():N0}.",
            _ => "The Data is a plain value.",
        };
        return new("missing_value", $"{node.Node.Label}: there is nothing at {path.Text}. {has}", "Correct the path, or choose a default for when it is missing.");
    }

    static IEnumerable<FlowProblem> Check(Node node)
    {
        if (ValuePath.Parse(NodeSettings.Text(node, Path), out var problem) is null)
            yield return NodeSettings.Invalid(node, Path.Name, $"{node.Label}: the setting {Path.Title} is no path. {problem}", "Write it as in order.items[0].name.");
    }
}
