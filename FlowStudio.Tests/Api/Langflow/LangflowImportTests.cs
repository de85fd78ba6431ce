using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Api;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>What becomes of Langflow's files here, and that they are the same files again on the way out.</summary>
public class LangflowImportTests
{
    public static TheoryData<string> Names => LangflowFiles.Names;

    [Fact]
    public void There_are_files_to_try() => LangflowFiles.Names.Count.ShouldBe(7);

    [Theory, MemberData(nameof(Names))]
    public void An_import_exported_at_once_is_the_same_flow(string name)
    {
        var file = LangflowFiles.Read(name);
        var written = LangflowFiles.Export(LangflowFiles.Import(file).Flow);
        foreach (var part in (string[])["nodes", "edges", "viewport"])
            written.GetProperty("data").GetProperty(part).ShouldEqual(file.GetProperty("data").GetProperty(part));
        foreach (var member in file.EnumerateObject().Where(m => m.Name is not ("data" or "id")))
            written.GetProperty(member.Name).ShouldEqual(member.Value);
    }

    [Theory, MemberData(nameof(Names))]
    public void With_the_demo_model_too_it_is_the_same_flow_to_Langflow(string name)
    {
        var file = LangflowFiles.Read(name);
        var flow = LangflowFiles.Import(file, demoModel: true).Flow;
        LangflowFiles.Export(flow).GetProperty("data").ShouldEqual(file.GetProperty("data"));
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_node_note_and_edge_of_a_file_is_there(string name)
    {
        var data = LangflowFiles.Read(name).GetProperty("data");
        var (flow, report) = LangflowFiles.Import(LangflowFiles.Read(name));
        var ids = data.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("id").GetString()).ToList();
        flow.Draft.Nodes.Select(n => n.Id).Concat(flow.Draft.Notes.Select(n => n.Id)).ShouldBe(ids, ignoreOrder: true);
        flow.Draft.Edges.Count.ShouldBe(data.GetProperty("edges").GetArrayLength());
        (report.Mapped.Count + report.Placeholders.Count).ShouldBe(flow.Draft.Nodes.Count);
        // What is left to do is about keys alone.
        new FlowValidator(NodeTest.Catalog).Validate(flow.Draft).Where(p => p.Severity is ProblemSeverity.Error).ShouldBeEmpty();
        FlowJson.Hash(FlowJson.Parse(FlowJson.ToUtf8(flow.Draft))).ShouldBe(FlowJson.Hash(flow.Draft));
    }

    [Fact]
    public void What_a_file_says_of_its_nodes_is_what_they_are_set_to()
    {
        var flow = LangflowFiles.Import(LangflowFiles.Read("research-translation-loop.json")).Flow;
        var model = flow.Draft.Node("LanguageModelComponent-XKvly").ShouldNotBeNull();
        (Text(model, "provider"), Text(model, "model_name")).ShouldBe(("openai", "gpt-5.1"));
        model.Settings["temperature"].GetDouble().ShouldBe(0.1);
        flow.Draft.Node("ArXivComponent-tAHR5").ShouldNotBeNull().Type.ShouldBe(Placeholder.TypeName);
        flow.Draft.Edges.ShouldContain(e => e.To == new PortRef("LoopComponent-GtPZT", "loop"));
        flow.Draft.Viewport.ShouldNotBeNull().Zoom.ShouldBe(0.48565229862392995);

        var prompt = LangflowFiles.Import(LangflowFiles.Read("seo-keyword-generator.json")).Flow.Draft.Node("Prompt-KS0e2").ShouldNotBeNull();
        Text(prompt, "goals").ShouldNotBeNull().ShouldStartWith("- Achieve longer periods");
        Text(prompt, "template").ShouldNotBeNull().ShouldContain("{pain_points}");

        var agent = LangflowFiles.Import(LangflowFiles.Read("simple-agent.json")).Flow.Draft;
        agent.Edges.Count(e => e.From.Port == ToolPort.Name).ShouldBe(2);
        agent.Notes.ShouldContain(n => n.Text.Length > 500 && n.Width == 575 && n.Color == "gray");
    }

