using System.Globalization;

namespace FlowStudio.Engine.Storage;

/// <summary>Patterns for LIKE, which ignores the case of ASCII letters only: other letters are looked for in every case they may have.</summary>
static class LikePatterns
{
    public const string Escape = "\\";

    /// <summary>The text, with nothing in it that LIKE would take for more than itself.</summary>
    public static string Literal(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);

    public static IReadOnlyList<string> Containing(string text)
    {
        var literal = Literal(text);
        string[] cases = [literal, literal.ToLowerInvariant(), literal.ToUpperInvariant(), CultureInfo.InvariantCulture.TextInfo.ToTitleCase(literal.ToLowerInvariant())];
        return [.. cases.Distinct(StringComparer.Ordinal).Select(c => $"%{c}%")];
    }
}
