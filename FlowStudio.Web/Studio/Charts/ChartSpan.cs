using System.Globalization;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Charts;

/// <summary>A stretch of time cut into bars, and the marks of its axis; pure.</summary>
/// <param name="From">The time that the first bar has in it.</param>
/// <param name="To">The last bar begins before it.</param>
/// <param name="Step">How long a bar is: whole minutes, and whole hours where single minutes are no longer kept.</param>
/// <param name="IsLive">Whether the stretch ends now and moves on with the clock.</param>
public sealed record ChartSpan(DateTimeOffset From, DateTimeOffset To, TimeSpan Step, bool IsLive)
{
    /// <summary>More bars than this are too thin to be pointed at.</summary>
    public const int MaxBars = 100;

    const int MaxMarks = 7;

    static readonly int[] StepMinutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 2 * 1440, 7 * 1440, 14 * 1440, 28 * 1440, 91 * 1440, 364 * 1440];

    static readonly int[] MarkMinutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2 * 1440, 5 * 1440, 10 * 1440, 30 * 1440, 91 * 1440, 364 * 1440];

    /// <summary>The finest cut that is not too fine.</summary>
    /// <param name="now">Decides whether single minutes of the beginning are still kept.</param>
    public static ChartSpan Of(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, bool isLive)
    {
        // What is older than the minutes kept is there by the hour; one more hour, because a page may stay open.
        var least = from < now - IRunRollups.MinutesKept + TimeSpan.FromHours(1) ? 60 : 1;
        var length = Math.Max(1, (to - from).TotalMinutes);
        var minutes = StepMinutes.FirstOrDefault(m => m >= least && length / m <= MaxBars - 2, StepMinutes[^1]);
        return new(from, to, TimeSpan.FromMinutes(minutes), isLive);
    }

    /// <summary>Whether this stretch can be cut finer than it is.</summary>
    public bool CanNarrow => Step > TimeSpan.FromMinutes(1);

    /// <summary>The finest step of the sums over this stretch that reads few rows: for numbers over the whole of it.</summary>
    public TimeSpan SumStep => Step < TimeSpan.FromHours(1) ? TimeSpan.FromMinutes(1) : TimeSpan.FromHours(1);

    /// <summary>Marks at round times of the reader's zone, each at the beginning of a bar.</summary>
    /// <param name="starts">When the bars begin.</param>
    public IReadOnlyList<ChartMark> Marks(IReadOnlyList<DateTimeOffset> starts, TimeZoneInfo zone)
    {
        if (starts.Count == 0)
            return [];
        foreach (var minutes in MarkMinutes.Where(m => m >= Step.TotalMinutes))
        {
            var marks = new List<ChartMark>();
            for (var i = 0; i < starts.Count; i++)
            {
                var local = TimeZoneInfo.ConvertTime(starts[i], zone);
                if (!IsRound(local, minutes, marks.Count > 0 ? marks[^1].At : null))
                    continue;
                marks.Add(new(i, starts[i], Word(local, minutes)));
            }
            if (marks.Count <= MaxMarks)
                return marks;
        }
        return [];
    }

    /// <summary>Days count from the first of their month; bars of some hours rarely begin at a day's, so the first of a day stands for it.</summary>
    bool IsRound(DateTimeOffset local, int minutes, DateTimeOffset? before)
    {
        if (minutes < 1440)
            return (int)Math.Round(local.TimeOfDay.TotalMinutes) % minutes < Step.TotalMinutes && (before is null || local - before >= TimeSpan.FromMinutes(minutes) - Step);
        return local.TimeOfDay < Step && (before is null || local - before > TimeSpan.FromMinutes(minutes) - TimeSpan.FromDays(1));
    }

    string Word(DateTimeOffset local, int markMinutes) =>
        local.ToString(markMinutes < 1440 ? To - From > TimeSpan.FromHours(36) ? "MMM d, HH:mm" : "HH:mm" : To - From > TimeSpan.FromDays(330) ? "MMM yyyy" : "MMM d", CultureInfo.InvariantCulture);
}

/// <summary>A mark of the axis.</summary>
/// <param name="Bar">The bar at whose beginning it stands.</param>
public sealed record ChartMark(int Bar, DateTimeOffset At, string Text);
