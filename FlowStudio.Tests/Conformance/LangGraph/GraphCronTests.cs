using FlowStudio.Engine.Schedules;
using FlowStudio.Web.Api.LangGraph;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Conformance.LangGraph;

/// <summary>LangGraph's expressions (croniter's) in the form of schedules.</summary>
public sealed class GraphCronTests
{
    [Theory]
    [InlineData("0 9 * * 1-5", "2026-11-21T00:00:00Z", "2026-11-23T09:00:00Z")]
    [InlineData("30 8 * * 0 15", "2026-11-21T00:00:00Z", "2026-11-22T08:30:15Z")]
    [InlineData("30 8 * * 7 15", "2026-11-21T00:00:00Z", "2026-11-22T08:30:15Z")]
    [InlineData("* * * * * */20", "2026-11-21T00:00:01Z", "2026-11-21T00:00:20Z")]
    [InlineData("0 12 13 * 5 30", "2026-11-21T00:00:00Z", "2026-11-27T12:00:30Z")]
    [InlineData("@daily", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z")]
    public void The_second_comes_last_and_weekdays_are_those_of_Unix(string given, string after, string next) =>
        CronClock.Of(GraphCrons.Expression(given), "UTC").Next(DateTimeOffset.Parse(after)).ShouldBe(DateTimeOffset.Parse(next));

    [Theory]
    [InlineData("* * * *")]
    [InlineData("* * * * * * *")]
    [InlineData("x * * * *")]
    [InlineData("* * * * * 60")]
    public void What_is_no_expression_is_refused(string given) => Should.Throw<CronException>(() => CronText.Parse(GraphCrons.Expression(given)));
}
