using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;

namespace FlowStudio.Engine.Components;

/// <summary>
/// A node as a model may call it: a name, what it does, and its parameters. Parameters are the inputs and settings that the component marks for it
/// (<see cref="InputPort.ToolParameter"/>, <see cref="Field.ToolParameter"/>), but those that have an edge or a value of their own; where none is
/// marked, the first input without an edge that must have a value.
/// </summary>
sealed class AgentTool
{
    const int MaxName = 64;

    /// <summary>Characters of a result that the model is told.</summary>
    const int MaxResult = 60_000;

    readonly NodeTool tool;
    readonly IReadOnlyList<Parameter> parameters;

    AgentTool(NodeTool tool, string name)
    {
        this.tool = tool;
        parameters = [.. ParametersOf(tool)];
        Definition = new LlmTool(name, tool.Descriptor.Summary, Schema(parameters));
    }

    public LlmTool Definition { get; }

    /// <summary>Each with a name of its own, made of its node's title.</summary>
    public static IReadOnlyList<AgentTool> Of(IReadOnlyList<NodeTool> tools)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var made = new List<AgentTool>(tools.Count);
        foreach (var wired in tools)
        {
            var name = NameOf(wired.Node.Label);
            for (var i = 2; !taken.Add(name); i++)
            {
                var suffix = "_" + i.ToString(CultureInfo.InvariantCulture);
                var stem = NameOf(wired.Node.Label);
                name = stem[..Math.Min(stem.Length, MaxName - suffix.Length)] + suffix;
            }
            made.Add(new AgentTool(wired, name));
        }
        return made;
    }

    /// <summary>Whether a model's arguments are the JSON object that they must be; nothing at all is an empty one.</summary>
    public static bool TryParse(string arguments, out JsonElement parsed)
    {
        parsed = JsonText.EmptyObject;
        return string.IsNullOrWhiteSpace(arguments)
            || (JsonCheck.TryParse(Encoding.UTF8.GetBytes(arguments), out parsed, out _) && parsed.ValueKind is JsonValueKind.Object);
    }

    /// <summary>A call as a step of the tool's node; wrong arguments make a step that fails with what is wrong with them.</summary>
    public NodePart Call(string arguments, IReadOnlyList<int> path)
    {
        var settings = new OrderedDictionary<string, JsonElement>(tool.Node.Settings);
        var inputs = new Dictionary<string, IReadOnlyList<JsonElement>>(tool.Bound, StringComparer.Ordinal);
        var wrong = Wrong(arguments, out var given);
        if (wrong is null)
        {
            foreach (var parameter in parameters)
            {
                if (!given.TryGetProperty(parameter.Name, out var value) || value.ValueKind is JsonValueKind.Null)
                    continue;
                if (parameter.Port is { } port)
                    inputs[port.Name] = port.Many && value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
                else
                    settings[parameter.Name] = value;
            }
        }
        var executor = wrong is null ? tool.Executor : new FunctionExecutor((node, _) =>
            throw new NodeException("invalid_arguments", $"{node.Node.Label}: the arguments of the call can't be used: {wrong}.", "Call it again with arguments that fulfil its schema."));
        return new NodePart(tool.Node with { Settings = settings }, tool.Descriptor, executor, path)
        {
            Inputs = inputs,
            // A tool's edges say nothing about what of it is wanted: all that is a value.
            Outputs = [.. tool.Descriptor.Outputs.Where(o => o.Type is not (PortType.Model or PortType.Tool)).Select(o => o.Name)],
            KeepsFailure = true,
        };
    }

    /// <summary>What a call gave, as the model is told: the first output that has a value; further ones say the same in another shape.</summary>
    public string Result(IReadOnlyList<PortValue> outputs)
    {
        var first = tool.Descriptor.Outputs.Where(p => p.Type is not (PortType.Model or PortType.Tool))
            .SelectMany(p => outputs.Where(o => o.Port == p.Name)).Select(o => (JsonElement?)o.Value).FirstOrDefault();
        var text = first is { } value ? JsonText.OfMessage(value) : "It gave nothing.";
        if (text.Length <= MaxResult)
            return text;
        var end = char.IsHighSurrogate(text[MaxResult - 1]) ? MaxResult - 1 : MaxResult;
        return $"{text[..end]}… (the first {end:N0} of {text.Length:N0} characters)";
    }

    /// <summary>1 to 64 letters, digits, underscores and hyphens.</summary>
    public static string NameOf(string title)
    {
        var name = new StringBuilder(Math.Min(title.Length, MaxName));
        foreach (var c in title)
        {
            if (name.Length == MaxName)
                break;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
                name.Append(c);
            else if (name.Length > 0 && name[^1] != '_')
                name.Append('_');
        }
        var trimmed = name.ToString().Trim('_');
        return trimmed.Length > 0 ? trimmed : "tool";
    }

    static IEnumerable<Parameter> ParametersOf(NodeTool tool)
    {
        var own = tool.Node.Settings.Where(s => s.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) && !(s.Value.ValueKind is JsonValueKind.String && s.Value.ValueEquals(""u8)))
            .Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        bool Open(InputPort port) => !tool.Bound.ContainsKey(port.Name) && !own.Contains(port.Name) && !(port.OrField is { } other && own.Contains(other));
        var found = new List<Parameter>();
        var isDynamic = tool.Ports.Skip(tool.Descriptor.Inputs.Count).ToHashSet();
        foreach (var port in tool.Ports.Where(p => (p.ToolParameter || isDynamic.Contains(p)) && Open(p)))
            found.Add(new(port.Name, port, Field: null) { Required = port.Required });
        foreach (var field in tool.Descriptor.Fields.Where(f => f.ToolParameter && !own.Contains(f.Name) && !tool.Bound.ContainsKey(f.Name) && found.All(p => p.Name != f.Name)))
            found.Add(new(field.Name, Port: null, field) { Required = field.Required || tool.Ports.Any(p => p.Required && p.Name == field.Name) });
        var marked = tool.Ports.Any(p => p.ToolParameter || isDynamic.Contains(p)) || tool.Descriptor.Fields.Any(f => f.ToolParameter);
        if (!marked && tool.Ports.FirstOrDefault(p => p.Required && p.Type is not (PortType.Model or PortType.Tool) && Open(p)) is { } first)
            found.Add(new(first.Name, first, Field: null) { Required = true });
        return found;
    }

    static JsonElement Schema(IReadOnlyList<Parameter> parameters) => JsonText.Element(parameters, static (json, all) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "object"u8);
        json.WriteStartObject("properties"u8);
        foreach (var parameter in all)
        {
            json.WriteStartObject(parameter.Name);
            if (parameter.Port is { } port)
                PortSchema(json, port);
            else if (parameter.Field is { } field)
                FieldSchema(json, field);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteStartArray("required"u8);
        foreach (var parameter in all.Where(p => p.Required))
            json.WriteStringValue(parameter.Name);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    static void PortSchema(Utf8JsonWriter json, InputPort port)
    {
        var type = port.Type switch
        {
            PortType.Number => "number",
            PortType.Boolean => "boolean",
            PortType.Data => "object",
            PortType.Table => "array",
            _ => "string",
        };
        json.WriteString("type"u8, port.Many ? "array" : type);
        if (port.Many || port.Type is PortType.Table)
        {
            json.WriteStartObject("items"u8);
            json.WriteString("type"u8, port.Type is PortType.Table ? "object" : type);
            json.WriteEndObject();
        }
        json.WriteString("description"u8, port.Help.Length > 0 ? port.Help : port.Title);
    }

    static void FieldSchema(Utf8JsonWriter json, Field field)
    {
        switch (field.Kind)
        {
            case FieldKind.Number or FieldKind.Integer:
                json.WriteString("type"u8, field.Kind is FieldKind.Integer ? "integer"u8 : "number"u8);
                if (field.Min is { } min)
                    json.WriteNumber("minimum"u8, min);
                if (field.Max is { } max)
                    json.WriteNumber("maximum"u8, max);
                break;
            case FieldKind.Switch:
                json.WriteString("type"u8, "boolean"u8);
                break;
            case FieldKind.KeyValues:
                json.WriteString("type"u8, "array"u8);
                json.WritePropertyName("items"u8);
                json.WriteRawValue("""{"type":"object","properties":{"key":{"type":"string"},"value":{"type":"string"}},"required":["key","value"]}"""u8);
                break;
            case FieldKind.Json:
                json.WriteString("type"u8, "object"u8);
                break;
            default:
                json.WriteString("type"u8, "string"u8);
                if (field.Choices.Count > 0)
                {
                    json.WriteStartArray("enum"u8);
                    foreach (var choice in field.Choices)
                        json.WriteStringValue(choice);
                    json.WriteEndArray();
                }
                break;
        }
        json.WriteString("description"u8, field.Help);
    }

    /// <summary>What is wrong with a model's arguments, or null.</summary>
    string? Wrong(string arguments, out JsonElement given)
    {
        if (!TryParse(arguments, out given))
            return "they are no JSON object";
        if (JsonSchema.Problems(Definition.Parameters, given) is { Count: > 0 } problems)
            return string.Join("; ", problems);
        foreach (var parameter in parameters.Where(p => p.Field is not null))
        {
            // A setting may name a variable, and a model must not choose which of them it gets to see.
            if (given.TryGetProperty(parameter.Name, out var value) && NamesVariable(value))
                return $"$.{parameter.Name} must be a value, not the name of a variable";
        }
        return null;
    }

    static bool NamesVariable(JsonElement value) => VariableReference.TryRead(value, out _) || value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(p => NamesVariable(p.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(NamesVariable),
        _ => false,
    };

    /// <summary>What a model gives: a value at an input, or a setting.</summary>
    sealed record Parameter(string Name, InputPort? Port, Field? Field)
    {
        public bool Required { get; init; }
    }
}
