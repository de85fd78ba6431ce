using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>A setting's value in words: what a person would say it is.</summary>
public static class SettingText
{
    public static string Of(Field field, JsonElement value)
    {
        if (VariableReference.TryRead(value, out var reference))
            return reference.Format?.Replace("{value}", $"[variable {reference.Name}]", StringComparison.Ordinal) ?? $"variable {reference.Name}";
        return value.ValueKind switch
        {
            JsonValueKind.True => "on",
            JsonValueKind.False => "off",
            JsonValueKind.Array when field.Kind is FieldKind.KeyValues => string.Join('\n', value.EnumerateArray().Select(Row)),
            JsonValueKind.Array when field.Kind is FieldKind.Choices => string.Join(", ", value.EnumerateArray().Select(JsonText.Of)),
            JsonValueKind.Array when field.Kind is FieldKind.Files => value.GetArrayLength() is 1 ? "1 file" : $"{value.GetArrayLength()} files",
            JsonValueKind.Number when field.Unit is { } unit => $"{value.GetRawText()} {unit}",
            _ => JsonText.Of(value),
        };
    }

    /// <summary>Whether a setting means anything, given the others: a model's name does not while the provider has none.</summary>
    public static bool Applies(ComponentDescriptor descriptor, Node node, Field field)
    {
        if (field.ShownWhen is not { } when || descriptor.Fields.FirstOrDefault(f => f.Name == when.Field) is not { } other)
            return true;
        return when.Values.Contains(JsonText.Of(node.Settings.TryGetValue(other.Name, out var own) ? own : other.DefaultValue), StringComparer.Ordinal);
    }

    static string Row(JsonElement row)
    {
        if (row.ValueKind is not JsonValueKind.Object)
            return JsonText.Of(row);
        var key = row.TryGetProperty("key", out var k) ? JsonText.Of(k) : "";
        var cell = row.TryGetProperty("value", out var v) ? v : default;
        return $"{key}: {(VariableReference.TryRead(cell, out var reference) ? $"variable {reference.Name}" : JsonText.Of(cell))}";
    }
}
