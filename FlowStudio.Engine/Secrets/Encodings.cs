using System.Buffers;
using System.Globalization;
using System.Text;

namespace FlowStudio.Engine.Secrets;

/// <summary>
/// Reads one character of a secret from a text in whatever way it may be written there: as it is, with JSON's or C's backslashes (nested too),
/// percent-encoded (twice too), as an HTML entity, or in the other base64 alphabet.
/// </summary>
static class Encodings
{
    /// <summary>The text ends before it is clear.</summary>
    public const int Incomplete = -1;

    // To one character of a secret: four nestings deep.
    const int MaxBackslashes = 16;
    const int MaxEntity = 10;

    static readonly SearchValues<char> EntityCharacters = SearchValues.Create("#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Characters that can begin another way to write a character.</summary>
    public const string Introducers = "\\%&";

    /// <summary>Whether <paramref name="c"/> stands for <paramref name="wanted"/> as it is.</summary>
    public static bool Same(char c, char wanted, bool base64) =>
        c == wanted || (base64 && ((c == '-' && wanted == '+') || (c == '_' && wanted == '/')));

    /// <summary>
    /// How many characters of <paramref name="text"/> at <paramref name="at"/> stand for the one at <paramref name="index"/> of
    /// <paramref name="secret"/>; 0 when none do.
    /// </summary>
    /// <param name="literally">Where a secret itself looks like an escape, take it as it stands and not for what it would mean.</param>
    /// <param name="final">No text follows: nothing is incomplete.</param>
    /// <param name="advance">Characters of the secret that were read.</param>
    public static int Read(ReadOnlySpan<char> text, int at, string secret, int index, bool base64, bool literally, bool final, out int advance)
    {
        advance = 1;
        var read = text[at] switch
        {
            '\\' => Backslash(text, at, secret, index, base64, literally, final, ref advance),
            '%' => Percent(text, at, secret, index, base64, literally, final, ref advance),
            '&' => Entity(text, at, secret, index, literally, final, ref advance),
            '+' when secret[index] == ' ' => 1,
            '\r' or '\n' when base64 && index > 0 => LineBreak(text, at, ref advance),
            _ => 0,
        };
        if (read != 0)
            return read;
        advance = 1;
        return Same(text[at], secret[index], base64) ? 1 : 0;
    }

    /// <summary>Reads any one character of letters, digits, <c>-</c> and <c>_</c>, as it is or escaped.</summary>
    public static int ReadTokenCharacter(ReadOnlySpan<char> text, int at, bool final)
    {
        var c = text[at];
        if (IsTokenCharacter(c))
            return 1;
        if (c is not ('\\' or '%'))
            return 0;
        var digits = at + 1;
        var count = 2;
        if (c == '\\')
        {
            while (digits < text.Length && text[digits] == '\\' && digits - at < MaxBackslashes)
                digits++;
            if (digits >= text.Length)
                return final ? 0 : Incomplete;
            if (text[digits] is not 'u')
                return 0;
            digits++;
            count = 4;
        }
        var value = Hex(text, digits, count, final);
        if (value == Incomplete)
            return Incomplete;
        return value >= 0 && IsTokenCharacter((char)value) ? digits + count - at : 0;
    }

    public static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    // A wrapped base64 text: one line break, not an endless run of them.
    static int LineBreak(ReadOnlySpan<char> text, int at, ref int advance)
    {
        var before = text[at - 1];
        if (before == '\n' || (before == '\r' && text[at] == '\r'))
            return 0;
        advance = 0;
        return 1;
    }

    static int Backslash(ReadOnlySpan<char> text, int at, string secret, int index, bool base64, bool literally, bool final, ref int advance)
    {
        var wanted = secret[index];
        var own = OwnBackslashes(secret, index);
        var run = 1;
        while (at + run < text.Length && text[at + run] == '\\' && run < MaxBackslashes * Math.Max(1, own))
            run++;
        var next = at + run;
        if (next >= text.Length && !final)
            return Incomplete;
        if (next < text.Length && text[next] is 'u' or 'x')
        {
            var digits = text[next] == 'u' ? 4 : 2;
            var value = Hex(text, next + 1, digits, final);
            if (value == Incomplete)
                return Incomplete;
            if (value >= 0)
            {
                var escape = run + 1 + digits;
                var same = Same((char)value, wanted, base64) || (value == '+' && wanted == ' ');
                if (same && literally)
                    return escape;
                // JSON writers escape the & of an entity, some the % too.
                var inner = value switch
                {
                    '&' => Entity(text, at + escape - 1, secret, index, literally, final, ref advance),
                    '%' => Percent(text, at + escape - 1, secret, index, base64, literally, final, ref advance),
                    _ => 0,
                };
                if (inner != 0)
                    return inner < 0 ? inner : escape - 1 + inner;
                if (same)
                    return escape;
            }
        }
        if (own > 0)
            return Backslashes(text, at, run, secret, index, own, base64, literally, final, ref advance);
        if (next >= text.Length)
            return 0;
        var c = text[next];
        if (base64 && index > 0 && c is 'n' or 'r' && !(text[at - 1] == 'n' && at > 1 && text[at - 2] == '\\'))
        {
            advance = 0;
            return run + 1;
        }
        var control = c switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => '\0' };
        return (control != '\0' && control == wanted) || (!char.IsAsciiLetterOrDigit(wanted) && Same(c, wanted, base64)) ? run + 1 : 0;
    }

