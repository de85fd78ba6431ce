using System.Globalization;
using System.Text;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Storage.Search;

/// <summary>
/// What a person types, as a full-text query: words and "phrases in quotes", all of which must be there. Nothing that is typed has a meaning for the
/// database.
/// </summary>
static class SearchTerms
{
    /// <summary>Longer words are cut, in the index as in queries.</summary>
    public const int MaxWord = 64;

    /// <summary>More terms than these are not looked for.</summary>
    const int MaxTerms = 32;

    /// <summary>Shorter words of ASCII letters are whole words: half of all texts have words that begin so.</summary>
    const int ShortestBeginning = 3;

    /// <summary>The query for text and filter; null when nothing can match.</summary>
    public static string? Match(RunFilter filter)
    {
        var words = Parse(filter.Text ?? "");
        if (words.Count == 0)
            return null;
        var query = new StringBuilder();
        if (filter.FlowId is { } flow)
            query.Append("tags : ").Append(Tag(flow)).Append(" AND ");
        if (filter.Statuses.Count > 0)
        {
            string[] ended = [.. filter.Statuses.Where(RunNames.IsFinal).Distinct().Select(s => Tag(RunNames.Of(s)))];
            if (ended.Length == 0)
                return null;
            query.Append("tags : (").AppendJoin(" OR ", ended).Append(") AND ");
        }
        if (filter.Triggers.Count > 0)
            query.Append("tags : (").AppendJoin(" OR ", filter.Triggers.Distinct().Select(t => Tag(RunNames.Of(t)))).Append(") AND ");
        return query.Append("body : (").AppendJoin(" AND ", words.Select(Quote)).Append(')').ToString();
    }

    /// <summary>The words that stand for a run's flow, status and trigger.</summary>
    public static string Tags(Guid flow, string status, string trigger) => $"{Tag(flow)} {Tag(status)} {Tag(trigger)}";

    /// <summary>Whether the tokenizer takes this for part of a word.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber or UnicodeCategory.PrivateUse;

    /// <summary>Words and phrases, without those that have nothing to look for.</summary>
    static List<string> Parse(string text)
    {
        var terms = new List<string>();
        var parts = text.Replace('“', '"').Replace('”', '"').Replace('\0', ' ').Split('"');
        for (var i = 0; i < parts.Length; i++)
            terms.AddRange(i % 2 == 1 ? [parts[i]] : parts[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return [.. terms.Where(t => t.EnumerateRunes().Any(IsWord)).Take(MaxTerms)];
    }

    static string Quote(string term)
    {
        var cut = new StringBuilder();
        WordCutter.Append(cut, term, int.MaxValue);
        // A beginning of the last word, when it is long enough to be one; in scripts that put no spaces between words, always.
        var last = 0;
        foreach (var rune in cut.ToString().EnumerateRunes())
            last = !IsWord(rune) ? 0 : rune.IsAscii ? last + 1 : ShortestBeginning;
        return last >= ShortestBeginning ? $"\"{cut}\" *" : $"\"{cut}\"";
    }

    static string Tag(Guid flow) => $"f{flow:N}";

    static string Tag(string name) => $"x{name.Replace("_", "", StringComparison.Ordinal)}";
}

/// <summary>Text without the ends of overlong words: what is encoded as one endless word is nothing to search for, and would fill the index.</summary>
static class WordCutter
{
    /// <summary>Appends text until <paramref name="most"/> characters are there.</summary>
    public static void Append(StringBuilder target, ReadOnlySpan<char> text, int most)
    {
        var word = 0;
        Span<char> letter = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            if (target.Length >= most)
                return;
            word = SearchTerms.IsWord(rune) ? word + 1 : 0;
            if (word > SearchTerms.MaxWord)
                continue;
            target.Append(letter[..rune.EncodeToUtf16(letter)]);
        }
    }
}
