using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>Langflow's groups: nodes that hold a flow of their own.</summary>
public class LangflowGroupTests
{
    const string Prompt = "\"template\":{\"type\":\"prompt\",\"value\":\"{tone}: {said}\"},\"tone\":{\"type\":\"str\",\"value\":\"inner\"},\"said\":{\"type\":\"str\",\"input_types\":[\"Message\"],\"value\":\"\"}";

    /// <summary>A prompt and a text output behind it, shown as one; its fields say whose they are.</summary>
    static string Group(string more = "") => LangflowFiles.Node("Group-1", "GroupNode",
        """
        "tone_Say-1":{"type":"str","value":"from the group","proxy":{"id":"Say-1","field":"tone"}},
        "said_Say-1":{"type":"str","input_types":["Message"],"value":"","proxy":{"id":"Say-1","field":"said"}},
        "api_key_Say-1":{"type":"str","password":true,"value":"sk-in-a-group-1","proxy":{"id":"Say-1","field":"api_key"}}
        """,
        "\"outputs\":[{\"name\":\"Echo-1_text\",\"types\":[\"Message\"],\"proxy\":{\"id\":\"Echo-1\",\"name\":\"text\"}}],\"flow\":{\"name\":\"Inner\",\"data\":{\"viewport\":{\"x\":0,\"y\":0,\"zoom\":1},\"nodes\":["
        + LangflowFiles.Node("Say-1", "Prompt", Prompt) + "," + LangflowFiles.Node("Echo-1", "TextOutput") + more
        + "],\"edges\":[" + LangflowFiles.Edge("Say-1", "prompt", "Echo-1", "input_value") + "]}}").Replace("\"outputs\":[]", "\"tool_mode\":false", StringComparison.Ordinal);

    static string File(string group) => LangflowFiles.Flow(
        $"{LangflowFiles.Node("In-1", "ChatInput")},{group},{LangflowFiles.Node("Out-1", "ChatOutput")}",
        string.Join(',', ToGroup, LangflowFiles.Edge("Group-1", "Echo-1_text", "Out-1", "input_value")));

    const string ToGroup = """
        {"id":"e","source":"In-1","target":"Group-1","data":{"sourceHandle":{"dataType":"ChatInput","id":"In-1","name":"message","output_types":["Message"]},
        "targetHandle":{"fieldName":"said_Say-1","id":"Group-1","inputTypes":["Message"],"type":"str","proxy":{"id":"Say-1","field":"said"}}}}
        """;

    static JsonElement WithoutSecret(string file) => JsonDocument.Parse(file.Replace("sk-in-a-group-1", "", StringComparison.Ordinal)).RootElement;

    [Fact]
    public void A_group_gives_way_to_what_is_in_it()
    {
        var (flow, report) = LangflowFiles.Import(File(Group()));
        flow.Draft.Nodes.Select(n => (n.Id, n.Type)).ShouldBe([("In-1", "ChatInput"), ("Say-1", "Prompt"), ("Echo-1", "TextOutput"), ("Out-1", "ChatOutput")]);
        // What the group's own field holds goes first.
        flow.Draft.Node("Say-1").ShouldNotBeNull().Settings["tone"].GetString().ShouldBe("from the group");
        flow.Draft.Edges.Select(e => $"{e.From.Node}.{e.From.Port} {e.To.Node}.{e.To.Port}").ShouldBe(
            ["In-1.message Say-1.said", "Echo-1.text Out-1.input_value", "Say-1.prompt Echo-1.input_value"], ignoreOrder: true);
        report.Placeholders.ShouldBeEmpty();
        report.Notes.ShouldContain(n => n.Message.StartsWith("The group GroupNode was taken apart", StringComparison.Ordinal));
        FlowJson.ToText(flow.Draft).ShouldNotContain("sk-in-a-group-1");
    }

    [Fact]
    public void An_untouched_group_is_given_back_as_it_was()
    {
        var file = File(Group());
        LangflowFiles.Export(LangflowFiles.Import(file).Flow).GetProperty("data").ShouldEqual(WithoutSecret(file).GetProperty("data"));
    }

