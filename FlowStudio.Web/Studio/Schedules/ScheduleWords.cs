using System.Globalization;
using FlowStudio.Engine.Schedules;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Schedules;

/// <summary>How pages say what schedules do.</summary>
static class ScheduleWords
{
    public static readonly IReadOnlyList<(CronKind Kind, string Text)> Kinds =
    [
        (CronKind.Minutes, "Minutes"), (CronKind.Hours, "Hours"), (CronKind.Daily, "Daily"), (CronKind.Weekdays, "Weekdays"), (CronKind.Weekly, "Weekly"),
        (CronKind.Monthly, "Monthly"), (CronKind.Custom, "Custom"),
    ];

    /// <summary>Monday first.</summary>
    public static readonly IReadOnlyList<(int Day, string Short, string Name)> Weekdays =
        [(1, "Mon", "Monday"), (2, "Tue", "Tuesday"), (3, "Wed", "Wednesday"), (4, "Thu", "Thursday"), (5, "Fri", "Friday"), (6, "Sat", "Saturday"), (0, "Sun", "Sunday")];

    public static string Of(MisfirePolicy policy) => policy switch
    {
        MisfirePolicy.Once => "Run once",
        MisfirePolicy.All => "Run each",
        _ => "Skip",
    };

    public static string Explain(MisfirePolicy policy) => policy switch
    {
        MisfirePolicy.Once => "After a stop, one run makes up for all times that were missed.",
        MisfirePolicy.All => $"After a stop, each missed time is made up for, one after the other unless runs may overlap; the newest {ISchedules.MostAtOnce.ToString("N0", CultureInfo.InvariantCulture)} at most.",
        _ => "After a stop it goes on with the next time; what was missed is noted and not made up for.",
    };

    public static string Of(OverlapPolicy policy) => policy switch
    {
        OverlapPolicy.Skip => "Skip",
        OverlapPolicy.Queue => "Wait",
        _ => "Run beside",
    };

    public static string Explain(OverlapPolicy policy) => policy switch
    {
        OverlapPolicy.Skip => "A time that comes while the last run is at work is left out, and the history says so.",
        OverlapPolicy.Queue => "A time that comes while the last run is at work waits until that has ended.",
        _ => "Each time starts its run, whatever is at work.",
    };

    /// <summary>What stands under a schedule's name: when it fires, or the expression when that is its name already.</summary>
    public static string Under(Schedule schedule)
    {
        var words = CronWords.Of(CronText.Parse(schedule.Cron), schedule.Zone);
        return words == schedule.Name ? schedule.Cron : words;
    }

    /// <summary>What became of a time, in two words.</summary>
    public static string Outcome(ScheduleFire fire) => fire.Outcome switch
    {
        FireOutcome.Started => fire.RunStatus is { } status ? RunWords.Of(status) : "Run deleted",
        FireOutcome.Waiting => "Waits",
        FireOutcome.Skipped => fire.Code == "overlap" ? "Skipped, still running" : "Skipped",
        FireOutcome.Missed => "Missed",
        _ => "Refused",
    };

    /// <summary>The colour of it.</summary>
    public static string Look(ScheduleFire fire) => fire.Outcome switch
    {
        FireOutcome.Started => fire.RunStatus is { } status ? RunWords.Look(status) : "",
        FireOutcome.Waiting => "",
        FireOutcome.Skipped or FireOutcome.Missed => "warn",
        _ => "bad",
    };

    /// <summary>"in 12 min", "tomorrow 07:00", "Fri 07:00", "Dec 24, 07:00": when it is next, as read from now.</summary>
    public static string Next(DateTimeOffset at, DateTimeOffset now, TimeZoneInfo zone)
    {
        var (local, today) = (TimeZoneInfo.ConvertTime(at, zone), TimeZoneInfo.ConvertTime(now, zone));
        var away = at - now;
        if (away < TimeSpan.FromSeconds(60))
            return away <= TimeSpan.FromSeconds(1.5) ? "now" : string.Create(CultureInfo.InvariantCulture, $"in {Math.Round(away.TotalSeconds)} s");
        if (away < TimeSpan.FromMinutes(60))
            return string.Create(CultureInfo.InvariantCulture, $"in {Math.Round(away.TotalMinutes)} min");
        return (local.Date - today.Date).Days switch
        {
            0 => local.ToString("'today' HH:mm", CultureInfo.InvariantCulture),
            1 => local.ToString("'tomorrow' HH:mm", CultureInfo.InvariantCulture),
            < 7 => local.ToString("ddd HH:mm", CultureInfo.InvariantCulture),
            _ => local.ToString(local.Year == today.Year ? "MMM d, HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>"Mon, Nov 23 2026, 09:00" in the schedule's own zone; with seconds where they matter.</summary>
    public static string Fire(DateTimeOffset at, TimeZoneInfo zone, bool seconds) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString(seconds ? "ddd, MMM d yyyy, HH:mm:ss" : "ddd, MMM d yyyy, HH:mm", CultureInfo.InvariantCulture);

    /// <summary>"UTC+01:00".</summary>
    public static string Offset(DateTimeOffset at, TimeZoneInfo zone)
    {
        var offset = zone.GetUtcOffset(at);
        return offset == TimeSpan.Zero ? "UTC" : string.Create(CultureInfo.InvariantCulture, $"UTC{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm}");
    }
}
