using System.Globalization;
using FlowStudio.Web.Studio.Charts;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>A stretch of time that a list is limited to: the last hours or days, or from one time to another. Neither: all there is.</summary>
/// <param name="Preset">One of <see cref="Presets"/>, which moves on with the clock.</param>
public sealed record RunSpan(string? Preset = null, DateTimeOffset? From = null, DateTimeOffset? To = null)
{
    public static readonly IReadOnlyList<(string Name, string Words, TimeSpan Length)> Presets =
    [
        ("1h", "1 h", TimeSpan.FromHours(1)), ("6h", "6 h", TimeSpan.FromHours(6)), ("24h", "24 h", TimeSpan.FromHours(24)),
        ("7d", "7 d", TimeSpan.FromDays(7)), ("30d", "30 d", TimeSpan.FromDays(30)),
    ];

    static readonly TimeSpan Day = TimeSpan.FromHours(24);

    public static RunSpan All { get; } = new();

    /// <summary>Reads what it understands; the rest limits nothing.</summary>
    public static RunSpan Parse(string? preset, string? from, string? to)
    {
        if (Presets.Any(p => p.Name == preset))
            return new(preset);
        var (begin, end) = (Time(from), Time(to));
        return begin is null && end is null ? All : begin >= end ? All : new(null, begin, end);
    }

    public bool IsAll => this == All;

    /// <summary>Whether it is from one time to another.</summary>
    public bool IsFixed => From is not null || To is not null;

    TimeSpan? Length => Preset is { } name ? Presets.First(p => p.Name == name).Length : null;

    /// <summary>The first and last moment it has at a time; null where it has no end.</summary>
    public (DateTimeOffset? From, DateTimeOffset? To) At(DateTimeOffset now) => Length is { } length ? (now - length, null) : (From, To);

    /// <summary>What a chart above a list of it shows; the last day when the list has no limit.</summary>
    public ChartSpan ChartAt(DateTimeOffset now)
    {
        if (Length is { } length)
            return ChartSpan.Of(now - length, now, now, isLive: true);
        if (!IsFixed)
            return ChartSpan.Of(now - Day, now, now, isLive: true);
        var end = To ?? now;
        return ChartSpan.Of(From ?? end - Day, end, now, isLive: To is null);
    }

    /// <summary>"Last 24 hours", "Nov 21, 14:00 – 15:15".</summary>
    public string Words(DateTimeOffset now, TimeZoneInfo zone)
    {
        if (!IsFixed)
        {
            return Preset switch
            {
                "1h" => "Last hour",
                "6h" => "Last 6 hours",
                "7d" => "Last 7 days",
                "30d" => "Last 30 days",
                _ => "Last 24 hours",
            };
        }
        var (from, to) = (From is { } f ? TimeZoneInfo.ConvertTime(f, zone) : (DateTimeOffset?)null, TimeZoneInfo.ConvertTime(To ?? now, zone));
        var last = To is null ? "now" : Text(to, from?.Date == to.Date ? "HH:mm" : "MMM d, HH:mm");
        return from is { } start ? $"{Text(start, start.Date == now.Date && last != "now" ? "HH:mm" : "MMM d, HH:mm")} – {last}" : $"before {Text(to, "MMM d, HH:mm")}";
    }

    public IEnumerable<KeyValuePair<string, string?>> Parameters()
    {
        if (Preset is not null)
            yield return new("time", Preset);
        if (From is { } from)
            yield return new("from", Stamp(from));
        if (To is { } to)
            yield return new("to", Stamp(to));
    }

    /// <summary>As it stands in an address: UTC, no finer than it need be.</summary>
    internal static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString(at.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-ddTHH:mm:ss'Z'" : "yyyy-MM-ddTHH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    static string Text(DateTimeOffset at, string format) => at.ToString(format, CultureInfo.InvariantCulture);

    static DateTimeOffset? Time(string? given) =>
        DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
