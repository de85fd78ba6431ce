using FlowStudio.Web.Studio.Shared;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class TimesTests
{
    [Theory]
    [InlineData(-5, "<1 ms")]
    [InlineData(0.4, "<1 ms")]
    [InlineData(1, "1 ms")]
    [InlineData(32, "32 ms")]
    [InlineData(999.4, "999 ms")]
    [InlineData(999.6, "1.0 s")]
    [InlineData(1600, "1.6 s")]
    [InlineData(59_949, "59.9 s")]
    [InlineData(59_950, "1 min 0 s")]
    [InlineData(125_000, "2 min 5 s")]
    [InlineData(3_840_000, "1 h 4 min")]
    [InlineData(266_400_000, "3 d 2 h")]
    public void Durations_are_short_and_have_their_unit(double milliseconds, string words) => Times.Duration(TimeSpan.FromMilliseconds(milliseconds)).ShouldBe(words);

    [Theory]
    [InlineData(10, "just now")]
    [InlineData(46, "1 min ago")]
    [InlineData(240, "4 min ago")]
    [InlineData(21_600, "6 h ago")]
    [InlineData(86_400, "1 d ago")]
    [InlineData(300_000, "3 d ago")]
    public void Ages_are_said_in_words(double seconds, string words) => Times.Ago(TimeSpan.FromSeconds(seconds)).ShouldBe(words);

    [Theory]
    [InlineData(1, "1 byte")]
    [InlineData(96, "96 bytes")]
    [InlineData(12_400, "12.4 KB")]
    [InlineData(3_100_000, "3.1 MB")]
    public void Sizes_have_their_unit(long bytes, string words) => Times.Size(bytes).ShouldBe(words);

    [Fact]
    public void Counts_have_separators() => Times.Count(1284).ShouldBe("1,284");

    [Fact]
    public void Times_are_those_of_the_reader()
    {
        var times = new LocalTimes(new FixedTime(new(2026, 11, 21, 14, 0, 0, TimeSpan.Zero)));
        times.Use("Europe/Berlin");
        var at = new DateTimeOffset(2026, 11, 21, 13, 2, 11, 204, TimeSpan.Zero);
        times.Clock(at).ShouldBe("14:02:11");
        times.ClockMs(at).ShouldBe("14:02:11.204");
        times.Short(at).ShouldBe("14:02:11");
        times.Short(at.AddDays(-1)).ShouldBe("Nov 20, 14:02");
        times.Short(at.AddYears(-1)).ShouldBe("2025-11-21");
        times.Full(at).ShouldBe("2026-11-21 14:02:11.204 Europe/Berlin");
        times.Ago(at).ShouldBe("58 min ago");
    }

    [Fact]
    public void An_unknown_zone_leaves_UTC_and_says_so()
    {
        var times = new LocalTimes(TimeProvider.System);
        times.Use("Mars/Olympus_Mons");
        times.Full(DateTimeOffset.UnixEpoch).ShouldBe("1970-01-01 00:00:00.000 UTC");
    }

    sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
