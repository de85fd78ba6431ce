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
        if (Changes(context) && !origins.IsOwn(context.Request))
        {
            return ErrorAnswers.WriteAsync(context, StatusCodes.Status403Forbidden, "foreign_origin",
                "The request comes from a page of another site (its Origin header says so), and this server takes none from there.");
        }
        return rule is AccessRule.Open || access.MayEnter(context) ? next(context) : RefuseAsync(context, rule);
    }

    /// <summary>Whether the request can change something; a WebSocket can, though it begins as a GET.</summary>
    static bool Changes(HttpContext context)
    {
        var method = context.Request.Method;
        return !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)) || context.WebSockets.IsWebSocketRequest
            || context.Request.Headers.Upgrade.Count > 0;
    }

    Task RefuseAsync(HttpContext context, AccessRule rule)
    {
        var address = context.Connection.RemoteIpAddress;
        if (StudioAccess.Tries(context.Request))
        {
            if (limit.Wait(address) is { } wait)
                return ErrorAnswers.WriteAsync(context, StatusCodes.Status429TooManyRequests, "too_many_attempts",
                    "Too many wrong access tokens. Wait a minute.", wait);
            limit.Add(address);
        }
        if (rule is AccessRule.Page && HttpMethods.IsGet(context.Request.Method)
            && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Redirect($"{SignInPage.Path}?to={Uri.EscapeDataString(context.Request.Path + context.Request.QueryString)}");
            return Task.CompletedTask;
        }
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"FlowStudio\"";
        return ErrorAnswers.WriteAsync(context, StatusCodes.Status401Unauthorized, "access_token_required",
            "This needs the access token that the server printed at its first start, or that its administrator set: send it as 'Authorization: Bearer " +
                "<token>'.");
    }
}

/// <summary>Which pages may send requests that change something: this server's own.</summary>
sealed class Origins(WebOptions options)
{
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

    /// <summary>No Origin header, or one of a page on this machine.</summary>
    public static bool IsLocal(HttpRequest request) =>
        request.Headers.Origin.Count == 0 || (Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var uri)
            && ListenAddress.IsLoopbackName(uri.Host));

    /// <summary>The Host header as a URI writes it: without its scheme's usual port.</summary>
    static string Authority(HttpRequest request) =>
        Uri.TryCreate($"{request.Scheme}://{request.Host.Value}", UriKind.Absolute, out var own) ? own.Authority : "";
}
