using System.Text;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Runs;

public class RunEventHubTests
{
    readonly RunEventHub hub = new();
    readonly ManualTime time = new();
    readonly Guid run = Guid.CreateVersion7();
    readonly Guid flow = Guid.CreateVersion7();

    [Fact]
    public void A_watcher_sees_what_is_not_stored_yet_and_then_what_happens()
    {
        var log = hub.Open(run, flow, 2, time);
        log.Add(RunEventTypes.RunStarted);
        using var watch = hub.Watch(run);
        log.Add(RunEventTypes.NodeStarted, "a", [], 1);
        watch.Tail.Select(e => e.Seq).ShouldBe([2]);
        Drain(watch).Select(e => e.Seq).ShouldBe([3]);
    }

    [Fact]
    public void Events_handed_to_the_journal_stay_visible_until_they_are_durable()
    {
        var log = hub.Open(run, flow, 2, time);
        log.Add(RunEventTypes.RunStarted);
        var chunk = log.TakePending().ShouldNotBeNull();
        using (var watch = hub.Watch(run))
            watch.Tail.Count.ShouldBe(1);
        log.Stored(chunk.ToSeq);
        using (var watch = hub.Watch(run))
            watch.Tail.ShouldBeEmpty();
    }

    [Fact]
    public void Tokens_are_shown_singly_and_stored_merged()
    {
        var log = hub.Open(run, flow, 2, time);
        using var watch = hub.Watch(run);
        log.AddToken("llm", [], 1, "Hel", 0);
        log.AddToken("llm", [], 1, "lo", 3);
        log.Add(RunEventTypes.Log, "llm", [], 1, "x", static (json, text) => json.WriteString("text", text));
        log.AddToken("llm", [], 1, "!", 5);
        Drain(watch).Count.ShouldBe(4);
        var lines = Encoding.UTF8.GetString(log.TakePending().ShouldNotBeNull().Lines).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(3);
        var merged = RunEventView.Parse(Encoding.UTF8.GetBytes(lines[0]));
        (merged.FromSeq, merged.Seq, merged.Text("text")).ShouldBe((2, 3, "Hello"));
        RunEventView.Parse(Encoding.UTF8.GetBytes(lines[2])).Data.GetProperty("offset").GetInt64().ShouldBe(5);
    }

    [Fact]
    public void Tokens_of_two_nodes_are_not_merged()
    {
        var log = hub.Open(run, flow, 2, time);
        log.AddToken("a", [], 1, "x", 0);
        log.AddToken("b", [], 1, "y", 0);
        Encoding.UTF8.GetString(log.TakePending().ShouldNotBeNull().Lines).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
    }

    [Fact]
    public void A_watcher_that_lags_is_told_what_it_lost()
    {
        var log = hub.Open(run, flow, 2, time);
        using var watch = hub.Watch(run, capacity: 4);
        for (var i = 0; i < 10; i++)
            log.Add(RunEventTypes.NodeStarted, "n", [], i + 1);
        watch.TakeGap().ShouldBe((run, 2L, 7L));
        Drain(watch).Select(e => e.Seq).ShouldBe([8, 9, 10, 11]);
        watch.TakeGap().ShouldBeNull();
    }

    [Fact]
    public void A_flow_watcher_sees_every_run_of_its_flow_and_no_other()
    {
        using var watch = hub.WatchAll(flow);
        hub.Open(run, flow, 2, time).Add(RunEventTypes.RunStarted);
        hub.Open(Guid.CreateVersion7(), Guid.CreateVersion7(), 2, time).Add(RunEventTypes.RunStarted);
        Drain(watch).Select(e => e.RunId).ShouldBe([run]);
    }

    [Fact]
    public void A_watch_that_is_disposed_gets_nothing_more()
    {
        var log = hub.Open(run, flow, 2, time);
        var watch = hub.Watch(run);
        watch.Dispose();
        log.Add(RunEventTypes.RunStarted);
        Drain(watch).ShouldBeEmpty();
    }

    [Fact]
    public void The_end_is_shown_only_when_published()
    {
        var log = hub.Open(run, flow, 2, time);
        using var watch = hub.Watch(run);
        log.Add(RunEventTypes.RunStarted);
        var (chunk, last) = log.TakePendingWith<object?>(RunEventTypes.RunFinished, state: null, static (json, _) => json.WriteString("status", "succeeded"));
        Drain(watch).Count.ShouldBe(1);
        log.Publish(last);
        Drain(watch).Single().Type.ShouldBe(RunEventTypes.RunFinished);
        (chunk.FromSeq, chunk.ToSeq).ShouldBe((2, 3));
    }

    static List<RunEvent> Drain(RunWatch watch)
    {
        var got = new List<RunEvent>();
        while (watch.Events.TryRead(out var e))
            got.Add(e);
        return got;
    }
}
