using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>What a caller named: a flow's own assistant, or another one over it.</summary>
/// <param name="Own">Null: the flow's own, which has no configuration.</param>
sealed record NamedAssistant(Flow Flow, Assistant? Own)
{
    public Guid Id => Own?.Id ?? Flow.Id;

    public JsonElement Config => Own?.Config ?? JsonText.EmptyObject;

    public JsonElement Context => Own?.Context ?? JsonText.EmptyObject;

    public JsonElement Metadata => Own?.Metadata ?? JsonText.EmptyObject;

    public AssistantView View => Own is null ? Assistants.View(Flow) : Assistants.View(Own, Flow);
}

/// <summary>Flows as assistants: each flow has one, whose id is the flow's, and callers make further ones, with a configuration.</summary>
sealed class Assistants(IFlowStore flows, IAssistantRows rows)
{
    const int Page = 500;

    /// <summary>What a request means: by its id, or by the flow's endpoint name.</summary>
    /// <exception cref="ApiException">There is none (404), or it can be none (422).</exception>
    public async ValueTask<NamedAssistant> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (await LookAsync(name, cancellationToken) is { } found)
            return found;
        if (Guid.TryParse(name, out _))
            throw GraphErrors.Missing(GraphErrors.NoThreadOrAssistant);
        throw GraphErrors.Invalid($"Invalid assistant: '{Short(name)}'. Must be either: a valid assistant UUID, or the endpoint name of one of the flows.");
    }

    /// <summary>The assistant of an address, where an unknown name is 404 as well.</summary>
    public async ValueTask<NamedAssistant> FindInPathAsync(string name, CancellationToken cancellationToken)
    {
        if (await LookAsync(name, cancellationToken) is { } found)
            return found;
        throw Guid.TryParse(name, out _) || FlowNames.IsIdentifier(name) ? GraphErrors.Missing("Assistant not found") : GraphErrors.Invalid("Invalid assistant ID: must be a UUID");
    }

    /// <summary>The flow that stands for a graph: by its endpoint name, or its id.</summary>
    /// <exception cref="ApiException">There is none (404), or it can be none (422).</exception>
    public async ValueTask<Flow> FindGraphAsync(string name, CancellationToken cancellationToken)
    {
        if (await LookAsync(name, cancellationToken) is { Own: null } found)
            return found.Flow;
        throw Guid.TryParse(name, out _) ? GraphErrors.Missing($"Graph '{name}' not found") : GraphErrors.Invalid($"Invalid graph: '{Short(name)}'. 'graph_id' must be the endpoint name of one of the flows, or its id.");
    }

    /// <summary>All of them: each flow's own, and those that were made. One whose flow was deleted is not there.</summary>
    public async Task<IReadOnlyList<NamedAssistant>> AllAsync(CancellationToken cancellationToken)
    {
        var all = new List<NamedAssistant>();
        string? cursor = null;
        do
        {
            var page = await flows.ListAsync(search: null, cursor, Page, cancellationToken);
            all.AddRange(page.Items.Select(static f => new NamedAssistant(f, Own: null)));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        var byId = all.ToDictionary(a => a.Flow.Id, a => a.Flow);
        foreach (var own in await rows.ListAsync(cancellationToken))
        {
            if (byId.TryGetValue(own.FlowId, out var flow))
                all.Add(new(flow, own));
        }
        return all;
    }

    /// <summary>The assistant with this id, a flow's own or another; null when there is none.</summary>
    public ValueTask<NamedAssistant?> LookUpAsync(Guid id, CancellationToken cancellationToken) => LookAsync(id.ToString(), cancellationToken);

    public async ValueTask<FlowDocument> DocumentAsync(Flow flow, CancellationToken cancellationToken) =>
        (await flows.ResolveAsync(flow.Id.ToString(), draft: false, cancellationToken))?.Version.Document ?? flow.Draft;

    /// <summary>What stands for the flow where a graph is named.</summary>
    public static string GraphId(Flow flow) => flow.EndpointName ?? flow.Id.ToString();

    public static AssistantView View(Flow flow) => new(flow.Id, GraphId(flow), flow.Name, flow.Description.Length > 0 ? flow.Description : null, flow.LiveVersion ?? 1,
        JsonText.EmptyObject, JsonText.EmptyObject, MadeBySystem, flow.CreatedAt, flow.UpdatedAt);

    public static AssistantView View(Assistant own, Flow flow) =>
        new(own.Id, GraphId(flow), own.Name, own.Description, own.Version, own.Config, own.Context, own.Metadata, own.CreatedAt, own.UpdatedAt);

    async ValueTask<NamedAssistant?> LookAsync(string name, CancellationToken cancellationToken)
    {
        if (FlowNames.IsIdentifier(name) && await flows.ResolveAsync(name, draft: true, cancellationToken) is { } found)
            return new(found.Flow, Own: null);
        if (!Guid.TryParseExact(name, "D", out var id) || await rows.FindAsync(id, cancellationToken) is not { } own)
            return null;
        return await flows.ResolveAsync(own.FlowId.ToString(), draft: true, cancellationToken) is { } under ? new(under.Flow, own) : null;
    }

    static string Short(string name) => name.Length > 64 ? name[..64] + "…" : name;

    /// <summary>As a default assistant says that nobody made it.</summary>
    static readonly JsonElement MadeBySystem = JsonText.Parse("""{"created_by":"system"}"""u8);
}
