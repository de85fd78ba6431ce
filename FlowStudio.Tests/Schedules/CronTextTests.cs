using FlowStudio.Engine.Schedules;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Schedules;

public class CronTextTests
{
    [Theory]
    [InlineData("61 * * * *", "minute (field 1, position 1): 61 is above 59")]
    [InlineData("*  24 * * *", "hour (field 2, position 4): 24 is above 23")]
    [InlineData("0 0 0 * *", "day of month (field 3, position 5): 0 is below 1")]
    [InlineData("0 0 1 13 *", "month (field 4, position 7): 13 is above 12")]
    [InlineData("0 0 * * 8", "day of week (field 5, position 9): 8 is above 7")]
    [InlineData("0 0 * * MON-FRY", "day of week (field 5, position 13): 'FRY' is not known here; give 0 to 7 (0 and 7 are Sunday), or SUN to SAT")]
    [InlineData("1,2,sixty * * * *", "minute (field 1, position 5): 'sixty' is not known here; give 0 to 59")]
    [InlineData("*/0 * * * *", "minute (field 1, position 3): a step of 0 never comes to the next value; give 1 or more")]
    [InlineData("*/61 * * * *", "minute (field 1, position 3): a step of 61 is above 59")]
    [InlineData("0//5 * * * *", "minute (field 1, position 3): '/5' is no number; a step is one")]
    [InlineData("*/ * * * *", "minute (field 1, position 3): a number is missing after /")]
    [InlineData(", * * * *", "minute (field 1, position 1): a value is missing beside the comma")]
    [InlineData("1,,2 * * * *", "minute (field 1, position 3): a value is missing beside the comma")]
    [InlineData("5- * * * *", "minute (field 1, position 3): the range has no end")]
    [InlineData("50-10 * * * *", "minute (field 1, position 1): the range 50-10 runs backwards; write 10-50, or 50-59,0-10 to go round")]
    [InlineData("0 22-6 * * *", "hour (field 2, position 3): the range 22-6 runs backwards; write 6-22, or 22-23,0-6 to go round")]
    [InlineData("*,5 * * * *", "minute (field 1, position 1): * among others makes the others pointless; leave it alone, or out")]
    [InlineData("0 0 ? * 1", "day of month (field 3, position 5): ? is not known in the form with five fields; write *")]
    [InlineData("0 0 L * *", "day of month (field 3, position 5): L is not known in the form with five fields; give seconds first (six fields) to use it")]
    [InlineData("0 0 * * 5L", "day of week (field 5, position 9): 5L is not known in the form with five fields; give seconds first (six fields) to use it")]
    [InlineData("0 0 0 ? * 0", "day of week (field 6, position 11): 0 is below 1")]
    [InlineData("0 0 0 ? * 2#6", "day of week (field 6, position 13): '6' says which one of the month; give 1 to 5")]
    [InlineData("0 0 0 L-31 * ?", "day of month (field 4, position 9): 31 is above 30")]
    [InlineData("? 0 0 * * ?", "second (field 1, position 1): ? is for days only; write *")]
    [InlineData("0 0 0 1 1 ? 1969", "year (field 7, position 13): 1969 is below 1970")]
    [InlineData("-1 * * * *", "minute (field 1, position 1): a value is missing")]
    [InlineData("0 0 * JANUARY *", "month (field 4, position 7): 'JANUARY' is not known here; give 1 to 12, or JAN to DEC")]
    [InlineData("99999999999 * * * *", "minute (field 1, position 1): 99999999999 is too large")]
    [InlineData("", "The expression is empty. Give five fields, such as 0 9 * * 1-5.")]
    [InlineData("* * *", "The expression has 3 fields. Give 5 (minute, hour, day of month, month, day of week), or 6 or 7 (with seconds first, and a year last).")]
    [InlineData("@reboot", "@reboot is not known. Known are @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly.")]
    public void What_is_wrong_is_told_with_its_place(string expression, string message) =>
        Should.Throw<CronException>(() => CronText.Parse(expression)).Message.ShouldBe(message);

    [Fact]
    public void An_error_has_its_place_for_programs_too()
    {
        var error = Should.Throw<CronException>(() => CronText.Parse(" 0  9 * * 9"));
        (error.Field, error.FieldNumber, error.Position, error.Code).ShouldBe(("day of week", 5, 11, "invalid_cron"));
    }

    [Fact]
    public void A_text_of_any_length_is_refused_at_once() =>
        Should.Throw<CronException>(() => CronText.Parse(new string('1', 100_000))).Message.ShouldContain("255 are the most");

    /// <summary>Sunday is 0 and 7 with five fields, 1 with six; what goes to Quartz has names, which mean the same in both.</summary>
    [Theory]
    [InlineData("0 9 * * 1-5", "0 0 9 * * MON,TUE,WED,THU,FRI")]
    [InlineData("0 9 * * 0", "0 0 9 * * SUN")]
    [InlineData("0 9 * * 7", "0 0 9 * * SUN")]
    [InlineData("0 9 * * 5-7", "0 0 9 * * SUN,FRI,SAT")]
    [InlineData("0 9 * * fri-mon", "0 0 9 * * SUN,MON,FRI,SAT")]
    [InlineData("0 9 * * 1/2", "0 0 9 * * MON,WED,FRI")]
    [InlineData("0 9 1,15 * 5", "0 0 9 1,15 * FRI")]
    [InlineData("@weekly", "0 0 0 * * SUN")]
    [InlineData("@yearly", "0 0 0 1 1 ?")]
    [InlineData("*/10 * * * * ?", "*/10 * * * * ?")]
    [InlineData("0 0 9 ? * 2-6", "0 0 9 * * MON,TUE,WED,THU,FRI")]
    [InlineData("0 0 9 ? jan,jul 2#1", "0 0 9 * 1,7 MON#1")]
    [InlineData("0 0 9 ? * friL", "0 0 9 * * 6L")]
    [InlineData("0 0 9 15W * ? 2027-2030", "0 0 9 15W * ? 2027-2030")]
    public void Both_forms_become_one(string expression, string quartz) => CronText.Parse(expression).QuartzForm.ShouldBe(quartz);
}
