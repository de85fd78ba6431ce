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
    /// <summary>The run whose step it is: this one, or one that it started.</summary>
    public Guid RunId { get; init; }

    /// <summary>Unlike that of any other row.</summary>
    public string Key { get; init; } = "";

    /// <summary>How many rows it lies in.</summary>
    public int Depth { get; init; }

    /// <summary>Whether what lies in it is shown; null when nothing does.</summary>
    public bool? Open { get; init; }

    /// <summary>An item of a loop, or a run: it has no input and output of its own.</summary>
    public bool IsGroup { get; init; }

    /// <summary>The run that the step started.</summary>
    public Guid? ChildRunId { get; init; }

    /// <summary>Not a step: so many further ones of those above can be shown.</summary>
    public int More { get; init; }
}

/// <summary>A mark on the scale, in percent of the whole.</summary>
public sealed record WaterfallTick(double Left, string Text);

/// <summary>A run of which rows are laid out: the one of the page, or one that it started.</summary>
public sealed record WaterfallRun(RunProgress Progress, RunTree Tree, FlowDocument? Document, Func<string, string> TitleOf);

/// <summary>What the reader has folded and unfolded.</summary>
public sealed class WaterfallFolds
{
    /// <summary>Steps that are shown at once of those in one other.</summary>
    public const int PageSize = 50;

    readonly Dictionary<string, bool> open = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> limits = new(StringComparer.Ordinal);

    public bool IsOpen(string key, bool usually) => open.GetValueOrDefault(key, usually);

    public void Set(string key, bool isOpen) => open[key] = isOpen;

    public int LimitOf(string key) => limits.GetValueOrDefault(key, PageSize);

    /// <summary>Shows further ones.</summary>
    public void More(string key) => limits[key] = LimitOf(key) + PageSize;
}

/// <summary>The steps of a run on one scale; pure.</summary>
public sealed record WaterfallLayout(IReadOnlyList<WaterfallRow> Rows, IReadOnlyList<WaterfallTick> Ticks)
{
    const int UsuallyOpen = 10;

    /// <summary>Lays out what has happened until <paramref name="now"/>; nodes that were not reached come last, in the order of the document.</summary>
    /// <param name="childOf">The run of an id that a step started, when it was read.</param>
    public static WaterfallLayout Of(WaterfallRun run, WaterfallFolds folds, DateTimeOffset now, Func<Guid, WaterfallRun?>? childOf = null)
    {
        var progress = run.Progress;
        // Nulls do not count in a minimum; who began first stands first, of those outside and of those inside.
        var start = progress.Outside.Take(1).Concat(progress.Inside.Take(1)).Select(s => s.All[0].StartedAt).Append(progress.StartedAt).Min() ?? progress.AcceptedAt ?? now;
        var end = progress.FinishedAt ?? (now > start ? now : start);
        var length = Math.Max((end - start).TotalMilliseconds, 1);
        var builder = new Builder(folds, childOf ?? (static _ => null), start, length, end);
        builder.Add(run, depth: 0, prefix: "");
        return new(builder.Rows, TicksOf(length));
    }

