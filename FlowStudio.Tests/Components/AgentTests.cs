using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Llm;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

/// <summary>What an agent tells its model, and what it makes of the answers; runs with agents are in the execution tests.</summary>
public class AgentTests
{
    [Fact]
    public async Task With_the_demo_model_it_can_be_tried_without_network()
    {
        var node = With(new NodeTest("Agent").In("input_value", "\"Ask the calculator: 6*7\""), new Node { Id = "calc", Type = "Calculator" });
        (await node.TextAsync("response")).ShouldContain("Calculator gave: {\"result\":42}");
        node.Parts.Select(p => (p.Node.Id, string.Join('.', p.Iteration))).ShouldBe([("n1", "0"), ("calc", "0.0"), ("n1", "1")]);
    }

    [Fact]
    public async Task Names_of_tools_are_made_of_titles_and_are_legal_and_unique()
    {
        await using var model = await FakeModel.SayingAsync(FakeOpenAi.Whole("x"));
        string[] titles = ["Look up (v2)", "Look up (v2)", "Größe & Maß", "???", new string('x', 80), new string('x', 90)];
        var node = With(Asking(model), [.. titles.Select((t, i) => new Node { Id = $"t{i}", Type = "Calculator", Title = t })]);
        await node.RunAsync();
        Tools(model).Select(t => t.GetProperty("name").GetString()).ShouldBe(["Look_up_v2", "Look_up_v2_2", "Gr_e_Ma", "tool", new string('x', 64), new string('x', 62) + "_2"]);
    }

    [Theory]
    [InlineData("Calculator", "{}", "expression")]
    [InlineData("Calculator", """{"expression":"1+1"}""", "")]
    [InlineData("ApiRequest", "{}", "url_input", "body", "query_params")]
    [InlineData("ApiRequest", """{"url_input":"http://x","body":{"a":1}}""", "query_params")]
    [InlineData("Prompt", """{"template":"{a} and {b}"}""", "a", "b")]
    [InlineData("LLM", "{}", "input_value")]
    [InlineData("Agent", "{}", "input_value")]
    [InlineData("DataToMessage", "{}", "data")]
    [InlineData("Delay", """{"seconds":1}""", "input")]
    [InlineData("File", "{}", "")]
    public async Task Parameters_are_what_is_marked_and_has_no_value(string type, string settings, params string[] parameters)
    {
        await using var model = await FakeModel.SayingAsync(FakeOpenAi.Whole("x"));
        var values = new OrderedDictionary<string, JsonElement>(NodeTest.Json(settings).EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value)));
        await With(Asking(model), new Node { Id = "t", Type = type, Settings = values }).RunAsync();
        var schema = Tools(model).ShouldHaveSingleItem().GetProperty("parameters");
        schema.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBe(parameters.Where(p => p.Length > 0));
        schema.GetProperty("properties").EnumerateObject().ShouldAllBe(p => p.Value.GetProperty("description").GetString() != "");
    }

    [Fact]
    public async Task A_model_can_not_name_a_variable()
    {
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c", "ApiRequest", new { query_params = new[] { new { key = "k", value = new { variable = "SECRET" } } } })), FakeOpenAi.Whole("x"));
        var settings = new OrderedDictionary<string, JsonElement> { ["url_input"] = JsonText.Element("http://127.0.0.1:1/") };
        await With(Asking(model).Variable("SECRET", "hidden"), new Node { Id = "t", Type = "ApiRequest", Settings = settings }).RunAsync();
        FakeModel.Results(model.Asked[1].Body)["c"].ShouldContain("$.query_params[0].value must be a text, not an object");
    }

    [Fact]
    public async Task Earlier_messages_of_the_conversation_are_told_and_later_ones_are_not()
    {
        await using var model = await FakeModel.SayingAsync(FakeOpenAi.Whole("x"));
        var node = Asking(model).Set("n_messages", 3).Set("system_prompt", "Be kind.");
        foreach (var (at, sender, text) in ((int, string, string)[])[(1, "User", "one"), (2, "Machine", "two"), (3, "User", "three"), (4, "Machine", "four"), (99, "User", "later")])
        {
            var id = Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + at));
            node.Thread.Add(new ThreadMessage(id, id, "x", sender, sender, text, JsonText.Null, default));
        }
        var run = Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_050));
        node.Run = node.Run with { RunId = run, RootRunId = run };
        await node.RunAsync();
        model.Asked[0].Body.GetProperty("messages").EnumerateArray().Select(m => $"{m.GetProperty("role").GetString()}: {m.GetProperty("content").GetString()}")
            .ShouldBe(["system: Be kind.", "user: three", "assistant: four", "user: Go"]);
    }

    [Fact]
    public async Task Without_tools_it_just_answers_and_streams()
    {
        await using var model = await FakeOpenAi.StreamingAsync(FakeOpenAi.Chunk("He"), FakeOpenAi.Chunk("llo"), FakeOpenAi.Chunk(null, "stop"), "[DONE]");
        var node = Asking(model);
        (await node.TextAsync("response")).ShouldBe("Hello");
        node.Tokens.ShouldBe(["He", "llo"]);
        model.Asked[0].Body.TryGetProperty("tools", out _).ShouldBeFalse();
    }

    [Fact]
    public void A_model_and_a_tool_need_no_input_and_no_value_can_pass_for_one()
    {
        var validator = new FlowValidator(NodeTest.Catalog);
        var flow = new FlowBuilder().Node("in", "ChatInput").Node("model", "LLM").Node("calc", "Calculator").Node("agent", "Agent")
            .Edge("in.message", "agent.input_value").Edge("model.model_output", "agent.model").Edge("calc.component_as_tool", "agent.tools");
        validator.Validate(flow.Build()).ShouldBeEmpty();
        // Who is asked, too, needs something to ask.
        flow.Node("out", "ChatOutput").Edge("model.text_output", "out.input_value");
        validator.Validate(flow.Build()).Single(p => p.Severity is ProblemSeverity.Error).Code.ShouldBe("missing_input");
        // A model names a secret's variable: data that comes from outside must not be one.
        foreach (var from in (PortType[])[PortType.Any, PortType.Data, PortType.Message])
            (PortTypes.Fits(from, PortType.Model), PortTypes.Fits(PortType.Tool, from)).ShouldBe((false, false));
        PortTypes.Fits(PortType.Model, new InputPort("any")).ShouldBeFalse();
        PortTypes.Fits(PortType.Model, PortType.Model).ShouldBeTrue();
    }

    static NodeTest Asking(FakeLlmService model) => new NodeTest("Agent").Set("provider", "openai").Set("base_url", model.BaseUrl).In("input_value", "\"Go\"");

    static NodeTest With(NodeTest node, params Node[] tools)
    {
        node.Nodes.AddRange(tools);
        return node.In("tools", [.. tools.Select(t => JsonSerializer.Serialize(new { node_id = t.Id, title = t.Label, type = t.Type, inputs = new { } }))]);
    }

    static List<JsonElement> Tools(FakeLlmService model) => [.. model.Asked[0].Body.GetProperty("tools").EnumerateArray().Select(t => t.GetProperty("function"))];
}
