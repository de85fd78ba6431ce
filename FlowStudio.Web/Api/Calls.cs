using System.Buffers;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api;

/// <summary>How a request was made, for flows and bins to see, without what would let a reader come in as the caller.</summary>
static class Calls
{
    /// <summary>What the names of headers and parameters that let their holder in somewhere have in them.</summary>
    static readonly SearchValues<string> CredentialWords =
        SearchValues.Create(["token", "secret", "password", "api-key", "apikey", "api_key", "authorization", "cookie", "completion-webhook"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Method, headers and query without credentials.</summary>
    public static CallDetails Details(HttpRequest request)
    {
        var headers = new List<KeyValuePair<string, string>>(request.Headers.Count);
        foreach (var (name, value) in request.Headers)
        {
            if (!IsCredential(name))
                headers.Add(new(name, value.ToString()));
        }
        if (!request.QueryString.HasValue)
            return new(request.Method, headers, []);
        var query = new List<KeyValuePair<string, string>>(request.Query.Count);
        foreach (var (name, values) in request.Query)
        {
            if (!IsCredential(name))
                query.AddRange(values.Select(v => KeyValuePair.Create(name, v ?? "")));
        }
        return new(request.Method, headers, query);
    }

    /// <summary>Whether a header or query parameter of this name lets its holder in somewhere.</summary>
    public static bool IsCredential(string name) => name.AsSpan().ContainsAny(CredentialWords);
}
