using System.Globalization;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>Gives nodes that come to a document titles by which its readers tell them from those that are there: "Calculator", "Calculator 2".</summary>
sealed class NewTitles(FlowDocument document, ComponentCatalog catalog)
{
    /// <summary>More digits are part of the name: a date, a number of something.</summary>
    const int MaxDigits = 3;

    readonly HashSet<string> taken = new(document.Nodes.Select(n => catalog.TitleOf(document, n.Id)), StringComparer.Ordinal);

    /// <summary>The node's title, unless another node is already called so: then with the next number that is free.</summary>
    public string For(Node node)
    {
        var shown = node.Title.Length > 0 ? node.Title : catalog.Find(node.Type)?.Title ?? node.Type;
        if (taken.Add(shown))
            return node.Title;
        var (name, number) = Split(shown);
        string numbered;
        do
        {
            number++;
            var suffix = string.Create(CultureInfo.InvariantCulture, $" {number}");
            numbered = name[..Math.Min(name.Length, RenameNode.MaxTitle - suffix.Length)] + suffix;
        }
        while (!taken.Add(numbered));
        return numbered;
    }

    /// <summary>"Calculator 2" is the second Calculator; "Calculator" the first.</summary>
    static (string Name, int Number) Split(string title)
    {
        var space = title.LastIndexOf(' ');
        var digits = title.AsSpan(space + 1);
        return space > 0 && digits.Length is > 0 and <= MaxDigits && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (title[..space], number)
            : (title, 1);
    }
}
