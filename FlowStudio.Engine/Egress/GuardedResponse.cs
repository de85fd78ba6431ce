using System.Net.Http.Headers;
using System.Text;

namespace FlowStudio.Engine.Egress;

/// <summary>What came back, whole and within the limits. Any status counts as an answer.</summary>
public sealed class GuardedResponse
{
    /// <summary>The HTTP status, such as 200.</summary>
    public required int Status { get; init; }

    /// <summary>The server's words for the status; may be empty.</summary>
    public string Reason { get; init; } = "";

    /// <summary>In order; a name that came more than once stands more than once. After decompression there is no Content-Length or Content-Encoding.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Decompressed.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Where the answer came from: the URL asked for, or the last redirect's.</summary>
    public required string FinalUrl { get; init; }

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The first value of a header, whatever its case; null when it did not come.</summary>
    public string? Header(string name)
    {
        foreach (var (key, value) in Headers)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        return null;
    }

    /// <summary>All values of a header, in order.</summary>
    public IEnumerable<string> HeaderValues(string name) =>
        Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    /// <summary>
    /// The body as text: by its byte order mark, else by the charset of Content-Type, else (also for charsets nobody knows) UTF-8.
    /// Bytes that are none of its characters become U+FFFD.
    /// </summary>
    public string Text()
    {
        var bytes = Body.Span;
        if (bytes is [0xEF, 0xBB, 0xBF, ..])
            return Encoding.UTF8.GetString(bytes[3..]);
        if (bytes is [0xFF, 0xFE, 0, 0, ..])
            return Encoding.UTF32.GetString(bytes[4..]);
        if (bytes is [0xFF, 0xFE, ..])
            return Encoding.Unicode.GetString(bytes[2..]);
        if (bytes is [0xFE, 0xFF, ..])
            return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        return Charset().GetString(bytes);
    }

    Encoding Charset()
    {
        if (!MediaTypeHeaderValue.TryParse(Header("Content-Type"), out var type) || type.CharSet?.Trim('"', ' ') is not { Length: > 0 } name)
            return Encoding.UTF8;
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            // An unknown name, or UTF-7, which the platform refuses: most of what says so is ASCII.
            return Encoding.UTF8;
        }
    }
}
