using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Tests.Components;
using FlowStudio.Tests.Storage;
using FlowStudio.Web.Studio.Editor.State;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Editor;

public sealed class DraftSaverTests : IAsyncDisposable
{
    readonly StorageFixture storage = new();
    readonly ManualTime time = new();
    readonly DraftEditors editors = new();
    readonly List<Desk> desks = [];

    static CancellationToken Token => StorageFixture.Token;

    public async ValueTask DisposeAsync()
    {
        foreach (var desk in desks)
            await desk.Saver.DisposeAsync();
        await storage.DisposeAsync();
    }

    /// <summary>One tab with the flow open; the timer's work is done when the test says so.</summary>
    sealed record Desk(EditorState State, DraftSaver Saver, FailingHistory History, Queue<Func<Task>> Due)
    {
        public async Task WorkAsync()
        {
            while (Due.TryDequeue(out var work))
                await work();
        }
    }

    /// <summary>The real thing, which can be told to fail.</summary>
    sealed class FailingHistory(IDraftHistory real) : IDraftHistory
    {
        public string? Fails { get; set; }

        public int Saves { get; private set; }

        public Task<byte[]?> FindAsync(Guid flowId, int revision, CancellationToken cancellationToken) => real.FindAsync(flowId, revision, cancellationToken);

        public Task<Flow?> SaveAsync(Flow flow, int? expectedRevision, byte[] steps, CancellationToken cancellationToken)
        {
            Saves++;
            return Fails is { } reason ? throw new StorageException("storage_full", reason) : real.SaveAsync(flow, expectedRevision, steps, cancellationToken);
        }
    }

    async Task<Desk> OpenAsync(Flow flow)
    {
        var state = new EditorState(NodeTest.Catalog);
        var history = new FailingHistory(new FlowStudio.Engine.Storage.DraftHistory(storage.Flows, storage.Connections));
        var (done, undone) = await history.FindAsync(flow.Id, flow.DraftRevision, Token) is { } kept ? KeptSteps.Read(kept) : ([], []);
        state.Open(flow, done, undone);
        var due = new Queue<Func<Task>>();
        var saver = new DraftSaver(state, storage.Flows, history, editors, time, NullLogger.Instance, work =>
        {
            due.Enqueue(work);
            return Task.CompletedTask;
        });
        desks.Add(new(state, saver, history, due));
        return desks[^1];
    }

    Task<Flow> CreateAsync() => storage.Flows.CreateAsync(storage.NewFlow() with { Draft = new FlowBuilder().Node("a", "Prompt").Node("b", "LLM").Build() }, Token);

    async Task<Flow> StoredAsync(Flow flow) => (await storage.Flows.FindAsync(flow.Id, Token)).ShouldNotBeNull();

    [Fact]
    public async Task An_edit_is_saved_within_a_second_once_the_hand_rests()
    {
        var flow = await CreateAsync();
        var desk = await OpenAsync(flow);
        for (var i = 0; i < 4; i++)
        {
            desk.State.Do(new RenameNode("a", $"Title {i}"));
            time.Advance(DraftSaver.Rest / 2);
            await desk.WorkAsync();
        }
        desk.History.Saves.ShouldBe(0);
        desk.Saver.Standing.ShouldBe(SaveStanding.Saving);
        time.Advance(DraftSaver.Rest / 2);
        await desk.WorkAsync();
        desk.Saver.Standing.ShouldBe(SaveStanding.Saved);
        (await StoredAsync(flow)).Draft.Nodes[0].Title.ShouldBe("Title 3");
        desk.History.Saves.ShouldBe(1);
    }

    [Fact]
    public async Task A_hand_that_never_rests_is_saved_all_the_same()
    {
        var desk = await OpenAsync(await CreateAsync());
        for (var i = 0; i < 20 && desk.History.Saves == 0; i++)
        {
            desk.State.Do(new RenameNode("a", $"Title {i}"));
            time.Advance(DraftSaver.Rest - TimeSpan.FromMilliseconds(100));
            await desk.WorkAsync();
        }
        desk.History.Saves.ShouldBe(1);
    }

