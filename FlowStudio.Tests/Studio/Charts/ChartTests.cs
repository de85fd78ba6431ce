using Bunit;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Charts;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Charts;

public sealed class ChartTests : IAsyncDisposable
{
    static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    readonly BunitContext context = new();

    public ChartTests()
    {
        context.JSInterop.Mode = JSRuntimeMode.Loose;
        context.Services.AddSingleton<TimeProvider>(new ManualTime(Noon));
        context.Services.AddScoped<BrowserTools>().AddScoped<LocalTimes>();
    }

    public ValueTask DisposeAsync() => context.DisposeAsync();

    static RollupPoint Point(DateTimeOffset at, long succeeded, long failed = 0, long timedOut = 0) =>
        new(at, succeeded, failed, Canceled: 0, timedOut, default, succeeded + failed == 0 ? null : TimeSpan.FromSeconds(1.6), null, null);

    static IReadOnlyList<RollupPoint> Points(ChartSpan span, params long[] succeeded) =>
        [.. succeeded.Select((count, i) => Point(span.From + (i * span.Step), count))];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(6, 5)]
    [InlineData(24, 15)]
    [InlineData(7 * 24, 120)]
    [InlineData(30 * 24, 480)]
    [InlineData(365 * 24, 7 * 1440)]
    public void A_stretch_is_cut_into_a_hundred_bars_at_most(int hours, int minutes)
    {
        var span = ChartSpan.Of(Noon.AddHours(-hours), Noon, Noon, isLive: true);
        span.Step.TotalMinutes.ShouldBe(minutes);
        (hours * 60 / minutes).ShouldBeLessThanOrEqualTo(ChartSpan.MaxBars);
    }

    [Fact]
    public void A_short_stretch_of_long_ago_is_cut_by_the_hour_because_single_minutes_are_gone() =>
        ChartSpan.Of(Noon.AddDays(-20), Noon.AddDays(-20).AddHours(2), Noon, isLive: false).Step.ShouldBe(TimeSpan.FromHours(1));

    [Fact]
    public void Marks_stand_at_round_times_of_the_reader_s_zone()
    {
        var span = ChartSpan.Of(Noon.AddHours(-24), Noon, Noon, isLive: true);
        var starts = Enumerable.Range(0, 96).Select(i => span.From + (i * span.Step)).ToList();
        var marks = span.Marks(starts, Berlin);
        marks.Select(m => m.Text).ShouldBe(["16:00", "20:00", "00:00", "04:00", "08:00", "12:00"]);
        starts[marks[0].Bar].ShouldBe(marks[0].At);
    }

    [Fact]
    public void Bars_of_eight_hours_are_marked_by_the_day_in_a_zone_where_none_begins_at_midnight()
    {
        var span = ChartSpan.Of(Noon.AddDays(-30), Noon, Noon, isLive: true);
        var from = new DateTimeOffset(2026, 10, 22, 8, 0, 0, TimeSpan.Zero);
        var marks = span.Marks([.. Enumerable.Range(0, 90).Select(i => from + (i * span.Step))], Berlin);
        marks.Count.ShouldBeInRange(3, 7);
        marks.Select(m => m.Text).ShouldAllBe(text => text.StartsWith("Oct ", StringComparison.Ordinal) || text.StartsWith("Nov ", StringComparison.Ordinal));
    }

    [Fact]
    public void Failures_stand_at_the_foot_and_can_be_seen_however_few_they_are()
    {
        var parts = ChartBars.Parts(Point(Noon, 1_000, failed: 1), peak: 1_001, height: 20, least: 2);
        parts.Select(p => p.Look).ShouldBe(["failed", "succeeded"]);
        (parts[0].Top + parts[0].Height, parts[0].Height).ShouldBe((20, 2));
        (parts[1].Top + parts[1].Height).ShouldBe(parts[0].Top);
        parts[1].Top.ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public void A_sparkline_says_in_words_what_it_shows()
    {
        var line = context.Render<Sparkline>(p => p.Add(x => x.Points, [Point(Noon, 1_270, failed: 12, timedOut: 2), Point(Noon.AddHours(2), 0)]));
        line.Find("svg").GetAttribute("aria-label").ShouldBe("1,284 runs, 12 failed, 2 timed out in 24 h");
        line.FindAll("rect.failed").Count.ShouldBe(1);
        line.FindAll("rect.none").Count.ShouldBe(1);
    }

    [Fact]
    public void A_sparkline_of_many_points_draws_few_bars()
    {
        var line = context.Render<Sparkline>(p => p.Add(x => x.Points, [.. Enumerable.Range(0, 96).Select(i => Point(Noon.AddMinutes(15 * i), 1))]));
        line.FindAll("rect.succeeded").Count.ShouldBe(24);
    }

    [Fact]
    public async Task Bars_that_were_dragged_over_narrow_the_time()
    {
        var span = ChartSpan.Of(Noon.AddHours(-1), Noon, Noon, isLive: true);
        (DateTimeOffset From, DateTimeOffset To)? brushed = null;
        var chart = context.Render<RunsChart>(p => p.Add(x => x.Span, span).Add(x => x.Points, Points(span, 1, 2, 3, 4)).Add(x => x.Brushed, b => brushed = b));
        await chart.InvokeAsync(() => chart.Instance.BarsMarked(1, 2));
        brushed.ShouldBe((span.From.AddMinutes(1), span.From.AddMinutes(3)));
        // The chart had more bars when the dragging began.
        await chart.InvokeAsync(() => chart.Instance.BarsMarked(3, 9));
        brushed.ShouldBe((span.From.AddMinutes(3), span.From.AddMinutes(4)));
    }

    [Fact]
    public void The_keyboard_marks_bars_and_shows_their_time_only()
    {
        var span = ChartSpan.Of(Noon.AddHours(-1), Noon, Noon, isLive: true);
        (DateTimeOffset From, DateTimeOffset To)? brushed = null;
        var chart = context.Render<RunsChart>(p => p.Add(x => x.Span, span).Add(x => x.Points, Points(span, 5, 0, 7, 1)).Add(x => x.Brushed, b => brushed = b));
        Press("ArrowRight");
        chart.Find("[aria-live]").Words().ShouldBe("11:00 – 11:01: 5 runs, half within 1.6 s");
        Press("ArrowRight");
        Press("ArrowRight", shift: true);
        chart.FindAll("g.marked").Count.ShouldBe(2);
        chart.Find("[aria-live]").Words().ShouldStartWith("11:02 – 11:03: 7 runs");
        Press("Enter");
        brushed.ShouldBe((span.From.AddMinutes(1), span.From.AddMinutes(3)));
        chart.FindAll("g.marked").ShouldBeEmpty();
        Press("End");
        chart.Find("[aria-live]").Words().ShouldStartWith("11:03 – 11:04");
        Press("Escape");
        chart.Find("[aria-live]").Words().ShouldBeEmpty();

        void Press(string key, bool shift = false) => chart.Find(".chart-plot").KeyDown(new KeyboardEventArgs { Key = key, ShiftKey = shift });
    }

    [Fact]
    public void A_chart_without_runs_says_so_and_keeps_its_axis()
    {
        var span = ChartSpan.Of(Noon.AddHours(-24), Noon, Noon, isLive: true);
        var chart = context.Render<RunsChart>(p => p.Add(x => x.Span, span).Add(x => x.Points, [.. Enumerable.Range(0, 96).Select(i => Point(span.From + (i * span.Step), 0))]));
        chart.Find(".chart-empty").Words().ShouldBe("No run ended in this time");
        chart.FindAll(".chart-axis > span").Select(e => e.Words()).ShouldContain("now");
    }
}
