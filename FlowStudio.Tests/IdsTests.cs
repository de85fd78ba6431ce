using FlowStudio.Engine;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests;

public class IdsTests
{
    static readonly DateTimeOffset Start = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ids_of_one_moment_sort_as_they_were_made_and_tell_the_moment()
    {
        var time = new ManualTime(Start);
        var ids = Enumerable.Range(0, 10_000).Select(_ => Ids.New(time)).ToArray();
        Text(ids).ShouldBe(Text(ids).Order(StringComparer.Ordinal));
        ids.Distinct().Count().ShouldBe(ids.Length);
        ids[0].Version.ShouldBe(7);
        ids[0].ToString()[..13].ShouldBe(Guid.CreateVersion7(Start).ToString()[..13]);
    }

    [Fact]
    public void Ids_of_moments_within_a_millisecond_sort_by_them()
    {
        var time = new ManualTime(Start);
        var ids = Enumerable.Range(0, 1000).Select(i => Ids.New(time, Start + TimeSpan.FromMicroseconds(i * 10))).ToArray();
        Text(ids).ShouldBe(Text(ids).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_clock_that_is_a_little_behind_changes_no_order_and_one_that_was_set_back_is_followed()
    {
        var time = new ManualTime(Start);
        var first = Ids.New(time, Start);
        var behind = Ids.New(time, Start - TimeSpan.FromMilliseconds(20));
        string.CompareOrdinal(first.ToString(), behind.ToString()).ShouldBeLessThan(0);
        var back = Ids.New(time, Start - TimeSpan.FromHours(1));
        back.ToString()[..13].ShouldBe(Guid.CreateVersion7(Start - TimeSpan.FromHours(1)).ToString()[..13]);
    }

    [Fact]
    public void Ids_made_at_once_by_many_are_all_different()
    {
        var time = new ManualTime(Start);
        var ids = new Guid[20_000];
        Parallel.For(0, ids.Length, i => ids[i] = Ids.New(time));
        ids.Distinct().Count().ShouldBe(ids.Length);
        ids.Select(id => id.ToString()[..18]).Distinct().Count().ShouldBe(ids.Length, "each has its own place in the order");
    }

    static string[] Text(Guid[] ids) => [.. ids.Select(id => id.ToString())];
}
