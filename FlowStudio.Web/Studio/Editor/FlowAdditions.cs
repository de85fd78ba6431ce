using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What pages beside the canvas add to a flow's draft.</summary>
public static class FlowAdditions
{
    const int MaxAttempts = 8;

    /// <summary>Left of everything, by the width of a node and a gap.</summary>
    const double Left = 320;

    /// <summary>Adds a Webhook to the draft, left of everything; a draft that has one stays as it is. Null when the flow does not exist.</summary>
    /// <exception cref="FlowConflictException">Others keep saving.</exception>
    public static async Task<Flow?> AddWebhookAsync(IFlowStore flows, Guid id, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await flows.FindAsync(id, cancellationToken) is not { } flow)
                return null;
            if (flow.Draft.Nodes.FirstOrDefault(n => n.Type == "Webhook") is { Disabled: false })
                return flow;
            try
            {
                return await flows.SaveAsync(flow with { Draft = WithWebhook(flow.Draft) }, flow.DraftRevision, cancellationToken);
            }
            catch (FlowConflictException e) when (e.Code == "stale_revision" && attempt < MaxAttempts)
            {
                // Somebody saved meanwhile: the next attempt is on top of that.
            }
        }
    }

    /// <summary>The document with a Webhook that works.</summary>
    public static FlowDocument WithWebhook(FlowDocument document)
    {
        if (document.Nodes.FirstOrDefault(n => n.Type == "Webhook") is { } there)
            return document with { Nodes = [.. document.Nodes.Select(n => ReferenceEquals(n, there) ? n with { Disabled = false } : n)] };
        var taken = document.Nodes.Select(n => n.Id).ToHashSet(StringComparer.Ordinal);
        var id = Enumerable.Range(1, taken.Count + 1).Select(i => i == 1 ? "webhook" : $"webhook-{i}").First(i => !taken.Contains(i));
        var first = document.Nodes.MinBy(n => n.Position.X)?.Position;
        var place = first is { } at ? at with { X = at.X - Left } : default;
        return document with { Nodes = [new() { Id = id, Type = "Webhook", Position = place }, .. document.Nodes] };
    }
}
