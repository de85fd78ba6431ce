using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Studio.Editor.Versions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Editor;

public class FlowDiffTests
{
    static FlowBuilder Flow(string template = "Say {event}") => new FlowBuilder()
        .Node("event", "DataToMessage").Node("prompt", "Prompt", new { template }).Node("model", "LLM").Edge("prompt.prompt", "model.input_value");

    static FlowDiff Diff(FlowDocument before, FlowDocument after) => FlowDiff.Between(before, after, NodeTest.Catalog);

    [Fact]
    public void The_same_document_read_twice_differs_in_nothing()
    {
        var document = Flow().Build();
        Diff(document, FlowJson.Parse(FlowJson.ToText(document))).Count.ShouldBe(0);
    }

    [Fact]
    public void A_setting_is_told_before_and_after_by_the_name_people_read()
    {
        var node = Diff(Flow().Build(), Flow("Tell {event}").Build()).Nodes.ShouldHaveSingleItem();
        (node.Kind, node.Title).ShouldBe((DiffKind.Changed, "Prompt"));
        node.Fields.ShouldHaveSingleItem().ShouldBe(new FieldDiff("Template", "Say {event}", "Tell {event}"));
    }

    [Fact]
    public void A_setting_that_is_back_at_its_default_says_the_default()
    {
        var before = new FlowBuilder().Node("m", "LLM", new { provider = "openai" }).Build();
        var field = Diff(before, new FlowBuilder().Node("m", "LLM").Build()).Nodes.ShouldHaveSingleItem().Fields.ShouldHaveSingleItem();
        field.Before.ShouldBe("openai");
        field.After.ShouldNotBe("openai");
    }

    [Fact]
    public void Edges_of_nodes_that_came_or_went_are_told_with_them()
    {
        var more = Flow().Node("out", "ChatOutput").Edge("model.text_output", "out.input_value").Edge("event.text", "prompt.event").Build();
        var diff = Diff(Flow().Build(), more);
        diff.Nodes.ShouldHaveSingleItem().ShouldBe(new NodeDiff(DiffKind.Added, "out", "ChatOutput", "Chat Output", diff.Nodes[0].Fields));
        diff.Edges.ShouldBe([new EdgeDiff(DiffKind.Added, "Data to Message · Message", "Prompt · event")]);
        diff.Count.ShouldBe(2);
        var back = Diff(more, Flow().Build());
        back.Nodes.ShouldHaveSingleItem().Kind.ShouldBe(DiffKind.Removed);
        back.Edges.ShouldHaveSingleItem().Kind.ShouldBe(DiffKind.Removed);
    }

    [Fact]
    public void However_much_is_moved_counts_once()
    {
        var document = Flow().Build();
        var moved = document with { Nodes = [.. document.Nodes.Select(n => n with { Position = new(n.Position.X + 5, 9) })] };
        var diff = Diff(document, moved);
        (diff.Moved, diff.Count).ShouldBe((3, 1));
    }

    [Fact]
    public void Notes_and_options_of_nodes_differ_too()
    {
        var before = Flow().Build() with { Notes = [new Note { Id = "n", Text = "old" }] };
        var after = before with
        {
            Nodes = [before.Nodes[0] with { Disabled = true, Timeout = 2.5 }, .. before.Nodes.Skip(1)],
            Notes = [new Note { Id = "n", Text = "new" }, new Note { Id = "m", Text = "more" }],
        };
        var diff = Diff(before, after);
        diff.Nodes.ShouldHaveSingleItem().Fields.Select(f => $"{f.Name}: {f.Before} > {f.After}").ShouldBe(["Disabled: no > yes", "Time limit: component's default > 2.5 s"]);
        diff.Notes.ShouldBe([new NoteDiff(DiffKind.Added, "", "more"), new NoteDiff(DiffKind.Changed, "old", "new")]);
    }

    [Fact]
    public void Pins_and_where_one_looks_are_no_difference()
    {
        var document = Flow().Build();
        var other = document with
        {
            Viewport = new(1, 2, 3),
            Nodes = [document.Nodes[0] with { Pinned = new() { ["text"] = FlowStudio.Engine.JsonText.Null } }, .. document.Nodes.Skip(1)],
        };
        Diff(document, other).Count.ShouldBe(0);
    }
}
