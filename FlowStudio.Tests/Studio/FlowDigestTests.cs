using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.Live;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

/// <summary>What of a flow's runs is shown one by one, and what is only counted.</summary>
public class FlowDigestTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    readonly FlowDigest digest = new();

    [Fact]
    public void A_quiet_flow_is_shown_whole()
    {
        var batch = digest.Take([.. Runs(FlowDigest.RunsInFull).SelectMany(r => Whole(r))], gap: null, Noon);
        batch.Events.Count.ShouldBe(FlowDigest.RunsInFull * 3);
        batch.Busy.ShouldBeNull();
        digest.IsBusy.ShouldBeFalse();
    }

    [Fact]
    public void Of_a_busy_one_a_sample_a_second_is_shown_and_the_rest_is_counted()
    {
        var batch = digest.Take([.. Runs(100).SelectMany(r => Whole(r))], gap: null, Noon);
        digest.IsBusy.ShouldBeTrue();
        batch.Events.Select(e => e.RunId).Distinct().Count().ShouldBe(1);
        batch.Events.Count.ShouldBe(3);
        batch.Busy.ShouldBe(new BusySummary(Noon, 100, 99, 0));
        digest.Take([.. Runs(50).SelectMany(r => Whole(r))], gap: null, Noon.AddSeconds(0.5)).Events.ShouldBeEmpty();
        var later = digest.Take([.. Runs(100).SelectMany(r => Whole(r))], gap: null, Noon.AddSeconds(1));
        later.Events.Count.ShouldBe(3);
        later.Busy.ShouldBe(new BusySummary(Noon, 150, 99 + 50 + 99, 0));
    }

    [Fact]
    public void Runs_that_were_shown_before_it_became_busy_are_shown_to_their_ends()
    {
        var early = new RunEvents(Guid.CreateVersion7());
        digest.Take([early.Add(RunEventTypes.RunAccepted)], gap: null, Noon);
        var batch = digest.Take([.. Runs(100).SelectMany(r => Whole(r)), early.Add(RunEventTypes.NodeStarted, "a"), End(early)], gap: null, Noon.AddSeconds(0.1));
        batch.Events.Count(e => e.RunId == early.RunId).ShouldBe(2);
    }

    [Fact]
    public void Some_failures_are_told_with_their_reason_and_all_are_counted()
    {
        var batch = digest.Take([.. Runs(21).SelectMany(r => Whole(r, "failed"))], gap: null, Noon);
        batch.Busy!.Failed.ShouldBe(20);
        batch.Events.Count(e => e.View.Type == RunEventTypes.RunFinished).ShouldBe(1 + FlowDigest.FailuresInFull);
        digest.Take([.. Runs(20).SelectMany(r => Whole(r, "failed"))], gap: null, Noon.AddSeconds(0.5)).Events.ShouldBeEmpty();
    }

    [Fact]
    public void When_it_is_quiet_again_all_is_shown_and_the_sum_ends()
    {
        digest.Take([.. Runs(100).SelectMany(r => Whole(r))], gap: null, Noon);
        var one = Runs(1).Single();
        var batch = digest.Take([.. Whole(one)], gap: null, Noon.AddSeconds(5));
        (batch.Events.Count, digest.IsBusy).ShouldBe((3, false));
        batch.Busy!.Ended.ShouldBe(99);
        digest.Take([.. Whole(Runs(1).Single())], gap: null, Noon.AddSeconds(6)).Busy.ShouldBeNull();
    }

    [Fact]
    public void A_sum_goes_on_for_a_stretch_and_then_another_begins()
    {
        for (var second = 0; second < 11; second++)
            digest.Take([.. Runs(50).SelectMany(r => Whole(r))], gap: null, Noon.AddSeconds(second));
        digest.Take([.. Runs(50).SelectMany(r => Whole(r))], gap: null, Noon.AddSeconds(11)).Busy!.Since.ShouldBe(Noon.AddSeconds(11));
    }

    [Fact]
    public void Of_a_long_loop_the_first_items_are_shown_and_the_rest_is_admitted_as_a_gap()
    {
        var run = Runs(1).Single();
        RunEvent[] events = [run.Add(RunEventTypes.RunAccepted), .. Enumerable.Range(0, 5_000).Select(i => run.Add(RunEventTypes.NodeFinished, "a", """{"output":{}}""", attempt: 1, i)), run.Add(RunEventTypes.NodeFinished, "end", """{"output":{}}"""), End(run)];
        var batch = digest.Take(events, gap: null, Noon);
        batch.Events.Count.ShouldBe(1 + FlowDigest.InLoops + 2);
        batch.Events[^2].View.NodeId.ShouldBe("end");
        batch.Gap.ShouldBe((run.RunId, 2L + FlowDigest.InLoops, 5_001L));
    }

    [Fact]
    public void A_page_that_is_too_slow_is_told_that_it_missed_something()
    {
        using var viewer = new FlowViewer(static _ => { });
        for (var i = 0; i < 40; i++)
            viewer.Offer(new FlowBatch([]));
        viewer.TakeMissed().ShouldBeFalse();
        viewer.Offer(new FlowBatch([]));
        (viewer.TakeMissed(), viewer.TakeMissed()).ShouldBe((true, false));
    }

    [Fact]
    public async Task All_who_look_at_a_flow_see_what_happens_there_and_nothing_of_others()
    {
        var hub = new RunEventHub();
        var feeds = new FlowFeeds(hub, TimeProvider.System);
        var flow = Guid.CreateVersion7();
        using var one = feeds.Follow(flow);
        using (var leaves = feeds.Follow(flow))
        {
            var run = Runs(1).Single();
            hub.Publish(Guid.CreateVersion7(), Runs(1).Single().Add(RunEventTypes.RunAccepted));
            hub.Publish(flow, run.Add(RunEventTypes.RunAccepted));
            foreach (var viewer in (FlowViewer[])[one, leaves])
                (await viewer.Batches.ReadAsync(Deadline())).Events.ShouldHaveSingleItem().RunId.ShouldBe(run.RunId);
        }
        var next = Runs(1).Single();
        hub.Publish(flow, next.Add(RunEventTypes.RunAccepted));
        (await one.Batches.ReadAsync(Deadline())).Events.ShouldHaveSingleItem().RunId.ShouldBe(next.RunId);

        static CancellationToken Deadline() => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
    }

    static IEnumerable<RunEvents> Runs(int count) => Enumerable.Range(0, count).Select(_ => new RunEvents(Guid.CreateVersion7()));

    static RunEvent[] Whole(RunEvents run, string status = "succeeded") => [run.Add(RunEventTypes.RunAccepted), run.Add(RunEventTypes.NodeStarted, "a"), End(run, status)];

    static RunEvent End(RunEvents run, string status = "succeeded") => run.Add(RunEventTypes.RunFinished, data: $$"""{"status":"{{status}}","output":null,"error":null}""");
}
