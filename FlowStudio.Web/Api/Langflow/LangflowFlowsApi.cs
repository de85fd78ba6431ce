using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Langflow.Files;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// <c>/api/v1/flows/</c>: flows as Langflow's clients list, write, upload and download them. Every flow is shown in Langflow's format; what its format cannot
/// say of one that was drawn here stays with it in a property of our own.
/// </summary>
sealed class LangflowFlowsApi(IFlowStore flows, IFlowIndex index, LangflowFlows files, LangflowExport export, FlowIntake intake, SecretVault vault, TimeProvider time) : IDisposable
{
    const int MaxFlows = 1000;

    readonly SemaphoreSlim creating = new(1, 1);

    public void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/flows").Access(AccessRule.Api).WithTags("Langflow").DisableAntiforgery();
        group.MapGet("/", (Delegate)FastApi.Handle(ListAsync)).WithSummary("List flows (Langflow)");
        group.MapPost("/", (Delegate)FastApi.Handle(CreateAsync)).WithSummary("Create a flow (Langflow)");
        group.MapDelete("/", (Delegate)FastApi.Handle(DeleteManyAsync)).WithSummary("Delete flows (Langflow)");
        group.MapPost("/batch", (Delegate)FastApi.Handle(CreateManyAsync)).WithSummary("Create several flows (Langflow)");
        group.MapPost("/upload", (Delegate)FastApi.Handle(UploadAsync)).WithSummary("Upload a Langflow file")
            .WithDescription("A form with the file in its field file: one flow, {\"flows\":[…]}, or a zip of such files. demo_model=true lets nodes that lack a key ask the built-in demo model.");
        group.MapPost("/download", (Delegate)FastApi.Handle(DownloadAsync)).WithSummary("Download flows as Langflow files")
            .WithDescription("The body is a list of ids. One flow comes as JSON, several as a zip.");
        group.MapGet("/{flow_id}", (Delegate)FastApi.Handle(GetAsync)).WithSummary("Read a flow (Langflow)");
        group.MapPut("/{flow_id}", (Delegate)FastApi.Handle(PutAsync)).WithSummary("Create a flow with this id, or replace it (Langflow)");
        group.MapPatch("/{flow_id}", (Delegate)FastApi.Handle(UpdateAsync)).WithSummary("Change a flow (Langflow)");
        group.MapDelete("/{flow_id}", (Delegate)FastApi.Handle(DeleteAsync)).WithSummary("Delete a flow (Langflow)");
    }

    async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var heads = query["header_flows"] == "true";
        var paged = query["get_all"] == "false";
        var size = FastApi.Number(query["size"], "size", paged ? 50 : 10_000, 10_000);
        var page = FastApi.Number(query["page"], "page", 1, 1_000_000);
        var all = query["components_only"] == "true" ? [] : await flows.AllAsync(context.RequestAborted);
        var shown = paged ? all.Skip((page - 1) * size).Take(size) : all;
        var items = new JsonArray([.. shown.Select(f => (JsonNode?)View(f, whole: !heads))]);
        JsonNode answer = paged ? FastApi.Page(items, all.Count, page, size) : items;
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, answer);
    }

    async Task GetAsync(HttpContext context) => await FastApi.WriteAsync(context, StatusCodes.Status200OK, View(await FindAsync(context), whole: true));

    async Task CreateAsync(HttpContext context)
    {
        var body = FastApi.Object(await FastApi.ReadAsync(context));
        var flow = (await StoreAsync([New(body, demoModel: false)], context.RequestAborted))[0];
        await FastApi.WriteAsync(context, StatusCodes.Status201Created, View(flow, whole: true));
    }

    async Task CreateManyAsync(HttpContext context)
    {
        var body = FastApi.Object(await FastApi.ReadAsync(context));
        if (LangflowNode.Member(body, "flows").ValueKind is not JsonValueKind.Array)
            throw FastApiException.Invalid("list_type", "Input should be a valid list", "body", "flows");
        await AnswerNewAsync(context, LangflowNode.Items(body, "flows"), demoModel: false);
    }

    public async Task UploadAsync(HttpContext context)
    {
        var uploaded = await FlowForm.ReadAsync(context);
        await AnswerNewAsync(context, uploaded.SelectMany(Flows), context.Request.Query["demo_model"] == "true");

        static IEnumerable<JsonElement> Flows(JsonElement file) =>
            LangflowNode.Member(file, "flows").ValueKind is JsonValueKind.Array ? LangflowNode.Items(file, "flows") : file.ValueKind is JsonValueKind.Array ? file.EnumerateArray() : [file];
    }

    /// <summary>Read whole before anything is stored: one that is wrong leaves nothing behind.</summary>
    async Task AnswerNewAsync(HttpContext context, IEnumerable<JsonElement> bodies, bool demoModel)
    {
        var all = bodies.Take(MaxFlows + 1).ToList();
        if (all.Count > MaxFlows)
            throw FastApiException.Invalid("too_long", $"List should have at most {MaxFlows} items", "body", "flows");
        var stored = await StoreAsync(all.ConvertAll(b => New(FastApi.Object(b), demoModel)), context.RequestAborted);
        await FastApi.WriteAsync(context, StatusCodes.Status201Created, new JsonArray([.. stored.Select(f => (JsonNode?)View(f, whole: true))]));
    }

    async Task UpdateAsync(HttpContext context)
    {
        var flow = await FindAsync(context);
        var body = FastApi.Object(await FastApi.ReadAsync(context));
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, View(await SaveAsync(flow, body, StatusCodes.Status400BadRequest, context.RequestAborted), whole: true));
    }

    /// <summary>As Langflow's upsert: what is there is changed as by PATCH, what is not is created with the id of the path. Names that are taken are refused here, not numbered.</summary>
    async Task PutAsync(HttpContext context)
    {
        var id = FastApi.Id(context, "flow_id");
        var body = FastApi.Object(await FastApi.ReadAsync(context));
        if (FastApi.Text(body, "name", FlowRules.MaxNameLength) is not { Length: > 0 })
            throw FastApiException.Invalid("missing", "Field required", "body", "name");
        var made = New(body, demoModel: false) with { Id = id };
        // Two that create the same flow at once: the second finds it.
        await creating.WaitAsync(context.RequestAborted);
        try
        {
            var known = await flows.FindAsync(id, context.RequestAborted);
            // One that was just deleted still has its versions and its token: it comes back.
            var stored = (known ?? await flows.UndeleteAsync(id, context.RequestAborted)) is { } flow
                ? await SaveAsync(flow, body, StatusCodes.Status409Conflict, context.RequestAborted)
                : await flows.CreateAsync(made, context.RequestAborted);
            await vault.EnsureWebhookTokenAsync(stored.Id, context.RequestAborted);
            await FastApi.WriteAsync(context, known is null ? StatusCodes.Status201Created : StatusCodes.Status200OK, View(stored, whole: true));
        }
        catch (FlowConflictException e)
        {
            throw Conflict(e, StatusCodes.Status409Conflict);
        }
        finally
        {
            creating.Release();
        }
    }

    /// <summary>Changes what the body names.</summary>
    async Task<Flow> SaveAsync(Flow flow, JsonElement body, int whenTaken, CancellationToken cancellationToken)
    {
        var next = flow with
        {
            Name = FastApi.Text(body, "name", FlowRules.MaxNameLength) ?? flow.Name,
            Description = FastApi.Text(body, "description", FlowRules.MaxDescriptionLength) ?? flow.Description,
            EndpointName = body.TryGetProperty("endpoint_name", out _) ? FastApi.Text(body, "endpoint_name", FlowNames.MaxLength) is { Length: > 0 } endpoint ? endpoint : null : flow.EndpointName,
            Tags = LangflowNode.Member(body, "tags").ValueKind is JsonValueKind.Array ? [.. LangflowNode.Items(body, "tags").Select(JsonText.Of)] : flow.Tags,
            Draft = LangflowNode.Member(body, "data").ValueKind is JsonValueKind.Object ? New(body, demoModel: false).Draft : flow.Draft,
        };
        Check(next);
        try
        {
            return await flows.SaveAsync(next, flow.DraftRevision, cancellationToken) ?? throw Missing();
        }
        catch (FlowConflictException e)
        {
            throw Conflict(e, whenTaken);
        }
    }

    static FastApiException Conflict(FlowConflictException e, int whenTaken) => e.Code == "endpoint_name_taken"
        ? new FastApiException(whenTaken, "Endpoint name must be unique")
        : new FastApiException(StatusCodes.Status409Conflict, e.Message);

    async Task DeleteAsync(HttpContext context)
    {
        if (!await flows.DeleteAsync(FastApi.Id(context, "flow_id"), context.RequestAborted))
            throw Missing();
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonObject { ["message"] = "Flow deleted successfully" });
    }

    async Task DeleteManyAsync(HttpContext context)
    {
        var ids = FastApi.Ids(await FastApi.ReadAsync(context), MaxFlows);
        var deleted = 0;
        foreach (var id in ids)
        {
            if (await flows.DeleteAsync(id, context.RequestAborted))
                deleted++;
        }
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonObject { ["deleted"] = deleted });
    }

    async Task DownloadAsync(HttpContext context)
    {
        var chosen = new List<Flow>();
        foreach (var id in FastApi.Ids(await FastApi.ReadAsync(context), MaxFlows))
        {
            if (await flows.FindAsync(id, context.RequestAborted) is { } flow)
                chosen.Add(flow);
        }
        if (chosen.Count == 0)
            throw new FastApiException(StatusCodes.Status404NotFound, "No flows found.");
        if (chosen is [var only])
        {
            await FastApi.WriteAsync(context, StatusCodes.Status200OK, export.Write(only));
            return;
        }
        await WriteZipAsync(context, chosen, "langflow_flows");
    }

    /// <summary>Answers with a zip of flows, each a file.</summary>
    public async Task WriteZipAsync(HttpContext context, IEnumerable<Flow> chosen, string what)
    {
        using var zip = new MemoryStream();
        await WriteZipAsync(zip, chosen, context.RequestAborted);
        var name = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyyMMdd_HHmmss}_{what}.zip");
        context.Response.Headers.ContentDisposition = $"attachment; filename={name}";
        context.Response.ContentType = "application/x-zip-compressed";
        context.Response.ContentLength = zip.Length;
        zip.Position = 0;
        await zip.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    async Task WriteZipAsync(Stream output, IEnumerable<Flow> chosen, CancellationToken cancellationToken)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await using var zip = await ZipArchive.CreateAsync(output, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        foreach (var flow in chosen)
        {
            var stem = string.Concat(flow.Name.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or ' ' or '(' or ')' ? c : '_')).Trim();
            var entry = zip.CreateEntry(FlowIntake.Free(stem.Length > 0 ? stem : flow.Id.ToString(), taken, int.MaxValue, static i => $" ({i})") + ".json", CompressionLevel.Fastest);
            await using var file = await entry.OpenAsync(cancellationToken);
            await JsonSerializer.SerializeAsync(file, KeptFile.ToElement(export.Write(flow)), Json.ApiJson.Relaxed.JsonElement, cancellationToken);
        }
    }

    Flow New(JsonElement body, bool demoModel)
    {
        if (FastApi.Text(body, "name", FlowRules.MaxNameLength) is not { Length: > 0 } && LangflowNode.Member(body, "data").ValueKind is JsonValueKind.Undefined)
            throw FastApiException.Invalid("missing", "Field required", "body", "name");
        FastApi.Text(body, "description", int.MaxValue);
        FastApi.Text(body, "endpoint_name", int.MaxValue);
        try
        {
            var flow = intake.Checked(files.Read(body, Engine.Ids.New(time), demoModel).Flow);
            Check(flow);
            return flow;
        }
        catch (ForeignFlowException e)
        {
            throw FastApiException.Invalid("value_error", e.Message, "body", "data");
        }
    }

    static void Check(Flow flow)
    {
        if (FlowRules.Check(flow) is [var problem, ..])
            throw FastApiException.Invalid("value_error", $"{problem.Message} {problem.Advice}", "body", problem.Field ?? "");
    }

    /// <summary>A name that is taken gets a number, as it does there.</summary>
    async Task<List<Flow>> StoreAsync(IReadOnlyList<Flow> read, CancellationToken cancellationToken)
    {
        var existing = await index.NamesAsync(cancellationToken);
        var names = existing.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var endpoints = existing.Select(f => f.EndpointName).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        var stored = new List<Flow>(read.Count);
        foreach (var flow in read)
        {
            stored.Add(await flows.CreateAsync(flow with
            {
                Name = FlowIntake.Free(flow.Name, names, FlowRules.MaxNameLength, static i => $" ({i})"),
                EndpointName = flow.EndpointName is { } endpoint ? FlowIntake.Free(endpoint, endpoints, FlowNames.MaxLength, static i => $"-{i}") : null,
            }, cancellationToken));
            await vault.EnsureWebhookTokenAsync(stored[^1].Id, cancellationToken);
        }
        return stored;
    }

    async Task<Flow> FindAsync(HttpContext context) => await flows.FindAsync(FastApi.Id(context, "flow_id"), context.RequestAborted) ?? throw Missing();

    public void Dispose() => creating.Dispose();

    static FastApiException Missing() => new(StatusCodes.Status404NotFound, "Flow not found");

    public JsonObject View(Flow flow, bool whole)
    {
        var view = new JsonObject
        {
            ["name"] = flow.Name,
            ["description"] = flow.Description,
            ["icon"] = null,
            ["icon_bg_color"] = null,
            ["gradient"] = null,
            ["data"] = null,
            ["is_component"] = false,
            ["updated_at"] = FastApi.Time(flow.UpdatedAt),
            ["webhook"] = flow.Draft.Nodes.Any(n => n is { Type: "Webhook", Disabled: false }),
            ["endpoint_name"] = flow.EndpointName,
            ["tags"] = new JsonArray([.. flow.Tags.Select(t => (JsonNode?)t)]),
            ["locked"] = false,
            ["mcp_enabled"] = false,
            ["action_name"] = null,
            ["action_description"] = null,
            ["access_type"] = "PRIVATE",
            ["id"] = flow.Id.ToString(),
            ["user_id"] = null,
            ["folder_id"] = TheUser.Project.ToString(),
        };
        if (whole)
        {
            var data = export.Write(flow)["data"];
            view["data"] = data?.DeepClone();
        }
        return view;
    }
}
