using System.Diagnostics.CodeAnalysis;
using Quartz;

namespace FlowStudio.Engine.Schedules;

/// <summary>
/// When an expression fires in a time zone. A local time that a clock change leaves out fires once, where the clock goes on; in the hour that comes twice, fixed
/// times fire once and intervals go on. Both day fields restricted: either will do. Quartz does the reckoning.
/// </summary>
public sealed class CronClock
{
    /// <summary>Fires that a preview gives at most.</summary>
    public const int MaxPreview = 100;

    /// <summary>The longest that any of it may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    readonly CronExpression quartz;

    CronClock(CronText text, TimeZoneInfo zone, CronExpression quartz)
    {
        Text = text;
        Zone = zone;
        this.quartz = quartz;
    }

    public CronText Text { get; }

    public TimeZoneInfo Zone { get; }

    /// <exception cref="CronException">The expression is wrong.</exception>
    /// <exception cref="ScheduleException">There is no such zone.</exception>
    public static CronClock Of(string expression, string zone) => Of(CronText.Parse(expression), ZoneOf(zone));

    /// <inheritdoc cref="Of(string, string)"/>
    public static CronClock Of(CronText text, TimeZoneInfo zone)
    {
        try
        {
            return new(text, zone, CronExpression.Parse(text.QuartzForm).WithTimeZone(zone));
        }
        catch (FormatException e)
        {
            throw new CronException($"The expression cannot be used: {e.Message}");
        }
    }

    /// <summary>A zone by its IANA name.</summary>
    /// <exception cref="ScheduleException">There is none.</exception>
    public static TimeZoneInfo ZoneOf(string name) => TryZone(name, out var zone)
        ? zone
        : throw new ScheduleException("invalid_time_zone", "time_zone", $"'{(name.Length > 64 ? name[..64] + "…" : name)}' is no time zone that this server knows. Give an IANA name, such as Europe/Berlin or UTC.");

    public static bool TryZone(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        return name.Length is > 0 and <= 64 && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone) && (zone.HasIanaId || name == "UTC");
    }

    /// <summary>The first time after this one, or null when none comes any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => quartz.GetNextValidTimeAfter(after)?.ToUniversalTime();

    /// <summary>The last time before this one, or null.</summary>
    public DateTimeOffset? Before(DateTimeOffset time) => quartz.GetPreviousValidTimeBefore(time)?.ToUniversalTime();

    /// <summary>Times after this one, in order; fewer than <paramref name="count"/> when no more come.</summary>
    /// <exception cref="CronException">It never fires, or takes longer than <see cref="Limit"/> to tell.</exception>
    public async Task<IReadOnlyList<DateTimeOffset>> PreviewAsync(DateTimeOffset after, int count, TimeProvider time, CancellationToken cancellationToken)
    {
        var looking = Task.Run(() => Following(after, Math.Clamp(count, 1, MaxPreview)), cancellationToken);
        try
        {
            var fires = await looking.WaitAsync(Limit, time, cancellationToken);
            return fires.Count > 0 ? fires : throw new CronException("The expression never fires: no such date comes after the one that was asked for.", code: "cron_never_fires");
        }
        catch (TimeoutException)
        {
            throw new CronException("It takes too long to find out when the expression fires. Write it more simply.");
        }
    }

    List<DateTimeOffset> Following(DateTimeOffset after, int count)
    {
        var fires = new List<DateTimeOffset>();
        while (fires.Count < count && Next(after) is { } next)
        {
            fires.Add(next);
            after = next;
        }
        return fires;
    }
}
