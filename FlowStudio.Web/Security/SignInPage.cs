using System.Net;
using System.Text.Encodings.Web;
using FlowStudio.Web.Configuration;

namespace FlowStudio.Web.Security;

/// <summary>Where a browser gives the access token and gets a cookie for it. Plain HTML: it must work before anything else may load.</summary>
sealed class SignInPage(StudioAccess access, FailureLimit limit, WebOptions options)
{
    public const string Path = "/sign-in";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var page = routes.ServiceProvider.GetRequiredService<SignInPage>();
        routes.MapGet(Path, page.ShowAsync).Access(AccessRule.Open).ExcludeFromDescription();
        routes.MapPost(Path, page.SignInAsync).Access(AccessRule.Open).ExcludeFromDescription();
        routes.MapPost("/sign-out", SignOut).Access(AccessRule.Open).ExcludeFromDescription();
    }

    Task ShowAsync(HttpContext context)
    {
        if (!access.MayEnter(context))
            return WriteAsync(context, StatusCodes.Status200OK, message: "");
        context.Response.Redirect(Target(context.Request.Query["to"]));
        return Task.CompletedTask;
    }

    async Task SignInAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (limit.Wait(address) is { } wait)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            await WriteAsync(context, StatusCodes.Status429TooManyRequests, "Too many wrong tokens. Wait a minute, then try again.");
            return;
        }
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
        if (!access.IsToken(form["token"].ToString().Trim()))
        {
            limit.Add(address);
            await WriteAsync(context, StatusCodes.Status401Unauthorized, "That is not the access token.");
            return;
        }
        access.SignIn(context, context.Request.IsHttps || options.PublicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase));
        context.Response.Redirect(Target(form["to"]));
    }

    static void SignOut(HttpContext context)
    {
        StudioAccess.SignOut(context);
        context.Response.Redirect(Path);
    }

    /// <summary>A path of this server, whatever was asked for.</summary>
    static string Target(string? to) => to is ['/', ..] && !to.StartsWith("//", StringComparison.Ordinal) && !to.AsSpan().ContainsAny('\\', '\r', '\n')
        && !to.StartsWith(Path, StringComparison.Ordinal) ? to : "/";

    static Task WriteAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        var to = HtmlEncoder.Default.Encode(Target(context.Request.HasFormContentType ? context.Request.Form["to"] : context.Request.Query["to"]));
        return context.Response.WriteAsync($$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Sign in – FlowStudio</title>
            <link rel="icon" href="data:,">
            <style>
            :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
            body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
            form { width: min(24rem, 100vw - 3rem); display: grid; gap: .75rem; }
            h1 { font-size: 1.25rem; margin: 0; }
            p { margin: 0; }
            input, button { font: inherit; padding: .5rem .75rem; border-radius: .5rem; border: 1px solid GrayText; }
            button { cursor: pointer; }
            </style>
            </head>
            <body>
            <form method="post" action="{{Path}}">
            <h1>FlowStudio</h1>
            <p><label for="token">Access token: the server printed it at its first start.</label></p>
            <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
            <input name="to" type="hidden" value="{{to}}">
            <p role="alert">{{WebUtility.HtmlEncode(message)}}</p>
            <button type="submit">Sign in</button>
            </form>
            </body>
            </html>
            """, context.RequestAborted);
    }
}
