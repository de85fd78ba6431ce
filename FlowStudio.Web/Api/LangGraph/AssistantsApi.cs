using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary><c>/assistants</c>: the SDK's <c>assistants</c> client.</summary>
sealed class AssistantsApi(Assistants assistants, IAssistantRows rows, IThreadRows threads, ThreadKeeper keeper, GraphCrons crons, ComponentCatalog components, SecretRedactor redactor, TimeProvider time)
{
    const string OwnedByFlow = "A flow's own assistant is changed where the flow is: in the studio, or by /v1/flows. It cannot be changed or deleted here; make another one over the flow with POST /assistants.";

    static readonly JsonElement State = JsonText.Parse("""
        {"messages":{"type":"array","items":{"type":"object","properties":{"type":{"type":"string"},"content":{},"id":{"type":"string"}},"required":["type","content"]}}}
        """u8);

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/assistants").WithTags("LangGraph assistants");
        group.MapPost("", CreateAsync).WithSummary("Make an assistant: a flow with a configuration of its own")
            .WithDescription("Members of 'context' and 'config.configurable' that are named like Text Inputs of the flow fill them in each run, unless the run's input does.")
            .Produces<AssistantView>().Refuses(400, 404, 409, 422);
        group.MapPost("/search", SearchAsync).WithSummary("List assistants: one for each flow, and those that were made").Produces<IReadOnlyList<AssistantView>>().Refuses(422);
        group.MapPost("/count", CountAsync).WithSummary("How many assistants there are").Produces<int>().Refuses(422);
        group.MapGet("/{assistant}", GetAsync).WithSummary("Read an assistant").Produces<AssistantView>().Refuses(404, 422);
        group.MapPatch("/{assistant}", ChangeAsync).WithSummary("Change an assistant: a new version of it").WithDescription("A flow's own is changed where the flow is: 409.")
            .Produces<AssistantView>().Refuses(400, 404, 409, 422);
        group.MapDelete("/{assistant}", DeleteAsync).WithSummary("Delete an assistant with its crons, and its threads when delete_threads is true").WithDescription("A flow's own stays: 409.")
            .Produces(204).Refuses(404, 409, 422);
        group.MapGet("/{assistant}/graph", GraphAsync).WithSummary("The flow as nodes and edges").Produces<JsonElement>().Refuses(404, 422);
        group.MapGet("/{assistant}/schemas", SchemasAsync).WithSummary("What the flow takes and gives, as JSON Schemas").Produces<SchemasView>().Refuses(404, 422);
        group.MapGet("/{assistant}/subgraphs", SubgraphsAsync).WithSummary("Graphs within the flow: none").Produces<JsonElement>().Refuses(404, 422);
        group.MapGet("/{assistant}/subgraphs/{ns}", SubgraphsAsync).WithSummary("A graph within the flow: none").Produces<JsonElement>().Refuses(404, 422);
        group.MapPost("/{assistant}/versions", VersionsAsync).WithSummary("An assistant's versions, newest first").Produces<IReadOnlyList<AssistantView>>().Refuses(404, 422);
        group.MapPost("/{assistant}/latest", LatestAsync).WithSummary("Take up a version of an assistant again").Produces<AssistantView>().Refuses(404, 422);
    }

    async Task CreateAsync(HttpContext context, GraphBody<AssistantInput> body)
    {
        var fields = body.Fields();
        var given = AssistantFields.Read(fields, redactor);
        var exists = fields.Choice("if_exists", "raise", "do_nothing");
        var flow = await assistants.FindGraphAsync(fields.Required("graph_id"), context.RequestAborted);
        var now = time.GetUtcNow();
        var assistant = given.LaidOver(new()
        {
            Id = fields.Id("assistant_id", "assistant") ?? Ids.New(time, now),
            FlowId = flow.Id,
            Name = "Untitled",
            CreatedAt = now,
            UpdatedAt = now,
        });
        // A flow's id is its own assistant's.
        if (await assistants.LookUpAsync(assistant.Id, context.RequestAborted) is null && await rows.AddAsync(assistant, context.RequestAborted))
        {
            await GraphAnswers.WriteAsync(context, Assistants.View(assistant, flow), GraphJson.Relaxed.AssistantView);
            return;
        }
        if (exists is not "do_nothing" || await assistants.LookUpAsync(assistant.Id, context.RequestAborted) is not { } there)
            throw GraphErrors.Conflict("Assistant already exists");
        await GraphAnswers.WriteAsync(context, there.View, GraphJson.Relaxed.AssistantView);
    }

    async Task SearchAsync(HttpContext context, GraphBody<AssistantSearch> body)
    {
        var fields = body.Fields(optional: true);
        var (limit, offset) = (fields.Limit(), fields.Offset());
        var sort = fields.Choice("sort_by", "assistant_id", "graph_id", "name", "created_at", "updated_at");
        var ascending = fields.Choice("sort_order", "asc", "desc") == "asc";
        var select = fields.Texts("select");
        var found = await MatchesAsync(fields, context.RequestAborted);
        Func<AssistantView, object> key = sort switch
        {
            "assistant_id" => a => a.AssistantId,
            "graph_id" => a => a.GraphId,
            "name" => a => a.Name,
            "updated_at" => a => a.UpdatedAt,
            _ => a => a.CreatedAt,
        };
        var sorted = ascending ? found.OrderBy(key).ThenBy(a => a.AssistantId) : found.OrderByDescending(key).ThenByDescending(a => a.AssistantId);
        await GraphAnswers.WriteListAsync(context, [.. sorted.Skip(offset).Take(limit)], GraphJson.Relaxed.AssistantView, select, offset, found.Count > (long)offset + limit);
    }

    async Task CountAsync(HttpContext context, GraphBody<AssistantSearch> body) =>
        await GraphAnswers.WriteAsync(context, (await MatchesAsync(body.Fields(optional: true), context.RequestAborted)).Count);

    async Task<IReadOnlyList<AssistantView>> MatchesAsync(GraphFields fields, CancellationToken cancellationToken)
    {
        var graph = fields.Text("graph_id");
        var name = fields.Text("name");
        var metadata = fields.Object("metadata");
        return [.. (await assistants.AllAsync(cancellationToken)).Where(a => graph is null || Assistants.GraphId(a.Flow) == graph || a.Flow.Id.ToString() == graph).Select(a => a.View)
            .Where(a => (name is null || a.Name.Contains(name, StringComparison.OrdinalIgnoreCase)) && (metadata is not { } wanted || JsonContains.In(a.Metadata, wanted)))];
    }

    async Task GetAsync(HttpContext context, string assistant) =>
        await GraphAnswers.WriteAsync(context, (await assistants.FindInPathAsync(assistant, context.RequestAborted)).View, GraphJson.Relaxed.AssistantView);

    async Task ChangeAsync(HttpContext context, string assistant, GraphBody<AssistantInput> body)
    {
        var fields = body.Fields();
        var given = AssistantFields.Read(fields, redactor);
        var own = await FindOwnAsync(assistant, context.RequestAborted);
        var flow = fields.Text("graph_id") is { } graph ? await assistants.FindGraphAsync(graph, context.RequestAborted) : null;
        var now = time.GetUtcNow();
        var changed = await rows.ChangeAsync(own.Id, before => given.LaidOver(before) with { FlowId = flow?.Id ?? before.FlowId, UpdatedAt = now }, context.RequestAborted)
            ?? throw GraphErrors.Missing("Assistant not found");
        await TellAsync(context, changed);
    }

    async Task DeleteAsync(HttpContext context, string assistant)
    {
        var threadsToo = context.Request.Query["delete_threads"].ToString() switch
        {
            "" or "false" or "0" => false,
            "true" or "1" => true,
            _ => throw GraphErrors.Invalid("'delete_threads' must be true or false."),
        };
        var own = await FindOwnAsync(assistant, context.RequestAborted);
        if (!await rows.DeleteAsync(own.Id, context.RequestAborted))
            throw GraphErrors.Missing("Assistant not found");
        // From here on it is gone for all; what belonged to it follows.
        await crons.DeleteOfAssistantAsync(own.Id, CancellationToken.None);
        if (threadsToo)
            await DeleteThreadsAsync(own.Id);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>The threads whose last run was of the assistant.</summary>
    async Task DeleteThreadsAsync(Guid assistantId)
    {
        var filter = new ThreadFilter
        {
            Metadata = JsonText.Element(assistantId, static (json, id) =>
            {
                json.WriteStartObject();
                json.WriteString("assistant_id"u8, id);
                json.WriteEndObject();
            }),
        };
        const int page = 500;
        while (true)
        {
            var (found, more) = await threads.SearchAsync(filter, 0, page, CancellationToken.None);
            foreach (var thread in found)
                await keeper.DeleteAsync(thread.Id, CancellationToken.None);
            if (!more)
                return;
        }
    }

    async Task VersionsAsync(HttpContext context, string assistant, GraphBody<AssistantSearch> body)
    {
        var fields = body.Fields(optional: true);
        var (limit, offset) = (fields.Limit(), fields.Offset());
        var metadata = fields.Object("metadata");
        var named = await assistants.FindInPathAsync(assistant, context.RequestAborted);
        IEnumerable<AssistantView> versions = named.Own is { } own ? (await rows.VersionsAsync(own.Id, context.RequestAborted)).Select(v => Assistants.View(v, named.Flow)) : [named.View];
        var all = versions.Where(v => metadata is not { } wanted || JsonContains.In(v.Metadata, wanted)).ToList();
        await GraphAnswers.WriteListAsync(context, [.. all.Skip(offset).Take(limit)], GraphJson.Relaxed.AssistantView, select: null, offset, more: all.Count > (long)offset + limit);
    }

    async Task LatestAsync(HttpContext context, string assistant, GraphBody<AssistantLatest> body)
    {
        var fields = body.Fields();
        if (fields.Json("version") is null)
            throw GraphErrors.Invalid("'version' is missing. It must be a whole number.");
        var version = fields.Integer("version", 0, 0, int.MaxValue);
        var named = await assistants.FindInPathAsync(assistant, context.RequestAborted);
        if (named.Own is { } own)
        {
            await TellAsync(context, await rows.TakeUpAsync(own.Id, version, time.GetUtcNow(), context.RequestAborted) ?? throw GraphErrors.Missing($"The assistant has no version {version}."));
            return;
        }
        if (version != named.View.Version)
            throw GraphErrors.Missing($"The flow's own assistant has version {named.View.Version} and no other; the flow's versions are published and restored in the studio.");
        await GraphAnswers.WriteAsync(context, named.View, GraphJson.Relaxed.AssistantView);
    }

    /// <summary>Answers with it as it is now, which its crons go by as well.</summary>
    async Task TellAsync(HttpContext context, Assistant changed)
    {
        await crons.RefreshOfAssistantAsync(changed.Id, CancellationToken.None);
        var named = await assistants.LookUpAsync(changed.Id, context.RequestAborted) ?? throw GraphErrors.Missing("Assistant not found");
        await GraphAnswers.WriteAsync(context, named.View, GraphJson.Relaxed.AssistantView);
    }

    async ValueTask<Assistant> FindOwnAsync(string assistant, CancellationToken cancellationToken) =>
        (await assistants.FindInPathAsync(assistant, cancellationToken)).Own ?? throw GraphErrors.Conflict(OwnedByFlow);

    async Task SubgraphsAsync(HttpContext context, string assistant)
    {
        await assistants.FindInPathAsync(assistant, context.RequestAborted);
        await GraphAnswers.WriteRawAsync(context, "{}");
    }

    async Task GraphAsync(HttpContext context, string assistant)
    {
        var (flow, _) = await assistants.FindInPathAsync(assistant, context.RequestAborted);
        var document = await assistants.DocumentAsync(flow, context.RequestAborted);
        await GraphAnswers.WriteAsync(context, JsonText.Element((document, components), static (json, g) => WriteGraph(json, g.document, g.components)), GraphJson.Relaxed.JsonElement);
    }

    static void WriteGraph(Utf8JsonWriter json, FlowDocument document, ComponentCatalog components)
    {
        json.WriteStartObject();
        json.WriteStartArray("nodes"u8);
        WriteNode(json, "__start__", "schema", "__start__");
        foreach (var node in document.Nodes)
            WriteNode(json, node.Id, "runnable", node.Label);
        WriteNode(json, "__end__", "schema", "__end__");
        json.WriteEndArray();
        json.WriteStartArray("edges"u8);
        foreach (var node in document.Nodes.Where(n => components.Find(n.Type) is { IsTrigger: true }))
            WriteEdge(json, "__start__", node.Id, conditional: false);
        foreach (var (from, to) in document.Edges.Select(e => (e.From.Node, e.To.Node)).Distinct())
            WriteEdge(json, from, to, document.Node(from) is { } source && components.Find(source.Type) is { Category: Category.Route });
        foreach (var node in document.Nodes.Where(n => !document.Edges.Any(e => e.From.Node == n.Id)))
            WriteEdge(json, node.Id, "__end__", conditional: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteNode(Utf8JsonWriter json, string id, string type, string name)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("type"u8, type);
        json.WriteStartObject("data"u8);
        json.WriteString("id"u8, id);
        json.WriteString("name"u8, name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteEdge(Utf8JsonWriter json, string source, string target, bool conditional)
    {
        json.WriteStartObject();
        json.WriteString("source"u8, source);
        json.WriteString("target"u8, target);
        if (conditional)
            json.WriteBoolean("conditional"u8, value: true);
        json.WriteEndObject();
    }

    async Task SchemasAsync(HttpContext context, string assistant)
    {
        var (flow, _) = await assistants.FindInPathAsync(assistant, context.RequestAborted);
        var document = await assistants.DocumentAsync(flow, context.RequestAborted);
        var texts = document.Nodes.Where(n => n.Type == "TextInput" && !n.Disabled).Select(n => n.Label).ToList();
        var outputs = document.Nodes.Where(n => !n.Disabled && components.Find(n.Type) is { IsOutput: true }).Select(n => n.Label);
        var view = new SchemasView(Assistants.GraphId(flow), Schema(State, texts, text: true), Schema(State, outputs, text: false), Schema(State, outputs, text: false),
            texts.Count == 0 ? null : Schema(JsonText.EmptyObject, texts, text: true), texts.Count == 0 ? null : Schema(JsonText.EmptyObject, texts, text: true));
        await GraphAnswers.WriteAsync(context, view, GraphJson.Relaxed.SchemasView);
    }

    /// <summary>An object with these members, and others by their names.</summary>
    static JsonElement Schema(JsonElement members, IEnumerable<string> names, bool text) => JsonText.Element((members, Names: names.Where(n => n != "messages").Distinct(StringComparer.Ordinal), text), static (json, s) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "object");
        json.WriteStartObject("properties"u8);
        foreach (var member in s.members.EnumerateObject())
            member.WriteTo(json);
        foreach (var name in s.Names)
        {
            json.WriteStartObject(name);
            if (s.text)
                json.WriteString("type"u8, "string");
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
