using System.Buffers;
using System.Net.Http.Headers;

namespace FlowStudio.Engine.Components;

/// <summary>Which headers an answer may have, and what may be in them: nothing that ends a line, frames the message, or speaks for the whole address.</summary>
static class AnswerHeaders
{
    public const int MaxCount = 64;
    public const int MaxValueLength = 8 * 1024;

    const int MaxNameLength = 128;

    /// <summary>RFC 9110 §5.6.2.</summary>
    static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    static readonly Dictionary<string, string> Forbidden = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Content-Type"] = "Set it as Content type.",
        ["Content-Length"] = "The server counts the body itself: leave it out.",
        ["Date"] = "The server writes it itself: leave it out.",
        ["Server"] = "The server writes it itself: leave it out.",
    };

    /// <summary>They belong to one connection, not to the answer (RFC 9110 §7.6.1).</summary>
    static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Host", "Content-Encoding",
    };

    /// <summary>A browser takes them for all that this address serves, the studio too.</summary>
    static readonly HashSet<string> Wide = new(StringComparer.OrdinalIgnoreCase)
    {
        "Set-Cookie", "Set-Cookie2", "Clear-Site-Data", "Strict-Transport-Security", "Public-Key-Pins", "Alt-Svc", "Expect-CT", "Origin-Agent-Cluster",
        "Report-To", "Reporting-Endpoints", "NEL", "Service-Worker-Allowed", "Content-Security-Policy", "Content-Security-Policy-Report-Only",
        "X-Content-Type-Options", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Accept-CH", "Critical-CH", "X-Run-Id",
    };

    /// <summary>Why an answer cannot have a header of this name, and what to do; null when it can.</summary>
    public static (string Message, string Advice)? Refuse(string name)
    {
        if (name.Length is 0 or > MaxNameLength || name.AsSpan().ContainsAnyExcept(TokenCharacters))
            return ($"'{Excerpt.Of(name, 60)}' is no name of a header", $"Write letters, digits and hyphens, such as X-Request-Id; {MaxNameLength} characters at most.");
        if (Forbidden.TryGetValue(name, out var advice))
            return ($"the header {name} cannot be set here", advice);
        if (HopByHop.Contains(name))
            return ($"the header {name} belongs to the connection, not to the answer", "Leave it out: the server sees to it.");
        if (Wide.Contains(name))
            return ($"the header {name} would speak for the whole address, and so for the studio too", "Leave it out; a proxy in front of the server can add it.");
        return null;
    }

    /// <summary>Why a header cannot have this value; null when it can. Half a line more would be a header, or an answer, of somebody else's.</summary>
    public static string? RefuseValue(string value)
    {
        if (value.Length > MaxValueLength)
            return $"has {value.Length} characters; {MaxValueLength} are the most";
        foreach (var c in value)
        {
            if (c is '\r' or '\n' or '\0')
                return "has a line break in it, or a NUL character";
            if (c is not '\t' and (< ' ' or > '~'))
                return "has a character that a header cannot carry; percent-encode it";
        }
        return null;
    }

    /// <summary>Why this is no type of content, or null.</summary>
    public static string? RefuseType(string type)
    {
        if (RefuseValue(type) is { } why)
            return why;
        if (type.Length > 200 || !MediaTypeHeaderValue.TryParse(type, out var parsed))
            return "is no media type; write one such as text/html or application/xml";
        return parsed.CharSet?.Trim('"') is { Length: > 0 } charset && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? $"asks for the character set {Excerpt.Of(charset, 40)}, but the body is sent as UTF-8"
            : null;
    }
}
