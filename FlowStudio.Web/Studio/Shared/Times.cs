using System.Globalization;

namespace FlowStudio.Web.Studio.Shared;

/// <summary>How the studio says durations and counts. Local times need the browser's zone: <see cref="LocalTimes"/>.</summary>
public static class Times
{
    /// <summary>"<![CDATA[<1 ms]]>", "32 ms", "1.6 s", "2 min 5 s", "1 h 4 min", "3 d 2 h"; the canvas says the same in <c>duration.ts</c>.</summary>
    public static string Duration(TimeSpan duration)
    {
        var milliseconds = Math.Max(0, duration.TotalMilliseconds);
        if (milliseconds < 1)
            return "<1 ms";
        if (milliseconds < 999.5)
            return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(milliseconds)} ms");
        if (milliseconds < 59_950)
            return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.0} s");
        var seconds = (long)Math.Round(milliseconds / 1000);
        if (seconds < 3600)
            return string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min {seconds % 60} s");
        var minutes = seconds / 60;
        return minutes < 24 * 60
            ? string.Create(CultureInfo.InvariantCulture, $"{minutes / 60} h {minutes % 60} min")
            : string.Create(CultureInfo.InvariantCulture, $"{minutes / (24 * 60)} d {minutes / 60 % 24} h");
    }

    /// <summary>"1,284".</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"just now", "4 min ago", "6 h ago", "3 d ago".</summary>
    public static string Ago(TimeSpan age) => age switch
    {
        { TotalSeconds: < 45 } => "just now",
        { TotalMinutes: < 59.5 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, Math.Round(age.TotalMinutes))} min ago"),
        { TotalHours: < 23.5 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(age.TotalHours)} h ago"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, Math.Round(age.TotalDays))} d ago"),
    };

    /// <summary>"184 bytes", "12.4 KB", "3.1 MB".</summary>
    public static string Size(long bytes) => bytes switch
    {
        1 => "1 byte",
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1000.0:0.0} KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000.0:0.0} MB"),
    };

    /// <summary>"019a…7c41": enough of an id to tell it from its neighbours.</summary>
    public static string ShortId(Guid id)
    {
        var text = id.ToString();
        return $"{text[..4]}…{text[^4..]}";
    }
}

/// <summary>Times in the zone of one browser.</summary>
public sealed class LocalTimes(TimeProvider time)
{
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    /// <summary>Takes the zone by its IANA name; one that this system does not know leaves UTC, and times then say so.</summary>
    public void Use(string zone) => Zone = TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc;

    public DateTimeOffset Now => TimeZoneInfo.ConvertTime(time.GetUtcNow(), Zone);

    /// <summary>How long ago that was, in words.</summary>
    public string Ago(DateTimeOffset at) => Times.Ago(time.GetUtcNow() - at);

    /// <summary>When something will be: "in 12 min", "17:00", "tomorrow 07:00", "Mon 07:00", "Dec 24, 07:00".</summary>
    public string Ahead(DateTimeOffset at)
    {
        var left = at - time.GetUtcNow();
        if (left < TimeSpan.FromSeconds(60))
            return left < TimeSpan.FromSeconds(1) ? "now" : string.Create(CultureInfo.InvariantCulture, $"in {Math.Floor(left.TotalSeconds)} s");
        if (left < TimeSpan.FromMinutes(59.5))
            return string.Create(CultureInfo.InvariantCulture, $"in {Math.Round(left.TotalMinutes)} min");
        var local = Local(at);
        var format = (local.Date - Now.Date).Days switch { 0 => "HH:mm", 1 => "'tomorrow' HH:mm", < 7 => "ddd HH:mm", _ => "MMM d, HH:mm" };
        return local.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>"14:02:11".</summary>
    public string Clock(DateTimeOffset at) => Local(at).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>"14:02:11.204".</summary>
    public string ClockMs(DateTimeOffset at) => Local(at).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary>"14:02:11" today, "Nov 20, 14:02" this year, "2025-11-20" before.</summary>
    public string Short(DateTimeOffset at)
    {
        var (local, now) = (Local(at), Now);
        var format = local.Date == now.Date ? "HH:mm:ss" : local.Year == now.Year ? "MMM d, HH:mm" : "yyyy-MM-dd";
        return local.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>"2026-11-21 14:02:11.204 Europe/Berlin": for the hover.</summary>
    public string Full(DateTimeOffset at) => $"{Local(at).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)} {Zone.Id}";

    DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);
}
