namespace FlowStudio.Web.Security;

/// <summary>Where a request shows an API key.</summary>
static class ApiKeyHeaders
{
    public const string HeaderName = "x-api-key";

    /// <summary>What <c>x-api-key</c> says; null when it says nothing.</summary>
    public static string? Header(HttpRequest request) => request.Headers[HeaderName] is [{ Length: > 0 } key] ? key : null;

    /// <summary>What <c>Authorization: Bearer</c> says; null when it says nothing.</summary>
    public static string? Bearer(HttpRequest request)
    {
        const string scheme = "Bearer ";
        return request.Headers.Authorization is [{ } value] && value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && value[scheme.Length..].Trim() is { Length: > 0 } key ? key : null;
    }

    /// <summary>What <c>?x-api-key=</c> says, which Langflow's clients may use: its paths alone take it.</summary>
    public static string? Query(HttpRequest request) =>
        request.QueryString.HasValue && request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && request.Query[HeaderName] is [{ Length: > 0 } key] ? key : null;

    /// <summary>Whether a key or token was shown at all, right or wrong.</summary>
    public static bool Tries(HttpRequest request) =>
        request.Headers.Authorization.Count > 0 || request.Headers[HeaderName].Count > 0 || Query(request) is not null;
}
