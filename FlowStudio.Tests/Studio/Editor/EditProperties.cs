using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Studio.Editor.State;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Editor;

public class EditProperties
{
    static readonly ComponentCatalog Catalog = NodeTest.Catalog;

    static readonly string[] Types = ["Webhook", "Prompt", "DataToMessage", "LLM", "Agent", "Calculator", "Loop", "Combine", "ChatOutput"];

    static Config Often => Config.QuickThrowOnFailure.WithMaxTest(300);

    /// <summary>An edit told by three numbers: what it means depends on the document it meets.</summary>
    static Gen<(int Kind, int A, int B)> Choices =>
        from kind in Gen.Choose(0, 17)
        from a in Gen.Choose(0, 1_000)
        from b in Gen.Choose(0, 1_000)
        select (kind, a, b);

    [Fact]
    public void Taking_all_back_gives_the_document_it_began_with_and_doing_all_again_the_one_it_ended_with() =>
        Prop.ForAll(Choices.ListOf(40).ToArbitrary(), choices =>
        {
            var start = Start();
            var state = Open(start);
            foreach (var choice in choices)
            {
                if (choice.Kind < 17)
                    state.Do(EditOf(choice, state.Document));
                else if (choice.A % 2 == 0)
                    state.Undo();
                else
                    state.Redo();
            }
            var texts = new Stack<string>([FlowJson.ToText(state.Document)]);
            while (state.History.CanUndo)
            {
                state.Undo().ShouldBeTrue();
                texts.Push(FlowJson.ToText(state.Document));
            }
            texts.Pop().ShouldBe(FlowJson.ToText(start));
            while (texts.TryPop(out var expected))
            {
                state.Redo().ShouldBeTrue();
                FlowJson.ToText(state.Document).ShouldBe(expected);
            }
        }).Check(Often);

    [Fact]
    public void Edges_that_were_drawn_are_edges_that_validation_lets_pass() =>
        Prop.ForAll(Choices.ListOf(40).ToArbitrary(), choices =>
        {
            var state = Open(new FlowDocument());
            foreach (var type in Types)
                state.Do(new AddNode(type, default));
            foreach (var choice in choices)
                state.Do(Draw(choice.A, choice.B, state.Document));
            new FlowValidator(Catalog).Validate(state.Document).Select(p => p.Code)
                .Where(c => c is "type_mismatch" or "too_many_edges" or "cycle" or "self_loop" or "duplicate_edge" or "dangling_edge" or "tool_shared" or "tool_has_edges")
                .ShouldBeEmpty();
        }).Check(Often);

    static EditorState Open(FlowDocument document)
    {
        var state = new EditorState(Catalog);
        state.Open(new Flow { Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch), Name = "Flow", Draft = document });
        return state;
    }

    static FlowDocument Start() => new FlowBuilder()
        .Node("webhook", "Webhook").Node("event", "DataToMessage").Node("prompt", "Prompt", new { template = "{event}" }).Node("model", "LLM")
        .Edge("webhook.output_data", "event.data").Edge("event.text", "prompt.event").Edge("prompt.prompt", "model.input_value")
        .Build() with
    {
        Notes = [new Note { Id = "note", Text = "hi" }],
    };

    static Edit EditOf((int Kind, int A, int B) choice, FlowDocument document)
    {
        var (kind, a, b) = choice;
        var node = document.Nodes.Count > 0 ? document.Nodes[a % document.Nodes.Count].Id : "none";
        var other = document.Nodes.Count > 0 ? document.Nodes[b % document.Nodes.Count].Id : "none";
        var note = document.Notes.Count > 0 ? document.Notes[a % document.Notes.Count].Id : "none";
        var edge = document.Edges.Count > 0 ? EdgeKey.Of(document.Edges[a % document.Edges.Count]) : default;
        var two = new Selection([node, other], b % 3 == 0 ? [note] : []);
        return kind switch
        {
            0 or 1 => new AddNode(Types[a % Types.Length], new(a, b)),
            2 or 3 or 4 => Draw(a, b, document),
            5 => new MoveItems(node, new(a, b)),
            6 => new MoveItems(new Dictionary<string, Position>(StringComparer.Ordinal) { [node] = new(b, a) }, new Dictionary<string, Position>(StringComparer.Ordinal) { [note] = new(b, b) }),
            7 => new Delete(two),
            8 => new Delete(new Selection([], [], [edge])),
            9 => new RenameNode(node, $"t{a % 5}"),
            10 => new ChangeSetting(node, "template", b % 4 == 0 ? null : JsonSerializer.SerializeToElement($"{{v{b % 3}}}")),
            11 => new ChangeNodeOptions(node, new(a % 2 == 0 ? a + 1 : null, b % 3, b % 2 == 0)),
            12 => new Paste(Fragment.Of(document, two) ?? "", new Position(a, b)),
            13 => new Duplicate(two),
            14 => new AddNote(new(a, b), "n"),
            15 => new ChangeNote(note) { Text = $"text {b}" },
            16 => new InsertOnEdge(edge, Types[b % Types.Length], new(a, b)),
            _ => new ArrangeNodes(document.Nodes.ToDictionary(n => n.Id, _ => new Position(a, b), StringComparer.Ordinal), "Arrange"),
        };
    }

    static Connect Draw(int a, int b, FlowDocument document)
    {
        if (document.Nodes.Count == 0)
            return new(new("none", "x"), new("none", "y"));
        var (from, to) = (document.Nodes[a % document.Nodes.Count], document.Nodes[b % document.Nodes.Count]);
        string[] outputs = [.. Catalog.ShapeOf(from)?.Outputs.Select(o => o.Name) ?? [], ToolPort.Name];
        string[] inputs = [.. Catalog.ShapeOf(to)?.Inputs.Select(i => i.Name) ?? [], "nothing"];
        return new(new(from.Id, outputs[a / 7 % outputs.Length]), new(to.Id, inputs[b / 7 % inputs.Length]));
    }
}
