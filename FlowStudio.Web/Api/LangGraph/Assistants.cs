using FlowStudio.Engine;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>Flows as assistants: each flow has one, whose id is the flow's.</summary>
sealed class Assistants(IFlowStore flows)
{
    const int Page = 500;

    /// <summary>The flow that a request means: by its id, or by its endpoint name.</summary>
    /// <exception cref="ApiException">There is none (404), or it can be none (422).</exception>
    public async ValueTask<Flow> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (FlowNames.IsIdentifier(name) && await flows.ResolveAsync(name, draft: true, cancellationToken) is { } found)
            return found.Flow;
        if (Guid.TryParse(name, out _))
            throw GraphErrors.Missing(GraphErrors.NoThreadOrAssistant);
        throw GraphErrors.Invalid($"Invalid assistant: '{(name.Length > 64 ? name[..64] + "…" : name)}'. Must be either: a valid assistant UUID, or the endpoint name of one of the flows.");
    }

    /// <summary>The flow of an address, where an unknown name is 404 as well.</summary>
    public async ValueTask<Flow> FindInPathAsync(string name, CancellationToken cancellationToken)
    {
        if (FlowNames.IsIdentifier(name) && await flows.ResolveAsync(name, draft: true, cancellationToken) is { } found)
            return found.Flow;
        throw Guid.TryParse(name, out _) || FlowNames.IsIdentifier(name) ? GraphErrors.Missing("Assistant not found") : GraphErrors.Invalid("Invalid assistant ID: must be a UUID");
    }

    /// <summary>The flows themselves, by name.</summary>
    public async Task<IReadOnlyList<Flow>> AllAsync(CancellationToken cancellationToken)
    {
        var all = new List<Flow>();
        string? cursor = null;
        do
        {
            var page = await flows.ListAsync(search: null, cursor, Page, cancellationToken);
            all.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return all;
    }

    public async ValueTask<FlowDocument> DocumentAsync(Flow flow, CancellationToken cancellationToken) =>
        (await flows.ResolveAsync(flow.Id.ToString(), draft: false, cancellationToken))?.Version.Document ?? flow.Draft;

    /// <summary>What stands for the flow where a graph is named.</summary>
    public static string GraphId(Flow flow) => flow.EndpointName ?? flow.Id.ToString();

    public static AssistantView View(Flow flow) => new(flow.Id, GraphId(flow), flow.Name, flow.Description.Length > 0 ? flow.Description : null, flow.LiveVersion ?? 1,
        JsonText.EmptyObject, JsonText.EmptyObject, MadeBySystem, flow.CreatedAt, flow.UpdatedAt);

    /// <summary>As a default assistant says that nobody made it.</summary>
    static readonly System.Text.Json.JsonElement MadeBySystem = JsonText.Parse("""{"created_by":"system"}"""u8);
}
