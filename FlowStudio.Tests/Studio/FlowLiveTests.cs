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
        Apply(second, second.Accepted());
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
    public void A_gap_is_said_in_the_log()
    {
        live.Apply(new([new(first.RunId, first.Accepted())], Gap: (first.RunId, 1, 9)));
        live.Log.Shown.ShouldContain(l => l.Level == LogLevelName.Warning);
    }
}
