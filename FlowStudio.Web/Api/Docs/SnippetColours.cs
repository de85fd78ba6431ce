using System.Collections.Frozen;

namespace FlowStudio.Web.Api.Docs;

/// <summary>A piece of a program and what it is: the class of its colour, or none.</summary>
public readonly record struct SnippetPart(string Text, string? Class);

/// <summary>
/// Colours a snippet's strings, comments, keywords and numbers. It reads what <see cref="Snippets"/> writes, not every program: put together, the pieces are
/// always the text.
/// </summary>
public static class SnippetColours
{
    const string Text = "tok-string", Comment = "tok-comment", Word = "tok-key", Number = "tok-number";

    static readonly FrozenDictionary<SnippetLanguage, FrozenSet<string>> Words = new Dictionary<SnippetLanguage, string>
    {
        [SnippetLanguage.Curl] = "curl while do done break sleep printf sed grep openssl date od tr",
        [SnippetLanguage.Python] = "import from with as for in if elif else not while break print def class return None True False",
        [SnippetLanguage.JavaScript] = "import from const let async await for of if continue do while new throw try catch return true false null",
        [SnippetLanguage.CSharp] = "using var async await foreach in do while if new is not or out return byte string true false null",
    }.ToFrozenDictionary(l => l.Key, l => l.Value.Split(' ').ToFrozenSet(StringComparer.Ordinal));

    /// <summary>The text in pieces.</summary>
    public static IReadOnlyList<SnippetPart> Of(string text, SnippetLanguage language)
    {
        var parts = new List<SnippetPart>();
        var plain = 0;
        for (var at = 0; at < text.Length;)
        {
            var (length, look) = Next(text, at, language);
            if (look is not null)
            {
                if (at > plain)
                    parts.Add(new(text[plain..at], null));
                parts.Add(new(text.Substring(at, length), look));
                plain = at + length;
            }
            at += length;
        }
        if (plain < text.Length)
            parts.Add(new(text[plain..], null));
        return parts;
    }

    static (int Length, string? Class) Next(string text, int at, SnippetLanguage language)
    {
        var c = text[at];
        if (IsComment(text, at, language))
            return (LineEnd(text, at) - at, Comment);
        // Outside of a shell's strings, what follows a backslash is itself: a quote begins nothing.
        if (c == '\\' && language is SnippetLanguage.Curl)
            return (Math.Min(2, text.Length - at), null);
        if (c is '"' or '\'' or '`')
            return (Quoted(text, at, language), Text);
        if (char.IsAsciiDigit(c))
            return (Run(text, at, static c => char.IsAsciiLetterOrDigit(c) || c == '.'), Number);
        if (!IsWordCharacter(c))
            return (1, null);
        var length = Run(text, at, IsWordCharacter);
        // A member or an option of that name is no keyword.
        var free = at == 0 || text[at - 1] is not ('.' or '-' or '$' or '/' or '_');
        return (length, free && Words[language].GetAlternateLookup<ReadOnlySpan<char>>().Contains(text.AsSpan(at, length)) ? Word : null);
    }

    static bool IsComment(string text, int at, SnippetLanguage language) => language is SnippetLanguage.JavaScript or SnippetLanguage.CSharp
        ? text.AsSpan(at).StartsWith("//", StringComparison.Ordinal)
        : text[at] == '#' && (at == 0 || text[at - 1] == '\n');

    /// <summary>How long the string is that begins here, its quotes included; to the end when it is not closed.</summary>
    static int Quoted(string text, int at, SnippetLanguage language)
    {
        var raw = language is SnippetLanguage.CSharp && text.AsSpan(at).StartsWith("\"\"\"", StringComparison.Ordinal);
        if (raw)
        {
            var close = text.IndexOf("\"\"\"", at + 3, StringComparison.Ordinal);
            return (close < 0 ? text.Length : close + 3) - at;
        }
        var quote = text[at];
        // Nothing is special between a shell's single quotes.
        var escapes = language is not SnippetLanguage.Curl || quote != '\'';
        for (var i = at + 1; i < text.Length; i++)
        {
            if (escapes && text[i] == '\\')
                i++;
            else if (text[i] == quote)
                return i + 1 - at;
        }
        return text.Length - at;
    }

    static int LineEnd(string text, int at) => text.IndexOf('\n', at) is var end and >= 0 ? end : text.Length;

    static int Run(string text, int at, Func<char, bool> takes)
    {
        var end = at + 1;
        while (end < text.Length && takes(text[end]))
            end++;
        return end - at;
    }

    static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
