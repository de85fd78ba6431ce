using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Runs;

public class DurationHistogramTests
{
    [Fact]
    public void A_percentile_is_never_below_and_at_most_a_sixteenth_above()
    {
        var random = new Random(4);
        var values = Enumerable.Range(0, 5000).Select(_ => (long)Math.Pow(10, random.NextDouble() * 11)).Order().ToList();
        var histogram = new DurationHistogram();
        foreach (var value in values)
            histogram.Add(TimeSpan.FromMicroseconds(value));
        foreach (var percent in (double[])[0, 1, 50, 95, 99, 100])
        {
            var exact = values[Math.Max(0, (int)Math.Ceiling(percent / 100 * values.Count) - 1)];
            var given = histogram.Percentile(percent).ShouldNotBeNull().Ticks / TimeSpan.TicksPerMicrosecond;
            given.ShouldBeInRange(exact, exact + (exact / 16) + 1);
        }
    }

    [Fact]
    public void Stored_histograms_add_up_to_one()
    {
        var (whole, first, second) = (new DurationHistogram(), new DurationHistogram(), new DurationHistogram());
        for (var i = 0; i < 1000; i++)
        {
            var duration = TimeSpan.FromMilliseconds(i * i);
            whole.Add(duration);
            (i % 3 == 0 ? first : second).Add(duration);
        }
        first.Add(second.ToBytes());
        first.ToBytes().ShouldBe(whole.ToBytes());
        first.Count.ShouldBe(1000);
    }

    [Fact]
    public void Extremes_fit()
    {
        var histogram = new DurationHistogram();
        histogram.Percentile(50).ShouldBeNull();
        histogram.ToBytes().ShouldBeEmpty();
        histogram.Add(TimeSpan.FromSeconds(-5));
        histogram.Percentile(100).ShouldBe(TimeSpan.Zero);
        histogram.Add(TimeSpan.FromDays(10_000));
        histogram.Percentile(100).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromDays(9_999));
        Should.Throw<InvalidDataException>(() => new DurationHistogram().Add([0x80]));
        Should.Throw<InvalidDataException>(() => new DurationHistogram().Add([0xff, 0xff, 0x7f, 1]));
    }
}
