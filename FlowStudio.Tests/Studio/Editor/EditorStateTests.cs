using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.State;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Editor;

public class EditorStateTests
{
    static readonly ComponentCatalog Catalog = NodeTest.Catalog;

    static FlowBuilder Tutorial() => new FlowBuilder()
        .Node("webhook", "Webhook").Node("event", "DataToMessage", new { template = "{order.id}" }).Node("prompt", "Prompt", new { template = "Say {event}" }).Node("model", "LLM")
        .Edge("webhook.output_data", "event.data").Edge("event.text", "prompt.event").Edge("prompt.prompt", "model.input_value");

    static EditorState Open(FlowDocument document)
    {
        var state = new EditorState(Catalog);
        state.Open(new Flow { Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch), Name = "Flow", Draft = document });
        return state;
    }

    static JsonElement Json(object value) => JsonSerializer.SerializeToElement(value);

    static string Text(EditorState state) => FlowJson.ToText(state.Document);

    [Fact]
    public void An_edit_is_a_named_step_that_can_be_taken_back_and_done_again()
    {
        var state = Open(Tutorial().Build());
        var before = Text(state);
        state.Do(new RenameNode("prompt", "Ask")).Refusal.ShouldBeNull();
        var after = Text(state);

        state.History.UndoName.ShouldBe("Rename Prompt");
        state.Undo().ShouldBeTrue();
        Text(state).ShouldBe(before);
        state.History.RedoName.ShouldBe("Rename Prompt");
        state.Redo().ShouldBeTrue();
        Text(state).ShouldBe(after);
        state.Redo().ShouldBeFalse();
    }

    [Fact]
    public void Typing_in_one_field_is_one_step()
    {
        var state = Open(Tutorial().Build());
        var before = Text(state);
        foreach (var text in (string[])["S", "Sa", "Say", "Say {event}!"])
            state.Do(new ChangeSetting("prompt", "template", Json(text)));
        state.History.Done.Count.ShouldBe(1);
        state.History.UndoName.ShouldBe("Change template of Prompt");
        state.Undo();
        Text(state).ShouldBe(before);
    }

    [Fact]
    public void Typing_after_choosing_something_else_is_another_step()
    {
        var state = Open(Tutorial().Build());
        state.Do(new ChangeSetting("prompt", "template", Json("a")));
        state.Select("model");
        state.Select("prompt");
        state.Do(new ChangeSetting("prompt", "template", Json("ab")));
        state.History.Done.Count.ShouldBe(2);
    }

    [Fact]
    public void Typing_that_ends_where_it_began_is_no_step()
    {
        var state = Open(Tutorial().Build());
        state.Do(new ChangeSetting("prompt", "template", Json("a")));
        state.Do(new ChangeSetting("prompt", "template", Json("Say {event}")));
        state.History.CanUndo.ShouldBeFalse();
    }

    [Fact]
    public void A_new_edit_ends_what_could_be_done_again()
    {
        var state = Open(Tutorial().Build());
        state.Do(new RenameNode("prompt", "Ask"));
        state.Undo();
        state.Do(new MoveItems("model", new(5, 6)));
        state.History.CanRedo.ShouldBeFalse();
        state.History.UndoName.ShouldBe("Move LLM");
    }

    [Fact]
    public void An_edit_that_changes_nothing_is_no_step()
    {
        var state = Open(Tutorial().Build());
        var raised = EditorChange.None;
        state.Changed += change => raised |= change;
        state.Do(new MoveItems("webhook", new(0, 0))).Done.ShouldBeTrue();
        state.History.CanUndo.ShouldBeFalse();
        state.Unsaved.ShouldBeFalse();
        raised.ShouldBe(EditorChange.None);
    }

    [Fact]
    public void A_node_takes_its_edges_with_it_and_brings_them_back()
    {
        var state = Open(Tutorial().Build());
        var before = Text(state);
        state.Select("event");
        state.Do(new Delete(state.Selected)).Done.ShouldBeTrue();
        state.Document.Edges.Count.ShouldBe(1);
        state.Selected.IsEmpty.ShouldBeTrue();
        state.Undo();
        Text(state).ShouldBe(before);
        state.Selected.Node.ShouldBe("event");
    }

    [Fact]
    public void A_new_node_is_chosen_named_apart_and_connected_to_the_port_it_was_picked_for()
    {
        var state = Open(Tutorial().Build());
        var outcome = state.Do(new AddNode("LLM", new(10, 20)) { From = new("prompt", "prompt") });
        outcome.Refusal.ShouldBeNull();
        outcome.Added.ShouldBe(["llm"]);
        state.Selected.Node.ShouldBe("llm");
        state.Document.Node("llm").ShouldNotBeNull().Title.ShouldBe("LLM 2");
        state.Document.Edges[^1].ShouldBe(new Edge { From = new("prompt", "prompt"), To = new("llm", "input_value") });
        state.History.UndoName.ShouldBe("Add LLM");
    }

    [Fact]
    public void A_component_is_put_into_an_edge()
    {
        var state = Open(new FlowBuilder().Node("a", "TextInput").Node("b", "ChatOutput").Edge("a.text", "b.input_value").Build());
        state.Do(new InsertOnEdge(new(new("a", "text"), new("b", "input_value")), "LLM", new(0, 0))).Refusal.ShouldBeNull();
        state.Document.Edges.Select(e => $"{e.From.Node}>{e.To.Node}").ShouldBe(["a>llm", "llm>b"]);
        state.Do(new InsertOnEdge(new(new("a", "text"), new("llm", "input_value")), "Webhook", new(0, 0))).Refusal.ShouldNotBeNull().ShouldContain("no input");
    }

    [Theory]
    [InlineData("webhook.output_data", "model.input_value", "Data cannot go into Input: webhook gives Data")]
    [InlineData("prompt.prompt", "agent.tools", "Prompt cannot go into Tools")]
    [InlineData("event.text", "model.input_value", "Input of model takes one edge, and prompt already leads there.")]
    [InlineData("prompt.prompt", "prompt.event", "prompt feeds itself.")]
    [InlineData("model.text_output", "event.data", "event already leads to model: the flow would run in a circle.")]
    [InlineData("prompt.prompt", "model.input_value", "prompt and model are already connected this way.")]
    [InlineData("gone.text", "model.system_message", "One end of the edge is not there any more.")]
    [InlineData("prompt.nothing", "model.system_message", "which prompt does not have")]
    public void A_connection_that_does_not_fit_says_why(string from, string to, string reason)
    {
        var titled = Tutorial().Node("agent", "Agent");
        foreach (var id in (string[])["webhook", "event", "prompt", "model"])
            titled.Title(id, id);
        var state = Open(titled.Build());
        var refusal = state.Do(new Connect(Port(from), Port(to))).Refusal.ShouldNotBeNull();
        refusal.ShouldContain(reason);
        refusal.Length.ShouldBeGreaterThan(reason.Length, "it says what to do as well");
        state.History.CanUndo.ShouldBeFalse();
    }

    [Fact]
    public void A_loop_may_be_closed_by_its_own_port()
    {
        var state = Open(new FlowBuilder().Node("list", "TextInput").Node("loop", "Loop").Node("each", "DataToMessage").Edge("loop.item", "each.data").Build());
        state.Do(new Connect(new("each", "text"), new("loop", "loop"))).Refusal.ShouldBeNull();
    }

    [Fact]
    public void Of_a_tool_nothing_else_is_connected()
    {
        var state = Open(new FlowBuilder().Node("calculator", "Calculator").Node("agent", "Agent").Node("other", "Agent").Node("out", "ChatOutput")
            .Edge("calculator.component_as_tool", "agent.tools").Build());
        var output = Catalog.Find("Calculator").ShouldNotBeNull().Outputs[0].Name;
        state.Do(new Connect(new("calculator", output), new("out", "input_value"))).Refusal.ShouldNotBeNull().ShouldContain("agent's tool");
        state.Do(new Connect(new("calculator", ToolPort.Name), new("other", "tools"))).Refusal.ShouldNotBeNull().ShouldContain("already the tool of");
    }

    [Fact]
    public void What_is_copied_is_pasted_under_new_ids_with_its_inner_edges()
    {
        var state = Open(Tutorial().Build());
        var fragment = Fragment.Of(state.Document, new Selection(["event", "prompt"])).ShouldNotBeNull();
        var outcome = Open(new FlowDocument()).Do(new Paste(fragment));
        outcome.Added.ShouldBe(["data_to_message", "prompt"]);

        state.Do(new Paste(fragment)).Added.ShouldBe(["data_to_message", "prompt_2"]);
        state.Document.Edges[^1].ShouldBe(new Edge { From = new("data_to_message", "text"), To = new("prompt_2", "event") });
        state.Document.Node("data_to_message").ShouldNotBeNull().Position.ShouldBe(new Position(280, 20));
        state.Selected.Nodes.ShouldBe(["data_to_message", "prompt_2"], ignoreOrder: true);
        state.History.UndoName.ShouldBe("Paste 2 nodes");
    }

    [Fact]
    public void A_copy_whose_title_is_taken_is_numbered()
    {
        var state = Open(new FlowBuilder().Node("a", "Calculator").Node("b", "Prompt").Title("b", "Ask 2026").Node("c", "Mystery").Build());
        var before = FlowJson.ToText(state.Document);
        state.Do(new Duplicate(new Selection(["a", "b", "c"]))).Refusal.ShouldBeNull();
        Titles(state).ShouldBe(["Calculator", "Ask 2026", "Mystery", "Calculator 2", "Ask 2026 2", "Mystery 2"]);
        state.Do(new Duplicate(new Selection([state.Document.Nodes[3].Id])));
        state.Do(new Paste(Fragment.Of(state.Document, new Selection(["a"])).ShouldNotBeNull()));
        Titles(state).TakeLast(2).ShouldBe(["Calculator 3", "Calculator 4"]);
        state.Undo();
        state.Undo();
        state.Undo();
        FlowJson.ToText(state.Document).ShouldBe(before);

        // Where nothing is called so it stays as it is; also when its title was the component's own.
        var other = Open(new FlowDocument());
        other.Do(new Paste(Fragment.Of(state.Document, new Selection(["a", "b"])).ShouldNotBeNull()));
        other.Document.Nodes.Select(n => n.Title).ShouldBe(["", "Ask 2026"]);
    }

    [Fact]
    public void The_number_of_a_copy_does_not_make_its_title_too_long()
    {
        var state = Open(new FlowBuilder().Node("a", "Prompt").Title("a", new string('x', 200)).Build());
        state.Do(new Duplicate(Selection.Of("a")));
        state.Document.Nodes[1].Title.ShouldBe(new string('x', 198) + " 2");
    }

    static IEnumerable<string> Titles(EditorState state) => state.Document.Nodes.Select(n => Catalog.TitleOf(state.Document, n.Id));

    [Theory]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("{\"flowstudio\":\"flow\"}")]
    [InlineData("{\"flowstudio\":\"nodes\",\"nodes\":[{\"type\":\"LLM\"}]}")]
    [InlineData("{\"flowstudio\":\"nodes\",\"nodes\":[null]}")]
    [InlineData("{\"flowstudio\":\"nodes\",\"nodes\":7}")]
    [InlineData("{\"flowstudio\":\"nodes\"}")]
    [InlineData("{\"flowstudio\":7}")]
    public void What_is_no_fragment_is_not_pasted(string text)
    {
        var state = Open(Tutorial().Build());
        state.Do(new Paste(text)).Refusal.ShouldNotBeNull();
        state.History.CanUndo.ShouldBeFalse();
    }

    [Fact]
    public void A_note_is_written_moved_and_coloured_in_steps_of_their_own()
    {
        var state = Open(new FlowDocument());
        state.Do(new AddNote(new(1, 2))).Added.ShouldBe(["note"]);
        state.Do(new ChangeNote("note") { Text = "a" });
        state.Do(new ChangeNote("note") { Text = "ab" });
        state.Do(new ChangeNote("note") { Color = "blue" });
        state.Do(new ChangeNote("note") { Width = 200, Height = 90 });
        state.History.Done.Select(s => s.Name).ShouldBe(["Add a note", "Write a note", "Colour a note", "Resize a note"]);
        state.Document.Notes.ShouldBe([new Note { Id = "note", Text = "ab", Position = new(1, 2), Color = "blue", Width = 200, Height = 90 }]);
    }

    [Fact]
    public void What_is_looked_at_is_no_edit()
    {
        var state = Open(Tutorial().Build());
        state.Look(new(1, 2, 0.5));
        state.Unsaved.ShouldBeFalse();
        state.Do(new RenameNode("prompt", "Ask"));
        state.Undo();
        state.Document.Viewport.ShouldBe(new Viewport(1, 2, 0.5));
    }

    [Fact]
    public void Another_ones_change_leaves_the_steps_that_it_did_not_touch()
    {
        var state = Open(Tutorial().Build());
        state.Do(new RenameNode("webhook", "Hook"));
        state.Do(new RenameNode("prompt", "Ask"));
        state.Do(new RenameNode("model", "Model"));
        var theirs = Open(state.Document);
        theirs.Do(new RenameNode("prompt", "Question"));
        state.Adopt(state.Flow with { Draft = theirs.Document, DraftRevision = 7 });

        state.Unsaved.ShouldBeFalse();
        state.Document.Node("prompt").ShouldNotBeNull().Title.ShouldBe("Question");
        state.History.Done.Select(s => s.Name).ShouldBe(["Rename LLM"]);
        state.Undo().ShouldBeTrue();
        state.Document.Node("prompt").ShouldNotBeNull().Title.ShouldBe("Question");
    }

    [Fact]
    public void Either_side_of_a_conflict_can_be_taken_back()
    {
        var start = Tutorial().Build();
        var theirs = Open(start);
        theirs.Do(new RenameNode("prompt", "Theirs"));
        var flow = theirs.Flow with { Draft = theirs.Document, DraftRevision = 2 };

        var keeps = Open(start);
        keeps.Do(new RenameNode("prompt", "Mine"));
        var mine = Text(keeps);
        keeps.KeepMine(flow, "Keep mine");
        (Text(keeps), keeps.Unsaved, keeps.Flow.DraftRevision).ShouldBe((mine, true, 2));
        keeps.Undo().ShouldBeTrue();
        Text(keeps).ShouldBe(FlowJson.ToText(flow.Draft));

        var takes = Open(start);
        takes.Do(new RenameNode("prompt", "Mine"));
        takes.TakeTheirs(flow, "Take theirs");
        Text(takes).ShouldBe(FlowJson.ToText(flow.Draft));
        takes.Undo().ShouldBeTrue();
        Text(takes).ShouldBe(mine);
        takes.Undo().ShouldBeTrue();
        Text(takes).ShouldBe(FlowJson.ToText(start));
    }

    [Fact]
    public void Outputs_are_pinned_and_let_go()
    {
        var state = Open(Tutorial().Build());
        var before = Text(state);
        state.Do(new PinOutput("event", new() { ["text"] = Json("fixed") }));
        state.History.UndoName.ShouldBe("Pin output of Data to Message");
        Text(state).ShouldContain("fixed");
        state.Do(new PinOutput("event", null));
        Text(state).ShouldBe(before);
    }

    static PortRef Port(string text) => text.Split('.', 2) is [var node, var port] ? new(node, port) : throw new FormatException(text);
}
