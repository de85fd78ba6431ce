using FlowStudio.Web.Api;
using FlowStudio.Web.Configuration;

namespace FlowStudio.Web.Security;

/// <summary>Holds every endpoint's <see cref="AccessRule"/>, and refuses what a foreign web page sends in a visitor's name.</summary>
sealed class AccessCheck(RequestDelegate next, StudioAccess access, FailureLimit limit, Origins origins)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not { } endpoint)
            return next(context);
        var rule = endpoint.Metadata.GetMetadata<EndpointAccess>()?.Rule ?? AccessRule.Api;
        if (rule is AccessRule.Own)
            return next(context);
        if (Changes(context) && !origins.IsOwn(context.Request) && !(rule is not AccessRule.Page && origins.IsAllowed(context.Request)))
        {
            return ErrorAnswers.WriteAsync(context, StatusCodes.Status403Forbidden, "foreign_origin",
                "The request comes from a page of another site (its Origin header says so), and this server takes none from there.");
        }
        if (rule is AccessRule.Open)
            return next(context);
        if (rule is AccessRule.Page)
        {
            if (!access.MayEnter(context))
                return RefuseAsync(context, rule);
            if (WantsHtml(context))
                access.Welcome(context);
            return next(context);
        }
        return access.MayUseApi(context) || (rule is AccessRule.Keys && access.ShowsToken(context.Request)) ? next(context) : RefuseAsync(context, rule);
    }

    /// <summary>Whether the request can change something; a WebSocket can, though it begins as a GET.</summary>
    static bool Changes(HttpContext context)
    {
        var method = context.Request.Method;
        return !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)) || context.WebSockets.IsWebSocketRequest
            || context.Request.Headers.Upgrade.Count > 0;
    }

    static bool WantsHtml(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    Task RefuseAsync(HttpContext context, AccessRule rule)
    {
        var token = rule is not AccessRule.Page && access.ShowsToken(context.Request);
        var tries = ApiKeyHeaders.Tries(context.Request);
        if (tries && !token)
        {
            var address = context.Connection.RemoteIpAddress;
            if (limit.Wait(address) is { } wait)
                return ErrorAnswers.WriteAsync(context, StatusCodes.Status429TooManyRequests, "too_many_attempts",
                    "Too many wrong keys or tokens. Wait a minute.", wait);
            limit.Add(address);
        }
        if (rule is AccessRule.Page && WantsHtml(context))
        {
            context.Response.Redirect($"{SignInPage.Path}?to={Uri.EscapeDataString(context.Request.Path + context.Request.QueryString)}");
            return Task.CompletedTask;
        }
        if (token)
        {
            return ErrorAnswers.WriteAsync(context, StatusCodes.Status403Forbidden, "api_key_required",
                "The access token opens pages; the API takes API keys. Make one under Settings, or with POST /v1/keys, which takes the token too.");
        }
        // Langflow's clients look for its own words.
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
        {
            return ErrorAnswers.WriteAsync(context, StatusCodes.Status403Forbidden, "invalid_api_key",
                tries ? "Invalid or missing API key" : "An API key must be passed as query or header");
        }
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"FlowStudio\"";
        if (rule is AccessRule.Page)
        {
            return ErrorAnswers.WriteAsync(context, StatusCodes.Status401Unauthorized, "access_token_required",
                "This needs the access token that the server printed at its first start, or that its administrator set: send it as 'Authorization: Bearer " +
                    "<token>'.");
        }
        return ErrorAnswers.WriteAsync(context, StatusCodes.Status401Unauthorized, tries ? "invalid_api_key" : "api_key_required",
            $"{(tries ? "That is no API key, or it has been revoked." : "The API needs a key.")} Make one under Settings, and send it as '{ApiKeyHeaders.HeaderName}: " +
                "<key>' or 'Authorization: Bearer <key>'.");
    }
}

/// <summary>Which pages may send requests that change something: this server's own.</summary>
sealed class Origins(WebOptions options)
{
    readonly HashSet<string> allowed = new(options.Access.AllowedOrigins, StringComparer.Ordinal);
    readonly string? publicOrigin = Uri.TryCreate(options.PublicUrl, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Authority) : null;

    /// <summary>No Origin header (a program, not a page), or this server's own.</summary>
    public bool IsOwn(HttpRequest request)
    {
        if (request.Headers.Origin.Count == 0)
            return true;
        var origin = request.Headers.Origin.ToString();
        return string.Equals(origin, publicOrigin, StringComparison.OrdinalIgnoreCase)
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                && string.Equals(uri.Authority, Authority(request), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A page of another site that the server's settings let in.</summary>
    public bool IsAllowed(HttpRequest request) => allowed.Count > 0 && allowed.Contains(request.Headers.Origin.ToString());

    /// <summary>No Origin header, or one of a page on this machine.</summary>
    public static bool IsLocal(HttpRequest request) =>
        request.Headers.Origin.Count == 0 || (Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var uri)
            && ListenAddress.IsLoopbackName(uri.Host));

    /// <summary>The Host header as a URI writes it: without its scheme's usual port.</summary>
    static string Authority(HttpRequest request) =>
        Uri.TryCreate($"{request.Scheme}://{request.Host.Value}", UriKind.Absolute, out var own) ? own.Authority : "";
}
