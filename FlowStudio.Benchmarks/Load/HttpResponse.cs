using System.Buffers.Text;
using System.Text;

namespace FlowStudio.Benchmarks.Load;

/// <summary>Reads just enough of an HTTP/1.1 response to know its status and where it ends: by Content-Length, by chunks, or without a body.</summary>
static class HttpResponse
{
    /// <summary>Looks whether <paramref name="received"/> begins with a whole response.</summary>
    /// <returns>The bytes the response takes, or 0 when more must be received first.</returns>
    /// <exception cref="FormatException">What was received is no HTTP/1.1 response, or one whose end only the closing of the connection would tell.</exception>
    public static int TryRead(ReadOnlySpan<byte> received, out int status, out bool closes)
    {
        status = 0;
        closes = false;
        var head = received.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return 0;
        var lines = received[..(head + 2)];
        status = Status(lines);
        int? length = status is 204 or 304 or (>= 100 and < 200) ? 0 : null;
        var chunked = false;
        for (var line = Next(ref lines); !lines.IsEmpty;)
        {
            line = Next(ref lines);
            if (Value(line, "content-length"u8) is [_, ..] number)
                length ??= Utf8Parser.TryParse(number, out int parsed, out _) ? parsed : throw Bad("Content-Length", line);
            else if (Value(line, "transfer-encoding"u8) is [_, ..] encoding)
                chunked = Ascii.EqualsIgnoreCase(encoding, "chunked"u8) ? true : throw Bad("Transfer-Encoding", line);
            else if (Value(line, "connection"u8) is [_, ..] connection)
                closes = Ascii.EqualsIgnoreCase(connection, "close"u8);
        }
        var body = received[(head + 4)..];
        if (chunked && length is null)
            return Chunks(body) is var taken and > 0 ? head + 4 + taken : 0;
        var end = length ?? throw new FormatException($"A response {status} says neither Content-Length nor chunked.");
        return body.Length >= end ? head + 4 + end : 0;
    }

    static int Status(ReadOnlySpan<byte> lines) =>
        lines.StartsWith("HTTP/1.1 "u8) && Utf8Parser.TryParse(lines[9..], out int status, out var digits) && digits == 3
            ? status
            : throw Bad("status line", lines);

    static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> lines)
    {
        var end = lines.IndexOf("\r\n"u8);
        var line = lines[..end];
        lines = lines[(end + 2)..];
        return line;
    }

    static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && line[name.Length] == ':' && Ascii.EqualsIgnoreCase(line[..name.Length], name)
            ? line[(name.Length + 1)..].Trim((byte)' ')
            : default;

    /// <summary>The bytes that all chunks and the closing empty one take, or 0 when some are still to come.</summary>
    static int Chunks(ReadOnlySpan<byte> body)
    {
        for (var at = 0; ;)
        {
            var lineEnd = body[at..].IndexOf("\r\n"u8);
            if (lineEnd < 0)
                return 0;
            var line = body.Slice(at, lineEnd);
            if (!Utf8Parser.TryParse(line, out int size, out var digits, 'x') || digits == 0)
                throw Bad("chunk size", line);
            at += lineEnd + 2 + size + 2;
            if (at > body.Length)
                return 0;
            if (size == 0)
                return at;
        }
    }

    static FormatException Bad(string what, ReadOnlySpan<byte> bytes) =>
        new($"Unreadable {what} in a response: '{Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 80)])}'.");
}
