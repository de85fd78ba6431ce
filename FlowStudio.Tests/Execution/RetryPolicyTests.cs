using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

public class RetryPolicyTests
{
    static readonly RetryPolicy Policy = new(4, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6));
    static readonly NodeError Passing = new("http_status", "503", Retryable: true);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(4, 6)]
    public void The_pause_doubles_up_to_its_limit(int attempt, double seconds) =>
        Policy.DelayAfter(attempt, Passing, dice: 0.5).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void After_the_last_repeat_the_error_is_final() => Policy.DelayAfter(5, Passing, 0.5).ShouldBeNull();

    [Fact]
    public void An_error_not_worth_it_is_final_at_once() => Policy.DelayAfter(1, Passing with { Retryable = false }, 0.5).ShouldBeNull();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void What_the_other_side_asks_for_is_the_least(double dice) =>
        Policy.DelayAfter(1, Passing with { RetryAfter = TimeSpan.FromSeconds(7) }, dice).ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(7));

    [Theory]
    [InlineData(0, 0.8)]
    [InlineData(1, 1.2)]
    public void Jitter_stays_within_a_fifth(double dice, double seconds) => Policy.DelayAfter(1, Passing, dice).ShouldBe(TimeSpan.FromSeconds(seconds));
}
