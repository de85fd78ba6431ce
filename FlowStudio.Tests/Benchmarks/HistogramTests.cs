using FlowStudio.Benchmarks.Load;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Benchmarks;

public class HistogramTests
{
    [Fact]
    public void Nothing_recorded_gives_zero() => new Histogram().Percentile(99).ShouldBe(0);

    [Theory]
    [InlineData(50, 50)]
    [InlineData(99, 99)]
    [InlineData(99.9, 100)]
    [InlineData(100, 100)]
    public void Small_values_are_exact(double percent, long expected)
    {
        var histogram = new Histogram();
        for (var value = 1; value <= 100; value++)
            histogram.Record(value);
        histogram.Percentile(percent).ShouldBe(expected);
    }

    [Fact]
    public void A_percentile_is_never_below_the_true_value_and_at_most_a_sixty_fourth_above_it()
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 30)).Order().ToList();
        var histogram = new Histogram();
        values.ForEach(histogram.Record);
        foreach (var percent in new[] { 1, 10, 50, 90, 99, 99.9 })
        {
            var exact = values[(int)Math.Ceiling(percent / 100 * values.Count) - 1];
            histogram.Percentile(percent).ShouldBeInRange(exact, exact + (exact / 64));
        }
        histogram.Count.ShouldBe(20_000);
        histogram.Max.ShouldBe(values[^1]);
    }

    [Fact]
    public void Every_value_lies_in_the_bucket_whose_edge_is_the_next_above_it()
    {
        var values = Enumerable.Range(0, 63).SelectMany(bit => new[] { (1L << bit) - 1, 1L << bit, (1L << bit) + 1 }).Append(long.MaxValue);
        foreach (var value in values)
        {
            var index = Histogram.IndexOf(value);
            Histogram.UpperEdge(index).ShouldBeGreaterThanOrEqualTo(value);
            if (index > 0)
                Histogram.UpperEdge(index - 1).ShouldBeLessThan(value);
        }
    }
}
