using System.Buffers;
using System.Collections.Frozen;
using System.Net.Http.Headers;

namespace FlowStudio.Engine.Egress;

/// <summary>What a request may look like before anything is looked up or sent. Every method throws <see cref="EgressException"/> for what it refuses.</summary>
static class RequestRules
{
    public const string BinPrefix = "/bin/";

    const string RelativeHelp = "Write the whole address with http:// or https:// in front. "
        + "The only relative addresses are this server's own request bins, /bin/{name}.";

    // RFC 9110 §5.6.2.
    static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    static readonly SearchValues<char> ForbiddenInValues =
        SearchValues.Create([.. Enumerable.Range(0, 32).Select(code => (char)code).Where(c => c is not '\t'), '\x7f']);
    static readonly SearchValues<char> ForbiddenInUrls = SearchValues.Create([.. Enumerable.Range(0, 32).Select(code => (char)code), '\x7f']);

    /// <summary>They decide where a message ends or to whom the connection belongs: two answers to that are request smuggling.</summary>
    static readonly FrozenSet<string> Framing = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization",
        "Upgrade", "TE", "Trailer", "Expect");

    public static HttpMethod Method(string method)
    {
        if (method.Length is 0 or > 40 || method.AsSpan().ContainsAnyExcept(TokenCharacters))
            throw new EgressException(
                EgressFailure.InvalidMethod, $"\"{Printable(method)}\" is not an HTTP method. Write one such as GET, POST, PUT, PATCH or DELETE.");
        var parsed = HttpMethod.Parse(method);
        if (parsed == HttpMethod.Connect || parsed == HttpMethod.Trace)
            throw new EgressException(
                EgressFailure.InvalidMethod, $"{method} is not sent: it is for proxies and diagnosis. Write one such as GET, POST, PUT, PATCH or DELETE.");
        return parsed;
    }

    public static void Headers(GuardedRequest request)
    {
        for (var i = 0; i < request.Headers.Count; i++)
        {
            var (name, value) = request.Headers[i];
            if (string.IsNullOrEmpty(name) || name.AsSpan().ContainsAnyExcept(TokenCharacters))
                throw new EgressException(
                    EgressFailure.InvalidHeader, $"\"{Printable(name)}\" is not a header name. Write letters, digits and hyphens, such as X-Order-Id.");
            if (Framing.Contains(name))
                throw new EgressException(EgressFailure.InvalidHeader, $"The header {name} can't be set: the connection sets it itself. Remove it.");
            Value(name, value);
        }

        if (request.ContentType is { } type)
            Value("Content-Type", type);
    }

    /// <summary>For requests that a library made: its headers are its own affair, line breaks in their values are not.</summary>
    public static void Headers(HttpRequestMessage request)
    {
        Values(request.Headers.NonValidated);
        if (request.Content is { } content)
            Values(content.Headers.NonValidated);

        static void Values(HttpHeadersNonValidated headers)
        {
            foreach (var (name, values) in headers)
            {
                foreach (var value in values)
                    Value(name, value);
            }
        }
    }

    /// <summary>A URL with scheme, without user name, and with a host. Whether its host may be called is <see cref="AddressGuard"/>'s question.</summary>
    public static Uri Url(string url)
    {
        Characters(url);
        // On Unix "/x" would parse as a file's URL.
        if (url.StartsWith('/') || url.StartsWith('\\') || !Uri.TryCreate(url, UriKind.Absolute, out var parsed))
            throw NotAbsolute(url);
        Absolute(parsed);
        return parsed;
    }

    public static void Absolute(Uri url)
    {
        if (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
        {
            throw new EgressException(
                EgressFailure.InvalidUrl,
                $"The address begins with \"{Printable(url.Scheme)}:\". Only http:// and https:// are called; if that is a host name, "
                + "put http:// in front of it.");
        }

        if (url.UserInfo.Length > 0 || HasAt(url.OriginalString))
        {
            throw new EgressException(
                EgressFailure.InvalidUrl,
                "The address has a user name or password before an \"@\". Take it out and send it as an Authorization header, from a secret variable.");
        }

        if (AddressGuard.HostOf(url).Length is 0)
            throw new EgressException(
                EgressFailure.InvalidUrl, "The address names no host that can be looked up. Check what stands after http:// or https://.");
    }

    public static bool IsRelative(string url) => url.StartsWith('/');

    /// <summary>The path and query of a bin, without fragment. Nothing in it may mean another path to whoever reads it next.</summary>
    public static string Bin(string url)
    {
        Characters(url);
        if (!url.StartsWith(BinPrefix, StringComparison.Ordinal))
            throw new EgressException(new EgressRefusal("relative-url", $"\"{Printable(url.Split('?', 2)[0])}\" was not called: it names no server. "
                + $"{RelativeHelp}", Setting: null));
        var fragment = url.IndexOf('#');
        var whole = fragment < 0 ? url : url[..fragment];
        var query = whole.IndexOf('?');
        var path = query < 0 ? whole : whole[..query];

        var segments = path[1..].Split('/');
        for (var i = 1; i < segments.Length; i++)
        {
            // A slash at the end leaves one empty segment, which is harmless after a name.
            var last = i == segments.Length - 1;
            if (segments[i].Length is 0 && (!last || i is 1))
                throw BadBin(i is 1 ? "it names no bin" : "it has an empty part (two slashes in a row)");
            if (segments[i] is "." or "..")
                throw BadBin($"it has the part \"{segments[i]}\"");
        }

        foreach (var hidden in (ReadOnlySpan<string>)["%2e", "%2f", "%5c", "%00", "\\"])
        {
            if (path.Contains(hidden, StringComparison.OrdinalIgnoreCase))
                throw BadBin($"it contains {hidden}");
        }

        return whole;
    }

    /// <summary>Text from outside, short and without control characters, fit to be quoted in a message.</summary>
    public static string Printable(string? text)
    {
        var shown = (text ?? "").Length > 80 ? string.Concat(text.AsSpan(0, 80), "…") : text ?? "";
        return string.Concat(shown.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }

    static void Value(string name, string? value)
    {
        var at = (value ?? "").AsSpan().IndexOfAny(ForbiddenInValues);
        if (at < 0)
            return;
        throw new EgressException(
            EgressFailure.InvalidHeader,
            $"The header {name} has {Control(value![at])} at character {at + 1}. Header values are one line of text: take it out.");
    }

    static void Characters(string url)
    {
        if (url.Length is 0)
            throw new EgressException(EgressFailure.InvalidUrl, $"The address is empty. {RelativeHelp}");
        var at = url.AsSpan().IndexOfAny(ForbiddenInUrls);
        if (at >= 0)
            throw new EgressException(
                EgressFailure.InvalidUrl, $"The address has {Control(url[at])} at character {at + 1}. Take it out, or write it percent-encoded.");
    }

    static string Control(char c) => c switch
    {
        '\r' or '\n' => "a line break",
        '\t' => "a tab",
        '\0' => "a NUL character",
        _ => $"the control character U+{(int)c:X4}",
    };

    static EgressException NotAbsolute(string url) =>
        // What stands before the first "@" may be a password.
        new(EgressFailure.InvalidUrl, $"{(url.Contains('@') ? "The address" : $"\"{Printable(url.Split('?', 2)[0])}\"")} can't be called. {RelativeHelp}");

    static EgressException BadBin(string problem) =>
        new(
            EgressFailure.InvalidUrl,
            $"The address of the request bin can't be used: {problem}. Write it as /bin/{{name}}, with plain parts after it if you like.");

    /// <summary>An "@" with nothing before it leaves <see cref="Uri.UserInfo"/> empty.</summary>
    static bool HasAt(string url)
    {
        var start = url.IndexOf(':') + 1;
        while (start < url.Length && url[start] is '/' or '\\')
            start++;
        var authority = url.AsSpan(start);
        var end = authority.IndexOfAny("/\\?#");
        return (end < 0 ? authority : authority[..end]).Contains('@');
    }
}