    // Backslashes of the secret itself, doubled once per nesting; one more may escape what follows them.
    static int Backslashes(
        ReadOnlySpan<char> text, int at, int run, string secret, int index, int own, bool base64, bool literally, bool final, ref int advance)
    {
        if (run < own)
            return 0;
        advance = own;
        var next = at + run;
        var follows = index + own;
        if (run == own || follows >= secret.Length || next >= text.Length)
            return run;
        if (text[next] == 'u' && !literally)
        {
            var value = Hex(text, next + 1, 4, final);
            if (value == Incomplete)
                return Incomplete;
            if (value == secret[follows])
                return run - 1;
        }
        return Same(text[next], secret[follows], base64) ? run : run - 1;
    }

    static int OwnBackslashes(string secret, int index)
    {
        var own = 0;
        while (index + own < secret.Length && secret[index + own] == '\\')
            own++;
        return own;
    }

    static int Percent(ReadOnlySpan<char> text, int at, string secret, int index, bool base64, bool literally, bool final, ref int advance)
    {
        if (!TryRune(secret, index, out var rune))
            return 0;
        Span<byte> utf8 = stackalloc byte[4];
        var length = rune.EncodeToUtf8(utf8);
        var next = at;
        for (var i = 0; i < length; i++)
        {
            if (next >= text.Length)
                return final ? 0 : Incomplete;
            // The first has been seen, as it is or escaped.
            if (i > 0 && text[next] != '%')
                return 0;
            next++;
            // %2541 is %41, encoded again.
            for (var nested = 1; nested < (utf8[i] != '%' ? 4 : literally ? 2 : 1) && text[next..].StartsWith("25", StringComparison.Ordinal); nested++)
                next += 2;
            var value = Hex(text, next, 2, final);
            if (value < 0)
                return value == Incomplete ? Incomplete : 0;
            if (value != utf8[i] && !(length == 1 && Same((char)value, (char)utf8[i], base64)))
                return 0;
            next += 2;
        }
        advance = rune.Utf16SequenceLength;
        return next - at;
    }

    static int Entity(ReadOnlySpan<char> text, int at, string secret, int index, bool literally, bool final, ref int advance)
    {
        var start = at + 1;
        // &amp;lt; is &lt;, encoded again.
        for (var nested = 1; nested < (secret[index] != '&' ? 4 : literally ? 2 : 1) && text[start..].StartsWith("amp;", StringComparison.Ordinal); nested++)
            start += 4;
        var rest = text[start..Math.Min(text.Length, start + MaxEntity)];
        var end = rest.IndexOf(';');
        if (end < 0)
            return !final && rest.Length < MaxEntity && rest.IndexOfAnyExcept(EntityCharacters) < 0 ? Incomplete : 0;
        var name = rest[..end];
        int code;
        if (name.StartsWith("#x", StringComparison.OrdinalIgnoreCase))
            code = int.TryParse(name[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : -1;
        else if (name.StartsWith('#'))
            code = int.TryParse(name[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
        else
            code = name switch { "amp" => '&', "lt" => '<', "gt" => '>', "quot" => '"', "apos" => '\'', _ => -1 };
        if (!TryRune(secret, index, out var rune) || code != rune.Value)
            return 0;
        advance = rune.Utf16SequenceLength;
        return start + end + 1 - at;
    }

    static bool TryRune(string secret, int index, out Rune rune) =>
        Rune.TryCreate(secret[index], out rune) || (index + 1 < secret.Length && Rune.TryCreate(secret[index], secret[index + 1], out rune));

    /// <summary>The value of so many hexadecimal digits; <see cref="Incomplete"/> when the text ends in them, -2 when they are none.</summary>
    static int Hex(ReadOnlySpan<char> text, int at, int count, bool final)
    {
        var value = 0;
        for (var i = at; i < at + count; i++)
        {
            if (i >= text.Length)
                return final ? -2 : Incomplete;
            if (!char.IsAsciiHexDigit(text[i]))
                return -2;
            value = (value << 4) | (char.IsAsciiDigit(text[i]) ? text[i] - '0' : (text[i] | 0x20) - 'a' + 10);
        }
        return value;
    }
}
