using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Web.Studio.Flows;

/// <summary>What can be done with flows as a whole, as the API would do it.</summary>
public sealed class FlowActs(IFlowStore flows, IFlowIndex index, SecretVault vault, TimeProvider time)
{
    /// <summary>Tries before somebody who keeps on saving has won.</summary>
    const int Tries = 3;

    /// <summary>A new flow from a template, under a name that is free.</summary>
    /// <param name="completionWebhook">Who is told of its runs: a copy tells nobody until somebody says so.</param>
    public async Task<Flow> CreateAsync(Flow template, string name, CancellationToken cancellationToken, string? completionWebhook = null)
    {
        var taken = await index.NamesAsync(cancellationToken);
        var endpoints = taken.Select(t => t.EndpointName).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        var flow = await flows.CreateAsync(
            new Flow
            {
                Id = Ids.New(time),
                Name = Free(name, taken.Select(t => t.Name)),
                Description = template.Description,
                // An address is for one; the first to take it keeps it.
                EndpointName = template.EndpointName is { } endpoint && !endpoints.Contains(endpoint) ? endpoint : null,
                Tags = template.Tags,
                WebhookAccess = template.WebhookAccess,
                Limits = template.Limits,
                CompletionWebhook = completionWebhook,
                Draft = template.Draft,
            },
            cancellationToken);
        await vault.EnsureWebhookTokenAsync(flow.Id, cancellationToken);
        return flow;
    }

    /// <summary>A copy of the draft and the settings, switched on; null when the flow is gone.</summary>
    public async Task<Flow?> DuplicateAsync(Guid id, CancellationToken cancellationToken) =>
        await flows.FindAsync(id, cancellationToken) is { } flow
            ? await CreateAsync(flow with { EndpointName = null }, $"{flow.Name} copy", cancellationToken)
            : null;

    /// <summary>Switches flows on or off; how many were not as wanted.</summary>
    public Task<int> SwitchAsync(IReadOnlyCollection<Guid> ids, bool enabled, CancellationToken cancellationToken) =>
        ChangeAsync(ids, flow => flow.Enabled == enabled ? flow : flow with { Enabled = enabled }, cancellationToken);

    /// <summary>Adds a tag to flows, or takes it away; how many were changed.</summary>
    public Task<int> TagAsync(IReadOnlyCollection<Guid> ids, string tag, bool add, CancellationToken cancellationToken) =>
        ChangeAsync(
            ids,
            flow => flow.Tags.Contains(tag, StringComparer.Ordinal) == add ? flow
                : flow with { Tags = add ? [.. flow.Tags, tag] : [.. flow.Tags.Where(t => t != tag)] },
            cancellationToken);

    /// <summary>Deletes flows; those that were there.</summary>
    public async Task<IReadOnlyList<Guid>> DeleteAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        var deleted = new List<Guid>();
        foreach (var id in ids)
        {
            if (await flows.DeleteAsync(id, cancellationToken))
                deleted.Add(id);
        }
        return deleted;
    }

    /// <summary>Brings deleted flows back; those that are there again.</summary>
    public async Task<IReadOnlyList<Flow>> UndeleteAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        var back = new List<Flow>();
        foreach (var id in ids)
        {
            if (await flows.UndeleteAsync(id, cancellationToken) is { } flow)
                back.Add(flow);
        }
        return back;
    }

    /// <summary>Each flow as it is now, changed and saved; somebody else's save meanwhile is not overwritten but read and changed.</summary>
    /// <param name="change">Gives the same object when there is nothing to do.</param>
    /// <exception cref="FlowConflictException">Somebody saved the flow each time in between.</exception>
    async Task<int> ChangeAsync(IReadOnlyCollection<Guid> ids, Func<Flow, Flow> change, CancellationToken cancellationToken)
    {
        var changed = 0;
        foreach (var id in ids)
        {
            for (var left = Tries; ; left--)
            {
                if (await flows.FindAsync(id, cancellationToken) is not { } flow || change(flow) is var next && ReferenceEquals(next, flow))
                    break;
                try
                {
                    await flows.SaveAsync(next, flow.DraftRevision, cancellationToken);
                    changed++;
                    break;
                }
                catch (FlowConflictException) when (left > 1)
                {
                    // Once more, on what is there now.
                }
            }
        }
        return changed;
    }

    static string Free(string name, IEnumerable<string> names)
    {
        var taken = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var free = name;
        for (var i = 2; taken.Contains(free); i++)
            free = $"{name} {i}";
        return free;
    }
}
