using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowStudio.Engine;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>A run's input as text to be read and edited.</summary>
static class InputText
{
    const int MaxLine = 80;

    static readonly JsonWriterOptions Wide = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" };

    public static string Indented(JsonElement json)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Wide))
            json.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The input in one line, to be told from others.</summary>
    public static string Line(JsonElement json)
    {
        var text = json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? "the flow's own sample" : JsonText.Of(json).ReplaceLineEndings(" ");
        return text.Length > MaxLine ? string.Concat(text.AsSpan(0, MaxLine), "…") : text;
    }
}