    [Fact]
    public async Task Leaving_saves_at_once_and_the_history_comes_back_with_the_flow()
    {
        var flow = await CreateAsync();
        var desk = await OpenAsync(flow);
        desk.State.Do(new RenameNode("a", "Ask"));
        desk.State.Do(new MoveItems("b", new(7, 8)));
        await desk.Saver.DisposeAsync();
        var again = await OpenAsync(await StoredAsync(flow));
        again.State.History.UndoName.ShouldBe("Move LLM");
        again.State.Undo().ShouldBeTrue();
        again.State.Undo().ShouldBeTrue();
        FlowJson.ToText(again.State.Document).ShouldBe(FlowJson.ToText(flow.Draft));
    }

    [Fact]
    public async Task A_save_that_fails_says_why_and_is_tried_again()
    {
        var flow = await CreateAsync();
        var desk = await OpenAsync(flow);
        desk.History.Fails = "The disk is full.";
        desk.State.Do(new RenameNode("a", "Ask"));
        time.Advance(DraftSaver.Rest);
        await desk.WorkAsync();
        (desk.Saver.Standing, desk.Saver.Reason, desk.Saver.AtRisk).ShouldBe((SaveStanding.Failed, "The disk is full.", true));
        desk.History.Fails = null;
        time.Advance(DraftSaver.Again);
        await desk.WorkAsync();
        (desk.Saver.Standing, desk.Saver.AtRisk).ShouldBe((SaveStanding.Saved, false));
        (await StoredAsync(flow)).Draft.Nodes[0].Title.ShouldBe("Ask");
    }

    [Fact]
    public async Task The_other_tab_takes_what_is_saved_when_it_has_nothing_of_its_own()
    {
        var flow = await CreateAsync();
        var (one, other) = (await OpenAsync(flow), await OpenAsync(flow));
        one.State.Do(new RenameNode("a", "Ask"));
        await one.Saver.SaveAsync();
        await other.Saver.CatchUpAsync();
        other.State.Document.Nodes[0].Title.ShouldBe("Ask");
        (other.Saver.Standing, other.State.Unsaved).ShouldBe((SaveStanding.Saved, false));
        other.State.Do(new RenameNode("b", "Answer"));
        await other.Saver.SaveAsync();
        (await StoredAsync(flow)).Draft.Nodes.Select(n => n.Title).ShouldBe(["Ask", "Answer"]);
    }

    [Fact]
    public async Task A_stale_save_overwrites_nothing_and_says_whose_change_it_is()
    {
        var flow = await CreateAsync();
        var (one, other) = (await OpenAsync(flow), await OpenAsync(flow));
        one.State.Do(new RenameNode("a", "Theirs"));
        await one.Saver.SaveAsync();
        other.State.Do(new RenameNode("a", "Mine"));
        await other.Saver.SaveAsync();

        other.Saver.Standing.ShouldBe(SaveStanding.Conflict);
        var conflict = other.Saver.Conflict.ShouldNotBeNull();
        conflict.Who.ShouldBe("another tab");
        conflict.Theirs.Draft.Nodes[0].Title.ShouldBe("Theirs");
        other.Saver.AtRisk.ShouldBeTrue();
        other.State.Do(new RenameNode("b", "More of mine"));
        time.Advance(DraftSaver.Again);
        await other.WorkAsync();
        (await StoredAsync(flow)).Draft.Nodes[0].Title.ShouldBe("Theirs");

        await other.Saver.KeepMineAsync();
        (await StoredAsync(flow)).Draft.Nodes.Select(n => n.Title).ShouldBe(["Mine", "More of mine"]);
        other.State.Undo().ShouldBeTrue();
        other.State.Document.Nodes[0].Title.ShouldBe("Theirs");
    }

    [Fact]
    public async Task Theirs_can_be_taken_and_mine_brought_back()
    {
        var flow = await CreateAsync();
        var desk = await OpenAsync(flow);
        desk.State.Do(new RenameNode("a", "Mine"));
        await storage.Flows.SaveAsync(flow with { Draft = new FlowBuilder().Node("z", "LLM").Build() }, flow.DraftRevision, Token);
        await desk.Saver.CatchUpAsync();
        desk.Saver.Conflict.ShouldNotBeNull().Who.ShouldBe("the API or another page");
        await desk.Saver.TakeTheirsAsync();
        desk.Saver.Conflict.ShouldBeNull();
        desk.State.Document.Nodes.Select(n => n.Id).ShouldBe(["z"]);
        desk.State.Undo().ShouldBeTrue();
        desk.State.Document.Nodes[0].Title.ShouldBe("Mine");
    }

