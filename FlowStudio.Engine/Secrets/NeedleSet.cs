using System.Buffers;

namespace FlowStudio.Engine.Secrets;

/// <summary>An occurrence of a secret.</summary>
readonly record struct Hit(int Start, int Length, string Mark)
{
    public int End => Start + Length;
}

/// <summary>Everything to look for, prepared for searching. Immutable; replaced whole when a secret changes.</summary>
/// <remarks>
/// Two steps keep it cheap. A text that has no character with which an escape could begin is searched for the needles as they are, in one
/// vectorised pass. Any other text is walked once, and only where a pair of characters could begin a needle (one look at a bit) is more done.
/// </remarks>
sealed class NeedleSet
{
    public static readonly NeedleSet Empty = new([]);

    const int PairBits = 14;
    const int LiteralPrefix = 24;

    readonly Needle[] all;
    readonly Needle[][] byFirst = new Needle[128][];
    readonly Needle[] beyondAscii;
    readonly SearchValues<string> literals;
    readonly SearchValues<char> introducers;
    readonly ulong[] pairs = new ulong[1 << (PairBits - 6)];
    readonly ulong[] firsts = new ulong[2];
    readonly bool anyBackslashStart;

    public NeedleSet(IEnumerable<Needle> needles)
    {
        all = [.. needles];
        // A mark that holds another secret's value would show it.
        foreach (var needle in all.Where(n => all.Any(other => other.IndexIn(n.Mark) >= 0)))
            needle.Mark = "***";
        var beginnings = all.SelectMany(n => n.Beginnings.Select(b => (Needle: n, Text: b))).ToList();
        literals = SearchValues.Create([.. beginnings.Select(b => b.Text.Length > LiteralPrefix ? b.Text[..LiteralPrefix] : b.Text).Distinct(StringComparer.Ordinal)],
            StringComparison.Ordinal);
        introducers = SearchValues.Create(Encodings.Introducers + (all.OfType<TextNeedle>().Any(n => n.Base64) ? "\r\n" : "")
            + (all.OfType<TextNeedle>().Any(n => n.Text.Contains(' ', StringComparison.Ordinal)) ? "+" : ""));
        for (var c = 0; c < byFirst.Length; c++)
        {
            var first = (char)c;
            byFirst[c] = Encodings.Introducers.Contains(first, StringComparison.Ordinal) ? all : [.. beginnings.Where(b => b.Text[0] == first).Select(b => b.Needle).Distinct()];
        }
        beyondAscii = [.. beginnings.Where(b => b.Text[0] >= 128).Select(b => b.Needle).Distinct()];
        HasBackslash = all.Any(n => n.HasBackslash);
        anyBackslashStart = beginnings.Any(b => b.Text[0] == '\\');
        foreach (var (needle, text) in beginnings)
            AddPairs(text, needle is TextNeedle { Base64: true });
    }

    public bool IsEmpty => all.Length == 0;

    /// <summary>Whether a secret has a backslash of its own.</summary>
    public bool HasBackslash { get; }

    /// <summary>Whether a text needs a closer look; false is certain.</summary>
    public bool MayOccur(ReadOnlySpan<char> text) => !IsEmpty && (text.ContainsAny(introducers) || text.ContainsAny(literals));

    /// <summary>The next occurrence at or after <paramref name="from"/>; occurrences that overlap are one.</summary>
    /// <param name="final">No text follows.</param>
    /// <param name="clear">Without a hit: how far the text is free of secrets whatever may follow.</param>
    public bool TryNext(ReadOnlySpan<char> text, int from, bool final, out Hit hit, out int clear)
    {
        for (var i = from; i < text.Length; i++)
        {
            if (!MayBegin(text, i, final))
                continue;
            clear = i;
            hit = default;
            var length = MatchAt(text[i..], final, out var found);
            if (length == Encodings.Incomplete)
                return false;
            if (found is null)
                continue;
            var end = i + length;
            for (var inner = i + 1; inner < end; inner++)
            {
                if (!MayBegin(text, inner, final))
                    continue;
                length = MatchAt(text[inner..], final, out _);
                if (length == Encodings.Incomplete)
                    return false;
                end = Math.Max(end, inner + length);
            }
            hit = new(i, end - i, found.Mark);
            return true;
        }
        hit = default;
        clear = text.Length;
        return false;
    }

    /// <summary>The mark of a secret that is in the text as it is, or null.</summary>
    public string? FindLiteral(ReadOnlySpan<char> text)
    {
        foreach (var needle in all)
        {
            if (needle.IndexIn(text) >= 0)
                return needle.Mark;
        }
        return null;
    }

    int MatchAt(ReadOnlySpan<char> text, bool final, out Needle? found)
    {
        var longest = 0;
        found = null;
        foreach (var needle in text[0] < 128 ? byFirst[text[0]] : beyondAscii)
        {
            var length = needle.Match(text, final);
            if (length == Encodings.Incomplete)
                return Encodings.Incomplete;
            if (length > longest)
                (longest, found) = (length, needle);
        }
        return longest;
    }

    bool MayBegin(ReadOnlySpan<char> text, int at, bool final)
    {
        var c = text[at];
        if (at + 1 < text.Length)
        {
            var pair = Pair(c, text[at + 1]);
            return (pairs[pair >> 6] & (1UL << (pair & 63))) != 0 || (c == '\\' && anyBackslashStart);
        }
        return !final && (c >= 128 ? beyondAscii.Length > 0 : (firsts[c >> 6] & (1UL << (c & 63))) != 0);
    }

    // Exact for ASCII; beyond it a few pairs share a bit, which costs a look and nothing else.
    static int Pair(char first, char second) => ((first << 7) ^ second ^ (second >> 7)) & ((1 << PairBits) - 1);

    void AddPairs(string text, bool base64)
    {
        char first = text[0], second = text[1];
        Add(first, second);
        foreach (var c in Encodings.Introducers + (base64 ? "\r\n" : "") + (second == ' ' ? "+" : ""))
            Add(first, c);
        foreach (var c in "ux\\")
            Add('\\', c);
        if (!char.IsAsciiLetterOrDigit(first))
            Add('\\', first);
        foreach (var c in "0123456789abcdefABCDEF")
            Add('%', c);
        foreach (var c in "#alqg")
            Add('&', c);
    }

    void Add(char first, char second)
    {
        var pair = Pair(first, second);
        pairs[pair >> 6] |= 1UL << (pair & 63);
        if (first < 128)
            firsts[first >> 6] |= 1UL << (first & 63);
    }
}
