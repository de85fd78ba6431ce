using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Studio.Editor.State;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Editor;

public class KeptStepsTests
{
    static EditorState Open(FlowDocument document, byte[]? steps = null)
    {
        var state = new EditorState(NodeTest.Catalog);
        var (done, undone) = steps is null ? ([], []) : KeptSteps.Read(steps);
        state.Open(new Flow { Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch), Name = "Flow", Draft = document }, done, undone);
        return state;
    }

    /// <summary>What another process reads from the database.</summary>
    static FlowDocument Stored(FlowDocument document) => FlowJson.Parse(FlowJson.ToText(document));

    [Fact]
    public void After_a_restart_all_is_taken_back_to_the_byte_and_done_again()
    {
        var start = new FlowBuilder().Node("a", "TextInput").Node("b", "Prompt", new { template = "{x}" }).Node("c", "LLM").Edge("b.prompt", "c.input_value").Build();
        var state = Open(start);
        state.Do(new Connect(new("a", "text"), new("b", "x")));
        state.Do(new ChangeSetting("b", "template", JsonSerializer.SerializeToElement("Grüße {x} \n\"🎉\"")));
        state.Do(new Delete(new Selection(["b"])));
        state.Do(new AddNote(new(0.5, 1e20), "# Hi"));
        state.Do(new ReplaceDocument(new FlowDocument { Extra = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["future"] = JsonSerializer.SerializeToElement(1) } }, "Restore version 1"));
        state.Undo();
        var (middle, end) = (FlowJson.ToText(state.Document), Redone(state));

        var back = Open(Stored(FlowJson.Parse(middle)), KeptSteps.Write(Undone(state)));
        back.History.RedoName.ShouldBe("Restore version 1");
        back.Redo().ShouldBeTrue();
        FlowJson.ToText(back.Document).ShouldBe(end);
        back.History.Done.Select(s => s.Name).ShouldBe(["Connect Text Input to Prompt", "Change template of Prompt", "Delete Prompt", "Add a note", "Restore version 1"]);
        while (back.History.CanUndo)
            back.Undo().ShouldBeTrue();
        FlowJson.ToText(back.Document).ShouldBe(FlowJson.ToText(start));
    }

    [Fact]
    public void What_was_read_is_written_again_as_it_was()
    {
        var state = Open(new FlowBuilder().Node("a", "Prompt").Build());
        state.Do(new RenameNode("a", "One"));
        state.Do(new MoveItems("a", new(1, 2)));
        state.Undo();
        var kept = KeptSteps.Write(state.History);
        KeptSteps.Write(Open(Stored(state.Document), kept).History).ShouldBe(kept);
    }

    [Fact]
    public void The_newest_steps_are_kept()
    {
        var state = Open(new FlowBuilder().Node("a", "Prompt").Build());
        for (var i = 0; i < KeptSteps.MaxSteps + 10; i++)
            state.Do(new MoveItems("a", new(i + 1, 0)));
        var back = Open(Stored(state.Document), KeptSteps.Write(state.History));
        back.History.Done.Count.ShouldBe(KeptSteps.MaxSteps);
        back.Undo().ShouldBeTrue();
        back.Document.Nodes[0].Position.X.ShouldBe(KeptSteps.MaxSteps + 9);
    }

    [Fact]
    public void Steps_that_are_large_push_out_the_old_ones()
    {
        var state = Open(new FlowBuilder().Node("a", "Prompt").Build());
        for (var i = 0; i < 5; i++)
        {
            state.Do(new ChangeSetting("a", "template", JsonSerializer.SerializeToElement(new string((char)('a' + i), KeptSteps.MaxBytes / 4))));
            state.History.Seal();
        }
        var kept = KeptSteps.Write(state.History);
        kept.Length.ShouldBeLessThan(KeptSteps.MaxBytes + 1000);
        Open(Stored(state.Document), kept).History.Done.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"form\":2,\"done\":[],\"undone\":[]}")]
    [InlineData("{\"form\":1,\"done\":[{\"name\":\"x\"}],\"undone\":[]}")]
    [InlineData("{\"form\":1,\"done\":[{\"name\":\"x\",\"before\":{\"schema\":1},\"after\":{\"schema\":1},\"at\":[[9]],\"extra\":false}],\"undone\":[]}")]
    public void What_cannot_be_read_is_no_history(string text)
    {
        var (done, undone) = KeptSteps.Read(System.Text.Encoding.UTF8.GetBytes(text));
        (done.Count, undone.Count).ShouldBe((0, 0));
    }

    static string Redone(EditorState state)
    {
        state.Redo();
        return FlowJson.ToText(state.Document);
    }

    static EditHistory Undone(EditorState state)
    {
        state.Undo();
        return state.History;
    }
}
