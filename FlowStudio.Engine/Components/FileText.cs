using System.Text;
using System.Text.Unicode;
using FlowStudio.Engine.Files;

namespace FlowStudio.Engine.Components;

/// <summary>A file's bytes as text: UTF-8, with or without byte order mark, and nothing else.</summary>
static class FileText
{
    /// <exception cref="NodeException">The bytes are no UTF-8 text; the message says what they seem to be, and what to do.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes, StoredFile file, string label)
    {
        if (bytes is [0xEF, 0xBB, 0xBF, ..])
            bytes = bytes[3..];
        if (Kind(bytes) is { } kind)
        {
            throw new NodeException("file_not_text", $"{label}: {file.Name} is {kind}, which cannot be read here.",
                "Convert it to UTF-8 text, CSV or JSON; or send it as it is with API Request (Body type: file).");
        }
        return Encoding.UTF8.GetString(bytes);
    }

    static string? Kind(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            return "text in UTF-16";
        if (bytes.StartsWith("%PDF-"u8))
            return "a PDF";
        if (bytes.StartsWith("PK\u0003\u0004"u8))
            return "a ZIP archive (or an Office document)";
        if (bytes.Contains((byte)0))
            return "no text";
        return Utf8.IsValid(bytes) ? null : "not encoded as UTF-8";
    }
}
