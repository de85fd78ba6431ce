using System.Buffers;
using System.Globalization;

namespace FlowStudio.Engine.Components;

/// <summary>Reads a template once, from left to right; after an error it goes on, so that all are told at once.</summary>
sealed class TemplateParser
{
    const int MaxErrors = 20;

    /// <summary>Steps of one path: more than JSON that is accepted anywhere has levels.</summary>
    const int MaxSteps = 64;

    const string BraceAdvice = "Write {{ for a brace that is meant as such.";

    static readonly SearchValues<char> Braces = SearchValues.Create("{}");

    readonly string text;
    readonly List<TextTemplate.Piece> pieces = [];
    readonly TemplatePaths paths = new();
    readonly List<TemplateError> errors = [];
    readonly List<PathStep> steps = [];
    int literal;
    int counted;
    int line = 1;
    int lineStart;

    TemplateParser(string text) => this.text = text;

    public static TextTemplate Parse(string text)
    {
        var parser = new TemplateParser(text);
        parser.Run();
        return new TextTemplate(text, parser.pieces, parser.paths, parser.errors);
    }

    /// <summary>Whether a key can stand in a path without quotes.</summary>
    public static bool IsPlainKey(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || char.IsWhiteSpace(key[0]) || char.IsWhiteSpace(key[^1]))
            return false;
        foreach (var c in key)
        {
            if (!IsKeyCharacter(c))
                return false;
        }
        return true;
    }

    internal static bool IsKeyCharacter(char c) =>
        char.IsLetterOrDigit(c) || char.IsSurrogate(c) || c is '_' or '-' or '$' or '@' or ' ' || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark;

    void Run()
    {
        var at = 0;
        while (errors.Count < MaxErrors)
        {
            var brace = text.AsSpan(at).IndexOfAny(Braces);
            if (brace < 0)
                break;
            at += brace;
            if (at + 1 < text.Length && text[at + 1] == text[at])
            {
                // One brace of the two belongs to the text before it.
                Literal(at + 1);
                literal = at += 2;
            }
            else if (text[at] is '}')
            {
                Wrong(at, "A closing brace has no opening one.", "Write }} for a brace that is meant as such.");
                at++;
            }
            else
            {
                at = Placeholder(at);
            }
        }
        Literal(text.Length);
    }

    void Literal(int end)
    {
        if (end > literal)
            pieces.Add(new(literal, end - literal, Slot: -1));
        literal = end;
    }

    /// <summary>Reads <c>{…}</c> at <paramref name="open"/>; returns where to go on.</summary>
    int Placeholder(int open)
    {
        var inside = text.AsSpan(open + 1);
        var length = EndOf(inside);
        if (length < 0)
        {
            Wrong(open, "A placeholder is not closed.", $"Write {{name}}. {BraceAdvice}");
            return open + 1;
        }
        var content = inside[..length];
        if (inside[length] is '{')
        {
            // "{" before the next "}": JSON or code in the text, more likely than a path.
            Wrong(open, "A brace opens before the one before it is closed.", BraceAdvice);
            return open + 1;
        }
        var close = open + 1 + length;
        if (content.IsWhiteSpace())
        {
            Wrong(open, "A placeholder is empty.", "Write the name of a value, {name}, or {{}} for the braces themselves.");
            return close + 1;
        }
        steps.Clear();
        if (Path(content, open + 1) is { } error)
        {
            errors.Add(error);
            return char.IsLetterOrDigit(content.TrimStart()[0]) ? close + 1 : open + 1;
        }
        Literal(open);
        pieces.Add(new(open, close + 1 - open, paths.Slot(steps)));
        literal = close + 1;
        return close + 1;
    }

    /// <summary>Where the next brace outside of quoted keys is; -1 when there is none.</summary>
    static int EndOf(ReadOnlySpan<char> inside)
    {
        var end = inside.IndexOfAny(Braces);
        if (end < 0 || inside[..end].IndexOf("[\"", StringComparison.Ordinal) < 0)
            return end;
        for (var i = 0; i < inside.Length; i++)
        {
            if (inside[i] is '[' && i + 1 < inside.Length && inside[i + 1] is '"')
            {
                var quote = inside[(i + 2)..].IndexOf('"');
                if (quote < 0)
                    return end;
                i += 2 + quote;
            }
            else if (inside[i] is '{' or '}')
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>Reads a path into <see cref="steps"/>; the error when it is none.</summary>
    TemplateError? Path(ReadOnlySpan<char> content, int start)
    {
        var i = 0;
        for (var first = true; ; first = false)
        {
            if (steps.Count == MaxSteps)
                return Error(start + i, $"A path has more than {MaxSteps} steps.", "Shorten it, or take the value apart before.");
            var rest = content[i..];
            if (rest.IsWhiteSpace() && !first)
                return null;
            if (rest[0] is '[')
            {
                var end = Bracket(rest, start + i, out var error);
                if (error is not null)
                    return error;
                i += end;
            }
            else if (first || rest[0] is '.')
            {
                if (!first)
                    rest = content[++i..];
                var length = 0;
                while (length < rest.Length && IsKeyCharacter(rest[length]))
                    length++;
                var key = rest[..length].Trim();
                if (key.IsEmpty)
                    return Unexpected(rest, start + i, first);
                steps.Add(new(key.ToString(), Index: 0));
                i += length;
            }
            else
            {
                return Unexpected(rest, start + i, first: false);
            }
        }
    }

    /// <summary>Reads <c>[0]</c> or <c>["key"]</c>; returns its length.</summary>
    int Bracket(ReadOnlySpan<char> rest, int position, out TemplateError? error)
    {
        error = null;
        if (rest is ['[', '"', ..])
        {
            var quote = rest[2..].IndexOf('"');
            if (quote >= 0 && rest.Length > quote + 3 && rest[quote + 3] is ']')
            {
                steps.Add(new(rest.Slice(2, quote).ToString(), Index: 0));
                return quote + 4;
            }
            error = Error(position, "A key in brackets is not closed.", "Write {name[\"key\"]}.");
            return 0;
        }
        var close = rest.IndexOf(']');
        if (close < 0)
        {
            error = Error(position, "An opening bracket has no closing one.", "Write {name[0]} for the first item of a list.");
        }
        else if (!int.TryParse(rest[1..close], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            error = Error(position, $"In brackets stands '{Short(rest[1..close])}', which is not the number of an item.",
                "Write {name[0]} for the first item of a list, {name[\"key\"]} for a key with unusual characters.");
        }
        else
        {
            steps.Add(new(Key: null, index));
        }
        return close + 1;
    }

    TemplateError Unexpected(ReadOnlySpan<char> rest, int position, bool first)
    {
        if (rest.IsEmpty || rest.IsWhiteSpace())
            return Error(position - 1, "A path ends with a dot.", "Write the name of a value after it, as in {order.id}.");
        var c = char.IsHighSurrogate(rest[0]) && rest.Length > 1 ? rest[..2].ToString() : rest[0].ToString();
        var shown = char.IsControl(rest[0]) ? "a line break or control character" : $"'{c}'";
        return Error(position, first ? $"A name can't begin with {shown}." : $"A name can't have {shown} in it.",
            $"Write {{name}}, {{order.id}} or {{items[0]}}. {BraceAdvice}");
    }

    static string Short(ReadOnlySpan<char> part) => part.Length > 20 ? string.Concat(part[..20], "…") : part.ToString();

    void Wrong(int position, string message, string advice) => errors.Add(Error(position, message, advice));

    /// <summary>Lines are counted from the last error on, so that many errors in a long text cost one pass.</summary>
    TemplateError Error(int position, string message, string advice)
    {
        if (position < counted)
            (counted, line, lineStart) = (0, 1, 0);
        for (int next; (next = text.AsSpan(counted, position - counted).IndexOf('\n')) >= 0;)
        {
            counted += next + 1;
            lineStart = counted;
            line++;
        }
        return new(line, position - lineStart + 1, message, advice);
    }
}
