using FlowStudio.Engine.Schedules;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Schedules;

public class CronWordsTests
{
    [Theory]
    [InlineData("0 9 * * 1-5", "Europe/Berlin", "Every weekday at 09:00 in Europe/Berlin")]
    [InlineData("*/15 * * * *", "Europe/Berlin", "Every 15 minutes")]
    [InlineData("30 7 1,15 * *", "UTC", "At 07:30 on the 1st and 15th of each month in UTC")]
    [InlineData("* * * * *", "UTC", "Every minute")]
    [InlineData("0 * * * *", "UTC", "Every hour")]
    [InlineData("5 * * * *", "UTC", "Every hour at minute 5")]
    [InlineData("0 */2 * * *", "UTC", "Every 2 hours in UTC")]
    [InlineData("10 */3 * * *", "UTC", "Every 3 hours at minute 10 in UTC")]
    [InlineData("0 */6 * * *", "UTC", "Every day at 00:00, 06:00, 12:00 and 18:00 in UTC")]
    [InlineData("@daily", "UTC", "Every day at 00:00 in UTC")]
    [InlineData("@weekly", "UTC", "Every Sunday at 00:00 in UTC")]
    [InlineData("@yearly", "UTC", "At 00:00 on the 1st of January in UTC")]
    [InlineData("0 9 * * 1,3,5", "UTC", "Every Monday, Wednesday and Friday at 09:00 in UTC")]
    [InlineData("0 9 * * 0,6", "UTC", "Every Saturday and Sunday at 09:00 in UTC")]
    [InlineData("0 9,17 * * *", "UTC", "Every day at 09:00 and 17:00 in UTC")]
    [InlineData("0 9 * 1 *", "UTC", "Every day in January at 09:00, in UTC")]
    [InlineData("0 9 * 6-8 1-5", "UTC", "Every weekday in June to August at 09:00, in UTC")]
    [InlineData("*/15 9-17 * * 1-5", "Europe/Berlin", "Every 15 minutes from 09:00 to 17:45, every weekday in Europe/Berlin")]
    [InlineData("0 9-17 * * *", "UTC", "Every hour from 09:00 to 17:00 in UTC")]
    [InlineData("*/15 * 1 * *", "UTC", "Every 15 minutes, on the 1st of each month in UTC")]
    [InlineData("0 9 1 * 5", "UTC", "At 09:00 on the 1st of each month and on every Friday in UTC")]
    [InlineData("0 9 1-7 * *", "UTC", "At 09:00 on the 1st to 7th of each month in UTC")]
    [InlineData("* * * * * *", "UTC", "Every second")]
    [InlineData("*/10 * * * * *", "UTC", "Every 10 seconds")]
    [InlineData("30 0 9 * * ?", "UTC", "Every day at 09:00:30 in UTC")]
    [InlineData("0 0 9 L * ?", "UTC", "At 09:00 on the last day of each month in UTC")]
    [InlineData("0 0 9 LW * ?", "UTC", "At 09:00 on the last weekday of each month in UTC")]
    [InlineData("0 0 9 15W * ?", "UTC", "At 09:00 on the weekday nearest the 15th of each month in UTC")]
    [InlineData("0 0 9 ? * 2#1", "UTC", "At 09:00 on the first Monday of each month in UTC")]
    [InlineData("0 0 9 ? * 6L", "UTC", "At 09:00 on the last Friday of each month in UTC")]
    [InlineData("0 0 9 1 1 ? 2027", "UTC", "At 09:00 on the 1st of January, in 2027, in UTC")]
    // No shape of their own: field by field.
    [InlineData("*/7 * * * *", "UTC", "At minutes 0 to 59 in steps of 7, every hour, every day")]
    [InlineData("0,7,9 9-11 * * *", "UTC", "At minutes 0, 7 and 9, hours 9 to 11, every day in UTC")]
    [InlineData("*/15 9,11 * * *", "UTC", "At minutes 0 to 59 in steps of 15, hours 9 and 11, every day, in UTC")]
    [InlineData("5 * * * * *", "UTC", "At second 5, every minute, every hour, every day")]
    public void Words_say_what_it_means(string cron, string zone, string words) => CronWords.Of(CronText.Parse(cron), zone).ShouldBe(words);

