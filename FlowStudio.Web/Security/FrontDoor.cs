using FlowStudio.Web.Api;
using FlowStudio.Web.Configuration;
using Microsoft.Extensions.Primitives;

namespace FlowStudio.Web.Security;

/// <summary>
/// What every request passes first, the webhook's too: security headers on the way out, and on loopback a Host header that can only mean this machine, so
/// that a web page whose name suddenly resolves to 127.0.0.1 (DNS rebinding) gets nothing.
/// </summary>
sealed class FrontDoor(RequestDelegate next, StudioAccess access, WebOptions options)
{
    static readonly StringValues NoSniff = "nosniff";
    /// <summary>Also the referrer's policy: nothing goes to other sites. With "no-referrer" a browser would hide the origin of this server's own forms as
    /// well.</summary>
    static readonly StringValues SameOrigin = "same-origin";
    static readonly StringValues Transport = "max-age=31536000";
    static readonly StringValues ApiContent = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>Styles may be inline: Radzen and React Flow place things by style attributes. Scripts never are.</summary>
    static readonly StringValues PageContent =
        "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'; img-src 'self' data:; " +
        "font-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'";

    readonly bool encrypted = options.PublicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context)
    {
        AddHeaders(context);
        return access.Wide || ListenAddress.IsLoopbackName(HostName(context.Request.Host.Value)) ? next(context) : RefuseAsync(context);
    }

    void AddHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = NoSniff;
        if (ErrorAnswers.IsApi(context.Request.Path) || ErrorAnswers.IsPlain(context.Request))
        {
            headers.ContentSecurityPolicy = ApiContent;
        }
        else
        {
            headers.ContentSecurityPolicy = PageContent;
            headers["Referrer-Policy"] = SameOrigin;
            headers["Cross-Origin-Opener-Policy"] = SameOrigin;
            headers["Cross-Origin-Resource-Policy"] = SameOrigin;
        }
        if (encrypted)
            headers.StrictTransportSecurity = Transport;
    }

    static Task RefuseAsync(HttpContext context) => ErrorAnswers.WriteAsync(context, StatusCodes.Status421MisdirectedRequest, "wrong_host",
        $"This server answers to localhost, 127.0.0.1 and [::1] only, not to '{Shorten(context.Request.Host.Value)}': any other name could belong to a web " +
            $"page that wants to reach your machine " +
        "(DNS rebinding). Use http://localhost, or set FlowStudio:Access:AllowNonLoopback to let others in with an access token.");

    static string Shorten(string? host) => host is { Length: > 100 } ? host[..100] : host ?? "";

    /// <summary>The host without its port.</summary>
    static ReadOnlySpan<char> HostName(string? host)
    {
        var name = host.AsSpan();
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf(']') ? name[..colon] : name;
    }
}
