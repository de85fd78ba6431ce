using FlowStudio.Engine.Runs;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>A call of the webhook: the run it started, or why it started none.</summary>
/// <param name="Answered">The status that the caller of the run got, where that is known.</param>
public sealed record WebhookCallRow(DateTimeOffset At, Run? Run, RefusedCall? Refused, int? Answered = null)
{
    /// <summary>Both kinds together, newest first.</summary>
    public static IReadOnlyList<WebhookCallRow> Merge(IEnumerable<Run> runs, IEnumerable<RefusedCall> refused, int most, Func<Run, int?>? answered = null) =>
    [
        .. runs.Select(r => new WebhookCallRow(r.CreatedAt, r, null, answered?.Invoke(r))).Concat(refused.Select(r => new WebhookCallRow(r.At, null, r)))
            .OrderByDescending(c => c.At).Take(most),
    ];
}