    [Fact]
    public void A_component_that_is_not_here_keeps_its_place_its_ports_and_its_JSON()
    {
        var strange = LangflowFiles.Node("Vec-1", "AstraDB", """
            "api_endpoint":{"type":"str","value":"https://db.example.test"},"odd":{"type":"weird","value":[1,{"a":null}]}
            """, "\"flavour\":\"unknown\"");
        var file = LangflowFiles.Flow(
            $"{LangflowFiles.Node("In-1", "ChatInput")},{strange},{LangflowFiles.Node("LM-1", "LanguageModelComponent")},{LangflowFiles.Node("Out-1", "ChatOutput")}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "Vec-1", "search_query"), LangflowFiles.Edge("LM-1", "model_output", "Vec-1", "llm", "LanguageModel"),
                LangflowFiles.Edge("Vec-1", "dataframe", "Out-1", "input_value", "DataFrame")));
        var (flow, report) = LangflowFiles.Import(file);
        report.Placeholders.ShouldHaveSingleItem().From.ShouldBe("AstraDB");
        var node = flow.Draft.Node("Vec-1").ShouldNotBeNull();
        var shape = NodeTest.Catalog.ShapeOf(node).ShouldNotBeNull();
        shape.Inputs.Select(i => i.Name).ShouldBe(["search_query", "llm"]);
        shape.Outputs.ShouldHaveSingleItem().Name.ShouldBe("dataframe");
        flow.Draft.Edges.Count.ShouldBe(3);
        var problems = new FlowValidator(NodeTest.Catalog).Validate(flow.Draft);
        problems.Where(p => p.Severity is ProblemSeverity.Error).ShouldBeEmpty();
        problems.ShouldContain(p => p.Code == "placeholder" && p.NodeId == "Vec-1");
        LangflowFiles.Export(flow).GetProperty("data").ShouldEqual(JsonDocument.Parse(file).RootElement.GetProperty("data"));
    }

    [Fact]
    public void A_secret_is_not_kept_and_the_name_of_a_variable_is()
    {
        var file = LangflowFiles.Flow(
            LangflowFiles.Node("A-1", "OpenAIModel", """
                "api_key":{"type":"str","password":true,"load_from_db":false,"value":"sk-live-123456789"},"model_name":{"type":"str","value":"gpt-4o"},
                "system_message":{"type":"str","load_from_db":true,"value":"House Rules"}
                """) + "," +
            LangflowFiles.Node("B-1", "GroqModel", """
                "api_key":{"type":"str","password":true,"load_from_db":true,"value":"MY_GROQ"},"model_name":{"type":"str","value":"llama"}
                """) + "," +
            LangflowFiles.Node("C-1", "Redis", """
                "password":{"type":"str","_input_type":"SecretStrInput","value":"hunter2"}
                """));
        var (flow, report) = LangflowFiles.Import(file);
        var stored = FlowJson.ToText(flow.Draft);
        stored.ShouldNotContain("sk-live");
        stored.ShouldNotContain("hunter2");
        report.Notes.Count(n => n.Message.Contains("secret", StringComparison.Ordinal)).ShouldBe(2);
        flow.Draft.Node("A-1").ShouldNotBeNull().Settings.ContainsKey("api_key").ShouldBeFalse();
        flow.Draft.Node("A-1").ShouldNotBeNull().Settings["system_message"].GetProperty("variable").GetString().ShouldBe("House_Rules");
        var groq = flow.Draft.Node("B-1").ShouldNotBeNull();
        (Text(groq, "provider"), Text(groq, "api_key"), Text(groq, "base_url")).ShouldBe(("openai", "MY_GROQ", "https://api.groq.com/openai/v1"));
        report.MissingKeys.ShouldBe(["A-1", "B-1"]);
        LangflowFiles.Flows(("OPENAI_API_KEY", "x"), ("MY_GROQ", "y")).Read(JsonDocument.Parse(file).RootElement, flow.Id, demoModel: false).Report.MissingKeys.ShouldBeEmpty();
    }

    [Fact]
    public void Changes_made_here_are_in_the_file_and_nothing_else_is_another()
    {
        var file = LangflowFiles.Read("seo-keyword-generator.json");
        var flow = LangflowFiles.Import(file).Flow;
        flow = flow with
        {
            Name = "Renamed",
            Draft = flow.Draft with
            {
                Nodes = [.. flow.Draft.Nodes.Select(n => n.Id switch
                {
                    "Prompt-KS0e2" => n with { Settings = new(n.Settings) { ["goals"] = NodeTest.Json("\"Sleep\"") }, Position = new(1, 2) },
                    "LanguageModelComponent-zY7m0" => n with { Title = "Writer", Settings = new(n.Settings) { ["provider"] = NodeTest.Json("\"anthropic\""), ["model_name"] = NodeTest.Json("\"claude\""), ["api_key"] = NodeTest.Json("\"MY_KEY\"") } },
                    _ => n,
                })],
                Edges = [.. flow.Draft.Edges.Where(e => e.To.Port != "system_message")],
            },
        };
        var written = LangflowFiles.Export(flow);
        written.GetProperty("name").GetString().ShouldBe("Renamed");
        var prompt = Node(written, "Prompt-KS0e2");
        prompt.GetProperty("position").GetRawText().ShouldBe("""{"x":1,"y":2}""");
        Value(prompt, "goals").GetString().ShouldBe("Sleep");
        Value(prompt, "product").ShouldEqual(Value(Node(file, "Prompt-KS0e2"), "product"));
        var model = Node(written, "LanguageModelComponent-zY7m0");
        model.GetProperty("data").GetProperty("node").GetProperty("display_name").GetString().ShouldBe("Writer");
        Value(model, "model").GetRawText().ShouldBe("""[{"name":"claude","provider":"Anthropic"}]""");
        Value(model, "api_key").GetString().ShouldBe("MY_KEY");
        written.GetProperty("data").GetProperty("edges").GetArrayLength().ShouldBe(2);
        Node(written, "ChatOutput-S7Bzs").ShouldEqual(Node(file, "ChatOutput-S7Bzs"));
    }

    [Fact]
    public void What_was_drawn_here_comes_back_from_Langflow_s_format()
    {
        var document = new FlowBuilder()
            .Node("hook", "Webhook")
            .Node("text", "DataToMessage", new { template = "Order {order.id}" })
            .Node("wait", "Delay", new { seconds = 1 })
            .Node("llm", "LLM", new { provider = "demo", system_message = "Be brief." })
            .Node("out", "ChatOutput")
            .Edge("hook.output_data", "text.data").Edge("text.text", "llm.input_value").Edge("llm.text_output", "out.input_value")
            .Build() with
        { Notes = [new Note { Id = "note", Text = "# Hello", Position = new(3, 4), Color = "green" }], Viewport = new(5, 6, 0.75) };
        var flow = new Flow { Id = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"), Name = "Drawn", Tags = ["a"], Draft = document };
        var file = LangflowFiles.Export(flow);
        Node(file, "text").GetProperty("data").GetProperty("type").GetString().ShouldBe("ParseData");
        Value(Node(file, "text"), "template").GetString().ShouldBe("Order {order.id}");
        var (back, report) = LangflowFiles.Import(file);
        report.Placeholders.ShouldBeEmpty();
        back.Draft.Edges.Select(e => (e.From, e.To)).ShouldBe(document.Edges.Select(e => (e.From, e.To)));
        foreach (var node in document.Nodes)
        {
            var same = back.Draft.Node(node.Id).ShouldNotBeNull();
            same.Type.ShouldBe(node.Type);
            foreach (var (name, value) in node.Settings)
                same.Settings[name].ShouldEqual(value);
        }
        (back.Draft.Notes[0].Text, back.Draft.Notes[0].Color, back.Draft.Viewport).ShouldBe(("# Hello", "green", document.Viewport));
        LangflowFiles.Export(back).GetProperty("data").ShouldEqual(file.GetProperty("data"));
    }

    [Fact]
    public void Mustache_prompts_become_templates_and_go_back()
    {
        var node = LangflowFiles.Node("P-1", "Prompt", """
            "template":{"type":"prompt","value":"{\"a\": {{who}} } and {{ who }}"},"use_double_brackets":{"type":"bool","value":true},"who":{"type":"str","value":"me"}
            """);
        var flow = LangflowFiles.Import(LangflowFiles.Flow(node)).Flow;
        var prompt = flow.Draft.Nodes.ShouldHaveSingleItem();
        Text(prompt, "template").ShouldBe("{{\"a\": {who} }} and {who}");
        flow = flow with { Draft = flow.Draft with { Nodes = [prompt with { Settings = new(prompt.Settings) { ["template"] = NodeTest.Json("\"{{x}} {who} {other}\"") } }] } };
        var written = Node(LangflowFiles.Export(flow), "P-1");
        Value(written, "template").GetString().ShouldBe("{x} {{who}} {{other}}");
        Value(written, "other").GetString().ShouldBe("");
        written.GetProperty("data").GetProperty("node").GetProperty("custom_fields").GetProperty("template").GetRawText().ShouldBe("""["who","other"]""");
    }

    [Fact]
    public void What_cannot_be_drawn_is_told_and_given_back()
    {
        var file = LangflowFiles.Flow(
            $"{LangflowFiles.Node("In-1", "ChatInput")},{LangflowFiles.Node("Text-1", "TextInput")},{LangflowFiles.Node("Out-1", "ChatOutput")}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "Text-1", "input_value"), LangflowFiles.Edge("Text-1", "text", "Out-1", "input_value"),
                LangflowFiles.Edge("Gone-1", "message", "Out-1", "input_value"), """{"source":"In-1","target":"Out-1","sourceHandle":"not JSON","targetHandle":null}"""));
        var (flow, report) = LangflowFiles.Import(file);
        flow.Draft.Edges.ShouldHaveSingleItem().From.Node.ShouldBe("Text-1");
        report.Notes.Count(n => n.Message.Contains("left out", StringComparison.Ordinal)).ShouldBe(3);
        // What leads to nowhere is not the flow's.
        LangflowFiles.Export(flow).GetProperty("data").GetProperty("edges").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public void A_webhook_is_told_to_want_a_token() => LangflowFiles.Import(LangflowFiles.Flow(LangflowFiles.Node("Hook-1", "Webhook")))
        .Report.Notes.ShouldHaveSingleItem().Message.ShouldContain("asks for the flow's token");

    [Theory]
    [InlineData("""{"name":"x","is_component":true,"data":{"nodes":[],"edges":[]}}""")]
    [InlineData("""{"name":"x","data":7}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{}],"edges":[]}}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"a"},{"id":"a"}],"edges":[]}}""")]
    [InlineData("""[]""")]
    public void What_is_no_flow_is_refused_in_words(string json) => Should.Throw<ForeignFlowException>(() => LangflowFiles.Import(json)).Message.ShouldEndWith(".");

    [Theory]
    [InlineData("""{"data":{"nodes":[],"edges":[]}}""")]
    [InlineData("""{"name":7,"description":[],"tags":{"a":1},"endpoint_name":"../x","data":null}""")]
    [InlineData("""{"name":"x","data":{"nodes":{"a":1},"edges":"none","viewport":[]}}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"n","type":7,"position":"here","data":{"type":[],"node":7}}],"edges":[1,null,{"source":1}]}}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"n","type":"noteNode","width":"wide","data":{"node":{"description":7,"template":{"backgroundColor":[]}}}}],"edges":[]}}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"n","data":{"type":"Prompt","node":{"template":{"template":{"value":"{a} {b c} {0} {} {"}},"custom_fields":{"template":[1,"a","a"]}}}}],"edges":[]}}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"n","data":{"type":"OpenAIModel","node":{"template":{"temperature":{"value":"hot"},"model":{"value":[7]},"max_tokens":{"value":-5}}}}}],"edges":[]}}""")]
    [InlineData("""{"name":"x","data":{"nodes":[{"id":"n","data":{"type":"APIRequest","node":{"template":{"body":{"value":[{"key":"a","value":"[1"},{"key":"a"},7]},"query_params":{"value":"a=%zz&&b"},"headers":{"value":[{"value":"x"}]}}}}}],"edges":[]}}""")]
    public void Whatever_else_is_wrong_is_passed_over(string json)
    {
        var (flow, _) = LangflowFiles.Import(json);
        flow.Name.ShouldNotBeEmpty();
        FlowJson.Parse(FlowJson.ToUtf8(flow.Draft)).Nodes.Count.ShouldBe(flow.Draft.Nodes.Count);
        LangflowFiles.Export(flow).GetProperty("data").GetProperty("nodes").ValueKind.ShouldBe(JsonValueKind.Array);
    }

    static string? Text(Node node, string name) => node.Settings.TryGetValue(name, out var value) ? value.GetString() : null;

    static JsonElement Node(JsonElement file, string id) => file.GetProperty("data").GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("id").GetString() == id);

    static JsonElement Value(JsonElement node, string field) => node.GetProperty("data").GetProperty("node").GetProperty("template").GetProperty(field).GetProperty("value");
}

static class JsonShould
{
    /// <summary>The same JSON, whatever the order of an object's members; a failure shows both.</summary>
    public static void ShouldEqual(this JsonElement actual, JsonElement expected)
    {
        if (!JsonElement.DeepEquals(actual, expected))
            actual.GetRawText().ShouldBe(expected.GetRawText());
    }
}
