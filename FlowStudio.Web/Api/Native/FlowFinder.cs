using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Native;

/// <summary>Flows by what stands in an address: id or endpoint name.</summary>
sealed class FlowFinder(IFlowStore flows)
{
    /// <exception cref="ApiException">There is no such flow.</exception>
    public async ValueTask<Flow> FindAsync(string name, CancellationToken cancellationToken) => (await ResolveAsync(name, draft: true, cancellationToken)).Flow;

    /// <exception cref="ApiException">There is no such flow.</exception>
    public async ValueTask<RunnableFlow> ResolveAsync(string name, bool draft, CancellationToken cancellationToken) =>
        FlowNames.IsIdentifier(name) && await flows.ResolveAsync(name, draft, cancellationToken) is { } flow ? flow : throw Missing(name);

    public static ApiException Missing(string name) => ApiException.NotFound("flow_not_found", $"There is no flow with the id or endpoint name {name}.");
}
