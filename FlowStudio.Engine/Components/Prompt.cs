using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Writes a prompt: each variable of its template is an input.</summary>
public sealed class Prompt : IComponent
{
    /// <summary>More would not be drawn legibly, and no one could wire them.</summary>
    const int MaxVariables = 100;

    static readonly TextField Template = Field.Template("template", "What the model is told. Each {variable} becomes an input; {{ and }} give braces.") with
    {
        Required = true,
        Placeholder = "Answer in one friendly sentence: {question}",
    };

    static readonly OutputPort Text = new("prompt", PortType.Message) { Title = "Prompt", Help = "The filled template." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Prompt", "Prompt", Category.Shape, Effects.Pure, "Writes what a model is told; the variables of its template become inputs.")
        {
            Fields = [Template],
            Outputs = [Text],
            Highlights = ["template"],
            DynamicInputs = Inputs,
            Check = Check,
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var template = TextTemplate.Parse(node.Get(Template));
        return ValueTask.FromResult(NodeResult.Of(Text, template.Fill(name => Value(node, name))));
    }

    /// <summary>A Message as its text, anything else as it is.</summary>
    static JsonElement Value(NodeContext node, string variable)
    {
        if (node.Input(variable) is { } value)
            return ChatMessage.IsMessage(value) ? value.GetProperty("text"u8) : value;
        if (!node.Node.Settings.TryGetValue(variable, out var own))
            return default;
        return VariableReference.TryRead(own, out var reference) ? JsonText.Element(reference.Apply(node.FindVariable(reference.Name)
            ?? throw new NodeException("missing_variable", $"{node.Node.Label}: {{{variable}}} is taken from the variable {reference.Name}, which is not set.",
                $"Set {reference.Name} under Variables, or in the environment of the server."))) : own;
    }

    /// <summary>
    /// The name of an input that Langflow's prompts have besides their variables. What comes there is not written into the prompt; it only has to come
    /// first. A node has it when its settings name it, as those of imported flows do.
    /// </summary>
    const string After = "tool_placeholder";

    static IReadOnlyList<InputPort> Inputs(Node node)
    {
        var variables = Variables(node);
        return !node.Settings.ContainsKey(After) || variables.Any(v => v.Name == After) ? variables
            : [.. variables, new InputPort(After, PortType.Any) { Title = "After", Help = "The prompt is written when something has come here; it has no place in the text." }];
    }

    static IReadOnlyList<InputPort> Variables(Node node) =>
    [
        .. TextTemplate.Parse(NodeSettings.Text(node, Template)).Paths.Where(IsVariable).Take(MaxVariables)
            .Select(name => new InputPort(name, PortType.Message, PortType.Data, PortType.Number, PortType.Boolean)
            {
                Title = name,
                // A text that was left empty on purpose is one.
                Required = !node.Settings.TryGetValue(name, out var own) || own.ValueKind is not JsonValueKind.String || !own.ValueEquals(""u8),
                Help = "Goes where the template has {" + name + "}; a Message as its text, Data as JSON.",
            }),
    ];

    static IEnumerable<FlowProblem> Check(Node node)
    {
        if (VariableReference.TryRead(NodeSettings.Value(node, Template), out _))
        {
            yield return Problem(node, "the template can't come from a variable, because its own variables become inputs.",
                "Write the template here, and bring the text that changes in by an input.");
            yield break;
        }
        foreach (var problem in TemplateChecks.Problems(node, Template))
            yield return problem;
        var paths = TextTemplate.Parse(NodeSettings.Text(node, Template)).Paths;
        if (paths.Count > MaxVariables)
        {
            yield return Problem(node, $"the template has {paths.Count} variables; {MaxVariables} are allowed.",
                "Write what belongs together with one Data to Message before the Prompt.");
        }
        foreach (var path in paths.Take(MaxVariables).Where(p => !IsVariable(p)))
        {
            yield return Problem(node, $"{{{path}}} is not the name of a variable.", path == Template.Name
                ? "This name belongs to a setting of the Prompt. Choose another."
                : "A variable is a name of letters, digits and underscores. To reach into Data, put a Data to Message before the Prompt.");
        }
    }

    static FlowProblem Problem(Node node, string what, string advice) => NodeSettings.Invalid(node, Template.Name, $"{node.Label}: {what}", advice);

    static bool IsVariable(string name) =>
        (char.IsLetter(name[0]) || name[0] == '_') && name.All(c => char.IsLetterOrDigit(c) || c == '_') && name != Template.Name;
}
