using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace FlowStudio.Web.Api;

/// <summary>What begins every answer that is a stream of events, in each dialect.</summary>
static class OpenStream
{
    /// <param name="caching">What the dialect says of caching.</param>
    public static void Begin(HttpContext context, string caching = "no-store")
    {
        // Who reads slowly is told so, after so many events; the server's least rate of bytes would break the connection without a word.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = caching;
        // A proxy that collects an answer would keep the events back.
        response.Headers["X-Accel-Buffering"] = "no";
    }
}
