using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>One setting of one node, as the inspector shows it. Pure.</summary>
/// <param name="Own">What the node says itself; null: the default counts.</param>
/// <param name="Problems">What validation has against it.</param>
public sealed record FieldModel(Node Node, ComponentDescriptor Component, Field Field, JsonElement? Own, IReadOnlyList<FlowProblem> Problems)
{
    /// <summary>What counts.</summary>
    public JsonElement Value => Own ?? Field.DefaultValue;

    public VariableReference? Reference => VariableReference.TryRead(Value, out var reference) ? reference : null;

    /// <summary>Whether the setting may be looked up when the node runs. A secret is that anyway; a table's cells are for themselves; what makes inputs cannot.</summary>
    public bool CanRefer => Field.Kind is not (FieldKind.Secret or FieldKind.KeyValues or FieldKind.Files or FieldKind.Choices) && !Field.Fixed && !(Field.Kind is FieldKind.Template && Component.DynamicInputs is not null);

    public bool IsChanged => Own is { } own && !JsonElement.DeepEquals(own, Field.DefaultValue);

    /// <summary>Must have a value and has none.</summary>
    public bool IsMissing => Field.Required && (Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined || (Value.ValueKind is JsonValueKind.String && Value.ValueEquals(""u8)));

    public bool IsWrong => Problems.Any(p => p.Severity is ProblemSeverity.Error);

    /// <summary>The value as the text a person edits.</summary>
    public string Text => JsonText.Of(Value);

    /// <summary>Unique on the page: for labels and their fields.</summary>
    public string Id => $"setting-{Field.Name}";

    /// <summary>The settings of a node that mean something now, in the component's order.</summary>
    public static IReadOnlyList<FieldModel> Of(Node node, ComponentDescriptor component, IEnumerable<FlowProblem> problems)
    {
        var byField = problems.Where(p => p.NodeId == node.Id && p.Field is not null).ToLookup(p => p.Field, StringComparer.Ordinal);
        return
        [
            .. component.Fields.Where(f => SettingText.Applies(component, node, f))
                .Select(f => new FieldModel(node, component, f, Said(node, f), [.. byField[f.Name]])),
        ];
    }

    /// <summary>Shown without being asked for: what is not rare, what the node says itself, and what is wrong.</summary>
    public bool IsPlain => !Field.Advanced || Own is not null || Problems.Count > 0;

    static JsonElement? Said(Node node, Field field) =>
        node.Settings.TryGetValue(field.Name, out var own) && own.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? own : null;
}
