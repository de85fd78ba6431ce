using FlowStudio.Web.Studio.Schedules;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Schedules;

public class CronBuilderTests
{
    [Theory]
    [InlineData("* * * * *", CronKind.Minutes)]
    [InlineData("*/15 * * * *", CronKind.Minutes)]
    [InlineData("0/15 * * * *", CronKind.Minutes)]
    [InlineData("*/7 * * * *", CronKind.Custom)]
    [InlineData("*/4 * * * *", CronKind.Custom)]
    [InlineData("0 * * * *", CronKind.Hours)]
    [InlineData("@hourly", CronKind.Hours)]
    [InlineData("20 */6 * * *", CronKind.Hours)]
    [InlineData("20 */5 * * *", CronKind.Custom)]
    [InlineData("30 7 * * *", CronKind.Daily)]
    [InlineData("0 30 7 * * ?", CronKind.Daily)]
    [InlineData("10 30 7 * * ?", CronKind.Custom)]
    [InlineData("0 9 * * 1-5", CronKind.Weekdays)]
    [InlineData("0 9 * * mon,tue,wed,thu,fri", CronKind.Weekdays)]
    [InlineData("0 9 * * 0,6", CronKind.Weekly)]
    [InlineData("30 7 1,15 * *", CronKind.Monthly)]
    [InlineData("30 7 1 * 5", CronKind.Custom)]
    [InlineData("30 7 1 6 *", CronKind.Custom)]
    [InlineData("0 30 7 L * ?", CronKind.Custom)]
    [InlineData("61 * * * *", CronKind.Custom)]
    [InlineData("", CronKind.Custom)]
    public void What_is_typed_shows_in_the_parts(string text, CronKind kind)
    {
        var builder = new CronBuilder { Text = text };
        builder.Kind.ShouldBe(kind);
        builder.Text.ShouldBe(text);
    }

    [Fact]
    public void The_parts_are_taken_out_of_what_is_typed()
    {
        var builder = new CronBuilder { Text = "45 16 * * sat,1,3" };
        (builder.Time, string.Join(',', builder.Days)).ShouldBe((new TimeOnly(16, 45), "1,3,6"));
        builder.Text = "5 8 31,2 * *";
        (builder.Time, string.Join(',', builder.MonthDays)).ShouldBe((new TimeOnly(8, 5), "2,31"));
        builder.Text = "20 */6 * * *";
        (builder.HourStep, builder.Minute).ShouldBe((6, 20));
    }

    [Fact]
    public void What_is_put_together_shows_in_the_text()
    {
        var builder = new CronBuilder();
        builder.Text.ShouldBe("0 9 * * *");
        builder.Every(20);
        builder.Text.ShouldBe("*/20 * * * *");
        builder.Every(1);
        builder.Text.ShouldBe("* * * * *");
        builder.EveryHours(1, 5);
        builder.Text.ShouldBe("5 * * * *");
        builder.EveryHours(4, 99);
        builder.Text.ShouldBe("59 */4 * * *");
        builder.Choose(CronKind.Weekdays);
        builder.At(new(7, 30));
        builder.Text.ShouldBe("30 7 * * 1-5");
        builder.Choose(CronKind.Weekly);
        builder.Text.ShouldBe("30 7 * * 1");
        builder.ToggleDay(0);
        builder.ToggleDay(4);
        builder.Text.ShouldBe("30 7 * * 0,1,4");
        builder.Choose(CronKind.Monthly);
        builder.ToggleMonthDay(15);
        builder.Text.ShouldBe("30 7 1,15 * *");
        builder.Choose(CronKind.Custom);
        builder.Text.ShouldBe("30 7 1,15 * *");
    }

    [Fact]
    public void A_week_without_days_cannot_be_made()
    {
        var builder = new CronBuilder();
        builder.Choose(CronKind.Weekly);
        builder.ToggleDay(1);
        builder.Text.ShouldBe("0 9 * * 1");
    }

    /// <summary>Whatever is put together reads back as it was put together.</summary>
    [Fact]
    public void There_and_back_is_the_same()
    {
        foreach (var kind in Enum.GetValues<CronKind>().Where(k => k is not CronKind.Custom))
        {
            var builder = new CronBuilder();
            builder.ToggleDay(3);
            builder.ToggleMonthDay(31);
            builder.At(new(23, 59));
            builder.Choose(kind);
            var again = new CronBuilder { Text = builder.Text };
            again.Kind.ShouldBe(kind);
            again.Choose(kind);
            again.Text.ShouldBe(builder.Text);
        }
    }
}
