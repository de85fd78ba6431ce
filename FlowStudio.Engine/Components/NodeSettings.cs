using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>A node's settings against its component's fields.</summary>
static class NodeSettings
{
    const double MaxTimeout = 7 * 24 * 3600;
    const int MaxRetries = 20;

    /// <summary>The value a node has for a field: its own, else the default.</summary>
    public static JsonElement Value(Node node, Field field) =>
        node.Settings.TryGetValue(field.Name, out var own) && own.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? own : field.DefaultValue;

    /// <summary>A text setting before variables are looked up; empty when it refers to one.</summary>
    public static string Text(Node node, TextField field) => Value(node, field) is { ValueKind: JsonValueKind.String } value ? value.GetString() ?? "" : "";

    /// <summary>Settings that are missing or wrong by what their fields say.</summary>
    /// <param name="readable">False when a setting holds text that can't be read at all; then nothing else may look at the settings.</param>
    public static IReadOnlyList<FlowProblem> Problems(Node node, ComponentDescriptor descriptor, out bool readable)
    {
        var problems = new List<FlowProblem>();
        foreach (var (name, value) in node.Settings)
        {
            if (JsonCheck.Problem(value) is { } trap)
                problems.Add(Invalid(node, name, $"{node.Label}: the setting {name} can't be read: {trap}.", "Write it anew."));
        }
        readable = problems.Count == 0;
        if (!readable)
            return problems;
        foreach (var field in descriptor.Fields)
        {
            var value = Value(node, field);
            if (field.Required && IsEmpty(value))
            {
                if (IsShown(node, field, descriptor))
                {
                    problems.Add(new("missing_setting", ProblemSeverity.Error, node.Id, field.Name,
                        $"{node.Label}: the setting {field.Title} has no value.", $"Fill it in. {field.Help}"));
                }
            }
            else if (value.ValueKind is not JsonValueKind.Null && field.Reject(value) is { } reason)
            {
                problems.Add(Invalid(node, field.Name, $"{node.Label}: the setting {field.Title} {reason}.", $"Correct it. {field.Help}"));
            }
        }
        if (node.Timeout is { } timeout && !(timeout > 0 && timeout <= MaxTimeout))
        {
            problems.Add(Invalid(node, "timeout",
                string.Create(CultureInfo.InvariantCulture, $"{node.Label}: the time limit is {timeout} s, but must be over 0 and at most {MaxTimeout} s."),
                "Give seconds, or none for the component's own limit."));
        }
        if (node.Retries is < 0 or > MaxRetries)
        {
            problems.Add(Invalid(node, "retries", $"{node.Label}: retries is {node.Retries}, but must be from 0 to {MaxRetries}.",
                "Give a number, or none for the flow's setting."));
        }
        return problems;
    }

    /// <summary>Settings that no field or input has, and that do nothing therefore.</summary>
    public static IEnumerable<FlowProblem> Unknown(Node node, ComponentDescriptor descriptor, IReadOnlyList<InputPort> inputs) =>
        node.Settings.Keys.Where(name => descriptor.Fields.All(f => f.Name != name) && inputs.All(i => i.Name != name))
            .Select(name => new FlowProblem("unknown_setting", ProblemSeverity.Warning, node.Id, name,
                $"{node.Label}: {descriptor.Title} has no setting {name}; it has no effect.",
                $"Remove it. There are: {string.Join(", ", descriptor.Fields.Select(f => f.Name))}."));

    /// <summary>Whether a setting gives the input its value when no edge does.</summary>
    public static bool Fills(Node node, ComponentDescriptor descriptor, InputPort input)
    {
        if (input.OrField is { } name && descriptor.Fields.FirstOrDefault(f => f.Name == name) is { } other && !IsEmpty(Value(node, other)))
            return true;
        if (descriptor.Fields.FirstOrDefault(f => f.Name == input.Name) is { } field)
            return !IsEmpty(Value(node, field));
        return node.Settings.TryGetValue(input.Name, out var own) && !IsEmpty(own);
    }

    public static FlowProblem Invalid(Node node, string field, string message, string advice) =>
        new("invalid_setting", ProblemSeverity.Error, node.Id, field, message, advice);

    static bool IsShown(Node node, Field field, ComponentDescriptor descriptor) =>
        field.ShownWhen is not { } when || descriptor.Fields.FirstOrDefault(f => f.Name == when.Field) is not { } other
        || when.Values.Contains(JsonText.Of(Value(node, other)), StringComparer.Ordinal);

    static bool IsEmpty(JsonElement value) =>
        value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined || value.ValueKind is JsonValueKind.String && value.ValueEquals(""u8);
}
