using FlowStudio.Engine.Runs;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>A call of the webhook: the run it started, or why it started none.</summary>
public sealed record WebhookCallRow(DateTimeOffset At, Run? Run, RefusedCall? Refused)
{
    /// <summary>Both kinds together, newest first.</summary>
    public static IReadOnlyList<WebhookCallRow> Merge(IEnumerable<Run> runs, IEnumerable<RefusedCall> refused, int most) =>
    [
        .. runs.Select(r => new WebhookCallRow(r.CreatedAt, r, null)).Concat(refused.Select(r => new WebhookCallRow(r.At, null, r)))
            .OrderByDescending(c => c.At).Take(most),
    ];
}
