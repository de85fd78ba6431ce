using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class RunListTests
{
    static Run Run(int number, RunStatus status = RunStatus.Succeeded) => new()
    {
        Id = new Guid($"00000000-0000-7000-8000-{number:000000000000}"),
        FlowId = Guid.Empty,
        FlowVersionId = Guid.Empty,
        Status = status,
        Trigger = RunTrigger.Webhook,
        ThreadId = Guid.Empty,
        RootRunId = Guid.Empty,
        CreatedAt = DateTimeOffset.UnixEpoch.AddSeconds(number),
    };

    static RunPage Page(string? next, params int[] numbers) => new([.. numbers.Select(n => Run(n))], next);

    static int[] Numbers(RunListState state) => [.. state.Runs.Select(r => int.Parse(r.Id.ToString()[^6..]))];

    [Theory]
    [InlineData(0, "0 runs")]
    [InlineData(1, "1 run")]
    [InlineData(10_000, "10,000 runs")]
    [InlineData(10_001, "10,000+ runs")]
    public void A_count_says_when_there_are_more(int found, string words) => RunWords.HowMany(RunCount.Of(found)).ShouldBe(words);

    [Fact]
    public void Pages_follow_one_another_without_doubles()
    {
        var state = new RunListState();
        state.Reset(Page("a", 9, 8, 7));
        state.Append(Page(null, 7, 6, 5));
        Numbers(state).ShouldBe([9, 8, 7, 6, 5]);
        state.NextCursor.ShouldBeNull();
    }

    [Fact]
    public void New_runs_come_on_top_and_known_ones_change_in_place()
    {
        var state = new RunListState();
        state.Reset(new([Run(2, RunStatus.Running), Run(1)], null));
        state.Refresh(new([Run(3, RunStatus.Queued), Run(2), Run(1)], null));
        Numbers(state).ShouldBe([3, 2, 1]);
        state.Runs[1].Status.ShouldBe(RunStatus.Succeeded);
        state.Arrived.ShouldBe([Run(3).Id]);
    }

    [Fact]
    public void The_cursor_of_older_pages_stays_when_the_newest_is_read_again()
    {
        var state = new RunListState();
        state.Reset(Page("a", 9, 8));
        state.Append(Page("b", 7, 6));
        state.Refresh(Page("x", 10, 9));
        state.NextCursor.ShouldBe("b");
        Numbers(state).ShouldBe([10, 9, 8, 7, 6]);
    }

    [Fact]
    public void A_whole_page_of_new_runs_begins_anew_rather_than_leave_a_hole()
    {
        var state = new RunListState();
        state.Reset(Page("a", 2, 1));
        state.Refresh(Page("b", 9, 8));
        Numbers(state).ShouldBe([9, 8]);
        state.NextCursor.ShouldBe("b");
    }

    [Fact]
    public void An_empty_page_empties_nothing()
    {
        var state = new RunListState();
        state.Reset(Page(null, 2, 1));
        state.Refresh(Page("b"));
        Numbers(state).ShouldBe([2, 1]);
    }

    [Theory]
    [InlineData("/runs")]
    [InlineData("/runs?status=failed")]
    [InlineData("/runs?flow=019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41&status=timed_out&trigger=webhook&q=no%20answer%20%26%20more")]
    public void The_filters_stand_in_the_address(string url)
    {
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(url.Contains('?') ? url[url.IndexOf('?')..] : "");
        RunQuery.Parse(query.GetValueOrDefault("flow"), query.GetValueOrDefault("status"), query.GetValueOrDefault("trigger"), query.GetValueOrDefault("q")).Url.ShouldBe(url);
    }

    [Fact]
    public void A_word_that_is_none_filters_nothing()
    {
        RunQuery.Parse("x", "done", "cronjob", null).IsEmpty.ShouldBeTrue();
        new RunQuery().FilterAt(DateTimeOffset.UnixEpoch).Text.ShouldBeNull();
    }
}
