using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;
using Microsoft.AspNetCore.WebUtilities;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Runs;

public class RunQueryTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 21, 14, 0, 0, TimeSpan.Zero);
    static readonly Guid Flow = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41");

    static RunQuery Read(string url)
    {
        var query = QueryHelpers.ParseQuery(url.Contains('?') ? url[url.IndexOf('?')..] : "");
        return RunQuery.Parse(One("flow"), One("status"), One("trigger"), One("q")) with { Span = RunSpan.Parse(One("time"), One("from"), One("to")) };

        string? One(string name) => query.GetValueOrDefault(name);
    }

    [Theory]
    [InlineData("/runs")]
    [InlineData("/runs?status=failed&time=7d")]
    [InlineData("/runs?q=no%20answer&from=2026-11-21T10%3A00%3A00Z&to=2026-11-21T10%3A15%3A00Z")]
    [InlineData("/runs?from=2026-11-21T10%3A00%3A00.250Z")]
    public void The_time_stands_in_the_address_too(string url) => Read(url).Url.ShouldBe(url);

    [Fact]
    public void The_address_of_one_flow_s_runs_does_not_name_the_flow_twice() =>
        new RunQuery(Flow, RunStatus.Failed) { Span = new("1h") }.UrlIn(Flow).ShouldBe($"/flows/{Flow}/runs?status=failed&time=1h");

    [Fact]
    public void An_export_has_the_filters_with_the_time_that_was_meant() =>
        new RunQuery(Flow, Trigger: RunTrigger.Webhook, Text: "a b") { Span = new("24h") }.ExportUrl(Now)
            .ShouldBe($"/v1/runs/export?flow={Flow}&trigger=webhook&q=a%20b&from=2026-11-20T14%3A00%3A00Z");

    [Theory]
    [InlineData("soon", null, null)]
    [InlineData(null, "yesterday", null)]
    [InlineData(null, "2026-11-21T11:00:00Z", "2026-11-21T10:00:00Z")]
    public void A_time_that_is_none_limits_nothing(string? preset, string? from, string? to) => RunSpan.Parse(preset, from, to).IsAll.ShouldBeTrue();

    [Fact]
    public void The_last_hours_move_on_with_the_clock_and_a_marked_time_does_not()
    {
        new RunQuery { Span = new("6h") }.FilterAt(Now).From.ShouldBe(Now.AddHours(-6));
        new RunQuery { Span = new("6h") }.FilterAt(Now).To.ShouldBeNull();
        new RunQuery { Span = new(null, Now, Now.AddHours(1)) }.FilterAt(Now.AddDays(1)).From.ShouldBe(Now);
        new RunQuery().FilterAt(Now).From.ShouldBeNull("without a limit every run is listed, though the chart shows a day");
        RunSpan.All.ChartAt(Now).From.ShouldBe(Now.AddHours(-24));
    }

    [Fact]
    public void A_time_is_said_as_short_as_it_can_be()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        new RunSpan("7d").Words(Now, zone).ShouldBe("Last 7 days");
        new RunSpan(null, Now.AddHours(-2), Now.AddHours(-1)).Words(Now, zone).ShouldBe("13:00 – 14:00");
        new RunSpan(null, Now.AddDays(-2), Now.AddDays(-1)).Words(Now, zone).ShouldBe("Nov 19, 15:00 – Nov 20, 15:00");
        new RunSpan(null, null, Now.AddDays(-1)).Words(Now, zone).ShouldBe("before Nov 20, 15:00");
    }

    [Fact]
    public void A_filtered_count_says_that_it_matches()
    {
        RunWords.HowManyMatch(RunCount.Of(1)).ShouldBe("1 matches");
        RunWords.HowManyMatch(RunCount.Of(1595)).ShouldBe("1,595 match");
        RunWords.HowManyMatch(RunCount.Of(20_000)).ShouldBe("10,000+ match");
    }
}
