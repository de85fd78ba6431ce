using System.Globalization;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>A stretch of a row: where it begins and how long it is, in percent of the whole.</summary>
/// <param name="Look">The class of its bar: a status, or <c>between</c> for the pause before a repeat.</param>
public sealed record WaterfallBar(double Left, double Width, string Look, string Hint);

/// <summary>One node, in one iteration of the loops around it, over time.</summary>
/// <param name="Label">Right of the bars: the time it took, or why there is none.</param>
public sealed record WaterfallRow(
    string NodeId, IReadOnlyList<int> Iteration, string Title, StepStatus Status, IReadOnlyList<WaterfallBar> Bars, string Label, int Attempts)
{
    public string Key => $"{NodeId}:{StepKey.PathOf(Iteration)}";
}

/// <summary>A mark on the scale, in percent of the whole.</summary>
public sealed record WaterfallTick(double Left, string Text);

/// <summary>The steps of a run on one scale; pure.</summary>
/// <param name="Inside">How many steps there are inside of loops and agents; the rows hold one page of them.</param>
/// <param name="Page">Which page, from 0.</param>
public sealed record WaterfallLayout(IReadOnlyList<WaterfallRow> Rows, IReadOnlyList<WaterfallTick> Ticks, int Inside = 0, int Page = 0)
{
    /// <summary>Steps inside of loops and agents that are drawn at once.</summary>
    public const int PageSize = 100;

    public int Pages => (Inside + PageSize - 1) / PageSize;

    /// <summary>
    /// Lays out what has happened until <paramref name="now"/>; nodes that were not reached come last, in the order of the document. Of the steps inside of
    /// loops and agents, one page.
    /// </summary>
    public static WaterfallLayout Of(RunProgress run, FlowDocument? document, Func<string, string> titleOf, DateTimeOffset now, int page = 0)
    {
        page = Math.Clamp(page, 0, Math.Max(0, (run.Inside.Count - 1) / PageSize));
        var shown = run.Inside.Skip(page * PageSize).Take(PageSize).Concat(run.Outside).OrderBy(s => s.Order).ToList();
        // Nulls do not count in a minimum; who began first stands first, of those outside and of those inside.
        var start = run.Outside.Take(1).Concat(run.Inside.Take(1)).Select(s => s.All[0].StartedAt).Append(run.StartedAt).Min() ?? run.AcceptedAt ?? now;
        var end = run.FinishedAt ?? (now > start ? now : start);
        var length = Math.Max((end - start).TotalMilliseconds, 1);
        var rows = shown.ConvertAll(s => Row(s.All, titleOf, start, length, end));
        foreach (var node in document?.Nodes ?? [])
        {
            if (run.Latest(node.Id) is null)
                rows.Add(new(node.Id, [], titleOf(node.Id), StepStatus.Pending, [], run.IsFinal ? "not reached" : "pending", Attempts: 0));
        }
        return new(rows, TicksOf(length), run.Inside.Count, page);
    }

    static WaterfallRow Row(List<StepView> attempts, Func<string, string> titleOf, DateTimeOffset start, double length, DateTimeOffset end)
    {
        var bars = new List<WaterfallBar>();
        StepView? before = null;
        foreach (var attempt in attempts)
        {
            if (attempt.Status is StepStatus.Skipped || attempt.StartedAt is not { } from)
                continue;
            if (before?.FinishedAt is { } gap && from > gap)
                bars.Add(Bar(gap, from, "between", $"{Times.Duration(from - gap)} until the next attempt"));
            var until = attempt.FinishedAt ?? end;
            var number = attempts.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"attempt {attempt.Attempt}: ") : "";
            var why = attempt.Error is { } error ? $", {error.Message}" : "";
            bars.Add(Bar(from, until, RunNames.Of(attempt.Status), $"{number}{Times.Duration(until - from)}{why}"));
            before = attempt;
        }
        var (first, last) = (attempts[0], attempts[^1]);
        var title = titleOf(last.NodeId);
        if (last.Iteration.Count > 0)
            title += string.Create(CultureInfo.InvariantCulture, $" › {string.Join('.', last.Iteration.Select(i => i + 1))}");
        var label = last.Status switch
        {
            StepStatus.Skipped => "skipped",
            StepStatus.Waiting => "waiting",
            _ when last.ReusedFrom is not null => "reused",
            _ when last.Pinned => "pinned",
            _ => first.StartedAt is { } began ? Times.Duration((last.FinishedAt ?? end) - began) : "",
        };
        return new(last.NodeId, last.Iteration, title, last.Status, bars, label, attempts.Count);

        WaterfallBar Bar(DateTimeOffset from, DateTimeOffset until, string look, string hint)
        {
            var left = Math.Clamp((from - start).TotalMilliseconds / length * 100, 0, 99.7);
            return new(left, Math.Clamp((until - from).TotalMilliseconds / length * 100, 0, 100 - left), look, hint);
        }
    }

    /// <summary>At most five marks at round times, and the end.</summary>
    static List<WaterfallTick> TicksOf(double length)
    {
        var rough = length / 4;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1, 2, 5, 10 }.Select(m => m * power).First(s => s >= rough);
        var ticks = new List<WaterfallTick>();
        for (var at = 0.0; at < length * 0.9; at += step)
            ticks.Add(new(at / length * 100, at == 0 ? "0" : Times.Duration(TimeSpan.FromMilliseconds(at))));
        ticks.Add(new(100, Times.Duration(TimeSpan.FromMilliseconds(length))));
        return ticks;
    }
}