    [Fact]
    public void A_changed_group_comes_back_as_its_nodes()
    {
        var flow = LangflowFiles.Import(File(Group())).Flow;
        flow = flow with { Draft = flow.Draft with { Nodes = [.. flow.Draft.Nodes.Select(n => n.Id == "Say-1" ? n with { Settings = new(n.Settings) { ["tone"] = NodeTest.Json("\"changed\"") } } : n)] } };
        var data = LangflowFiles.Export(flow).GetProperty("data");
        data.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("id").GetString()).ShouldBe(["In-1", "Say-1", "Echo-1", "Out-1"]);
        // And is the same flow here again.
        var back = LangflowFiles.Import(LangflowFiles.Export(flow)).Flow;
        back.Draft.Node("Say-1").ShouldNotBeNull().Settings["tone"].GetString().ShouldBe("changed");
        back.Draft.Edges.Select(e => (e.From, e.To)).ShouldBe(flow.Draft.Edges.Select(e => (e.From, e.To)), ignoreOrder: true);
        LangflowFiles.Export(back).GetProperty("data").ShouldEqual(data);
    }

    [Theory]
    [InlineData("Say-1")]
    [InlineData("Echo-1")]
    public void A_group_that_lost_a_node_is_no_group_any_more(string lost)
    {
        var flow = LangflowFiles.Import(File(Group())).Flow;
        flow = flow with { Draft = flow.Draft with { Nodes = [.. flow.Draft.Nodes.Where(n => n.Id != lost)], Edges = [.. flow.Draft.Edges.Where(e => e.From.Node != lost && e.To.Node != lost)] } };
        var data = LangflowFiles.Export(flow).GetProperty("data");
        data.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("id").GetString()).ShouldBe(flow.Draft.Nodes.Select(n => n.Id));
        data.GetProperty("edges").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public void Groups_stand_in_groups_and_ids_never_twice()
    {
        var inner = Group().Replace("Group-1", "Group-2", StringComparison.Ordinal).Replace("Echo-1", "Echo-2", StringComparison.Ordinal);
        // The inner group has a Say-1 too, as a copy would.
        var file = File(Group("," + inner + "," + """{"id":"Note-1","type":"noteNode","position":{"x":1,"y":1},"data":{"id":"Note-1","type":"note","node":{"description":"Inside","template":{}}}}"""));
        var (flow, _) = LangflowFiles.Import(file);
        flow.Draft.Nodes.Select(n => n.Id).ShouldBe(["In-1", "Say-1", "Echo-1", "Group-2-Say-1", "Echo-2", "Out-1"]);
        flow.Draft.Notes.ShouldHaveSingleItem().Text.ShouldBe("Inside");
        flow.Draft.Edges.ShouldContain(e => e.From == new PortRef("Group-2-Say-1", "prompt") && e.To == new PortRef("Echo-2", "input_value"));
        LangflowFiles.Export(flow).GetProperty("data").ShouldEqual(WithoutSecret(file).GetProperty("data"));
    }

    [Fact]
    public void An_older_group_says_only_the_name_of_its_last_output()
    {
        var file = File(Group()).Replace("\"proxy\":{\"id\":\"Echo-1\",\"name\":\"text\"}", "\"cache\":true", StringComparison.Ordinal).Replace("Echo-1_text", "text", StringComparison.Ordinal);
        LangflowFiles.Import(file).Flow.Draft.Edges.ShouldContain(e => e.From == new PortRef("Echo-1", "text") && e.To == new PortRef("Out-1", "input_value"));
    }

    [Theory]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"g","data":{"type":"GroupNode","node":{"flow":{"data":{"nodes":[1,{"id":"a"},{"id":"a"},{"id":"g"}],"edges":[1,{"source":"a"}]}},"template":{"x":{"proxy":7},"y":{"proxy":{"id":"a"}}}}}}],"edges":[{"source":"g","target":"g"}]}}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"g","data":{"type":"GroupNode","node":{"flow":{"data":null}}}}],"edges":[]}}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"g","data":{"type":"GroupNode","node":{"flow":7,"outputs":{}}}}],"edges":[{"source":"g","target":"h","data":{"sourceHandle":{"name":"x"}}}]}}""")]
    public void A_group_that_is_broken_breaks_nothing(string json)
    {
        var (flow, _) = LangflowFiles.Import(json);
        FlowJson.Parse(FlowJson.ToUtf8(flow.Draft)).Nodes.Count.ShouldBe(flow.Draft.Nodes.Count);
        LangflowFiles.Export(flow).GetProperty("data").GetProperty("nodes").GetArrayLength().ShouldBeGreaterThan(0);
    }
}
