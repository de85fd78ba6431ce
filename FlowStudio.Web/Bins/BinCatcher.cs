using System.Buffers;
using FlowStudio.Engine;
using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Api.Native;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Bins;

/// <summary>Names of request bins.</summary>
static class BinNames
{
    public const string Rule = "A bin's name has 1 to 64 letters, digits, _ and -.";

    public static bool IsName(string? name) => name is not null && FlowNames.IsIdentifier(name);
}

/// <summary>
/// <c>/bin/{name}</c> and all below it: keeps the request, whatever its method, to be looked at. Anyone may send; values of credentials and of
/// secret variables are not kept.
/// </summary>
sealed class BinCatcher(IBinStore bins, SecretRedactor redactor, EngineOptions options, TimeProvider time)
{
    /// <summary>What stands in place of a credential: that it was there can be seen, what it was cannot.</summary>
    const string Hidden = "(hidden)";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var catcher = routes.ServiceProvider.GetRequiredService<BinCatcher>();
        routes.Map("/bin/{name}/{**rest}", catcher.CatchAsync).Access(AccessRule.Own).DisableAntiforgery()
            .WithTags("Bins").WithSummary("Catch a request");
    }

    /// <summary>Keeps a request and gives what the bin answers.</summary>
    public async Task<BinCatch> KeepAsync(string bin, string method, string path, string query, IEnumerable<KeyValuePair<string, string>> headers, byte[] body,
        string? contentType, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Ids.New(time, now);
        KeyValuePair<string, string>[] kept =
            [.. headers.Select(h => KeyValuePair.Create(redactor.Redact(h.Key), Calls.IsCredential(h.Key) ? Hidden : redactor.Redact(h.Value)))];
        await bins.AddAsync(
            new BinRequest(id, bin, method, redactor.Redact(path), redactor.Redact(query), kept, redactor.Redact(body), contentType, now), cancellationToken);
        return new(Ok: true, id);
    }

    async Task CatchAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.RouteValues["name"] is not string name || !BinNames.IsName(name))
            throw ApiException.BadRequest("invalid_bin_name", BinNames.Rule);
        var body = await BodyAsync(context);
        var headers = request.Headers.Select(h => KeyValuePair.Create(h.Key, h.Value.ToString()));
        var query = request.QueryString.Value?.TrimStart('?') ?? "";
        var answer = await KeepAsync(name, request.Method, request.Path.Value ?? "", query, headers, body, request.ContentType, context.RequestAborted);
        if (!HttpMethods.IsHead(request.Method))
            await context.Response.WriteAsJsonAsync(answer, ApiJson.Relaxed.BinCatch, contentType: null, context.RequestAborted);
    }

    async ValueTask<byte[]> BodyAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, options.Intake.MaxBodyBytes);
        var bytes = body.ToArray();
        RequestBody.Done(context, body);
        return bytes;
    }
}
