using System.Text;
using FlowStudio.Engine.Bins;
using FlowStudio.Web.Api.Docs;

namespace FlowStudio.Web.Studio.Bins;

/// <summary>A caught request as a command that sends it again. Pure.</summary>
public static class BinCurl
{
    /// <summary>What curl writes by itself, and what belongs to the connection rather than to the request.</summary>
    static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Connection", "Accept-Encoding", "Transfer-Encoding", "User-Agent", "Expect", "Keep-Alive", "Upgrade", "TE", "Trailer",
    };

    /// <summary>Null when the body is no text: a command line cannot hold it.</summary>
    /// <param name="baseUrl">The server as its reader reaches it.</param>
    public static string? Of(BinRequest request, string baseUrl)
    {
        var body = BinBody.Of(request.Body);
        if (body is { Length: > 0, Text: null })
            return null;
        var url = $"{baseUrl.TrimEnd('/')}{request.Path}{(request.Query.Length > 0 ? "?" + request.Query : "")}";
        var text = new StringBuilder(request.Method == "HEAD" ? "curl -I" : $"curl -X {Word(request.Method)}").Append(" \\\n  ").Append(Snippets.Shell(url));
        foreach (var (name, value) in request.Headers)
        {
            if (!Own.Contains(name))
                text.Append(" \\\n  -H ").Append(Snippets.Shell(value.Length == 0 ? $"{name};" : $"{name}: {value}"));
        }
        // Without the header curl would say that a body is a form's.
        if (body.Text is not null && !request.Headers.Any(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
            text.Append(" \\\n  -H 'Content-Type;'");
        // Not -d: that takes line ends away, and a leading @ for a file's name.
        if (body.Text is { } sent)
            text.Append(" \\\n  --data-raw ").Append(Snippets.Shell(sent));
        return text.ToString();
    }

    static string Word(string method) => method.All(char.IsAsciiLetter) ? method : Snippets.Shell(method);
}
