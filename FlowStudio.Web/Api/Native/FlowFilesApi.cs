using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Json;

namespace FlowStudio.Web.Api.Native;

/// <summary>Flows as files: <c>/v1/flows/{id}/export</c>, <c>/v1/flows/export</c>, <c>/v1/flows/import</c>.</summary>
sealed class FlowFilesApi(IFlowStore flows, FlowFinder finder, SecretVault vault, PastedSecrets secrets, TimeProvider time)
{
    const int MaxFlows = 1000;

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/flows").WithTags("Flows");
        group.MapGet("/{id}/export", ExportAsync).WithSummary("Export a flow")
            .WithDescription("The draft and the flow's settings as a file. It holds no secrets.").Produces<FlowFile>(200).Errors(404);
        group.MapGet("/export", ExportAllAsync).WithSummary("Export all flows").WithDescription("A list of files; import takes it as it is.")
            .Produces<IReadOnlyList<FlowFile>>(200);
        group.MapPost("/import", ImportAsync).WithSummary("Import flows")
            .WithDescription("One file, a list of them, or {\"flows\":[…]}. All or none: a file that is wrong stops the import. A name or endpoint name " +
            "that is taken gets -1, -2… at its end.")
            .Produces<ListOf<FlowSummary>>(201).Errors(400, 409, 413, 415);
    }

    async Task ExportAsync(HttpContext context, string id)
    {
        var flow = await finder.FindAsync(id, context.RequestAborted);
        Attach(context, FileName(flow));
        await context.Response.WriteAsJsonAsync(FlowFile.Of(flow), ApiJson.Relaxed.FlowFile, contentType: null, context.RequestAborted);
    }

    async Task ExportAllAsync(HttpContext context, CancellationToken cancellationToken)
    {
        Attach(context, "flows.json");
        await context.Response.WriteAsJsonAsync<IReadOnlyList<FlowFile>>([.. (await AllAsync(cancellationToken)).Select(FlowFile.Of)],
            ApiJson.Relaxed.IReadOnlyListFlowFile, contentType: null, cancellationToken);
    }

    async Task ImportAsync(HttpContext context, JsonBody<FlowFile> body)
    {
        var files = Files(body.Required);
        var existing = await AllAsync(context.RequestAborted);
        var names = existing.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var endpoints = existing.Select(f => f.EndpointName).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        // Read whole before anything is stored: a file that is wrong leaves nothing behind.
        var read = files.ConvertAll(file => Rename(secrets.Refuse(FlowFileReader.Read(file, Guid.CreateVersion7(time.GetUtcNow()))), names, endpoints));
        var created = new List<FlowSummary>(read.Count);
        foreach (var flow in read)
        {
            var stored = await flows.CreateAsync(flow, context.RequestAborted);
            await vault.EnsureWebhookTokenAsync(stored.Id, context.RequestAborted);
            created.Add(FlowSummary.Of(stored));
        }
        context.Response.StatusCode = StatusCodes.Status201Created;
        await context.Response.WriteAsJsonAsync(new ListOf<FlowSummary>(created), ApiJson.Relaxed.ListOfFlowSummary, contentType: null, context.RequestAborted);
    }

    static List<JsonElement> Files(JsonElement body)
    {
        if (body.ValueKind is JsonValueKind.Object && body.TryGetProperty("flows", out var list))
            body = list;
        List<JsonElement> files = body.ValueKind is JsonValueKind.Array ? [.. body.EnumerateArray()] : [body];
        return files.Count <= MaxFlows ? files : throw ApiException.BadRequest("too_many_flows",
            $"The import has {files.Count} flows; {MaxFlows} are the most at once.");
    }

    static Flow Rename(Flow flow, HashSet<string> names, HashSet<string> endpoints) => flow with
    {
        Name = Free(flow.Name, names, int.MaxValue),
        EndpointName = flow.EndpointName is { } endpoint ? Free(endpoint, endpoints, FlowNames.MaxLength) : null,
    };

    /// <summary>The name, or with the first free number at its end; takes it.</summary>
    static string Free(string name, HashSet<string> taken, int maxLength)
    {
        var free = name;
        for (var i = 1; !taken.Add(free); i++)
        {
            var end = $"-{i}";
            free = name.Length + end.Length <= maxLength ? name + end : name[..(maxLength - end.Length)] + end;
        }
        return free;
    }

    async Task<List<Flow>> AllAsync(CancellationToken cancellationToken)
    {
        var all = new List<Flow>();
        string? cursor = null;
        do
        {
            var page = await flows.ListAsync(search: null, cursor, limit: 500, cancellationToken);
            all.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return all;
    }

    static void Attach(HttpContext context, string fileName) => context.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";

    /// <summary>Letters, digits, <c>-</c> and <c>_</c> only: it goes into a header and onto a disk.</summary>
    static string FileName(Flow flow)
    {
        var name = string.Concat((flow.EndpointName ?? flow.Name).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')).Trim('-');
        return $"{(name.Length is > 0 and <= 80 ? name : flow.Id.ToString())}.flow.json";
    }
}
