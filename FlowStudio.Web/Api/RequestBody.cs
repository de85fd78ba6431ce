using System.Buffers;
using FlowStudio.Engine;
using Microsoft.AspNetCore.Http.Features;

namespace FlowStudio.Web.Api;

/// <summary>Reads bodies whole, within the limit; what comes as gzip is unpacked, and the limit is that of the unpacked body.</summary>
static class RequestBody
{
    /// <summary>
    /// The body; call <see cref="Done"/> with it when it has been read. No cancellation token: asking for one allocates, and a broken connection ends the
    /// reading anyway.
    /// </summary>
    /// <exception cref="ApiException">It is too large, or packed in a way that is not taken.</exception>
    public static async ValueTask<ReadOnlySequence<byte>> ReadAsync(HttpContext context, long maxBytes)
    {
        var request = context.Request;
        if (request.Headers.ContentEncoding.Count > 0 && IsPacked(context))
            return await InflateAsync(context, maxBytes);
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

    /// <summary>
    /// A JSON body as <paramref name="parse"/> reads it, which gets no bytes when there are none. A content type that says it is something else is refused:
    /// a page of another site may send text/plain and forms without asking, JSON it may not (Fetch, CORS-safelisted request headers).
    /// </summary>
    /// <exception cref="ApiException">It is said to be no JSON, too large, or packed in a way that is not taken.</exception>
    public static async ValueTask<T> ReadJsonAsync<T>(HttpContext context, Func<ReadOnlySequence<byte>, T> parse)
    {
        if (context.Request.ContentType is { Length: > 0 } type && !IsJson(type))
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "not_json_type", "The body must be JSON: send Content-Type: application/json.");
        var body = await ReadAsync(context, context.RequestServices.GetRequiredService<EngineOptions>().Intake.MaxBodyBytes);
        try
        {
            return parse(body);
        }
        finally
        {
            Done(context, body);
        }
    }

    public static void Done(HttpContext context, in ReadOnlySequence<byte> body)
    {
        if (context.Request.Headers.ContentEncoding.Count > 0 && context.Features.Get<InflatedBody>() is { } inflated)
            inflated.Return();
        else
            context.Request.BodyReader.AdvanceTo(body.End);
    }

    static bool IsJson(string type)
    {
        var media = type.AsSpan();
        if (media.IndexOf(';') is >= 0 and var parameters)
            media = media[..parameters];
        media = media.Trim();
        return media.Equals("application/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase)
            || media.Equals("text/json", StringComparison.OrdinalIgnoreCase);
    }

    /// <exception cref="ApiException">It is packed with something else than gzip.</exception>
    static bool IsPacked(HttpContext context)
    {
        var encoding = context.Request.Headers.ContentEncoding.ToString();
        if (encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            return false;
        if (encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase) || encoding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase))
            return true;
        context.Response.Headers.AcceptEncoding = "gzip";
        throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "unknown_content_encoding",
            "The body's Content-Encoding is not taken. Send it with Content-Encoding: gzip, or without one.");
    }

    static async ValueTask<ReadOnlySequence<byte>> InflateAsync(HttpContext context, long maxBytes)
    {
        if (context.Request.ContentLength is not { } length || length > maxBytes)
            TakeOverLimit(context, maxBytes);
        try
        {
            var body = await InflatedBody.ReadAsync(context.Request.BodyReader, maxBytes) ?? throw TooLarge(maxBytes);
            context.Features.Set(body);
            return body.Bytes;
        }
        catch (InvalidDataException)
        {
            throw ApiException.BadRequest("invalid_gzip", "The body is not valid gzip, though its Content-Encoding says so.");
        }
    }

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
