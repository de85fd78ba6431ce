using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class FlowGraphMapperTests
{
    sealed class Shapes : INodeShapes
    {
        public NodeShape? ShapeOf(Node node) => node.Type switch
        {
            "Webhook" => new([], [new("data", PortType.Data)], IsTrigger: true, ReturnPort: null, []),
            "LLM" => new([new("input", PortType.Message)], [new("message", PortType.Message) { Title = "Answer" }], IsTrigger: false, ReturnPort: null, []) { CanBeTool = true },
            _ => null,
        };

        public IReadOnlyList<string> Suggest(string type) => [];
    }

    static readonly ComponentDescriptor Llm = new("LLM", "Language model", Category.Models, Effects.External, "")
    {
        Fields = [Field.Text("model", ""), Field.Number("temperature", "") with { Unit = "°" }, Field.Template("template", ""), Field.Secret("key", "")],
        Highlights = ["model", "temperature", "template"],
    };

    static ComponentLook? Look(string type) => type switch
    {
        "LLM" => new(Llm, "component-LlmCall"),
        "Webhook" => new(new("Webhook", "Webhook", Category.Start, Effects.Pure, ""), "component-Webhook"),
        _ => null,
    };

    static JsonElement Json(string json) => JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(json));

    static CanvasGraph Graph(FlowDocument document) => FlowGraphMapper.Graph(document, new Shapes(), Look);

    [Fact]
    public void Nodes_edges_and_notes_are_drawn_as_they_are()
    {
        var graph = Graph(new()
        {
            Nodes = [new() { Id = "hook", Type = "Webhook", Position = new(1, 2) }, new() { Id = "llm", Type = "LLM", Title = "Classify", Settings = new() { ["model"] = Json("\"gpt\""), ["temperature"] = Json("0.2") } }],
            Edges = [new() { From = new("hook", "data"), To = new("llm", "input") }],
            Notes = [new() { Id = "n", Text = "# Hi", Position = new(3, 4) }],
        });
        graph.Nodes.Select(n => (n.Title, n.Kind, n.Icon, n.Known, n.X)).ShouldBe([("Webhook", CanvasKind.Start, "component-Webhook", true, 1), ("Classify", CanvasKind.Models, "component-LlmCall", true, 0)]);
        graph.Nodes[1].Settings.ShouldBe([new("model", "gpt"), new("temperature", "0.2 °")]);
        graph.Nodes[1].Outputs.ShouldBe([new("message", "Answer", CanvasPortType.Message)]);
        graph.Edges.ShouldBe([new("hook", "data", "llm", "input", CanvasPortType.Data)]);
        graph.Notes.ShouldHaveSingleItem().Width.ShouldBeGreaterThan(0);
        graph.Viewport.ShouldBeNull();
    }

    [Fact]
    public void A_node_that_may_be_a_tool_has_the_port_for_it()
    {
        var graph = Graph(new()
        {
            Nodes = [new() { Id = "tool", Type = "LLM" }, new() { Id = "hook", Type = "Webhook" }, new() { Id = "agent", Type = "LLM" }],
            Edges = [new() { From = new("tool", ToolPort.Name), To = new("agent", "input") }],
        });
        graph.Nodes.Select(n => n.Tool).ShouldBe([new(ToolPort.Name, "Tool", CanvasPortType.Tool), null, new(ToolPort.Name, "Tool", CanvasPortType.Tool)]);
        graph.Edges.ShouldHaveSingleItem().Type.ShouldBe(CanvasPortType.Tool);
    }

    [Fact]
    public void A_graph_says_how_it_stands_and_each_node_what_is_wrong_with_it()
    {
        var document = new FlowDocument
        {
            Nodes = [new() { Id = "llm", Type = "LLM", Disabled = true }, new() { Id = "hook", Type = "Webhook" }],
            Notes = [new() { Id = "n", Text = "<b>**hi**" }, new() { Id = "n", Text = "again" }],
        };
        var graph = FlowGraphMapper.Graph(document, new Shapes(), Look, new()
        {
            FlowId = "f",
            Revision = 3,
            Editable = true,
            Undo = "Move LLM",
            Problems = [new("missing_input", ProblemSeverity.Error, "llm", "input", "Nothing is connected.", "Connect it."), new("no_trigger", ProblemSeverity.Warning, null, null, "No start.", "Add one.")],
        });
        (graph.FlowId, graph.Revision, graph.Editable, graph.Undo, graph.Redo).ShouldBe(("f", 3, true, "Move LLM", null));
        graph.Nodes.Select(n => (n.Disabled, n.Problems.Count)).ShouldBe([(true, 1), (false, 0)]);
        graph.Nodes[0].Problems[0].ShouldBe(new(IsError: true, "Nothing is connected.", "Connect it."));
        graph.Nodes[0].Source.ShouldBe("""{"id":"llm","type":"LLM","title":"","position":{"x":0,"y":0},"settings":{},"disabled":true}""");
        graph.Notes.ShouldHaveSingleItem().Html.ShouldBe("<p>&lt;b&gt;<strong>hi</strong></p>\n");
    }

    [Fact]
    public void The_catalog_says_what_there_is_and_what_fits_what()
    {
        var catalog = FlowGraphMapper.Catalog(Components.NodeTest.Catalog);
        var agent = catalog.Components.Single(c => c.Type == "Agent");
        agent.Inputs.Single(i => i.Type is CanvasPortType.Tool).Many.ShouldBeTrue();
        catalog.Components.Single(c => c.Type == "Loop").Inputs.Count(i => i.Returns).ShouldBe(1);
        catalog.Components.ShouldAllBe(c => c.Summary.Length > 0 && c.Icon.StartsWith("component-", StringComparison.Ordinal));
        catalog.Conversions.Single(c => c.From is CanvasPortType.Data).To.ShouldBe([CanvasPortType.Data, CanvasPortType.Table, CanvasPortType.Any], ignoreOrder: true);
        catalog.Conversions.Single(c => c.From is CanvasPortType.Tool).To.ShouldBe([CanvasPortType.Tool]);
    }

    [Fact]
    public void A_template_speaks_for_itself_on_one_line_and_a_variable_is_called_one()
    {
        var graph = Graph(new() { Nodes = [new() { Id = "llm", Type = "LLM", Settings = new() { ["template"] = Json("\"a\\nb\""), ["model"] = Json("""{"variable":"MODEL"}""") } }] });
        graph.Nodes[0].Settings.ShouldBe([new("model", "variable MODEL"), new("", "a b")]);
    }

    [Fact]
    public void An_unknown_component_is_a_placeholder_with_the_ports_that_edges_prove()
    {
        var graph = Graph(new()
        {
            Nodes = [new() { Id = "hook", Type = "Webhook" }, new() { Id = "old", Type = "Gone" }],
            Edges = [new() { From = new("hook", "data"), To = new("old", "x") }, new() { From = new("old", "y"), To = new("nowhere", "z") }],
        });
        var old = graph.Nodes[1];
        (old.Known, old.Title).ShouldBe((false, "Gone"));
        old.Inputs.Select(p => p.Name).ShouldBe(["x"]);
        old.Outputs.Select(p => p.Name).ShouldBe(["y"]);
        graph.Edges.Count.ShouldBe(1);
    }

    [Fact]
    public void A_setting_that_means_nothing_is_not_drawn()
    {
        var descriptor = Llm with
        {
            Fields = [Field.Choice("provider", "", "demo", "openai"), Field.Text("model", "").Default("gpt") with { ShownWhen = ("provider", ["openai"]) }],
            Highlights = ["provider", "model"],
        };
        Settings(new() { Id = "llm", Type = "LLM" }).ShouldBe([new("provider", "demo")]);
        Settings(new() { Id = "llm", Type = "LLM", Settings = new() { ["provider"] = Json("\"openai\"") } }).ShouldBe([new("provider", "openai"), new("model", "gpt")]);

        IReadOnlyList<CanvasSetting> Settings(Node node) => FlowGraphMapper.Graph(new() { Nodes = [node] }, new Shapes(), _ => new(descriptor, "x")).Nodes[0].Settings;
    }

    [Fact]
    public void Two_nodes_with_one_id_do_not_break_the_canvas() =>
        Graph(new() { Nodes = [new() { Id = "a", Type = "LLM" }, new() { Id = "a", Type = "Webhook" }] }).Nodes.Count.ShouldBe(1);

    [Fact]
    public void A_long_setting_is_cut() =>
        Graph(new() { Nodes = [new() { Id = "llm", Type = "LLM", Settings = new() { ["model"] = JsonText.Element(new string('x', 500)) } }] }).Nodes[0].Settings[0].Value.Length.ShouldBeLessThan(100);

    [Fact]
    public void States_follow_the_run()
    {
        var events = new RunEvents(Guid.NewGuid());
        var run = new RunProgress(events.RunId);
        run.Apply(events.NodeStarted("a"));
        run.Apply(events.After(20).NodeFinished("a", "{}"));
        run.Apply(events.NodeStarted("b"));
        FlowGraphMapper.States(run, ["a", "b", "c"], events.After(30).Now).ShouldBe(
        [
            new("a", CanvasNodeStatus.Succeeded, 20, null),
            new("b", CanvasNodeStatus.Running, 30, null),
            new("c", CanvasNodeStatus.Pending, null, null),
        ]);
        run.Apply(events.NodeFailed("b"));
        run.Apply(events.Finished("failed", "null"));
        FlowGraphMapper.States(run, ["b", "c"], events.Now).ShouldBe([new("b", CanvasNodeStatus.Failed, 30, "No answer within 30 s."), new("c", CanvasNodeStatus.Skipped, null, "not reached")]);
    }

    [Theory]
    [InlineData("true", "on")]
    [InlineData("""[{"key":"a","value":"1"},{"key":"b","value":{"variable":"KEY"}}]""", "a: 1\nb: variable KEY")]
    [InlineData("""{"variable":"KEY","format":"Bearer {value}"}""", "Bearer [variable KEY]")]
    [InlineData("null", "")]
    public void Settings_are_said_in_words(string json, string words) => SettingText.Of(Field.KeyValues("x", ""), Json(json)).ShouldBe(words);
}