    /// <summary>At most five marks at round times, and the end.</summary>
    static List<WaterfallTick> TicksOf(double length)
    {
        var rough = length / 4;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1, 2, 5, 10 }.Select(m => m * power).First(s => s >= rough);
        var ticks = new List<WaterfallTick>();
        for (var at = 0.0; at < length * 0.9; at += step)
            ticks.Add(new(at / length * 100, at == 0 ? "0" : Word(at, length)));
        ticks.Add(new(100, Word(length, length)));
        return ticks;
    }

    /// <summary>Marks of a few milliseconds tell parts of one.</summary>
    static string Word(double at, double length) =>
        length < 10 ? string.Create(CultureInfo.InvariantCulture, $"{at:0.##} ms") : Times.Duration(TimeSpan.FromMilliseconds(at));

    sealed class Builder(WaterfallFolds folds, Func<Guid, WaterfallRun?> childOf, DateTimeOffset start, double length, DateTimeOffset end)
    {
        public List<WaterfallRow> Rows { get; } = [];

        public void Add(WaterfallRun run, int depth, string prefix)
        {
            run.Tree.Take(run.Progress);
            foreach (var node in run.Tree.Roots)
                Add(run, node, depth, prefix);
            foreach (var node in run.Document?.Nodes ?? [])
            {
                if (run.Progress.Latest(node.Id) is null)
                {
                    Rows.Add(new(node.Id, [], run.TitleOf(node.Id), StepStatus.Pending, [], run.Progress.IsFinal ? "not reached" : "pending", Attempts: 0)
                    {
                        RunId = run.Progress.RunId,
                        Key = $"{prefix}{node.Id}:",
                        Depth = depth,
                    });
                }
            }
        }

        void Add(WaterfallRun run, RunTreeNode node, int depth, string prefix)
        {
            var key = prefix + node.Key;
            var child = node.Attempts?.All[^1].ChildRunId;
            var open = node.Children.Count > 0 || child is not null ? folds.IsOpen(key, UsuallyIsOpen(node)) : (bool?)null;
            Rows.Add((node.IsItem || node.Attempts is null ? Group(run, node) : Row(run, node)) with
            {
                RunId = run.Progress.RunId,
                Key = key,
                Depth = depth,
                Open = open,
                ChildRunId = child,
            });
            if (open is not true)
                return;
            var limit = folds.LimitOf(key);
            for (var i = 0; i < node.Children.Count; i++)
            {
                // What failed is shown wherever it stands.
                if (i < limit || node.Children[i].Status is StepStatus.Failed)
                    Add(run, node.Children[i], depth + 1, prefix);
            }
            if (node.Children.Count > limit)
                Rows.Add(new(node.NodeId, node.Iteration, "", StepStatus.Pending, [], "", Attempts: 0) { Key = key + "+", Depth = depth + 1, More = node.Children.Count - limit });
            if (child is { } id && childOf(id) is { } inner)
                Add(inner, depth + 1, $"{prefix}{id}/");
        }

        /// <summary>A few are shown, of many what did not go well; runs within wait until they are asked for.</summary>
        static bool UsuallyIsOpen(RunTreeNode node) => node.Children.Count > 0
            && (node.Children.Exists(static c => c.Status is StepStatus.Failed) || (!node.IsItem && node.Children.Count <= UsuallyOpen));

        WaterfallRow Group(WaterfallRun run, RunTreeNode node)
        {
            var steps = Steps(node).ToList();
            var from = steps.Select(s => s.StartedAt).Min();
            var until = steps.TrueForAll(s => s.FinishedAt is not null) ? steps.Select(s => s.FinishedAt).Max() : end;
            var title = node.IsItem ? string.Create(CultureInfo.InvariantCulture, $"Item {node.Iteration[^1] + 1}") : run.TitleOf(node.NodeId);
            var took = from is { } began && until is { } ended ? Times.Duration(ended - began) : "";
            return new(node.NodeId, node.Iteration, title, node.Status, from is { } f && until is { } u ? [Bar(f, u, $"group {RunNames.Of(node.Status)}", took)] : [],
                node.Status is StepStatus.Skipped ? "skipped" : took, Attempts: 0)
            { IsGroup = true };
        }

        static IEnumerable<StepView> Steps(RunTreeNode node) => (node.Attempts?.All ?? Enumerable.Empty<StepView>()).Concat(node.Children.SelectMany(Steps)).Where(s => s.StartedAt is not null);

        WaterfallRow Row(WaterfallRun run, RunTreeNode node)
        {
            var attempts = node.Attempts?.All ?? [];
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
                if (attempt.WaitingSince is { } asleep && asleep < until && attempt.Status is not StepStatus.Waiting)
                {
                    var awake = attempt.WaitedUntil is { } answered && answered < until ? answered : until;
                    if (asleep > from)
                        bars.Add(Bar(from, asleep, RunNames.Of(attempt.Status), $"{number}{Times.Duration(asleep - from)}"));
                    bars.Add(Bar(asleep, awake, "waiting", $"{number}waited {Times.Duration(awake - asleep)}{why}"));
                    if (awake < until)
                        bars.Add(Bar(awake, until, RunNames.Of(attempt.Status), $"{number}{Times.Duration(until - awake)}{why}"));
                    before = attempt;
                    continue;
                }
                bars.Add(Bar(from, until, RunNames.Of(attempt.Status), $"{number}{Times.Duration(until - from)}{why}"));
                before = attempt;
            }
            var (first, last) = (attempts[0], attempts[^1]);
            var label = last.Status switch
            {
                StepStatus.Skipped => "skipped",
                StepStatus.Waiting => "waiting",
                _ when last.ReusedFrom is not null => "reused",
                _ => first.StartedAt is { } began ? Times.Duration((last.FinishedAt ?? end) - began) : "",
            };
            return new(last.NodeId, last.Iteration, TitleOf(run, node), last.Status, bars, label, attempts.Count);
        }

        /// <summary>A turn of an agent is a step of the agent itself.</summary>
        static string TitleOf(WaterfallRun run, RunTreeNode node) =>
            node.Iteration.Count > 0 && run.Tree.IsTurn(node) ? string.Create(CultureInfo.InvariantCulture, $"Turn {node.Iteration[^1] + 1}") : run.TitleOf(node.NodeId);

        WaterfallBar Bar(DateTimeOffset from, DateTimeOffset until, string look, string hint)
        {
            var left = Math.Clamp((from - start).TotalMilliseconds / length * 100, 0, 99.7);
            return new(left, Math.Clamp((until - from).TotalMilliseconds / length * 100, 0, 100 - left), look, hint);
        }
    }
}
