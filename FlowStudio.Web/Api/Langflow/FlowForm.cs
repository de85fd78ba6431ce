using System.Text.Json;
using FlowStudio.Engine;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>Flow files in a form, as Langflow's clients upload them.</summary>
static class FlowForm
{
    const int MaxBoundary = 200;
    const int MaxParts = 100;

    /// <summary>The JSON of the form's files; a zip's files are all in it.</summary>
    /// <exception cref="FastApiException">There is none, or it is no JSON.</exception>
    /// <exception cref="ApiException">The form is too large, or cannot be read.</exception>
    public static async Task<List<JsonElement>> ReadAsync(HttpContext context)
    {
        var boundary = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        if (boundary is not { Length: > 0 and <= MaxBoundary })
            throw FastApiException.Invalid("missing", "Field required", "body", "file");
        var most = context.RequestServices.GetRequiredService<EngineOptions>().Intake.MaxBodyBytes;
        var body = await RequestBody.ReadAsync(context, most);
        try
        {
            using var stream = new MemoryStream(System.Buffers.BuffersExtensions.ToArray(body), writable: false);
            return await ReadAsync(new MultipartReader(boundary, stream), most, context.RequestAborted);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw ApiException.BadRequest("invalid_form", "There was an error parsing the body");
        }
        finally
        {
            RequestBody.Done(context, body);
        }
    }

    static async Task<List<JsonElement>> ReadAsync(MultipartReader form, long most, CancellationToken cancellationToken)
    {
        var files = new List<JsonElement>();
        for (var parts = 1; await form.ReadNextSectionAsync(cancellationToken) is { } part; parts++)
        {
            if (parts > MaxParts)
                throw ApiException.BadRequest("invalid_form", $"The form has more than {MaxParts} parts.");
            if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var place) || !place.IsFileDisposition())
                continue;
            using var content = new MemoryStream();
            await part.Body.CopyToAsync(content, cancellationToken);
            var bytes = content.ToArray();
            if (bytes is [(byte)'P', (byte)'K', ..])
                files.AddRange((await FlowZip.ReadAsync(bytes, most, cancellationToken)).Select(f => f.Json));
            else
                files.Add(FastApi.Parse(new(bytes)));
        }
        return files.Count > 0 ? files : throw FastApiException.Invalid("missing", "Field required", "body", "file");
    }
}
