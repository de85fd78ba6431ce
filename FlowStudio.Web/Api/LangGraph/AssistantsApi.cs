using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary><c>/assistants</c>: the SDK's <c>assistants</c> client.</summary>
sealed class AssistantsApi(Assistants assistants, ComponentCatalog components)
{
    const string OwnedByFlow = "A flow's own assistant is changed where the flow is: in the studio, or by /v1/flows. It cannot be changed or deleted here.";

    static readonly JsonElement State = JsonText.Parse("""
        {"type":"object","properties":{"messages":{"type":"array","items":{"type":"object","properties":{"type":{"type":"string"},"content":{},"id":{"type":"string"}},"required":["type","content"]}}}}
        """u8);

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/assistants").WithTags("LangGraph assistants");
        group.MapPost("", CreateAsync).WithSummary("Make an assistant").WithDescription("Each flow has one of its own; further ones are not kept.").Refuses(409, 422).Produces<AssistantView>();
        group.MapPost("/search", SearchAsync).WithSummary("List assistants: one for each flow").Produces<IReadOnlyList<AssistantView>>().Refuses(422);
        group.MapPost("/count", CountAsync).WithSummary("How many assistants there are").Produces<int>().Refuses(422);
        group.MapGet("/{assistant}", GetAsync).WithSummary("Read an assistant").Produces<AssistantView>().Refuses(404, 422);
        group.MapPatch("/{assistant}", ChangeAsync).WithSummary("Change an assistant").WithDescription("A flow's own is changed where the flow is: 409.").Refuses(404, 409, 422);
        group.MapDelete("/{assistant}", DeleteAsync).WithSummary("Delete an assistant").WithDescription("A flow's own stays: 409.").Refuses(404, 409, 422);
        group.MapGet("/{assistant}/graph", GraphAsync).WithSummary("The flow as nodes and edges").Produces<JsonElement>().Refuses(404, 422);
        group.MapGet("/{assistant}/schemas", SchemasAsync).WithSummary("What the flow takes and gives, as JSON Schemas").Produces<SchemasView>().Refuses(404, 422);
        group.MapGet("/{assistant}/subgraphs", SubgraphsAsync).WithSummary("Graphs within the flow: none").Produces<JsonElement>().Refuses(404, 422);
        group.MapGet("/{assistant}/subgraphs/{ns}", SubgraphsAsync).WithSummary("A graph within the flow: none").Produces<JsonElement>().Refuses(404, 422);
        group.MapPost("/{assistant}/versions", VersionsAsync).WithSummary("An assistant's versions").Produces<IReadOnlyList<AssistantView>>().Refuses(404, 422);
        group.MapPost("/{assistant}/latest", LatestAsync).WithSummary("Make a version the latest").Produces<AssistantView>().Refuses(404, 422);
    }

    async Task CreateAsync(HttpContext context, GraphBody<AssistantInput> body)
    {
        var fields = body.Fields();
        var flow = await assistants.FindAsync(fields.Required("graph_id"), context.RequestAborted);
        var exists = fields.Choice("if_exists", "raise", "do_nothing");
        if (fields.Id("assistant_id", "assistant") != flow.Id)
            throw GraphErrors.Invalid($"Each flow has one assistant, whose id is the flow's ({flow.Id}); this server keeps no further ones. Use that, or make another flow.");
        if (exists is not "do_nothing")
            throw GraphErrors.Conflict("Assistant already exists");
        await GraphAnswers.WriteAsync(context, Assistants.View(flow), GraphJson.Relaxed.AssistantView);
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
        return [.. (await assistants.AllAsync(cancellationToken)).Where(f => (graph is null || Assistants.GraphId(f) == graph || f.Id.ToString() == graph)
            && (name is null || f.Name.Contains(name, StringComparison.OrdinalIgnoreCase))).Select(Assistants.View).Where(a => metadata is not { } wanted || JsonContains.In(a.Metadata, wanted))];
    }

    async Task GetAsync(HttpContext context, string assistant) =>
        await GraphAnswers.WriteAsync(context, Assistants.View(await assistants.FindInPathAsync(assistant, context.RequestAborted)), GraphJson.Relaxed.AssistantView);

    async Task ChangeAsync(HttpContext context, string assistant, GraphBody<AssistantInput> body)
    {
        body.Fields();
        await assistants.FindInPathAsync(assistant, context.RequestAborted);
        throw GraphErrors.Conflict(OwnedByFlow);
    }

    async Task DeleteAsync(HttpContext context, string assistant)
    {
        await assistants.FindInPathAsync(assistant, context.RequestAborted);
        throw GraphErrors.Conflict(OwnedByFlow);
    }

    async Task VersionsAsync(HttpContext context, string assistant, GraphBody<AssistantSearch> body)
    {
        var fields = body.Fields(optional: true);
        var (limit, offset) = (fields.Limit(), fields.Offset());
        var metadata = fields.Object("metadata");
        var view = Assistants.View(await assistants.FindInPathAsync(assistant, context.RequestAborted));
        AssistantView[] all = metadata is { } wanted && !JsonContains.In(view.Metadata, wanted) ? [] : [view];
        await GraphAnswers.WriteListAsync(context, [.. all.Skip(offset).Take(limit)], GraphJson.Relaxed.AssistantView, select: null, offset, more: false);
    }

    async Task LatestAsync(HttpContext context, string assistant, GraphBody<AssistantLatest> body)
    {
        var fields = body.Fields();
        if (fields.Json("version") is null)
            throw GraphErrors.Invalid("'version' is missing. It must be a whole number.");
        var version = fields.Integer("version", 0, 0, int.MaxValue);
        var view = Assistants.View(await assistants.FindInPathAsync(assistant, context.RequestAborted));
        if (version != view.Version)
            throw GraphErrors.Missing($"The assistant has version {view.Version} and no other; the flow's versions are published and restored in the studio.");
        await GraphAnswers.WriteAsync(context, view, GraphJson.Relaxed.AssistantView);
    }

    async Task SubgraphsAsync(HttpContext context, string assistant)
    {
        await assistants.FindInPathAsync(assistant, context.RequestAborted);
        await GraphAnswers.WriteRawAsync(context, "{}");
    }

    async Task GraphAsync(HttpContext context, string assistant)
    {
        var flow = await assistants.FindInPathAsync(assistant, context.RequestAborted);
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
        var flow = await assistants.FindInPathAsync(assistant, context.RequestAborted);
        var document = await assistants.DocumentAsync(flow, context.RequestAborted);
        var texts = document.Nodes.Where(n => n.Type == "TextInput" && !n.Disabled).Select(n => n.Label);
        var outputs = document.Nodes.Where(n => !n.Disabled && components.Find(n.Type) is { IsOutput: true }).Select(n => n.Label);
        var view = new SchemasView(Assistants.GraphId(flow), Schema(texts, text: true), Schema(outputs, text: false), Schema(outputs, text: false), ConfigSchema: null, ContextSchema: null);
        await GraphAnswers.WriteAsync(context, view, GraphJson.Relaxed.SchemasView);
    }

    /// <summary>The messages, and members of these names.</summary>
    static JsonElement Schema(IEnumerable<string> names, bool text) => JsonText.Element((Names: names.Where(n => n != "messages").Distinct(StringComparer.Ordinal), text), static (json, s) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "object");
        json.WriteStartObject("properties"u8);
        foreach (var member in State.GetProperty("properties").EnumerateObject())
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
