using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace FlowStudio.Engine.Secrets;

/// <summary>An occurrence of a secret.</summary>
readonly record struct Hit(int Start, int Length, string Mark)
{
    public int End => Start + Length;
}

/// <summary>Everything to look for, prepared for searching. Immutable; replaced whole when a secret changes.</summary>
/// <remarks>
/// Three steps keep it cheap. A text that has no character with which an escape could begin is searched for the needles as they are, in one
/// vectorised pass. Any other text is walked once, and only where a pair of characters could begin a needle (one look at a bit) is more done;
/// first with the beginning that needles share, as keys of one provider do.
/// </remarks>
sealed class NeedleSet
{
    public static readonly NeedleSet Empty = new([]);

    const int PairBits = 14;
    const int LiteralPrefix = 6;
    const int GroupPrefix = 4;

    // SearchValues is vectorised up to so many strings; with more, walking is faster.
    const int MaxLiterals = 80;

    readonly Needle[] all;
    readonly Group[][] byFirst = new Group[128][];
    readonly Group[] beyondAscii;
    readonly SearchValues<string>? literals;
    readonly SearchValues<char> introducers;
    readonly ulong[] pairs = new ulong[1 << (PairBits - 6)];
    readonly ulong[] firsts = new ulong[2];
    readonly bool anyBackslashStart;

    public NeedleSet(IEnumerable<Needle> needles)
    {
        all = [.. needles];
        // A mark that holds another secret's value would show it.
        var telling = all.Select(n => n.Mark).Distinct(StringComparer.Ordinal).Where(mark => all.Any(n => n.IndexIn(mark) >= 0))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var needle in all.Where(n => telling.Contains(n.Mark)))
            needle.Mark = "***";
        var beginnings = all.SelectMany(n => n.Beginnings.Select(b => (Needle: n, Text: b))).ToList();
        var prefixes = beginnings.Select(b => b.Text[..Math.Min(LiteralPrefix, b.Text.Length)]).Distinct(StringComparer.Ordinal).ToArray();
        literals = prefixes.Length <= MaxLiterals ? SearchValues.Create(prefixes, StringComparison.Ordinal) : null;
        introducers = SearchValues.Create(Encodings.Introducers + (all.OfType<TextNeedle>().Any(n => n.Base64) ? "\r\n" : "")
            + (all.OfType<TextNeedle>().Any(n => n.Text.Contains(' ', StringComparison.Ordinal)) ? "+" : ""));
        Group[] groups =
        [
            .. beginnings.GroupBy(b => (Beginning(b.Text), b.Needle.GetType(), b.Needle is TextNeedle { Base64: true }))
                .Select(g => new Group(g.Key.Item1, g.Key.Item3, [.. g.Select(b => b.Needle).Distinct()])),
        ];
        for (var c = 0; c < byFirst.Length; c++)
            byFirst[c] = Encodings.Introducers.Contains((char)c, StringComparison.Ordinal) ? groups : [.. groups.Where(g => g.First == c)];
        beyondAscii = [.. groups.Where(g => g.First >= 128)];
        HasBackslash = all.Any(n => n.HasBackslash);
        anyBackslashStart = beginnings.Any(b => b.Text[0] == '\\');
        foreach (var (needle, text) in beginnings)
            AddPairs(text, needle is TextNeedle { Base64: true });
    }

    public bool IsEmpty => all.Length == 0;

    /// <summary>Whether a secret has a backslash of its own.</summary>
    public bool HasBackslash { get; }

    /// <summary>Whether a text needs a closer look; false is certain.</summary>
    public bool MayOccur(ReadOnlySpan<char> text) => !IsEmpty && (literals is null || text.ContainsAny(introducers) || text.ContainsAny(literals));

    /// <summary>The text with a mark for each occurrence; the same instance when there is none.</summary>
    /// <param name="mark">Stands for every needle instead of its own mark.</param>
    public string Replace(string text, string? mark = null)
    {
        if (!MayOccur(text) || !TryNext(text, 0, final: true, out var hit, out _))
            return text;
        var output = new StringBuilder(text.Length);
        var from = 0;
        do
        {
            output.Append(text, from, hit.Start - from).Append(mark ?? hit.Mark);
            from = hit.End;
        }
        while (TryNext(text, from, final: true, out hit, out _));
        return output.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>The next occurrence at or after <paramref name="from"/>; occurrences that overlap are one.</summary>
    /// <param name="final">No text follows.</param>
    /// <param name="clear">Without a hit: how far the text is free of secrets whatever may follow.</param>
    public bool TryNext(ReadOnlySpan<char> text, int from, bool final, out Hit hit, out int clear)
    {
        for (var i = from; (i = NextCandidate(text, i, final)) < text.Length; i++)
        {
            clear = i;
            hit = default;
            var length = MatchAt(text[i..], final, out var found);
            if (length == Encodings.Incomplete)
                return false;
            if (found is null)
                continue;
            var end = i + length;
            for (var inner = i + 1; (inner = NextCandidate(text, inner, final)) < end; inner++)
            {
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
        if (literals is not null && !text.ContainsAny(literals))
            return null;
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
        foreach (var group in text[0] < 128 ? byFirst[text[0]] : beyondAscii)
        {
            if (!group.MayMatch(text, final))
                continue;
            foreach (var needle in group.Needles)
            {
                var length = needle.Match(text, final);
                if (length == Encodings.Incomplete)
                    return Encodings.Incomplete;
                if (length > longest)
                    (longest, found) = (length, needle);
            }
        }
        return longest;
    }

    /// <summary>The next place where something could begin, or the text's length.</summary>
    int NextCandidate(ReadOnlySpan<char> text, int from, bool final)
    {
        ref var table = ref MemoryMarshal.GetArrayDataReference(pairs);
        var i = from;
        for (; i < text.Length - 1; i++)
        {
            var pair = Pair(text[i], text[i + 1]);
            // Within the table whatever the characters are: Pair gives PairBits bits.
            if (((Unsafe.Add(ref table, pair >> 6) >> pair) & 1) != 0 || (anyBackslashStart && text[i] == '\\'))
                return i;
        }
        return i < text.Length && !MayBeginAtEnd(text[i], final) ? i + 1 : i;
    }

    bool MayBeginAtEnd(char c, bool final) => !final && (c >= 128 ? beyondAscii.Length > 0 : (firsts[c >> 6] & (1UL << (c & 63))) != 0);

    // Exact for ASCII; beyond it a few pairs share a bit, which costs a look and nothing else.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    // Half of a surrogate pair could not be told when it is percent-encoded.
    static string Beginning(string text) =>
        text.Length <= GroupPrefix ? text : text[..(char.IsHighSurrogate(text[GroupPrefix - 1]) ? GroupPrefix - 1 : GroupPrefix)];

    /// <summary>Needles that begin alike.</summary>
    sealed class Group(string beginning, bool base64, Needle[] needles)
    {
        readonly TextNeedle shared = new("", beginning, base64);

        public char First { get; } = beginning[0];

        public Needle[] Needles { get; } = needles;

        public bool MayMatch(ReadOnlySpan<char> text, bool final) => shared.Match(text, final) != 0;
    }
}
