using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class DateAndTimeTests
{
    static readonly ComponentCatalog AtNoon = NodeTest.NewCatalog(new StoppedClock());

    [Theory]
    [InlineData("UTC", "", "2025-02-13T12:00:00+00:00")]
    [InlineData("", "", "2025-02-13T12:00:00+00:00")]
    [InlineData("Europe/Berlin", "", "2025-02-13T13:00:00+01:00")]
    [InlineData("Asia/Kolkata", "dddd, d MMMM yyyy HH:mm", "Thursday, 13 February 2025 17:30")]
    [InlineData("America/New_York", "'it is' h tt", "it is 7 AM")]
    public async Task Now_is_written_in_zone_and_format(string zone, string format, string expected) =>
        (await Node().Set("timezone", zone).Set("format", format).TextAsync("text")).ShouldBe(expected);

    [Fact]
    public async Task The_parts_are_data_and_the_seconds_a_number()
    {
        var node = Node().Set("timezone", "Europe/Berlin");
        (await node.OutputAsync("data")).GetRawText().ShouldBe(
            """{"iso":"2025-02-13T13:00:00+01:00","date":"2025-02-13","time":"13:00:00","year":2025,"month":2,"day":13,"hour":13,"minute":0,"second":0,"weekday":"Thursday","week":7,"day_of_year":44,"timezone":"Europe/Berlin","offset":"+01:00","unix":1739448000}""");
        (await node.OutputAsync("number")).GetRawText().ShouldBe("1739448000");
        node.Connected = [];
        (await node.RunAsync()).Outputs.ShouldHaveSingleItem().Port.ShouldBe("text");
    }

    [Theory]
    [InlineData("now", "2025-02-13T13:00:00+01:00")]
    [InlineData("2025-07-01", "2025-07-01T00:00:00+02:00")]
    [InlineData("20250701", "2025-07-01T00:00:00+02:00")]
    [InlineData("2025-07-01 10:30", "2025-07-01T10:30:00+02:00")]
    [InlineData("2025-07-01T10:30:15.25Z", "2025-07-01T12:30:15.25+02:00")]
    [InlineData("2025-07-01T10:30:15+0500", "2025-07-01T07:30:15+02:00")]
    [InlineData("2025-02-13 09:36:32 UTC", "2025-02-13T10:36:32+01:00")]
    [InlineData("Thu, 13 Feb 2025 09:36:32 GMT", "2025-02-13T10:36:32+01:00")]
    [InlineData("Feb 3, 2025", "2025-02-03T00:00:00+01:00")]
    [InlineData("1739448000", "2025-02-13T13:00:00+01:00")]
    [InlineData("1739448000123", "2025-02-13T13:00:00.123+01:00")]
    [InlineData("-0.5", "1970-01-01T00:59:59.5+01:00")]
    [InlineData("1900-01-01", "1900-01-01T00:00:00+01:00")]
    // Summer time leaves out 02:30; it began an hour before.
    [InlineData("2025-03-30 02:30", "2025-03-30T03:30:00+02:00")]
    public async Task Dates_are_read(string date, string expected) =>
        (await Node().Set("timezone", "Europe/Berlin").Set("date", date).TextAsync("text")).ShouldBe(expected);

    [Theory]
    [InlineData("1739448000")]
    [InlineData("\"2025-02-13T12:00:00Z\"")]
    [InlineData("""{"text":"2025-02-13 12:00:00 UTC","sender":"User"}""")]
    public async Task The_date_can_come_from_the_flow(string date) =>
        (await Node().In("date", date).TextAsync("text")).ShouldBe("2025-02-13T12:00:00+00:00");

    [Fact]
    public async Task Another_way_of_writing_can_be_named()
    {
        var node = Node().Set("input_format", "dd.MM.yyyy HH:mm").Set("date", "01.02.2025 08:05");
        (await node.TextAsync("text")).ShouldBe("2025-02-01T08:05:00+00:00");
        var error = await node.Set("date", "2025-02-01").FailsAsync();
        (error.Code, error.Message).ShouldBe(("not_a_date", "DateTime: '2025-02-01' is no date of the form dd.MM.yyyy HH:mm."));
    }

    [Theory]
    [InlineData("1/2/2025")]
    [InlineData("2025-13-01")]
    [InlineData("2025-02-30")]
    [InlineData("yesterday")]
    [InlineData("NaN")]
    [InlineData("2025-02-13T12:00:00+99:00")]
    [InlineData("٢٠٢٥-٠٢-١٣")]
    public async Task What_is_no_date_is_an_error_that_shows_how_to_write_one(string date)
    {
        var error = await Node().Set("date", date).FailsAsync();
        error.Code.ShouldBe("not_a_date");
        error.Message.ShouldContain(date);
        error.Remedy.ShouldContain("2025-02-13");
    }

    [Theory]
    [InlineData("2025-01-31", 1, "months", "2025-02-28T00:00:00+01:00")]
    [InlineData("2024-02-29", -1, "years", "2023-02-28T00:00:00+01:00")]
    [InlineData("2025-02-13", 1.5, "weeks", "2025-02-23T12:00:00+01:00")]
    // Over the change to summer time a day keeps the clock's time, 24 hours do not.
    [InlineData("2025-03-29 12:00", 1, "days", "2025-03-30T12:00:00+02:00")]
    [InlineData("2025-03-29 12:00", 24, "hours", "2025-03-30T13:00:00+02:00")]
    [InlineData("2025-02-13", -90, "minutes", "2025-02-12T22:30:00+01:00")]
    [InlineData("2025-02-13", 0.5, "seconds", "2025-02-13T00:00:00.5+01:00")]
    public async Task Time_is_added(string date, double amount, string unit, string expected) =>
        (await Node().Set("operation", "add").Set("timezone", "Europe/Berlin").Set("date", date).Set("amount", amount).Set("unit", unit).TextAsync("text")).ShouldBe(expected);

    [Fact]
    public async Task The_amount_can_come_from_the_flow()
    {
        var node = Node().Set("operation", "add").Set("date", "2025-02-13");
        (await node.In("amount", "\"-3\"").TextAsync("text")).ShouldStartWith("2025-02-10");
        (await node.In("amount", "\"three\"").FailsAsync()).Code.ShouldBe("not_a_number");
    }

    [Theory]
    [InlineData("2025-02-10", "", "days", "3.5")]
    [InlineData("2025-02-13 12:00", "2025-02-13 11:00", "minutes", "-60")]
    [InlineData("2025-01-31", "2025-02-28", "months", "1")]
    [InlineData("2025-01-31", "2025-02-27", "months", "0")]
    [InlineData("2025-02-27", "2025-01-31", "months", "0")]
    [InlineData("1990-02-14", "", "years", "34")]
    [InlineData("2025-01-01", "2025-01-15", "weeks", "2")]
    public async Task The_time_between_is_counted(string from, string until, string unit, string expected)
    {
        var node = Node().Set("operation", "difference").Set("date", from).Set("until", until).Set("unit", unit);
        (await node.TextAsync("text")).ShouldBe(expected);
        (await node.OutputAsync("number")).GetRawText().ShouldBe(expected);
        (await node.OutputAsync("data")).GetProperty("unit").GetString().ShouldBe(unit);
    }

    [Theory]
    [InlineData("9999-12-31", 2, "days")]
    [InlineData("0001-01-01", -1, "seconds")]
    [InlineData("2025-01-01", 120_000, "years")]
    [InlineData("2025-01-01", 1e12, "weeks")]
    [InlineData("9e15", 0, "days")]
    [InlineData("1e300", 0, "days")]
    public async Task Beyond_the_calendar_is_an_error(string date, double amount, string unit) =>
        (await Node().Set("operation", "add").Set("date", date).Set("amount", amount).Set("unit", unit).FailsAsync()).Code.ShouldBe("date_out_of_range");

    [Fact]
    public async Task Half_a_month_is_an_error() =>
        (await Node().Set("operation", "add").Set("amount", 0.5).Set("unit", "months").FailsAsync()).Code.ShouldBe("invalid_amount");

    [Theory]
    [InlineData("timezone", "Mars/Olympus")]
    [InlineData("timezone", "../../etc/passwd")]
    [InlineData("timezone", "/etc/passwd")]
    [InlineData("timezone", "Europe/../UTC")]
    [InlineData("format", "%")]
    [InlineData("format", "Q")]
    [InlineData("format", "'open")]
    [InlineData("input_format", "%")]
    public async Task A_wrong_zone_or_format_is_told_before_the_run_and_in_it(string field, string value)
    {
        var node = Node().Set("date", "2025-02-13").Set(field, value);
        var problem = node.Problems().ShouldHaveSingleItem();
        (problem.Field, problem.Severity).ShouldBe((field, ProblemSeverity.Error));
        problem.Advice.ShouldNotBeEmpty();
        (await node.FailsAsync()).Message.ShouldContain(value);
    }

    [Fact]
    public void A_format_has_a_limit() => Node().Set("format", new string('y', 201)).Problems().ShouldHaveSingleItem().Message.ShouldContain("200");

    static NodeTest Node() => new("DateTime", AtNoon);
}