    /// <summary>Words that leave something out would make two different expressions sound alike.</summary>
    [Fact]
    public void Expressions_that_fire_at_other_times_have_other_words()
    {
        var heard = new Dictionary<string, (string Cron, string Means)>(StringComparer.Ordinal);
        Prop.ForAll(
            Arb.From(Expressions),
            text =>
            {
                var cron = CronText.Parse(text);
                var means = Means(cron);
                var words = CronWords.Of(cron);
                if (heard.TryGetValue(words, out var before))
                    means.ShouldBe(before.Means, $"'{text}' and '{before.Cron}' are both '{words}'");
                heard[words] = (text, means);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
        heard.Count.ShouldBeGreaterThan(1000);
    }

    /// <summary>What is understood here is what Quartz fires at, and the other way round.</summary>
    [Fact]
    public void What_fires_is_what_is_written()
    {
        var start = new DateTimeOffset(2026, 2, 26, 22, 57, 0, TimeSpan.Zero);
        Prop.ForAll(
            Arb.From(Expressions),
            text =>
            {
                var cron = CronText.Parse(text);
                var clock = CronClock.Of(cron, TimeZoneInfo.Utc);
                var at = start;
                for (var i = 0; i < 20 && clock.Next(at) is { } next; i++)
                {
                    Fits(cron, next).ShouldBeTrue($"'{text}' fired at {next:u}");
                    at = next;
                }
                var between = start.AddSeconds(1);
                var first = clock.Next(start);
                for (var i = 0; i < 2000 && between < first; i++, between = between.AddSeconds(7))
                    Fits(cron, between).ShouldBeFalse($"'{text}' did not fire at {between:u}");
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    /// <summary>Anything at all is an expression or is refused, in no time.</summary>
    [Fact]
    public void No_text_breaks_the_reader() =>
        Prop.ForAll(
            Arb.From(Gen.Choose(0, 40).SelectMany(n => Gen.Elements("0159*/-,?LW#@ abMONFRIJAN½٣\t\0".ToCharArray()).ArrayOf(n)).Select(c => new string(c))),
            text =>
            {
                try
                {
                    var cron = CronText.Parse(text);
                    CronWords.Of(cron, "UTC").ShouldNotBeNullOrWhiteSpace();
                    _ = CronClock.Of(cron, TimeZoneInfo.Utc).Next(DateTimeOffset.UnixEpoch);
                }
                catch (CronException e)
                {
                    e.Message.ShouldNotBeNullOrWhiteSpace();
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    static string Means(CronText cron) => string.Join(' ', Enum.GetValues<CronField>().Where(f => f is not CronField.Year).Select(f => cron[f].IsAny && f is (CronField.DayOfMonth or CronField.DayOfWeek) ? "*" : string.Join(',', cron[f].Values)));

    static bool Fits(CronText cron, DateTimeOffset at)
    {
        bool Has(CronField field, int value) => cron[field].Values.Contains(value);
        var day = (cron[CronField.DayOfMonth].IsAny, cron[CronField.DayOfWeek].IsAny) switch
        {
            (false, false) => Has(CronField.DayOfMonth, at.Day) || Has(CronField.DayOfWeek, (int)at.DayOfWeek),
            _ => Has(CronField.DayOfMonth, at.Day) && Has(CronField.DayOfWeek, (int)at.DayOfWeek),
        };
        return day && Has(CronField.Second, at.Second) && Has(CronField.Minute, at.Minute) && Has(CronField.Hour, at.Hour) && Has(CronField.Month, at.Month);
    }

    static Gen<string> Expressions =>
        from minute in Field(0, 59)
        from hour in Field(0, 23)
        from day in Field(1, 28)
        from month in Field(1, 12)
        from weekday in Field(0, 7)
        from second in Gen.Frequency((3, Gen.Constant("")), (1, Field(0, 59)))
        select second.Length == 0 ? $"{minute} {hour} {day} {month} {weekday}" : $"{second} {minute} {hour} {day} {month} {Quartz(weekday)}";

    /// <summary>Six fields count weekdays from 1.</summary>
    static string Quartz(string weekday) => weekday.Contains('0', StringComparison.Ordinal) ? "SUN" : weekday;

    static Gen<string> Field(int min, int max) => Gen.Frequency(
        (4, Gen.Constant("*")),
        (3, Gen.Choose(min, max).Select(v => $"{v}")),
        (1, Gen.Choose(min, max).Two().Select(p => p.Item1 <= p.Item2 ? $"{p.Item1}-{p.Item2}" : $"{p.Item2},{p.Item1}")),
        (1, Gen.Choose(2, Math.Max(2, (max - min) / 2)).Select(s => $"*/{s}")),
        (1, Gen.Choose(min, max).SelectMany(a => Gen.Choose(2, Math.Max(2, (max - min) / 2)).Select(s => $"{a}/{s}"))));
}
