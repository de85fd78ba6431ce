using FlowStudio.Engine.Components;

namespace FlowStudio.Web.Studio.Editor.Palette;

/// <summary>One category and what is shown of it.</summary>
public sealed record PaletteGroup(Category Category, IReadOnlyList<ComponentDescriptor> Entries);

/// <summary>Finds components by what people type; pure.</summary>
public static class PaletteSearch
{
    /// <summary>Those in whose title, type or line of words every typed word is, by category in the catalog's order.</summary>
    public static IReadOnlyList<PaletteGroup> Find(IEnumerable<ComponentDescriptor> all, string typed)
    {
        var words = Words(typed);
        return [.. all.Where(d => words.All(w => Has(d.Title, w) || Has(d.Type, w) || Has(d.Summary, w))).GroupBy(d => d.Category).Select(g => new PaletteGroup(g.Key, [.. g]))];
    }

    /// <summary>Of those found the one that is meant most likely: its title begins with the first word, else has it, else the first.</summary>
    public static ComponentDescriptor Best(IReadOnlyList<ComponentDescriptor> found, string typed)
    {
        var first = Words(typed) is [var word, ..] ? word : "";
        return found.FirstOrDefault(d => d.Title.StartsWith(first, StringComparison.OrdinalIgnoreCase)) ?? found.FirstOrDefault(d => Has(d.Title, first)) ?? found[0];
    }

    static string[] Words(string typed) => typed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    static bool Has(string text, string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
}
