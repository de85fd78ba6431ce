using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>How a node did in two runs.</summary>
/// <param name="Left">How long it took in the first, all its attempts and iterations; null when it was not reached, was skipped or taken over.</param>
/// <param name="LeftWord">What is said of it there: its time, or why there is none.</param>
/// <param name="Output">What differs in what it gave; of a node in a loop, the last time.</param>
public sealed record StepComparison(
    string NodeId, TimeSpan? Left, TimeSpan? Right, StepStatus? LeftStatus, StepStatus? RightStatus, string LeftWord, string RightWord, JsonDiff Output)
{
    /// <summary>How much longer it took in the second; null when one of them has no time.</summary>
    public TimeSpan? Delta => Right - Left;
}

/// <summary>Two runs put beside each other; pure.</summary>
public sealed record RunComparison(IReadOnlyList<StepComparison> Steps, JsonDiff Input, JsonDiff Output)
{
    /// <summary>The longest time of a step in either.</summary>
    public TimeSpan Longest => Steps.SelectMany(s => (TimeSpan?[])[s.Left, s.Right]).Max() ?? TimeSpan.Zero;

    /// <param name="leftDocument">What the first ran; null when it is gone.</param>
    /// <param name="rightDocument">What the second ran; its order leads.</param>
    public static RunComparison Of(RunDetails left, RunDetails right, FlowDocument? leftDocument, FlowDocument? rightDocument)
    {
        var (was, now) = (Nodes(left), Nodes(right));
        var order = (rightDocument?.Nodes ?? []).Concat(leftDocument?.Nodes ?? []).Select(n => n.Id).Concat(now.Keys).Concat(was.Keys).Distinct(StringComparer.Ordinal)
            .Where(id => was.ContainsKey(id) || now.ContainsKey(id));
        // In the order in which they began in the second run; then those that only the first has.
        var begun = right.Steps.Concat(left.Steps).Select(s => s.NodeId).Distinct(StringComparer.Ordinal).Select((id, i) => (id, i)).ToDictionary(p => p.id, p => p.i, StringComparer.Ordinal);
        return new(
            [.. order.OrderBy(id => begun.GetValueOrDefault(id, int.MaxValue)).Select(id => Compare(id, was.GetValueOrDefault(id) ?? [], now.GetValueOrDefault(id) ?? []))],
            JsonDiff.Between(left.Input, right.Input),
            JsonDiff.Between(left.Output, right.Output));
    }

    static Dictionary<string, List<Step>> Nodes(RunDetails run) =>
        run.Steps.GroupBy(s => s.NodeId, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);

    static StepComparison Compare(string id, List<Step> left, List<Step> right) => new(
        id, Took(left), Took(right), left.LastOrDefault()?.Status, right.LastOrDefault()?.Status, Word(left), Word(right), JsonDiff.Between(GaveOf(left), GaveOf(right)));

    /// <summary>From its first beginning to its last end, as the waterfall shows it; pauses between attempts count.</summary>
    static TimeSpan? Took(List<Step> steps)
    {
        // The turns of an agent lie within its own step.
        var own = steps.Where(s => s.Iteration.Count == steps[0].Iteration.Count && s is { StartedAt: not null, FinishedAt: not null, Status: not StepStatus.Skipped }).ToList();
        if (own.Count == 0)
            return null;
        return own[0].Iteration.Count == 0
            ? own[^1].FinishedAt - own[0].StartedAt
            : own.Aggregate(TimeSpan.Zero, static (sum, s) => sum + (s.FinishedAt - s.StartedAt ?? TimeSpan.Zero));
    }

    static string Word(List<Step> steps) => steps switch
    {
        [] => "not reached",
        _ when Took(steps) is { } took => Shared.Times.Duration(took),
        [.., { ReusedFrom: not null }] => "reused",
        [.., var last] => RunWords.Of(last.Status).ToLowerInvariant(),
    };

    static JsonElement? GaveOf(List<Step> steps) => steps is [.., { Output.Count: > 0 } last]
        ? Engine.JsonText.Element(last.Output, static (json, ports) =>
        {
            json.WriteStartObject();
            foreach (var (port, value) in ports)
            {
                json.WritePropertyName(port);
                value.WriteTo(json);
            }
            json.WriteEndObject();
        })
        : null;
}
