using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlowStudio.Engine.Components;

/// <summary>A setting that is looked up when the node runs: <c>{"variable":"NAME","format":"Bearer {value}"}</c>, the format optional.</summary>
public readonly partial record struct VariableReference(string Name, string? Format)
{
    /// <summary>Whether <paramref name="value"/> is a reference.</summary>
    public static bool TryRead(JsonElement value, out VariableReference reference)
    {
        reference = default;
        if (value.ValueKind is not JsonValueKind.Object || !value.TryGetProperty("variable", out var name) || name.ValueKind is not JsonValueKind.String)
            return false;
        var format = value.TryGetProperty("format", out var f) && f.ValueKind is JsonValueKind.String ? f.GetString() : null;
        reference = new(name.GetString() ?? "", format);
        return value.GetPropertyCount() == (format is null ? 1 : 2);
    }

    /// <summary>Whether a text can be a variable's name: a letter or underscore, then letters, digits, underscores; 64 at most.</summary>
    public static bool IsName([NotNullWhen(true)] string? text) => text is not null && NamePattern().IsMatch(text);

    /// <summary>The setting's text once the variable's value is known.</summary>
    public string Apply(string value) => Format is null ? value : Format.Replace("{value}", value, StringComparison.Ordinal);

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,63}$", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
