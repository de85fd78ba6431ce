using System.ComponentModel;
using System.Globalization;
using FlowStudio.Engine.Files;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace FlowStudio.Web.Api.Native;

/// <summary>An endpoint whose body is a form with one file; for the API's description.</summary>
sealed record FileBody;

/// <summary><c>/v1/files</c>: files that flows read and send.</summary>
sealed class FilesApi(IFileStore files, Engine.Files.FileOptions options)
{
    /// <summary>What a form may weigh beyond its file: boundaries, headers, other fields.</summary>
    const long FormBytes = 64 * 1024;

    const int MaxBoundary = 200;

    /// <summary>Parts of a form, the file among them; each may be as long as a file.</summary>
    const int MaxParts = 20;

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/files").WithTags("Files");
        group.MapPost("", UploadAsync).WithMetadata(new FileBody()).WithSummary("Upload a file")
            .WithDescription("A form (multipart/form-data) with the file in its field file. The answer's id is what a flow's settings name. "
                + "The same file twice is two files.")
            .Produces<FileView>(201).Errors(400, 413, 415, 503);
        group.MapGet("", ListAsync).WithSummary("List files").WithDescription("Newest first.").Errors(400);
        group.MapGet("/{id}", ReadAsync).WithSummary("What is known of a file").Errors(404);
        group.MapGet("/{id}/content", ContentAsync).WithSummary("Download a file").Produces(200, contentType: "application/octet-stream").Errors(404);
        group.MapDelete("/{id}", Delete).WithSummary("Delete a file").WithDescription("Flows that name it fail from now on.").Errors(404);
    }

    async Task UploadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var file = await ReceiveAsync(context);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/v1/files/{file.Id}";
        await context.Response.WriteAsJsonAsync(FileView.Of(file), Json.ApiJson.Relaxed.FileView, contentType: null, cancellationToken);
    }

    async Task<Ok<ListOf<FileView>>> ListAsync(
        [Description("1 to 200; default 50")] string? limit, [Description("The next_cursor of the page before")] string? cursor, CancellationToken cancellationToken)
    {
        var page = await Paging.ReadAsync(files.ListAsync(string.IsNullOrEmpty(cursor) ? null : cursor, Paging.Limit(limit), cancellationToken));
        return TypedResults.Ok(new ListOf<FileView>([.. page.Items.Select(FileView.Of)], page.NextCursor));
    }

    async Task<Ok<FileView>> ReadAsync(string id, CancellationToken cancellationToken) => TypedResults.Ok(FileView.Of(await FindAsync(id, cancellationToken)));

    /// <summary>Always to be saved, never to be shown: with the headers of the front door, what a stranger uploaded runs in nobody's browser.</summary>
    async Task<FileStreamHttpResult> ContentAsync(string id, CancellationToken cancellationToken)
    {
        var file = await FindAsync(id, cancellationToken);
        return TypedResults.Stream(files.OpenRead(file.Id) ?? throw Missing(id), file.ContentType, file.Name, file.CreatedAt, enableRangeProcessing: true);
    }

    NoContent Delete(string id) => Guid.TryParse(id, out var parsed) && files.Delete(parsed) ? TypedResults.NoContent() : throw Missing(id);

    async Task<StoredFile> ReceiveAsync(HttpContext context)
    {
        var request = context.Request;
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        if (boundary is not { Length: > 0 and <= MaxBoundary })
        {
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "not_multipart",
                "The body must be a form (multipart/form-data) with the file in its field file: curl -F file=@orders.csv …/v1/files");
        }
        var most = options.MaxBytes + FormBytes;
        // The server would cut the connection of a body beyond its own limit before the sender has read why; here this one counts.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        if (request.ContentLength > most)
            throw TooLarge();
        try
        {
            return await ReceiveAsync(new MultipartReader(boundary, request.Body) { BodyLengthLimit = most }, context.RequestAborted);
        }
        catch (FileTooLargeException)
        {
            throw TooLarge();
        }
        catch (InvalidDataException e)
        {
            throw ApiException.BadRequest("invalid_form", $"The form cannot be read: {e.Message}");
        }
        catch (IOException e) when (!context.RequestAborted.IsCancellationRequested && e is not BadHttpRequestException)
        {
            throw ApiException.BadRequest("invalid_form", "The form ends before its last boundary. Send it whole.");
        }
    }

    async Task<StoredFile> ReceiveAsync(MultipartReader form, CancellationToken cancellationToken)
    {
        StoredFile? stored = null;
        try
        {
            for (var parts = 1; await form.ReadNextSectionAsync(cancellationToken) is { } part; parts++)
            {
                if (parts > MaxParts)
                    throw ApiException.BadRequest("invalid_form", $"The form has more than {MaxParts} parts. Send the file alone.");
                if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var place) || !place.IsFileDisposition())
                    continue;
                if (stored is not null)
                    throw ApiException.BadRequest("too_many_files", "The form has more than one file. Upload them one by one.");
                var name = (place.FileNameStar.HasValue ? place.FileNameStar : HeaderUtilities.RemoveQuotes(place.FileName)).Value;
                stored = await files.SaveAsync(name, part.ContentType, part.Body, cancellationToken);
            }
        }
        catch
        {
            // A form that turns out to be wrong, or breaks off, leaves nothing behind.
            if (stored is not null)
                files.Delete(stored.Id);
            throw;
        }
        return stored ?? throw ApiException.BadRequest("missing_file", "The form has no file. Send it in the field file: curl -F file=@orders.csv …/v1/files");
    }

    async Task<StoredFile> FindAsync(string id, CancellationToken cancellationToken) =>
        Guid.TryParse(id, out var parsed) && await files.FindAsync(parsed, cancellationToken) is { } file ? file : throw Missing(id);

    ApiException TooLarge() => new(StatusCodes.Status413PayloadTooLarge, "file_too_large", string.Create(CultureInfo.InvariantCulture,
        $"The file is larger than {options.MaxBytes} bytes (setting FlowStudio:Files:MaxBytes)."));

    static ApiException Missing(string id) =>
        ApiException.NotFound("file_not_found", $"There is no file {(id.Length > 60 ? id[..60] + "…" : id)}. GET /v1/files lists those there are.");
}

/// <summary>A file that flows can read and send.</summary>
/// <param name="Id">What a flow's settings name.</param>
/// <param name="Name">As it was uploaded.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of its bytes.</param>
sealed record FileView(Guid Id, string Name, string ContentType, long Size, string Sha256, DateTimeOffset CreatedAt)
{
    public static FileView Of(StoredFile file) => new(file.Id, file.Name, file.ContentType, file.Size, file.Sha256, file.CreatedAt);
}
