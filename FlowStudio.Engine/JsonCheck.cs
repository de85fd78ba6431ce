using System.Text.Json;
using System.Text.Unicode;

namespace FlowStudio.Engine;

/// <summary>
/// The gate for JSON from outside. The framework's parser takes several things that only fail later, when the value is read or written again
/// (half surrogates, repeated names, <c>1e400</c>); they are found here, in one pass, before anything is acknowledged. What passes can be read,
/// written, stored and read back.
/// </summary>
public static class JsonCheck
{
    /// <summary>How many objects and arrays may be inside one another.</summary>
    public const int MaxDepth = 64;

    static readonly JsonReaderOptions Strict = new() { MaxDepth = MaxDepth };

    static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The text without a byte order mark.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> utf8) => utf8.StartsWith(ByteOrderMark) ? utf8[3..] : utf8;

    /// <summary>Reads a JSON value; the bytes are copied. Where a mark (BOM) starts the text it is passed over.</summary>
    /// <returns>What is wrong, or <see cref="JsonFlaw.None"/> and the value.</returns>
    public static JsonFlaw Read(ReadOnlySpan<byte> utf8, out JsonElement value) => Read(utf8, out value, out _);

    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, out JsonElement)"/>
    /// <param name="problem">What is wrong, in words that go on a sentence, when the answer is false.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out JsonElement value, out string problem)
    {
        var flaw = Read(utf8, out value, out var cause);
        problem = Words(flaw, cause);
        return flaw is JsonFlaw.None;
    }

    /// <summary>What is wrong with a value that was parsed elsewhere, or null.</summary>
    public static string? Problem(JsonElement value) => Problem(JsonText.Utf8(value));

    /// <inheritdoc cref="Problem(JsonElement)"/>
    public static string? Problem(ReadOnlySpan<byte> utf8) => Check(utf8, out var cause) is not JsonFlaw.None and var flaw ? Words(flaw, cause) : null;

    static JsonFlaw Read(ReadOnlySpan<byte> utf8, out JsonElement value, out JsonException? cause)
    {
        value = default;
        utf8 = WithoutMark(utf8);
        var flaw = Check(utf8, out cause);
        if (flaw is not JsonFlaw.None)
            return flaw;
        var reader = new Utf8JsonReader(utf8, Strict);
        value = JsonElement.ParseValue(ref reader);
        return JsonFlaw.None;
    }

    static string Words(JsonFlaw flaw, JsonException? cause) => flaw switch
    {
        JsonFlaw.None => "",
        JsonFlaw.NotUtf8 or JsonFlaw.LoneSurrogate => "a text is not valid Unicode",
        JsonFlaw.DuplicateName => "an object names the same property twice",
        JsonFlaw.NumberTooLarge => "a number is too large",
        JsonFlaw.TooDeep => $"it is nested more than {MaxDepth} levels deep",
        _ => cause is null ? "it is not JSON" : Words(cause),
    };

    static string Words(JsonException e)
    {
        var words = e.Message.Split(" LineNumber:", 2)[0].Split(" Path:", 2)[0].TrimEnd('.');
        return e.LineNumber is { } line ? $"{words} (line {line + 1}, byte {e.BytePositionInLine + 1})" : words;
    }

    static JsonFlaw Check(ReadOnlySpan<byte> utf8, out JsonException? cause)
    {
        cause = null;
        if (!Utf8.IsValid(utf8))
            return JsonFlaw.NotUtf8;
        var reader = new Utf8JsonReader(utf8, Strict);
        var names = new JsonNames(stackalloc ulong[64], stackalloc int[MaxDepth + 1]);
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        names.Open();
                        break;
                    case JsonTokenType.EndObject:
                        if (names.CloseFindsDouble())
                            return JsonFlaw.DuplicateName;
                        break;
                    case JsonTokenType.PropertyName:
                        if (reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan))
                            return JsonFlaw.LoneSurrogate;
                        names.Add(JsonNames.Hash(ref reader));
                        break;
                    case JsonTokenType.String when reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan):
                        return JsonFlaw.LoneSurrogate;
                    case JsonTokenType.Number when !IsFinite(ref reader):
                        return JsonFlaw.NumberTooLarge;
                }
            }
            return JsonFlaw.None;
        }
        catch (JsonException e)
        {
            cause = e;
            // The reader stands where it failed: at the limit of depth, an opening bracket is what it refused. (After a bracket it counts one less.)
            return reader.CurrentDepth >= MaxDepth - 1 && reader.BytesConsumed < utf8.Length && NextOpens(utf8[(int)reader.BytesConsumed..])
                ? JsonFlaw.TooDeep : JsonFlaw.NotJson;
        }
        finally
        {
            names.Dispose();
        }
    }

    static bool NextOpens(ReadOnlySpan<byte> rest)
    {
        var next = rest.IndexOfAnyExcept(" \t\r\n,:"u8);
        return next >= 0 && rest[next] is (byte)'{' or (byte)'[';
    }

    /// <summary>Only an exponent or some three hundred digits can leave the range of a double.</summary>
    static bool IsFinite(ref Utf8JsonReader reader) =>
        (reader.ValueSpan.Length < 300 && !reader.ValueSpan.ContainsAny((byte)'e', (byte)'E'))
            || (reader.TryGetDouble(out var number) && double.IsFinite(number));

    /// <summary>Looks at the escapes of a string whose raw bytes are valid UTF-8; the reader has checked their form.</summary>
    static bool HasLoneSurrogate(ReadOnlySpan<byte> raw)
    {
        while (raw.IndexOf((byte)'\\') is >= 0 and var at)
        {
            if (raw[at + 1] != (byte)'u')
            {
                raw = raw[(at + 2)..];
                continue;
            }
            var unit = Unit(raw[(at + 2)..]);
            raw = raw[(at + 6)..];
            if (!char.IsSurrogate(unit))
                continue;
            if (!char.IsHighSurrogate(unit) || raw.Length < 6 || raw[0] != (byte)'\\' || raw[1] != (byte)'u' || !char.IsLowSurrogate(Unit(raw[2..])))
                return true;
            raw = raw[6..];
        }
        return false;
    }

    static char Unit(ReadOnlySpan<byte> hex)
    {
        var unit = 0;
        for (var i = 0; i < 4; i++)
            unit = (unit << 4) | ((hex[i] & 0xF) + (hex[i] >= (byte)'A' ? 9 : 0));
        return (char)unit;
    }
}
