using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace FlowStudio.Engine.Secrets;

/// <summary>Something that must not be read: found at a place in a text, and shown as <see cref="Mark"/>.</summary>
abstract class Needle(string name)
{
    /// <summary>What stands in its place.</summary>
    public string Mark { get; set; } = $"***{name}***";

    /// <summary>Its first characters as they are when nothing is escaped: two at least.</summary>
    public abstract IReadOnlyList<string> Beginnings { get; }

    /// <summary>Whether its own text has a backslash.</summary>
    public virtual bool HasBackslash => false;

    /// <summary>
    /// Length of the occurrence that begins at the start of <paramref name="text"/>; 0 for none, <see cref="Encodings.Incomplete"/> when more
    /// text could make it one.
    /// </summary>
    public abstract int Match(ReadOnlySpan<char> text, bool final);

    /// <summary>Where it occurs unescaped, or -1.</summary>
    public abstract int IndexIn(ReadOnlySpan<char> text);
}

/// <summary>A known text, or its base64.</summary>
sealed class TextNeedle(string name, string text, bool base64) : Needle(name)
{
    readonly bool ambiguous = text.AsSpan().ContainsAny('%', '\\', '&');

    public string Text { get; } = text;

    public bool Base64 { get; } = base64;

    public override bool HasBackslash { get; } = text.Contains('\\', StringComparison.Ordinal);

    public override IReadOnlyList<string> Beginnings { get; } = base64 ? [.. new[] { text, UrlAlphabet(text) }.Distinct(StringComparer.Ordinal)] : [text];

    public static string UrlAlphabet(string base64) => base64.Replace('+', '-').Replace('/', '_');

    public override int Match(ReadOnlySpan<char> text, bool final)
    {
        var literal = Literal(text, final);
        if (literal != 0)
            return literal;
        var escaped = Walk(text, literally: false, final);
        return escaped == 0 && ambiguous ? Walk(text, literally: true, final) : escaped;
    }

    public override int IndexIn(ReadOnlySpan<char> text)
    {
        foreach (var beginning in Beginnings)
        {
            var at = text.IndexOf(beginning, StringComparison.Ordinal);
            if (at >= 0)
                return at;
        }
        return -1;
    }

    int Literal(ReadOnlySpan<char> text, bool final)
    {
        if (text.Length >= Text.Length)
            return text.StartsWith(Text, StringComparison.Ordinal) ? Text.Length : 0;
        return !final && Text.AsSpan().StartsWith(text, StringComparison.Ordinal) ? Encodings.Incomplete : 0;
    }

    int Walk(ReadOnlySpan<char> text, bool literally, bool final)
    {
        int at = 0, index = 0;
        while (index < Text.Length)
        {
            if (at >= text.Length)
                return final ? 0 : Encodings.Incomplete;
            var read = Encodings.Read(text, at, Text, index, Base64, literally, final, out var advance);
            if (read <= 0)
                return read;
            at += read;
            index += advance;
        }
        return at;
    }
}

/// <summary>Any token that the server makes, told by its shape: there may be thousands, and none has to be known to be recognised.</summary>
sealed class TokenNeedle(TokenShape shape) : Needle(shape.Mark)
{
    readonly TextNeedle start = new("", shape.Prefix, base64: false);

    public override IReadOnlyList<string> Beginnings { get; } = [shape.Prefix];

    public override int Match(ReadOnlySpan<char> text, bool final)
    {
        var at = start.Match(text, final);
        if (at <= 0)
            return at;
        for (var i = 0; i < shape.BodyLength; i++)
        {
            if (at >= text.Length)
                return final ? 0 : Encodings.Incomplete;
            var read = Encodings.ReadTokenCharacter(text, at, final);
            if (read <= 0)
                return read;
            at += read;
        }
        return at;
    }

    public override int IndexIn(ReadOnlySpan<char> text)
    {
        for (var from = 0; from < text.Length;)
        {
            var at = text[from..].IndexOf(shape.Prefix, StringComparison.Ordinal);
            if (at < 0)
                return -1;
            if (Match(text[(from + at)..], final: true) > 0)
                return from + at;
            from += at + 1;
        }
        return -1;
    }
}

