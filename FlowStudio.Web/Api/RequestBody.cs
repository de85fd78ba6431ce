using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace FlowStudio.Web.Api;

/// <summary>Reads bodies whole, within the limit.</summary>
static class RequestBody
{
    /// <summary>
    /// The body; call <see cref="Done"/> with it when it has been read. No cancellation token: asking for one allocates, and a broken connection ends the
    /// reading anyway.
    /// </summary>
    /// <exception cref="ApiException">It is too large or compressed.</exception>
    public static async ValueTask<ReadOnlySequence<byte>> ReadAsync(HttpContext context, long maxBytes)
    {
        var request = context.Request;
        if (request.Headers.ContentEncoding.Count > 0 && !request.Headers.ContentEncoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "compressed_body",
                "Compressed bodies are not taken. Send the body without Content-Encoding.");
        if (request.ContentLength is null or > 0 && !(request.ContentLength <= maxBytes))
            TakeOverLimit(context, maxBytes);
        var reader = request.BodyReader;
        var read = await reader.ReadAsync(CancellationToken.None);
        while (!read.IsCompleted)
        {
            if (read.Buffer.Length > maxBytes)
                break;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync(CancellationToken.None);
        }
        if (read.Buffer.Length <= maxBytes)
            return read.Buffer;
        reader.AdvanceTo(read.Buffer.End);
        throw TooLarge(maxBytes);
    }

    public static void Done(HttpContext context, in ReadOnlySequence<byte> body) => context.Request.BodyReader.AdvanceTo(body.End);

    /// <summary>
    /// The server would cut the connection of a body beyond its limit, often before the sender has read why. With its limit lifted, it answers and then
    /// swallows what still comes, for a few seconds at most.
    /// </summary>
    static void TakeOverLimit(HttpContext context, long maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        if (context.Request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
    }

    static ApiException TooLarge(long maxBytes) =>
        new(StatusCodes.Status413PayloadTooLarge, "body_too_large", $"The body is larger than {maxBytes} bytes (setting FlowStudio:Intake:MaxBodyBytes).");
}
