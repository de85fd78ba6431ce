using System.Text.Json;
using FlowStudio.Engine.Egress;
using FlowStudio.Web.Api.Json;

namespace FlowStudio.Web.Bins;

/// <summary>A flow's call to this server's own bins, without a network in between: works whatever the address, and needs no allowance.</summary>
sealed class LocalBins(BinCatcher catcher) : ILocalBins
{
    public async Task<GuardedResponse> SendAsync(GuardedRequest request, CancellationToken cancellationToken)
    {
        var mark = request.Url.IndexOf('?', StringComparison.Ordinal);
        var path = mark < 0 ? request.Url : request.Url[..mark];
        var name = path.Split('/', StringSplitOptions.RemoveEmptyEntries) is [_, var first, ..] ? Uri.UnescapeDataString(first) : "";
        if (!BinNames.IsName(name))
            return Answer(request, StatusCodes.Status400BadRequest, "Bad Request", JsonSerializer.SerializeToUtf8Bytes(BinNames.Rule, ApiJson.Relaxed.String));
        var contentType = request.Headers.FirstOrDefault(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value ?? request.ContentType;
        var headers = contentType is null || request.Headers.Any(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            ? request.Headers : [.. request.Headers, new("Content-Type", contentType)];
        var caught = await catcher.KeepAsync(name, request.Method, Uri.UnescapeDataString(path), mark < 0 ? "" : request.Url[(mark + 1)..], headers,
            request.Body?.ToArray() ?? [], contentType, cancellationToken);
        return Answer(request, StatusCodes.Status200OK, "OK", JsonSerializer.SerializeToUtf8Bytes(caught, ApiJson.Relaxed.BinCatch));
    }

    static GuardedResponse Answer(GuardedRequest request, int status, string reason, byte[] body) => new()
    {
        Status = status,
        Reason = reason,
        Headers = [new("Content-Type", "application/json; charset=utf-8")],
        Body = body,
        FinalUrl = request.Url,
    };
}
