using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;

namespace FlowStudio.Web.Api.Json;

/// <summary>What is wrong with bytes that should be JSON.</summary>
public enum JsonFlaw
{
    None,

    /// <summary>The bytes are not UTF-8: not text at all.</summary>
    NotUtf8,

    /// <summary>Text, but not JSON.</summary>
    NotJson,

    /// <summary>JSON nested deeper than <see cref="JsonIntake.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>An object names the same property twice: readers disagree on which one counts.</summary>
    DuplicateName,

    /// <summary>An escape makes half of a surrogate pair, which no UTF-8 text can hold.</summary>
    LoneSurrogate,

    /// <summary>A number beyond what a double holds; it would become infinity, which JSON cannot write.</summary>
    NumberTooLarge,
}

/// <summary>
/// The gate for JSON from outside. The framework's parser takes several things that only fail later, when the value is read or written again
/// (half surrogates, repeated names, <c>1e400</c>); they are found here, in one pass, before anything is acknowledged. What passes can be read,
/// written, stored and read back.
/// </summary>
public static class JsonIntake
{
    /// <summary>How many objects and arrays may be inside one another.</summary>
    public const int MaxDepth = 64;

    static readonly JsonReaderOptions Strict = new() { MaxDepth = MaxDepth };
    static readonly ulong Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The body without a byte order mark.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) => body.StartsWith(ByteOrderMark) ? body[3..] : body;

    /// <summary>Reads a JSON value; the bytes are copied. Where a mark (BOM) starts the body it is passed over.</summary>
    /// <returns>What is wrong, or <see cref="JsonFlaw.None"/> and the value.</returns>
    public static JsonFlaw Read(ReadOnlySpan<byte> body, out JsonElement value)
    {
        value = default;
        body = WithoutMark(body);
        if (!Utf8.IsValid(body))
            return JsonFlaw.NotUtf8;
        if (Check(body) is not JsonFlaw.None and var flaw)
            return flaw;
        var reader = new Utf8JsonReader(body, Strict);
        value = JsonElement.ParseValue(ref reader);
        return JsonFlaw.None;
    }

    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, out JsonElement)"/>
    public static JsonFlaw Read(in ReadOnlySequence<byte> body, out JsonElement value)
    {
        if (body.IsSingleSegment)
            return Read(body.FirstSpan, out value);
        var length = checked((int)body.Length);
        var joined = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(joined);
            return Read(joined.AsSpan(0, length), out value);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    /// <summary>The flaw in words, for a person who sent the body.</summary>
    public static string Words(JsonFlaw flaw) => flaw switch
    {
        JsonFlaw.NotUtf8 => "The body is not valid UTF-8. Send JSON encoded as UTF-8.",
        JsonFlaw.NotJson => "The body is not valid JSON.",
        JsonFlaw.TooDeep => $"The JSON is nested more than {MaxDepth} levels deep.",
        JsonFlaw.DuplicateName => "The JSON has an object that names the same property twice. Send each name once.",
        JsonFlaw.LoneSurrogate => "The JSON has a \\u escape that is half of a surrogate pair, which is no character.",
        JsonFlaw.NumberTooLarge => "The JSON has a number larger than 1.8e308. Send it as a string.",
        _ => "",
    };

    /// <summary>A stable code for the flaw.</summary>
    public static string Code(JsonFlaw flaw) => flaw switch
    {
        JsonFlaw.NotUtf8 => "not_utf8",
        JsonFlaw.TooDeep => "json_too_deep",
        JsonFlaw.DuplicateName => "json_duplicate_name",
        JsonFlaw.LoneSurrogate => "json_lone_surrogate",
        JsonFlaw.NumberTooLarge => "json_number_too_large",
        _ => "invalid_json",
    };

    static JsonFlaw Check(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, Strict);
        var names = new NameStack(stackalloc ulong[64], stackalloc int[MaxDepth + 1]);
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
                        names.Add(reader.ValueIsEscaped ? HashUnescaped(ref reader) : Hash(reader.ValueSpan));
                        break;
                    case JsonTokenType.String when reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan):
                        return JsonFlaw.LoneSurrogate;
                    case JsonTokenType.Number when !IsFinite(ref reader):
                        return JsonFlaw.NumberTooLarge;
                }
            }
            return JsonFlaw.None;
        }
        catch (JsonException)
        {
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

    static ulong HashUnescaped(ref Utf8JsonReader reader)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            return Hash(buffer.AsSpan(0, reader.CopyString(buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>64 bits, seeded anew in every process, so that nobody can look for names that meet; by chance they never do.</summary>
    static ulong Hash(ReadOnlySpan<byte> name)
    {
        const ulong factor = 0x9E3779B97F4A7C15;
        var hash = Seed ^ ((ulong)name.Length * factor);
        for (; name.Length >= 8; name = name[8..])
            hash = Mix(hash ^ BitConverter.ToUInt64(name), factor);
        ulong rest = 0;
        foreach (var b in name)
            rest = (rest << 8) | b;
        return Mix(hash ^ rest, factor ^ Seed);
    }

    static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ BitOperations.RotateLeft(low, 29);
    }

    /// <summary>The hashes of the names of all objects that are open; an inner object's are gone when the outer one goes on.</summary>
    ref struct NameStack(Span<ulong> hashes, Span<int> starts)
    {
        /// <summary>Up to here comparing each with each is cheaper than sorting.</summary>
        const int Few = 12;

        readonly Span<int> starts = starts;
        Span<ulong> hashes = hashes;
        ulong[]? rented;
        int count;
        int depth;

        public void Open() => starts[depth++] = count;

        public void Add(ulong hash)
        {
            if (count == hashes.Length)
                Grow();
            hashes[count++] = hash;
        }

        public bool CloseFindsDouble()
        {
            var own = hashes[starts[--depth]..count];
            count = starts[depth];
            if (own.Length > Few)
            {
                own.Sort();
                for (var i = 1; i < own.Length; i++)
                {
                    if (own[i] == own[i - 1])
                        return true;
                }
                return false;
            }
            for (var i = 1; i < own.Length; i++)
            {
                if (own[..i].Contains(own[i]))
                    return true;
            }
            return false;
        }

        public readonly void Dispose()
        {
            if (rented is not null)
                ArrayPool<ulong>.Shared.Return(rented);
        }

        void Grow()
        {
            var larger = ArrayPool<ulong>.Shared.Rent(hashes.Length * 2);
            hashes.CopyTo(larger);
            if (rented is not null)
                ArrayPool<ulong>.Shared.Return(rented);
            hashes = rented = larger;
        }
    }
}
