using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class FlowLiveTests
{
    readonly FlowLive live = new();
    readonly RunEvents first = new(Guid.Parse("00000000-0000-7000-8000-000000000001"));
    readonly RunEvents second = new(Guid.Parse("00000000-0000-7000-8000-000000000002"));

    void Apply(RunEvents of, params RunEventView[] views) => live.Apply(new([.. views.Select(v => new SeenEvent(of.RunId, v))], Gap: null));

    [Fact]
    public void The_first_run_that_moves_is_shown()
    {
        live.Shown.ShouldBeNull();
        Apply(first, first.Accepted());
        live.Shown!.RunId.ShouldBe(first.RunId);
        live.TakeSwitched().ShouldBeTrue();
        live.TakeSwitched().ShouldBeFalse();
    }

    [Fact]
    public void A_run_is_followed_to_its_end_and_then_gives_way()
    {
        Apply(first, first.Accepted());
        Apply(second, second.Accepted());
        live.Shown!.RunId.ShouldBe(first.RunId);
        Apply(first, first.Finished());
        live.Shown.RunId.ShouldBe(first.RunId);
        Apply(second, second.NodeStarted("a"));
        live.Shown.RunId.ShouldBe(second.RunId);
        live.Shown.Steps.Count.ShouldBe(1);
    }

    [Fact]
    public void The_log_has_all_runs()
    {
        Apply(first, first.Accepted());
        Apply(second, second.Accepted(), second.Finished());
        live.Log.Shown.Select(l => l.RunId).Distinct().Count().ShouldBe(2);
        live.Shown!.RunId.ShouldBe(first.RunId);
    }

    [Fact]
    public void A_run_started_here_takes_the_canvas_at_once()
    {
        Apply(first, first.Accepted());
        live.Show(second.RunId);
        live.Shown!.RunId.ShouldBe(second.RunId);
        live.Wanted.TryRead(out var wanted).ShouldBeTrue();
        wanted.ShouldBe(new WantedRun(second.RunId, IsChoice: false));
        var accepted = second.Accepted();
        Apply(second, accepted);
        live.Shown.AcceptedAt.ShouldBeNull("it is read from its beginning, by a way of its own");
        live.ApplyStarted(second.RunId, [new(second.RunId, accepted)]);
        live.Shown.AcceptedAt.ShouldNotBeNull();
    }

    [Fact]
    public void What_was_read_from_the_store_is_not_told_twice()
    {
        var accepted = first.Accepted();
        var started = first.NodeStarted("a");
        live.Seed(first.RunId, [accepted, started]);
        Apply(first, started, first.NodeFinished("a", """{"text":"x"}"""));
        live.Shown!.Steps.Count.ShouldBe(1);
        live.Log.Total.ShouldBe(3);
    }

    [Fact]
    public void A_past_run_that_is_chosen_has_its_own_log_until_the_latest_are_asked_for()
    {
        Apply(first, first.Accepted());
        live.Log.Level = FlowStudio.Web.Studio.Editor.RunLog.RunLogLevel.Everything;
        live.TakeSwitched();
        live.Choose(second.RunId);
        (live.Chosen, live.Shown!.RunId, live.Log.Total, live.TakeSwitched()).ShouldBe((second.RunId, second.RunId, 0, true));
        live.Log.Level.ShouldBe(FlowStudio.Web.Studio.Editor.RunLog.RunLogLevel.Everything);
        live.ApplyChosen(second.RunId, [new(second.RunId, second.Accepted()), new(second.RunId, second.Finished())]);
        live.ApplyChosen(first.RunId, [new(first.RunId, first.Finished())]);
        Apply(first, first.NodeStarted("a"));
        (live.Log.Total, live.Shown.IsFinal).ShouldBe((2, true));
        live.Choose(null);
        (live.Chosen, live.Shown!.RunId).ShouldBe((null, first.RunId));
        live.Log.Total.ShouldBe(2);
    }

    [Fact]
    public void In_a_busy_flow_what_was_started_here_stays_to_be_read()
    {
        live.Show(first.RunId);
        live.ApplyStarted(first.RunId, [new(first.RunId, first.Accepted()), new(first.RunId, first.Finished())]);
        live.Apply(new([new(second.RunId, second.Accepted())], Busy: new(default, 100, 5, 0)));
        live.Shown!.RunId.ShouldBe(first.RunId);
        live.Log.Shown[^1].Text.ShouldStartWith("100 runs a second: 5 ended without being shown here, all succeeded");
        live.Apply(new([new(second.RunId, second.NodeStarted("a"))]));
        live.Shown.RunId.ShouldBe(second.RunId);
    }

    [Fact]
    public void A_sum_is_one_line_whose_text_changes()
    {
        live.Apply(new([], Busy: new(default, 100, 5, 0)));
        live.Apply(new([], Busy: new(default, 90, 12, 2)));
        live.Log.Shown.ShouldHaveSingleItem().Text.ShouldContain("12 ended without being shown here, 2 of them did not succeed");
        live.Apply(new([], Busy: new(DateTimeOffset.UnixEpoch, 90, 1, 0)));
        live.Log.Total.ShouldBe(2);
    }

    [Fact]
    public void A_gap_is_said_in_the_log()
    {
        live.Apply(new([new(first.RunId, first.Accepted())], (first.RunId, 1, 9)));
        live.Log.Shown.ShouldContain(l => l.Level == LogLevelName.Warning);
    }
}
