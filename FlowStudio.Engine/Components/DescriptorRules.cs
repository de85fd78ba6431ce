using System.Text.Json;
using System.Text.RegularExpressions;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>What every descriptor must fulfil; broken rules keep the program from starting.</summary>
static partial class DescriptorRules
{
    const int MaxHighlights = 3;

    /// <summary>Each broken rule, as a sentence that says what to do.</summary>
    public static IEnumerable<string> Problems(ComponentDescriptor descriptor, string? icon)
    {
        if (!TypePattern().IsMatch(descriptor.Type))
            yield return $"the type '{descriptor.Type}' is no name. Write letters and digits, a letter first, 64 at most.";
        if (string.IsNullOrWhiteSpace(descriptor.Title) || string.IsNullOrWhiteSpace(descriptor.Summary))
            yield return "title or summary is empty. Write what people read in the palette.";
        if (icon is null)
            yield return "it has no icon. Put <ClassName>.svg beside the class.";
        else if (!icon.Contains("viewBox=\"0 0 24 24\"", StringComparison.Ordinal) || !icon.Contains("currentColor", StringComparison.Ordinal))
            yield return "its icon must be drawn on 24 × 24 in currentColor.";

        foreach (var name in Twice(descriptor.Inputs.Select(p => p.Name)))
            yield return $"two inputs are named {name}. Rename one.";
        foreach (var name in Twice(descriptor.Outputs.Select(p => p.Name)))
            yield return $"two outputs are named {name}. Rename one.";
        if (descriptor.Outputs.Any(o => o.Name == ToolPort.Name))
            yield return $"an output is named {ToolPort.Name}, which every tool has anyway. Leave it out, or rename it.";
        foreach (var name in Twice(descriptor.Fields.Select(f => f.Name)))
            yield return $"two fields are named {name}. Rename one.";
        foreach (var name in descriptor.Inputs.Select(p => p.Name).Concat(descriptor.Outputs.Select(p => p.Name)).Concat(descriptor.Fields.Select(f => f.Name)))
        {
            if (!NamePattern().IsMatch(name))
                yield return $"'{name}' is no name of a port or field. Write small letters, digits and underscores, a letter first, 64 at most.";
        }
        foreach (var problem in descriptor.Fields.SelectMany(f => Field(f, descriptor)))
            yield return problem;

        if (descriptor.Highlights.Count > MaxHighlights)
            yield return $"it highlights {descriptor.Highlights.Count} fields. The canvas has room for {MaxHighlights}.";
        foreach (var name in descriptor.Highlights.Where(h => descriptor.Fields.All(f => f.Name != h)))
            yield return $"it highlights {name}, which is none of its fields.";
        if (descriptor.ReturnPort is { } port && descriptor.Inputs.All(i => i.Name != port))
            yield return $"its return port {port} is none of its inputs.";
        if (descriptor.ItemPort is { } item && descriptor.Outputs.All(o => o.Name != item))
            yield return $"its item port {item} is none of its outputs.";
        if (descriptor.ItemPort is null != descriptor.ReturnPort is null)
            yield return "it has only one of item port and return port. A loop needs both.";
    }

    static IEnumerable<string> Field(Field field, ComponentDescriptor descriptor)
    {
        if (string.IsNullOrWhiteSpace(field.Help))
            yield return $"the field {field.Name} has no help. Write one line.";
        if (field.DefaultValue.ValueKind is not JsonValueKind.Null && field.Reject(field.DefaultValue) is { } reason)
            yield return $"the default of the field {field.Name} {reason}.";
        if (field.ToolParameter && field.Kind is FieldKind.Secret)
            yield return $"the field {field.Name} is a tool's parameter and names a secret. A model must not choose one.";
        if (field.Required && descriptor.Inputs.Any(i => i.Name == field.Name))
            yield return $"the field {field.Name} is required, and an input has its name. Make the input required instead: an edge will do too.";
        if (field.ShownWhen is not { } when)
            yield break;
        if (descriptor.Fields.FirstOrDefault(f => f.Name == when.Field) is not { } other)
            yield return $"the field {field.Name} is shown by the value of {when.Field}, which is none of its fields.";
        else if (other.Choices.Count > 0 && when.Values.Except(other.Choices, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
            yield return $"the field {field.Name} is shown when {when.Field} is '{unknown}', which is none of its choices.";
    }

    static IEnumerable<string> Twice(IEnumerable<string> names) =>
        names.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => g.Key);

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{0,63}$", RegexOptions.NonBacktracking)]
    private static partial Regex TypePattern();

    [GeneratedRegex("^[a-z][a-z0-9_]{0,63}$", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
