using Bunit;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Editor.Versions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Editor;

public class EditorTopBarTests
{
    static EditorState Open(StudioPage studio, Flow flow)
    {
        var state = new EditorState(studio.Engine.Get<FlowStudio.Engine.Components.ComponentCatalog>());
        state.Open(flow);
        return state;
    }

    static DraftSaver Saver(StudioPage studio, EditorState state, ManualTime time) =>
        new(state, studio.Engine.Flows, studio.Engine.Get<IDraftHistory>(), studio.Context.Services.GetRequiredService<DraftEditors>(), time, NullLogger.Instance, work => work());

    [Fact]
    public async Task The_name_is_edited_where_it_stands()
    {
        await using var studio = await StudioPage.StartAsync();
        string? renamed = null;
        var title = studio.Context.Render<FlowTitle>(p => p.Add(x => x.Name, "Orders").Add(x => x.Renamed, name => renamed = name));
        title.Find("button").Click();
        title.Find("input").Input("  Orders of today ");
        title.Find("input").KeyDown("Enter");
        renamed.ShouldBe("Orders of today");

        renamed = null;
        title.Find("button").Click();
        title.Find("input").Input("Other");
        title.Find("input").KeyDown("Escape");
        title.Find("button").TextContent.ShouldBe("Orders");
        renamed.ShouldBeNull();
    }

    [Fact]
    public async Task Publishing_says_what_it_changes_and_takes_a_note()
    {
        await using var studio = await StudioPage.StartAsync();
        var before = new FlowBuilder().Node("p", "Prompt", new { template = "old" }).Build();
        var after = new FlowBuilder().Node("p", "Prompt", new { template = "new" }).Node("m", "LLM").Build();
        string? note = "none";
        var answers = new Queue<string?>(["The draft was changed meanwhile.", null]);
        var dialog = studio.Context.Render<PublishDialog>(p => p.Add(x => x.Publish, given =>
        {
            note = given;
            return Task.FromResult(answers.Dequeue());
        }));
        await dialog.InvokeAsync(() => dialog.Instance.OpenAsync(after, FlowDiff.Between(before, after, Components.NodeTest.Catalog), 4));
        dialog.Find("h2").TextContent.ShouldBe("Publish version 5");
        dialog.Find(".section-title").TextContent.ShouldBe("2 changes");
        dialog.FindAll(".diff-head").Select(h => h.Words()).ShouldBe(["changed Prompt Prompt", "added LLM LLM"]);
        dialog.Find("del").TextContent.ShouldBe("old");
        dialog.Find("ins").TextContent.ShouldBe("new");
        dialog.Find("input").Input(" friendlier ");
        dialog.Find(".btn.primary").Click();
        dialog.WaitForAssertion(() => dialog.Find(".field-error").Words().ShouldContain("changed meanwhile"));
        note.ShouldBe("friendlier");
        dialog.Find(".btn.primary").Click();
        dialog.WaitForAssertion(() => dialog.FindAll(".modal-body").ShouldBeEmpty());
    }

