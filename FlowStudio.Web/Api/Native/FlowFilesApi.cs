using System.ComponentModel;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Mvc;

namespace FlowStudio.Web.Api.Native;

/// <summary>Flows as files: <c>/v1/flows/{id}/export</c>, <c>/v1/flows/export</c>, <c>/v1/flows/import</c>.</summary>
sealed class FlowFilesApi(IFlowStore flows, IFlowIndex index, FlowFinder finder, SecretVault vault, PastedSecrets secrets, IEnumerable<IForeignFlows> foreign,
    TimeProvider time)
{
    const int MaxFlows = 1000;

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/flows").WithTags("Flows");
        group.MapGet("/{id}/export", ExportAsync).WithSummary("Export a flow")
            .WithDescription("The draft and the flow's settings as a file. It holds no secrets. With format, as the file of another program: langflow.").Produces<FlowFile>(200).Errors(400, 404);
        group.MapGet("/export", ExportAllAsync).WithSummary("Export all flows")
            .WithDescription("A list of files, or with format=zip a zip of them; import takes either as it is.")
            .Produces<IReadOnlyList<FlowFile>>(200).Errors(400);
        group.MapPost("/export", ExportSomeAsync).WithSummary("Export some flows as a zip")
            .WithDescription($"One file for each; import takes it as it is. {MaxFlows} at most.")
            .Produces(200, contentType: FlowArchive.MediaType).Errors(400, 404, 413, 415);
        group.MapPost("/import", ImportAsync).WithSummary("Import flows")
            .WithDescription("One file, a list of them, or {\"flows\":[…]}; or, as application/zip, a zip of such files. All or none: a file that is wrong stops " +
            "the import. A name or endpoint name that is taken gets -1, -2… at its end. Files of Langflow are taken too: import then says what was mapped, " +
            "what became a placeholder, and what to do.")
            .Produces<ListOf<FlowSummary>>(201).Errors(400, 409, 413, 415);
    }

    async Task ExportAsync(HttpContext context, string id, [Description("the name of another program, in small letters; left out: FlowStudio's own format")] string? format)
    {
        var flow = await finder.FindAsync(id, context.RequestAborted);
        if (!string.IsNullOrEmpty(format))
        {
            var writer = foreign.FirstOrDefault(f => f.Program.Equals(format, StringComparison.OrdinalIgnoreCase))
                ?? throw ApiException.BadRequest("invalid_format", $"format can be {string.Join(" or ", foreign.Select(f => f.Program.ToLowerInvariant()))}; leave it out for FlowStudio's own.");
            Attach(context, $"{FlowArchive.Stem(flow)}.{writer.Program.ToLowerInvariant()}.json");
            await context.Response.WriteAsJsonAsync(writer.Write(flow).Json, ApiJson.Relaxed.JsonElement, contentType: null, context.RequestAborted);
            return;
        }
        Attach(context, FlowArchive.Stem(flow) + ".flow.json");
        await context.Response.WriteAsJsonAsync(FlowFile.Of(flow), ApiJson.Relaxed.FlowFile, contentType: null, context.RequestAborted);
    }

    async Task ExportAllAsync(HttpContext context, [Description("json (the default) or zip")] string? format, CancellationToken cancellationToken)
    {
        if (format is not (null or "" or "json" or "zip"))
            throw ApiException.BadRequest("invalid_format", "format must be json or zip.");
        var all = await flows.AllAsync(cancellationToken);
        if (format is "zip")
        {
            await SendZipAsync(context, all);
            return;
        }
        Attach(context, "flows.json");
        await context.Response.WriteAsJsonAsync<IReadOnlyList<FlowFile>>([.. all.Select(FlowFile.Of)], ApiJson.Relaxed.IReadOnlyListFlowFile, contentType: null,
            cancellationToken);
    }

    async Task ExportSomeAsync(HttpContext context, JsonBody<FlowChoice> body)
    {
        var fields = new BodyFields(body.Required, "a choice of flows", "ids");
        var ids = fields.Texts("ids", MaxFlows, maxLength: 200);
        if (ids is null or { Count: 0 })
            fields.Add("'ids' is missing: give the ids of the flows, or their endpoint names.");
        fields.Done();
        var chosen = new List<Flow>();
        foreach (var id in ids ?? [])
            chosen.Add(await finder.FindAsync(id, context.RequestAborted));
        await SendZipAsync(context, chosen);
    }

    /// <summary>Made whole first: a zip that breaks off in the middle tells its reader nothing.</summary>
    static async Task SendZipAsync(HttpContext context, IReadOnlyList<Flow> chosen)
    {
        using var zip = new MemoryStream();
        await FlowArchive.WriteAsync(zip, chosen, context.RequestAborted);
        Attach(context, "flows.zip");
        context.Response.ContentType = FlowArchive.MediaType;
        context.Response.ContentLength = zip.Length;
        zip.Position = 0;
        await zip.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    async Task ImportAsync(
        HttpContext context,
        FlowUpload upload,
        [FromQuery(Name = "demo_model"), Description("true: nodes of another program's flow that lack a key ask the built-in demo model")] string? demoModel)
    {
        if (demoModel is not (null or "" or "true" or "false"))
            throw ApiException.BadRequest("invalid_demo_model", "demo_model must be true or false.");
        var files = Files(upload);
        var existing = await index.NamesAsync(context.RequestAborted);
        var names = existing.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var endpoints = existing.Select(f => f.EndpointName).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        // Read whole before anything is stored: a file that is wrong leaves nothing behind.
        var read = files.ConvertAll(file => Read(file.Name, file.Json, demoModel is "true"));
        var created = new List<FlowSummary>(read.Count);
        foreach (var (flow, report) in read.ConvertAll(r => (Rename(r.Flow, names, endpoints), r.Report)))
        {
            var stored = await flows.CreateAsync(flow, context.RequestAborted);
            await vault.EnsureWebhookTokenAsync(stored.Id, context.RequestAborted);
            created.Add(FlowSummary.Of(stored) with { Import = report });
        }
        context.Response.StatusCode = StatusCodes.Status201Created;
        await context.Response.WriteAsJsonAsync(new ListOf<FlowSummary>(created), ApiJson.Relaxed.ListOfFlowSummary, contentType: null, context.RequestAborted);
    }

    /// <summary>The flow of a file; what is wrong with one of a zip names it.</summary>
    (Flow Flow, ImportReport? Report) Read(string? name, JsonElement file, bool demoModel)
    {
        try
        {
            if (foreign.FirstOrDefault(f => f.Knows(file)) is not { } reader)
                return (secrets.Refuse(FlowFileReader.Read(file, Ids.New(time))), null);
            var read = reader.Read(file, Ids.New(time), demoModel);
            return (secrets.Refuse(read.Flow), read.Report);
        }
        catch (ForeignFlowException e)
        {
            throw ApiException.BadRequest("invalid_flow_file", name is null ? e.Message : $"{name} in the zip: {e.Message}");
        }
        catch (ApiException e) when (name is not null)
        {
            throw new ApiException(e.Status, e.Code, $"{name} in the zip: {e.Message}") { Problems = e.Problems };
        }
    }

    static List<(string? Name, JsonElement Json)> Files(FlowUpload upload)
    {
        List<(string? Name, JsonElement Json)> files = [.. upload.Files.SelectMany(f => Flows(f.Json).Select(json => (f.Name, json)))];
        return files.Count <= MaxFlows ? files : throw ApiException.BadRequest("too_many_flows",
            $"The import has {files.Count} flows; {MaxFlows} are the most at once.");
    }

    static IEnumerable<JsonElement> Flows(JsonElement body)
    {
        if (body.ValueKind is JsonValueKind.Object && body.TryGetProperty("flows", out var list))
            body = list;
        return body.ValueKind is JsonValueKind.Array ? body.EnumerateArray() : [body];
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

    static void Attach(HttpContext context, string fileName) => context.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
}