/// <summary>Such a token inside base64, at one of the three alignments: told by the prefix and by what the rest decodes to.</summary>
sealed class EncodedTokenNeedle(TokenShape shape, int alignment) : Needle(shape.Mark)
{
    const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet + "-_");

    readonly string start = Base64Forms.Of(Encoding.UTF8.GetBytes(shape.Prefix), alignment);

    // Characters that the token alone determines.
    readonly int length = Base64Forms.Of(new byte[shape.Length], alignment).Length;

    public override IReadOnlyList<string> Beginnings => [start];

    public override int Match(ReadOnlySpan<char> text, bool final)
    {
        var known = Math.Min(text.Length, start.Length);
        if (!text[..known].SequenceEqual(start.AsSpan(0, known)))
            return 0;
        if (text.Length < length)
            return final || text.IndexOfAnyExcept(Characters) >= 0 ? 0 : Encodings.Incomplete;
        return IsToken(text[..length]) ? length : 0;
    }

    public override int IndexIn(ReadOnlySpan<char> text)
    {
        for (var from = 0; from < text.Length;)
        {
            var at = text[from..].IndexOf(start, StringComparison.Ordinal);
            if (at < 0)
                return -1;
            if (Match(text[(from + at)..], final: true) > 0)
                return from + at;
            from += at + 1;
        }
        return -1;
    }

    // Bits before the first whole byte of the token are skipped; what then decodes must all be characters of a token.
    bool IsToken(ReadOnlySpan<char> text)
    {
        int bits = 0, have = 0, skip = Base64Forms.BitsBeforeWholeByte(alignment), bytes = 0;
        foreach (var c in text)
        {
            var value = Alphabet.IndexOf(c is '-' ? '+' : c is '_' ? '/' : c, StringComparison.Ordinal);
            if (value < 0)
                return false;
            bits = (bits << 6) | value;
            have += 6;
            if (skip > 0)
            {
                var dropped = Math.Min(skip, have);
                have -= dropped;
                skip -= dropped;
            }
            if (have >= 8)
            {
                have -= 8;
                if (!Encodings.IsTokenCharacter((char)((bits >> have) & 0xFF)))
                    return false;
                bytes++;
            }
            bits &= (1 << have) - 1;
        }
        return bytes >= shape.BodyLength + shape.Prefix.Length - 3;
    }

}

/// <summary>What base64 of a longer text must contain when that text contains given bytes.</summary>
static class Base64Forms
{
    /// <summary>The characters that the bytes alone determine when <paramref name="alignment"/> (0 to 2) bytes precede them in their group of three.</summary>
    public static string Of(ReadOnlySpan<byte> bytes, int alignment)
    {
        var padded = new byte[alignment + bytes.Length];
        bytes.CopyTo(padded.AsSpan(alignment));
        var first = (alignment * 8 + 5) / 6;
        var end = (alignment + bytes.Length) * 8 / 6;
        return Convert.ToBase64String(padded)[first..end];
    }

    /// <summary>Bits of those characters that come before the first byte they hold whole.</summary>
    public static int BitsBeforeWholeByte(int alignment) => alignment switch { 0 => 0, 1 => 4, _ => 6 };
}

/// <summary>From a secret to everything that must be looked for.</summary>
static class Needles
{
    /// <summary>Shorter values would be found everywhere; they are not looked for.</summary>
    public const int MinLength = 6;

    const int MinLine = 16;

    public static IEnumerable<Needle> Of(SecretText secret)
    {
        var value = secret.Value.Trim();
        if (value.Length < MinLength)
            yield break;
        foreach (var form in Encoded(value))
        {
            yield return new TextNeedle(secret.Name, form, base64: false);
            var bytes = Encoding.UTF8.GetBytes(form);
            for (var alignment = 0; alignment < 3; alignment++)
                yield return new TextNeedle(secret.Name, Base64Forms.Of(bytes, alignment), base64: true);
        }
        // Logs show a key of many lines line by line.
        if (value.Contains('\n', StringComparison.Ordinal))
        {
            foreach (var line in value.Split('\n', StringSplitOptions.TrimEntries))
            {
                if (line.Length >= MinLine && !line.StartsWith("-----", StringComparison.Ordinal))
                    yield return new TextNeedle(secret.Name, line, base64: false);
            }
        }
    }

    // One encoding is seen through where it stands; what may lie below another one, and below base64, has to be known.
    // For most keys, all of these are the same.
    static IEnumerable<string> Encoded(string value) => new[]
    {
        value,
        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value),
        JavaScriptEncoder.Default.Encode(value),
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal),
        Uri.EscapeDataString(value),
        WebUtility.UrlEncode(value),
        WebUtility.HtmlEncode(value),
    }.Distinct(StringComparer.Ordinal);

    /// <summary>All that the server makes.</summary>
    public static IEnumerable<Needle> OfTokens() =>
        TokenShape.All.SelectMany(shape => (IEnumerable<Needle>)[new TokenNeedle(shape), .. Enumerable.Range(0, 3).Select(a => new EncodedTokenNeedle(shape, a))]);
}
