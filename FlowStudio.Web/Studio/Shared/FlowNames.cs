using System.Collections.Concurrent;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Shared;

/// <summary>Names of flows for lists of runs, asked for once per page; a deleted flow is called by its id.</summary>
public sealed class FlowNames(IFlowStore flows)
{
    readonly ConcurrentDictionary<Guid, string> names = [];

    /// <summary>Learns the names of these flows.</summary>
    public async Task LearnAsync(IEnumerable<Guid> ids, CancellationToken cancellationToken)
    {
        foreach (var id in ids.Distinct().Where(id => !names.ContainsKey(id)).ToList())
            names[id] = (await flows.FindAsync(id, cancellationToken))?.Name ?? $"deleted flow {Times.ShortId(id)}";
    }

    public string this[Guid id] => names.GetValueOrDefault(id) ?? Times.ShortId(id);
}
