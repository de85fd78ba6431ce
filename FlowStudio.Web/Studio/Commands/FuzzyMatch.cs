namespace FlowStudio.Web.Studio.Commands;

/// <summary>Finds typed letters in a text, in their order but not side by side: "odup" finds "Order updates". Pure.</summary>
public static class FuzzyMatch
{
    const int Start = 12, Next = 8, Letter = 1, Whole = 40, Gap = 1;

    /// <summary>How well a text has the letters, higher is better; null when it has not. Each word of <paramref name="typed"/> must be found.</summary>
    /// <param name="typed">What was typed; empty matches everything with 0.</param>
    public static int? Score(string text, string typed)
    {
        var total = 0;
        foreach (var range in typed.AsSpan().Split(' '))
        {
            var word = typed.AsSpan()[range];
            if (word.IsEmpty)
                continue;
            if (Score(text, word) is not { } score)
                return null;
            total += score;
        }
        // Of two that match alike, the shorter is more likely meant.
        return total == 0 ? 0 : total - Math.Min(8, text.Length / 12);
    }

    static int? Score(ReadOnlySpan<char> text, ReadOnlySpan<char> word)
    {
        var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase);
        // Found as it stands: best at the start of a word.
        for (var from = at; from >= 0;)
        {
            if (IsStart(text, from))
                return Whole + Start + (word.Length * Next);
            var next = text[(from + 1)..].IndexOf(word, StringComparison.OrdinalIgnoreCase);
            from = next < 0 ? -1 : from + 1 + next;
        }
        if (at >= 0)
            return Whole + (word.Length * Next);
        return Scattered(text, word);
    }

    static int? Scattered(ReadOnlySpan<char> text, ReadOnlySpan<char> word)
    {
        var (score, last, position) = (0, -2, 0);
        foreach (var letter in word)
        {
            var found = Find(text, letter, position, last);
            if (found < 0)
                return null;
            score += found == last + 1 ? Next : IsStart(text, found) ? Start : Letter;
            score -= last >= 0 ? Math.Min(3, (found - last - 1) / 4) * Gap : 0;
            (last, position) = (found, found + 1);
        }
        // Letters strewn over a long text match by chance.
        return score >= word.Length * 4 ? score : null;
    }

    /// <summary>The letter right after the last one, else at the start of a word, else anywhere.</summary>
    static int Find(ReadOnlySpan<char> text, char letter, int from, int last)
    {
        var first = -1;
        for (var i = from; i < text.Length; i++)
        {
            if (char.ToUpperInvariant(text[i]) != char.ToUpperInvariant(letter))
                continue;
            if (i == last + 1 || IsStart(text, i))
                return i;
            if (first < 0)
                first = i;
        }
        return first;
    }

    static bool IsStart(ReadOnlySpan<char> text, int at) =>
        at == 0 || !char.IsLetterOrDigit(text[at - 1]) || (char.IsUpper(text[at]) && char.IsLower(text[at - 1]));
}
