using System.Buffers;
using System.Text.Json;

namespace FlowStudio.Engine;

/// <summary>
/// Parses JSON from outside, and finds beforehand what .NET parses and then throws on when it is read or written again: lone surrogates, invalid UTF-8
/// in strings, names that stand twice in an object, numbers beyond a double.
/// </summary>
public static class JsonCheck
{
    /// <summary>Levels that are accepted.</summary>
    public const int MaxDepth = 64;

    static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>The value, safe to read and to write; a byte order mark before it is skipped.</summary>
    /// <param name="problem">What is wrong, in words, when the answer is false.</param>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, out JsonElement value, out string problem)
    {
        value = default;
        if (utf8.Span is [0xEF, 0xBB, 0xBF, ..])
            utf8 = utf8[3..];
        try
        {
            if (Trap(utf8.Span) is { } trap)
            {
                problem = trap;
                return false;
            }
            using var document = JsonDocument.Parse(utf8, Options);
            value = document.RootElement.Clone();
            problem = "";
            return true;
        }
        catch (JsonException e)
        {
            problem = Words(e);
            return false;
        }
    }

    /// <summary>What is wrong with a value that was parsed elsewhere, or null. Names that stand twice are not looked for.</summary>
    public static string? Problem(JsonElement value) => Problem(JsonText.Utf8(value));

    /// <inheritdoc cref="Problem(JsonElement)"/>
    public static string? Problem(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Trap(utf8);
        }
        catch (JsonException e)
        {
            return Words(e);
        }
    }

    static string Words(JsonException e)
    {
        var words = e.Message.Split(" LineNumber:", 2)[0].Split(" Path:", 2)[0].TrimEnd('.');
        return e.LineNumber is { } line ? $"{words} (line {line + 1}, byte {e.BytePositionInLine + 1})" : words;
    }

    static string? Trap(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        char[]? buffer = null;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.Number)
                {
                    if (!reader.TryGetDouble(out var number) || !double.IsFinite(number))
                        return "a number is too large";
                }
                else if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !IsText(ref reader, ref buffer))
                {
                    return "a text is not valid Unicode";
                }
            }
            return null;
        }
        finally
        {
            if (buffer is not null)
                ArrayPool<char>.Shared.Return(buffer);
        }
    }

    static bool IsText(ref Utf8JsonReader reader, ref char[]? buffer)
    {
        if (!reader.ValueIsEscaped)
            return System.Text.Unicode.Utf8.IsValid(reader.ValueSpan);
        if (buffer is null || buffer.Length < reader.ValueSpan.Length)
        {
            if (buffer is not null)
                ArrayPool<char>.Shared.Return(buffer);
            buffer = ArrayPool<char>.Shared.Rent(reader.ValueSpan.Length);
        }
        try
        {
            reader.CopyString(buffer);
            return true;
        }
        catch (InvalidOperationException)
        {
            // How the reader says that an escape is half of a pair, or bytes are not UTF-8.
            return false;
        }
    }
}