    [Fact]
    public async Task Settings_that_somebody_saves_are_no_conflict()
    {
        var flow = await CreateAsync();
        var desk = await OpenAsync(flow);
        desk.State.Do(new RenameNode("a", "Mine"));
        await storage.Flows.SaveAsync(flow with { Description = "New words" }, flow.DraftRevision, Token);
        await desk.Saver.SaveAsync();
        var stored = await StoredAsync(flow);
        (stored.Description, stored.Draft.Nodes[0].Title, desk.Saver.Standing).ShouldBe(("New words", "Mine", SaveStanding.Saved));
    }

    [Fact]
    public async Task A_flow_that_was_deleted_says_so()
    {
        var flow = await CreateAsync();
        var desk = await OpenAsync(flow);
        var deleted = 0;
        desk.Saver.Deleted += () => deleted++;
        await storage.Flows.DeleteAsync(flow.Id, Token);
        await desk.Saver.CatchUpAsync();
        desk.State.Do(new RenameNode("a", "Mine"));
        await desk.Saver.SaveAsync();
        deleted.ShouldBe(2);
        desk.Saver.Standing.ShouldBe(SaveStanding.Failed);
    }

    [Fact]
    public async Task A_name_is_saved_with_the_draft_or_refused_in_words()
    {
        var flow = await CreateAsync();
        var desk = await OpenAsync(flow);
        desk.State.Do(new RenameNode("a", "Ask"));
        (await desk.Saver.SaveAsync(f => f with { Name = "Questions" })).ShouldBeNull();
        var stored = await StoredAsync(flow);
        (stored.Name, stored.Draft.Nodes[0].Title).ShouldBe(("Questions", "Ask"));
        (await desk.Saver.SaveAsync(f => f with { Name = new string('x', 300) })).ShouldNotBeNull().ShouldContain("300 characters");
        desk.State.Flow.Name.ShouldBe("Questions");
    }

    [Fact]
    public async Task What_was_drawn_offline_is_done_on_the_document_it_was_drawn_on()
    {
        var desk = await OpenAsync(await CreateAsync());
        var drawnOn = desk.State.Fingerprint;
        (await desk.Saver.TakeOfflineAsync(drawnOn, [new MoveItems("a", new(1, 2)), new Connect(new("a", "prompt"), new("b", "input_value")), new Connect(new("b", "text_output"), new("a", "none"))]))
            .Single().ShouldContain("which Prompt does not have");
        desk.State.Document.Edges.Count.ShouldBe(1);
        desk.Saver.Conflict.ShouldBeNull();
    }

    [Fact]
    public async Task What_was_drawn_offline_on_another_document_is_offered_beside_it()
    {
        var flow = await CreateAsync();
        var desk = await OpenAsync(flow);
        var drawnOn = desk.State.Fingerprint;
        await storage.Flows.SaveAsync(flow with { Draft = flow.Draft with { Notes = [new Note { Id = "n" }] } }, flow.DraftRevision, Token);
        await desk.Saver.CatchUpAsync();
        await desk.Saver.TakeOfflineAsync(drawnOn, [new Delete(new Selection(["a"]))]);
        var conflict = desk.Saver.Conflict.ShouldNotBeNull();
        conflict.Offline.ShouldBeTrue();
        desk.State.Document.Nodes.Count.ShouldBe(2);
        await desk.Saver.KeepMineAsync();
        (desk.State.Document.Nodes.Count, desk.State.Document.Notes.Count).ShouldBe((1, 1));
        desk.State.Undo().ShouldBeTrue();
        desk.State.Document.Nodes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_was_drawn_offline_and_had_come_through_after_all_is_no_conflict()
    {
        var desk = await OpenAsync(await CreateAsync());
        var drawnOn = desk.State.Fingerprint;
        desk.State.Do(new MoveItems("a", new(1, 2)));
        await desk.Saver.TakeOfflineAsync(drawnOn, [new MoveItems("a", new(1, 2))]);
        desk.Saver.Conflict.ShouldBeNull();
        desk.State.History.Done.Count.ShouldBe(1);
    }
}
