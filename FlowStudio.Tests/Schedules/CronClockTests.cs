using System.Globalization;
using FlowStudio.Engine.Schedules;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Schedules;

/// <summary>Our own table of when expressions fire.</summary>
public class CronClockTests
{
    const string Berlin = "Europe/Berlin", NewYork = "America/New_York", LordHowe = "Australia/Lord_Howe", Kolkata = "Asia/Kolkata", Utc = "UTC";

    [Theory]
    // Plain ones.
    [InlineData("* * * * *", Utc, "2026-01-01 00:00:30", "2026-01-01 00:01:00 | 2026-01-01 00:02:00")]
    [InlineData("*/15 9-17 * * 1-5", Utc, "2026-01-02 17:40:00", "2026-01-02 17:45:00 | 2026-01-05 09:00:00")]
    [InlineData("5,10,50 8 * * *", Utc, "2026-01-01 08:10:00", "2026-01-01 08:50:00 | 2026-01-02 08:05:00")]
    [InlineData("10-40/15 * * * *", Utc, "2026-01-01 00:00:00", "2026-01-01 00:10:00 | 2026-01-01 00:25:00 | 2026-01-01 00:40:00 | 2026-01-01 01:10:00")]
    [InlineData("7/20 * * * *", Utc, "2026-01-01 00:00:00", "2026-01-01 00:07:00 | 2026-01-01 00:27:00 | 2026-01-01 00:47:00 | 2026-01-01 01:07:00")]
    [InlineData("0 9 * jan,JUL mon", Utc, "2026-01-27 00:00:00", "2026-07-06 09:00:00 | 2026-07-13 09:00:00")]
    [InlineData("@hourly", Utc, "2026-01-01 10:20:00", "2026-01-01 11:00:00")]
    [InlineData("@weekly", Utc, "2026-01-01 00:00:00", "2026-01-04 00:00:00 | 2026-01-11 00:00:00")]
    [InlineData("@MONTHLY", Utc, "2026-01-15 00:00:00", "2026-02-01 00:00:00")]
    [InlineData("@annually", Utc, "2026-01-15 00:00:00", "2027-01-01 00:00:00")]
    // Sunday is 0 and 7, and ends a range as well as it begins one.
    [InlineData("0 0 * * 0", Utc, "2026-01-01 00:00:00", "2026-01-04 00:00:00")]
    [InlineData("0 0 * * 7", Utc, "2026-01-01 00:00:00", "2026-01-04 00:00:00")]
    [InlineData("0 0 * * 6-7", Utc, "2026-01-01 00:00:00", "2026-01-03 00:00:00 | 2026-01-04 00:00:00 | 2026-01-10 00:00:00")]
    [InlineData("0 0 * * fri-mon", Utc, "2026-01-01 00:00:00", "2026-01-02 00:00:00 | 2026-01-03 00:00:00 | 2026-01-04 00:00:00 | 2026-01-05 00:00:00 | 2026-01-09 00:00:00")]
    // Both days restricted: either. One of them free: only the other counts.
    [InlineData("0 9 1,15 * 5", Utc, "2026-01-01 10:00:00", "2026-01-02 09:00:00 | 2026-01-09 09:00:00 | 2026-01-15 09:00:00 | 2026-01-16 09:00:00")]
    [InlineData("0 0 13 * fri", Utc, "2026-02-01 00:00:00", "2026-02-06 00:00:00 | 2026-02-13 00:00:00 | 2026-02-20 00:00:00")]
    [InlineData("0 9 15 * *", Utc, "2026-01-01 00:00:00", "2026-01-15 09:00:00 | 2026-02-15 09:00:00")]
    [InlineData("0 0 12 1 * MON", Utc, "2026-01-01 00:00:00", "2026-01-01 12:00:00 | 2026-01-05 12:00:00 | 2026-01-12 12:00:00")]
    // Leap years, and days that months do not have.
    [InlineData("0 0 29 2 *", Utc, "2026-01-01 00:00:00", "2028-02-29 00:00:00 | 2032-02-29 00:00:00")]
    [InlineData("0 0 29 2 *", Utc, "2096-03-01 00:00:00", "2104-02-29 00:00:00")]
    [InlineData("0 0 31 * *", Utc, "2026-01-31 00:00:00", "2026-03-31 00:00:00 | 2026-05-31 00:00:00")]
    // Seconds first.
    [InlineData("* * * * * *", Utc, "2026-01-01 00:00:00.5", "2026-01-01 00:00:01 | 2026-01-01 00:00:02")]
    [InlineData("*/20 30 9 ? * MON-FRI", Utc, "2026-01-02 09:30:25", "2026-01-02 09:30:40 | 2026-01-05 09:30:00")]
    [InlineData("0 0 9 ? * 2", Utc, "2026-01-01 00:00:00", "2026-01-05 09:00:00")]
    [InlineData("0 0 9 L * ?", Utc, "2026-02-01 00:00:00", "2026-02-28 09:00:00 | 2026-03-31 09:00:00")]
    [InlineData("0 0 9 L-2 * ?", Utc, "2026-02-01 00:00:00", "2026-02-26 09:00:00 | 2026-03-29 09:00:00")]
    [InlineData("0 0 9 LW * ?", Utc, "2026-02-01 00:00:00", "2026-02-27 09:00:00 | 2026-03-31 09:00:00")]
    [InlineData("0 0 9 15W * ?", Utc, "2026-02-01 00:00:00", "2026-02-16 09:00:00 | 2026-03-16 09:00:00")]
    [InlineData("0 0 9 ? * 2#1", Utc, "2026-01-06 00:00:00", "2026-02-02 09:00:00 | 2026-03-02 09:00:00")]
    [InlineData("0 0 9 ? * 6L", Utc, "2026-01-01 00:00:00", "2026-01-30 09:00:00 | 2026-02-27 09:00:00")]
    [InlineData("0 0 12 24 12 ? 2027", Utc, "2026-01-01 00:00:00", "2027-12-24 12:00:00 | never")]
    [InlineData("0 0 12 24 12 ? 2020", Utc, "2026-01-01 00:00:00", "never")]
    // Berlin, spring: 02:00 to 03:00 is left out on March 29th. A time in there fires once, when the clock goes on.
    [InlineData("30 2 * * *", Berlin, "2026-03-28 12:00:00", "2026-03-29 01:00:00 | 2026-03-30 00:30:00")]
    [InlineData("10,50 2 * * *", Berlin, "2026-03-28 12:00:00", "2026-03-29 01:00:00 | 2026-03-30 00:10:00 | 2026-03-30 00:50:00")]
    [InlineData("0 3 * * *", Berlin, "2026-03-28 12:00:00", "2026-03-29 01:00:00 | 2026-03-30 01:00:00")]
    [InlineData("0 * * * *", Berlin, "2026-03-28 23:30:00", "2026-03-29 00:00:00 | 2026-03-29 01:00:00 | 2026-03-29 02:00:00")]
    [InlineData("*/30 * * * *", Berlin, "2026-03-29 00:10:00", "2026-03-29 00:30:00 | 2026-03-29 01:00:00 | 2026-03-29 01:30:00")]
    // Berlin, autumn: 02:00 to 03:00 comes twice on October 25th. Fixed times fire once, intervals go on.
    [InlineData("30 2 * * *", Berlin, "2026-10-24 12:00:00", "2026-10-25 00:30:00 | 2026-10-26 01:30:00")]
    [InlineData("0,30 2 * * *", Berlin, "2026-10-24 12:00:00", "2026-10-25 00:00:00 | 2026-10-25 00:30:00 | 2026-10-26 01:00:00")]
    [InlineData("*/30 * * * *", Berlin, "2026-10-25 00:10:00", "2026-10-25 00:30:00 | 2026-10-25 01:00:00 | 2026-10-25 01:30:00 | 2026-10-25 02:00:00")]
    [InlineData("15 * * * *", Berlin, "2026-10-25 00:00:00", "2026-10-25 00:15:00 | 2026-10-25 01:15:00 | 2026-10-25 02:15:00")]
    [InlineData("0 3 * * *", Berlin, "2026-10-24 12:00:00", "2026-10-25 02:00:00 | 2026-10-26 02:00:00")]
    // New York.
    [InlineData("30 2 * * *", NewYork, "2026-03-07 12:00:00", "2026-03-08 07:00:00 | 2026-03-09 06:30:00")]
    [InlineData("30 1 * * *", NewYork, "2026-10-31 12:00:00", "2026-11-01 05:30:00 | 2026-11-02 06:30:00")]
    [InlineData("0 0 * * * ?", NewYork, "2026-11-01 04:30:00", "2026-11-01 05:00:00 | 2026-11-01 06:00:00 | 2026-11-01 07:00:00")]
    // Lord Howe moves its clocks by half an hour.
    [InlineData("15 2 * * *", LordHowe, "2026-10-03 00:00:00", "2026-10-03 15:30:00 | 2026-10-04 15:15:00")]
    [InlineData("45 1 * * *", LordHowe, "2026-04-03 20:00:00", "2026-04-04 14:45:00 | 2026-04-05 15:15:00")]
    [InlineData("*/30 * * * *", LordHowe, "2026-04-04 14:10:00", "2026-04-04 14:30:00 | 2026-04-04 15:00:00 | 2026-04-04 15:30:00 | 2026-04-04 16:00:00")]
    // Half an hour off, all year.
    [InlineData("0 9 * * *", Kolkata, "2026-01-01 00:00:00", "2026-01-01 03:30:00 | 2026-01-02 03:30:00")]
    public void Expressions_fire_when_they_should(string cron, string zone, string from, string fires)
    {
        var clock = CronClock.Of(cron, zone);
        var expected = fires.Split(" | ");
        var (after, found) = (Time(from), new List<string>());
        while (found.Count < expected.Length)
        {
            if (clock.Next(after) is not { } next)
            {
                found.Add("never");
                break;
            }
            next.Offset.ShouldBe(TimeSpan.Zero);
            found.Add(next.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
            after = next;
        }
        found.ShouldBe(expected);
    }

    [Fact]
    public void An_hour_that_comes_twice_has_every_hour_of_its_day()
    {
        var clock = CronClock.Of("0 * * * *", Berlin);
        var (after, count) = (Time("2026-10-24 21:59:59"), 0);
        while (clock.Next(after) is { } next && next < Time("2026-10-25 23:00:00"))
            (after, count) = (next, count + 1);
        count.ShouldBe(25);
    }

    [Fact]
    public async Task An_expression_that_never_fires_is_refused()
    {
        foreach (var cron in (string[])["0 0 30 2 *", "0 0 31 4 *", "0 0 0 31 4,6,9,11 ?", "0 0 0 1 1 ? 2020"])
        {
            var error = await Should.ThrowAsync<CronException>(() => CronClock.Of(cron, Utc).PreviewAsync(Time("2026-01-01 00:00:00"), 10, TimeProvider.System, TestContext.Current.CancellationToken));
            error.Code.ShouldBe("cron_never_fires", cron);
        }
    }

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("UTC", true)]
    [InlineData("Etc/UTC", true)]
    [InlineData("Mars/Olympus", false)]
    [InlineData("W. Europe Standard Time", false)]
    [InlineData("", false)]
    [InlineData("../../etc/passwd", false)]
    public void Zones_have_IANA_names(string zone, bool known) => CronClock.TryZone(zone, out _).ShouldBe(known);

    /// <summary>What fires before a moment is the last of what fires up to it: missed times are found backwards.</summary>
    [Theory]
    [InlineData("*/7 * * * *", Berlin)]
    [InlineData("30 2 * * *", Berlin)]
    [InlineData("0 */6 1,15 * 5", NewYork)]
    [InlineData("*/30 * * * *", LordHowe)]
    [InlineData("0 0 9 L * ?", Utc)]
    public void Backwards_is_the_same_as_forwards(string cron, string zone)
    {
        var clock = CronClock.Of(cron, zone);
        foreach (var start in (string[])["2026-03-28 20:00:00", "2026-10-24 20:00:00", "2026-04-04 10:00:00", "2026-10-31 20:00:00"])
        {
            var fires = new List<DateTimeOffset> { clock.Next(Time(start)).GetValueOrDefault() };
            while (fires.Count < 60)
                fires.Add(clock.Next(fires[^1]).GetValueOrDefault());
            for (var i = 1; i < fires.Count; i++)
                clock.Before(fires[i]).ShouldBe(fires[i - 1]);
        }
    }

    static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
