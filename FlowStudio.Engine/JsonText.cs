using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowStudio.Engine;

/// <summary>Small, fast steps between JSON values and text; all written JSON is relaxed (nothing escaped that need not be).</summary>
public static class JsonText
{
    /// <summary>How every writer of the engine writes.</summary>
    public static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static readonly JsonElement Null = Parse("null"u8);
    public static readonly JsonElement True = Parse("true"u8);
    public static readonly JsonElement False = Parse("false"u8);
    public static readonly JsonElement EmptyObject = Parse("{}"u8);
    public static readonly JsonElement EmptyText = Parse("\"\""u8);

    /// <summary>A value from its UTF-8 JSON, which must be valid; the bytes are copied.</summary>
    public static JsonElement Parse(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 128 });
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>A JSON string.</summary>
    public static JsonElement Element(string text)
    {
        var buffer = new ArrayBufferWriter<byte>(text.Length + 16);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
            writer.WriteStringValue(text);
        return Parse(buffer.WrittenSpan);
    }

    /// <summary>A JSON value written by <paramref name="write"/>.</summary>
    public static JsonElement Element<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
            write(writer, state);
        return Parse(buffer.WrittenSpan);
    }

    /// <summary>What a person reads: a string's content, nothing for null, the JSON of the rest.</summary>
    public static string Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        _ => value.GetRawText(),
    };

    /// <summary>The text of a Message: a string, or the <c>text</c> of a message object; anything else as <see cref="Of"/>.</summary>
    public static string OfMessage(JsonElement value) =>
        value.ValueKind is JsonValueKind.Object && value.TryGetProperty("text", out var text) && text.ValueKind is JsonValueKind.String ? text.GetString() ?? "" : Of(value);

    /// <summary>What kind of value it is, as messages about a wrong one say it: <c>a text</c>, <c>a list</c>.</summary>
    public static string InWords(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "nothing",
    };

    /// <summary>The value's JSON as it was parsed, without a copy.</summary>
    public static ReadOnlySpan<byte> Utf8(JsonElement value) => JsonMarshal.GetRawUtf8Value(value);
}
