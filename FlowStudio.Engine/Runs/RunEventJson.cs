using System.Buffers;
using System.Text.Json;

namespace FlowStudio.Engine.Runs;

/// <summary>Writes events in their one wire form.</summary>
public static class RunEventJson
{
    static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    [ThreadStatic]
    static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    static Utf8JsonWriter? writer;

    /// <summary>An event as one line of UTF-8 JSON.</summary>
    /// <param name="fromSeq">The first number of a merged record; null for a single event.</param>
    /// <param name="writeData">Writes the members of <c>data</c>; null writes <c>{}</c>.</param>
    public static byte[] Write<TState>(long seq, long? fromSeq, DateTimeOffset at, string type, string? nodeId, IReadOnlyList<int>? iteration, int? attempt,
        TState state, Action<Utf8JsonWriter, TState>? writeData)
    {
        // Taken out of the thread's pocket while in use, so that a writer called from within writeData gets its own.
        var output = buffer ?? new ArrayBufferWriter<byte>(1024);
        var json = writer ?? new Utf8JsonWriter(output, JsonText.Relaxed);
        (buffer, writer) = (null, null);
        try
        {
            json.WriteStartObject();
            json.WriteNumber("seq"u8, seq);
            if (fromSeq is { } from && from != seq)
                json.WriteNumber("from_seq"u8, from);
            json.WriteString("at"u8, at.UtcDateTime);
            json.WriteString("type"u8, type);
            if (nodeId is not null)
                json.WriteString("node_id"u8, nodeId);
            if (iteration is { Count: > 0 })
            {
                json.WriteStartArray("iteration"u8);
                foreach (var index in iteration)
                    json.WriteNumberValue(index);
                json.WriteEndArray();
            }
            if (attempt is { } number)
                json.WriteNumber("attempt"u8, number);
            json.WriteStartObject("data"u8);
            writeData?.Invoke(json, state);
            json.WriteEndObject();
            json.WriteEndObject();
            json.Flush();
            var line = output.WrittenSpan.ToArray();
            // Values are written as they came, and whoever sent one may have broken its lines. Inside of JSON these bytes are nothing but space.
            line.AsSpan().ReplaceAny(LineEnds, (byte)' ');
            return line;
        }
        finally
        {
            output.ResetWrittenCount();
            json.Reset(output);
            // A thread that once wrote a large event does not keep its buffer.
            if (output.Capacity <= 64 * 1024)
                (buffer, writer) = (output, json);
        }
    }

    /// <summary>Writes a value's JSON as it was parsed; nothing is decoded or escaped anew.</summary>
    public static void WriteRaw(this Utf8JsonWriter json, ReadOnlySpan<byte> name, JsonElement value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(JsonText.Utf8(value), skipInputValidation: true);
    }
}