    [Fact]
    public async Task Publishing_warns_of_errors_and_shows_them_and_does_it_nevertheless()
    {
        await using var studio = await StudioPage.StartAsync();
        var (published, shown) = (0, 0);
        var dialog = studio.Context.Render<PublishDialog>(p => p.Add(x => x.ProblemsOpened, () => shown++).Add(x => x.Publish, _ =>
        {
            published++;
            return Task.FromResult<string?>(null);
        }));
        await dialog.InvokeAsync(() => dialog.Instance.OpenAsync(new FlowBuilder().Node("a", "Mystery").Node("b", "Mystery").Build(), null, null));
        dialog.Find(".banner.warn").Words().ShouldContain("The draft has 2 errors");
        dialog.Find(".banner.warn button").Click();
        dialog.WaitForAssertion(() => dialog.FindAll(".modal-body").ShouldBeEmpty());
        shown.ShouldBe(1);

        await dialog.InvokeAsync(() => dialog.Instance.OpenAsync(new FlowBuilder().Node("a", "Mystery").Build(), null, null));
        dialog.Find(".banner.warn").Words().ShouldContain("The draft has an error");
        dialog.Find(".btn.primary").Click();
        dialog.WaitForAssertion(() => published.ShouldBe(1));

        await dialog.InvokeAsync(() => dialog.Instance.OpenAsync(new FlowDocument(), null, null));
        dialog.FindAll(".banner").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_version_is_compared_with_the_draft_and_brought_back_as_a_step()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var flows = studio.Engine.Flows;
        await flows.PublishAsync(flow.Id, "the first", expectedRevision: null, CancellationToken.None);
        var state = Open(studio, (await flows.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull());
        state.Do(new RenameNode("out", "Reply"));
        var panel = studio.Context.Render<VersionsPanel>(p => p.Add(x => x.State, state));
        await panel.InvokeAsync(panel.Instance.OpenAsync);
        panel.WaitForAssertion(() => panel.FindAll(".version b, .version .pill, .version .ellipsis").Select(e => e.Words()).ShouldBe(["v1", "live", "the first"]));
        panel.Find(".version-head").Words().ShouldContain("From version 1 to the draft: 1 change.");
        panel.Find(".version-head .btn").Click();
        state.Document.Node("out").ShouldNotBeNull().Title.ShouldBe("Answer");
        state.History.UndoName.ShouldBe("Restore version 1");
        state.Undo().ShouldBeTrue();
        state.Document.Node("out").ShouldNotBeNull().Title.ShouldBe("Reply");
    }

    [Fact]
    public async Task A_conflict_names_the_other_shows_what_differs_and_is_settled()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var state = Open(studio, flow);
        await using var saver = Saver(studio, state, new ManualTime());
        string? decided = null;
        var bar = studio.Context.Render<ConflictBar>(p => p.Add(x => x.State, state).Add(x => x.Saver, saver).Add(x => x.Decided, text => decided = text));
        bar.FindAll(".conflict").ShouldBeEmpty();

        state.Do(new RenameNode("out", "Mine"));
        await studio.Engine.Flows.SaveAsync(flow with { Draft = flow.Draft with { Notes = [new Note { Id = "n", Text = "theirs" }] } }, flow.DraftRevision, CancellationToken.None);
        await bar.InvokeAsync(saver.SaveAsync);
        bar.WaitForAssertion(() => bar.Find(".conflict").Words().ShouldContain("The API or another page saved this flow just now"));
        bar.FindAll(".conflict .btn")[0].Click();
        bar.WaitForAssertion(() => bar.FindAll(".diff-head").Select(h => h.Words()).ShouldBe(["changed Mine ChatOutput", "removed Note"]));
        bar.Find(".conflict .btn.primary").Click();
        bar.WaitForAssertion(() => decided.ShouldNotBeNull().ShouldContain("Undo brings theirs"));
        bar.FindAll(".conflict").ShouldBeEmpty();
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull().Draft.Node("out").ShouldNotBeNull().Title.ShouldBe("Mine");
    }

    [Fact]
    public async Task Saving_is_quiet_while_all_is_well()
    {
        await using var studio = await StudioPage.StartAsync();
        var state = Open(studio, await studio.AddFlowAsync());
        await using var saver = Saver(studio, state, new ManualTime());
        var shown = studio.Context.Render<SaveState>(p => p.Add(x => x.Saver, saver));
        shown.Find(".saved").Words().ShouldBe("Saved");
        state.Do(new RenameNode("out", "Reply"));
        shown.WaitForAssertion(() => shown.Find(".saved").Words().ShouldBe("Saving…"));
        await shown.InvokeAsync(saver.SaveAsync);
        shown.WaitForAssertion(() => shown.Find(".saved").Words().ShouldBe("Saved"));
    }
}
