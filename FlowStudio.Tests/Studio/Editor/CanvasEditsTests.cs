using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Editor.State;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Editor;

public class CanvasEditsTests
{
    static readonly CanvasEdgeRef AtoB = new("a", "out", "b", "in");

    [Fact]
    public void Every_change_that_the_canvas_can_tell_is_an_edit()
    {
        foreach (var type in typeof(CanvasEdit).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(CanvasEdit)) && !t.IsAbstract))
            Examples.Select(e => e.GetType()).ShouldContain(type);
        foreach (var message in Examples)
            CanvasEdits.Of(message).ShouldNotBeNull(message.GetType().Name);
        CanvasEdits.Of(new CanvasReady()).ShouldBeNull();
        CanvasEdits.Of(new CanvasLooked(0, 0, 1)).ShouldBeNull();
    }

    [Fact]
    public void A_component_is_wired_to_the_side_it_was_drawn_from()
    {
        var from = CanvasEdits.Of(new CanvasAdd("llm", "LLM", 1, 2, Into: null, new CanvasJoin("a", "out", CanvasSide.Output, "input_value"))).ShouldBeOfType<AddNode>();
        (from.Id, from.At, from.From, from.To, from.Port).ShouldBe(("llm", new Position(1, 2), new PortRef("a", "out"), null, "input_value"));
        var to = CanvasEdits.Of(new CanvasAdd("llm", "LLM", 1, 2, Into: null, new CanvasJoin("b", "in", CanvasSide.Input, "text_output"))).ShouldBeOfType<AddNode>();
        (to.From, to.To, to.Port).ShouldBe((null, new PortRef("b", "in"), "text_output"));
    }

    [Fact]
    public void An_edge_that_is_led_elsewhere_takes_the_place_of_the_old_one() =>
        CanvasEdits.Of(new CanvasConnect(AtoB, new("a", "out", "c", "in"))).ShouldBe(new Connect(new("a", "out"), new("b", "in")) { Replaces = new(new("a", "out"), new("c", "in")) });

    [Fact]
    public void What_is_chosen_goes_both_ways()
    {
        var selection = CanvasEdits.SelectionOf(["a", "b"], ["n"], [AtoB]);
        var back = CanvasEdits.ToCanvas(selection);
        CanvasEdits.SelectionOf(back.Nodes, back.Notes, back.Edges).ShouldBe(selection);
    }

    static readonly FromCanvas[] Examples =
    [
        new CanvasMove([new("a", 1, 2)], [new("n", 3, 4)]),
        new CanvasArranged("Align left", [new("a", 1, 2)], []),
        new CanvasConnect(AtoB, Replaces: null),
        new CanvasDelete(["a"], ["n"], [AtoB]),
        new CanvasAdd("x", "LLM", 1, 2, Into: null, Join: null),
        new CanvasAdd("x", "LLM", 1, 2, new CanvasInto(AtoB, "input_value", "text_output"), Join: null),
        new CanvasInsert("a", 1, 2, new CanvasInto(AtoB, "input_value", "text_output")),
        new CanvasRename("a", "A"),
        new CanvasBypass(["a"], Disabled: true),
        new CanvasAddNote("n", 1, 2, 3, 4, "text"),
        new CanvasNoteChanged("n", "text", new CanvasBox(1, 2, 3, 4), "blue"),
        new CanvasPaste("{}", At: null),
        new CanvasDuplicate(["a"], ["n"]),
    ];
}
