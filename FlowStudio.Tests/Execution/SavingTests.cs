using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>When a step's output counts as durable, though others save the same run at the same time: its branches, and the clock.</summary>
public sealed class SavingTests : IDisposable
{
    readonly HeldJournal journal = new();
    readonly SemaphoreSlim places = new(1);
    readonly ActiveRun run;

    public SavingTests()
    {
        var id = Guid.CreateVersion7(StoppedClock.Noon);
        var scope = new RunScope { RunId = id, RootRunId = id, FlowId = id, FlowName = "Test", ThreadId = id, SessionId = "s", Trigger = RunTrigger.Api, Input = JsonText.Null };
        run = new ActiveRun(scope, new ChatThread(id, id, ExternalKey: null, StoppedClock.Noon), FlowPlan.Compile(new FlowDocument(), NodeTest.Catalog), RunHistory.Fold([]),
            new RetryPolicy(0, TimeSpan.Zero, TimeSpan.Zero), new RunEventHub().Open(id, id, 1, new StoppedClock()), new RunJournal(journal), new WorkSlot(places), StoppedClock.Noon);
    }

    [Fact]
    public async Task What_another_saves_just_now_is_waited_for()
    {
        run.Log.Add(RunEventTypes.NodeFinished, "a");
        // The clock takes what the step has just told…
        var clock = run.SaveAsync();
        // …so that the step finds nothing left to save, but may not go on before it is durable.
        var step = run.SaveAsync().AsTask();
        journal.Entries.Count.ShouldBe(1);
        step.IsCompleted.ShouldBeFalse();
        journal.Entries[0].Complete();
        await clock;
        await step.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await run.SaveAsync();
        journal.Entries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_save_waits_for_the_pieces_before_it_and_for_none_after_it()
    {
        run.Log.Add(RunEventTypes.NodeFinished, "a");
        var first = run.SaveAsync().AsTask();
        var waits = run.SaveAsync().AsTask();
        run.Log.Add(RunEventTypes.NodeFinished, "b");
        var second = run.SaveAsync().AsTask();
        var waitsLonger = run.SaveAsync().AsTask();
        journal.Entries.Select(e => e.Events?.FromSeq).ShouldBe([1L, 2L]);
        journal.Entries[0].Complete();
        await Task.WhenAll(first, waits).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        waitsLonger.IsCompleted.ShouldBeFalse();
        journal.Entries[1].Complete();
        await Task.WhenAll(second, waitsLonger).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_save_that_fails_fails_for_all_who_wait_for_it()
    {
        run.Log.Add(RunEventTypes.NodeFinished, "a");
        var clock = run.SaveAsync().AsTask();
        var step = run.SaveAsync().AsTask();
        journal.Entries[0].Fail(new InvalidOperationException("disk"));
        await Should.ThrowAsync<InvalidOperationException>(() => clock);
        await Should.ThrowAsync<InvalidOperationException>(() => step);
    }

    public void Dispose()
    {
        run.Dispose();
        places.Dispose();
    }

    /// <summary>A journal that makes nothing durable until the test says so.</summary>
    sealed class HeldJournal : IJournalWriter
    {
        public List<JournalEntry> Entries { get; } = [];

        public void Post(JournalEntry entry) => Entries.Add(entry);
    }
}
