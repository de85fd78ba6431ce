using FlowStudio.Benchmarks.Load;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Benchmarks;

public class PaceTests
{
    const long Millisecond = 1_000_000;

    [Fact]
    public void An_open_loop_sends_at_its_rate_and_not_before()
    {
        var pace = new OpenLoop(500, TimeSpan.FromSeconds(1));
        pace.Total.ShouldBe(500);
        pace.TryTake(0, out var first).ShouldBeTrue();
        first.ShouldBe(0);
        pace.TryTake(1 * Millisecond, out _).ShouldBeFalse();
        pace.NextDue.ShouldBe(2 * Millisecond);
        pace.TryTake(2 * Millisecond, out var second).ShouldBeTrue();
        second.ShouldBe(2 * Millisecond);
    }

    [Fact]
    public void A_request_that_a_stall_held_up_counts_from_the_moment_it_was_due()
    {
        var pace = new OpenLoop(1000, TimeSpan.FromMilliseconds(100));
        var latency = new Histogram();
        // A server that takes nothing for the first 50 ms and then answers at once.
        for (var now = 50 * Millisecond; !pace.Exhausted(now); now += Millisecond)
        {
            while (pace.TryTake(now, out var intended))
                latency.Record(now - intended);
        }
        latency.Count.ShouldBe(100);
        latency.Max.ShouldBe(50 * Millisecond);
        // Half of the requests were due during the stall and waited 50 ms, 49 ms, ... 1 ms; a generator that only timed what it sent would have seen 0.
        latency.Percentile(75).ShouldBeInRange(24 * Millisecond, 26 * Millisecond);
    }

    [Fact]
    public void An_open_loop_is_exhausted_by_number_and_not_by_time()
    {
        var pace = new OpenLoop(10, TimeSpan.FromSeconds(1));
        pace.Exhausted(60_000 * Millisecond).ShouldBeFalse();
        for (var number = 0; number < 10; number++)
            pace.TryTake(60_000 * Millisecond, out _).ShouldBeTrue();
        pace.TryTake(60_000 * Millisecond, out _).ShouldBeFalse();
        pace.Exhausted(60_000 * Millisecond).ShouldBeTrue();
        pace.NextDue.ShouldBeNull();
    }

    [Fact]
    public void A_closed_loop_ends_by_its_time()
    {
        var pace = new ClosedLoop(TimeSpan.FromMilliseconds(5));
        pace.TryTake(4 * Millisecond, out var intended).ShouldBeTrue();
        intended.ShouldBe(4 * Millisecond);
        pace.TryTake(5 * Millisecond, out _).ShouldBeFalse();
        pace.Exhausted(5 * Millisecond).ShouldBeTrue();
    }

    [Fact]
    public void A_closed_loop_ends_by_its_number()
    {
        var pace = new ClosedLoop(TimeSpan.FromHours(1), limit: 2);
        pace.TryTake(0, out _).ShouldBeTrue();
        pace.TryTake(0, out _).ShouldBeTrue();
        pace.TryTake(0, out _).ShouldBeFalse();
        pace.Exhausted(0).ShouldBeTrue();
    }
}
