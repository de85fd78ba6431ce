using System.Globalization;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Charts;

/// <summary>A part of a bar, from its foot up: how high, where, and the class of its colour.</summary>
public readonly record struct BarPart(double Top, double Height, string Look);

/// <summary>From sums to bars and words; pure.</summary>
public static class ChartBars
{
    /// <summary>The highest count of a bar, at least one.</summary>
    public static long Peak(IEnumerable<RollupPoint> points) => points.Select(p => p.Ended).DefaultIfEmpty(0).Max() is > 0 and var peak ? peak : 1;

    /// <summary>The bar of a point: what failed stands at the foot, so that failures line up; whatever is not nothing can be seen.</summary>
    /// <param name="height">Of the bar that has the peak.</param>
    public static IReadOnlyList<BarPart> Parts(RollupPoint point, long peak, double height, double least)
    {
        var parts = new List<BarPart>();
        var top = height;
        foreach (var (count, look) in ((long, string)[])[(point.Failed, "failed"), (point.TimedOut, "timed-out"), (point.Canceled, "canceled"), (point.Succeeded, "succeeded")])
        {
            if (count == 0)
                continue;
            var high = Math.Min(top, Math.Max(least, height * count / peak));
            top -= high;
            parts.Add(new(top, high, look));
        }
        return parts;
    }

    /// <summary>Neighbours added up until there are no more than <paramref name="most"/>; durations are left out, as they do not add up.</summary>
    public static IReadOnlyList<RollupPoint> AtMost(IReadOnlyList<RollupPoint> points, int most)
    {
        var together = (points.Count + most - 1) / Math.Max(1, most);
        if (together <= 1)
            return points;
        return [.. points.Chunk(together).Select(static c => new RollupPoint(c[0].At, c.Sum(p => p.Succeeded), c.Sum(p => p.Failed), c.Sum(p => p.Canceled), c.Sum(p => p.TimedOut),
            c.Aggregate(default(TokenUsage), static (sum, p) => sum + p.Tokens), P50: null, P95: null, P99: null))];
    }

    /// <summary>"1,284 runs, 14 failed"; "no runs".</summary>
    public static string Words(RollupPoint point)
    {
        if (point.Ended == 0)
            return "no runs";
        var words = new List<string> { point.Ended == 1 ? "1 run" : $"{Times.Count(point.Ended)} runs" };
        if (point.Failed > 0)
            words.Add($"{Times.Count(point.Failed)} failed");
        if (point.TimedOut > 0)
            words.Add($"{Times.Count(point.TimedOut)} timed out");
        if (point.Canceled > 0)
            words.Add($"{Times.Count(point.Canceled)} canceled");
        return string.Join(", ", words);
    }

    /// <summary>"14:00 – 14:15", with the day when the chart shows several.</summary>
    public static string TimeOf(DateTimeOffset at, TimeSpan step, TimeZoneInfo zone, bool withDay)
    {
        var (from, to) = (TimeZoneInfo.ConvertTime(at, zone), TimeZoneInfo.ConvertTime(at + step, zone));
        if (step >= TimeSpan.FromDays(1))
            return Invariant(from, "MMM d") + " – " + Invariant(to.AddMinutes(-1), "MMM d");
        return (withDay ? Invariant(from, "MMM d, ") : "") + Invariant(from, "HH:mm") + " – " + Invariant(to, "HH:mm");
    }

    static string Invariant(DateTimeOffset at, string format) => at.ToString(format, CultureInfo.InvariantCulture);
}
