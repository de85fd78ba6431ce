using System.Net;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>Flows as other templates of Langflow have them, older and newer components among them: they run here, and go back as they came.</summary>
public class LangflowVariantTests(StudioServer server) : IClassFixture<StudioServer>
{
    static string In => LangflowFiles.Node("In-1", "ChatInput");

    static string Out => LangflowFiles.Node("Out-1", "ChatOutput");

    static readonly Dictionary<string, (string File, string? Says)> All = new(StringComparer.Ordinal)
    {
        ["two texts as one"] = (LangflowFiles.Flow(
            $"{In},{LangflowFiles.Node("Two-1", "CombineText", Str("text1", "") + "," + Str("text2", "there") + "," + Str("delimiter", " {-} "))},{Out}",
            $"{LangflowFiles.Edge("In-1", "message", "Two-1", "text1")},{LangflowFiles.Edge("Two-1", "combined_text", "Out-1", "input_value")}"), "Hello {-} there"),
        ["types converted"] = (LangflowFiles.Flow(
            $"{In},{LangflowFiles.Node("As-1", "TypeConverterComponent", Str("output_type", "Data"))},{LangflowFiles.Node("Parse-1", "parser", Str("pattern", "<{text}>") + "," + Str("mode", "Parser"))},{Out}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "As-1", "input_data"), LangflowFiles.Edge("As-1", "data_output", "Parse-1", "input_data", "Data"), LangflowFiles.Edge("Parse-1", "parsed_text", "Out-1", "input_value"))), "<Hello>"),
        ["a table as text"] = (LangflowFiles.Flow(
            $"{In},{LangflowFiles.Node("As-1", "TypeConverterComponent")},{LangflowFiles.Node("Rows-1", "ParseDataFrame", Str("template", "[{text}]") + "," + Str("sep", ";"))},{Out}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "As-1", "input_data"), LangflowFiles.Edge("As-1", "dataframe_output", "Rows-1", "df", "DataFrame"), LangflowFiles.Edge("Rows-1", "text", "Out-1", "input_value"))), "[Hello]"),
        ["a message stored"] = (LangflowFiles.Flow(
            $"{In},{LangflowFiles.Node("Keep-1", "StoreMessage", Str("sender", "Machine") + "," + Str("sender_name", "Bot"))},{Out}",
            $"{LangflowFiles.Edge("In-1", "message", "Keep-1", "message")},{LangflowFiles.Edge("Keep-1", "stored_messages", "Out-1", "input_value")}"), "Hello"),
        ["an older prompt and model"] = (LangflowFiles.Flow(
            $"{In},{LangflowFiles.Node("Say-1", "Prompt", "\"template\":{\"type\":\"prompt\",\"value\":\"Answer: {question}\"},\"question\":{\"type\":\"str\",\"value\":\"\"}")},{LangflowFiles.Node("LM-1", "AzureOpenAIModel", Str("azure_endpoint", "https://my.openai.azure.example/") + "," + Str("azure_deployment", "gpt-mine") + ",\"api_key\":{\"type\":\"str\",\"password\":true,\"value\":\"\"}")},{Out}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "Say-1", "question"), LangflowFiles.Edge("Say-1", "prompt", "LM-1", "input_value"), LangflowFiles.Edge("LM-1", "text_output", "Out-1", "input_value"))), null),
        ["an agent with a model and a calculator"] = (LangflowFiles.Flow(
            $"{In},{LangflowFiles.Node("LM-1", "AmazonBedrockModel", Str("model_id", "claude"))},{LangflowFiles.Node("Sum-1", "CalculatorComponent")},{LangflowFiles.Node("Agent-1", "ToolCallingAgent", Str("system_prompt", "Be brief."))},{Out}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "Agent-1", "input_value"), LangflowFiles.Edge("LM-1", "model_output", "Agent-1", "llm", "LanguageModel"),
                LangflowFiles.Edge("Sum-1", "component_as_tool", "Agent-1", "tools", "Tool"), LangflowFiles.Edge("Agent-1", "response", "Out-1", "input_value"))), null),
        ["a condition"] = (LangflowFiles.Flow(
            $"{In},{LangflowFiles.Node("If-1", "ConditionalRouter", Str("operator", "contains") + "," + Str("match_text", "ell") + "," + Str("true_case_message", "yes"))},{Out},{LangflowFiles.Node("Out-2", "TextOutput")}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "If-1", "input_text"), LangflowFiles.Edge("If-1", "true_result", "Out-1", "input_value"), LangflowFiles.Edge("If-1", "false_result", "Out-2", "input_value"))), "yes"),
        ["a shape from a model"] = (LangflowFiles.Flow(
            $"{In},{LangflowFiles.Node("LM-1", "LanguageModelComponent", "\"model\":{\"type\":\"model\",\"value\":[{\"name\":\"gpt-4o\",\"provider\":\"OpenAI\"}]}")},{LangflowFiles.Node("Shape-1", "StructuredOutput", "\"output_schema\":{\"type\":\"table\",\"value\":[{\"name\":\"city\",\"type\":\"str\",\"description\":\"\",\"multiple\":\"False\"}]}")},{LangflowFiles.Node("Parse-1", "ParserComponent", Str("pattern", "City: {city}") + "," + Str("mode", "Parser"))},{Out}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "Shape-1", "input_value"), LangflowFiles.Edge("LM-1", "model_output", "Shape-1", "llm", "LanguageModel"),
                LangflowFiles.Edge("Shape-1", "structured_output", "Parse-1", "input_data", "Data"), LangflowFiles.Edge("Parse-1", "parsed_text", "Out-1", "input_value"))), null),
        ["from a webhook to an answer"] = (LangflowFiles.Flow(
            $"{LangflowFiles.Node("Webhook-1", "Webhook", Str("data", "{\\\"who\\\":\\\"me\\\"}"))},{LangflowFiles.Node("Text-1", "ParseData", Str("template", "Hi {who}") + "," + Str("sep", "\\n"))},{Out}",
            $"{LangflowFiles.Edge("Webhook-1", "output_data", "Text-1", "data", "JSON")},{LangflowFiles.Edge("Text-1", "text", "Out-1", "input_value")}"), null),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    static string Str(string name, string value) => $"\"{name}\":{{\"type\":\"str\",\"value\":\"{value}\"}}";

    [Theory, MemberData(nameof(Names))]
    public async Task It_runs_with_the_demo_model(string name)
    {
        var (file, says) = All[name];
        using var import = await server.PostAsync("/v1/flows/import?demo_model=true", Encoding.UTF8.GetBytes(file));
        import.StatusCode.ShouldBe(HttpStatusCode.Created, await import.Content.ReadAsStringAsync());
        var item = (await StudioServer.JsonAsync(import)).GetProperty("items")[0];
        item.GetProperty("import").GetProperty("placeholders").GetArrayLength().ShouldBe(0);
        item.GetProperty("import").GetProperty("missing_keys").GetArrayLength().ShouldBe(0);
        using var response = await server.PostAsync($"/v1/flows/{item.GetProperty("id").GetString()}/runs?wait=60", """{"input":"Hello"}"""u8.ToArray());
        var run = await StudioServer.JsonAsync(response);
        run.GetProperty("status").GetString().ShouldBe("succeeded", run.GetProperty("error").ToString());
        if (says is not null)
            run.GetProperty("output").ToString().ShouldBe(says);
    }

    [Theory, MemberData(nameof(Names))]
    public void It_is_the_same_flow_on_the_way_out(string name)
    {
        var file = JsonDocument.Parse(All[name].File).RootElement;
        foreach (var demo in (bool[])[false, true])
            LangflowFiles.Export(LangflowFiles.Import(file, demo).Flow).GetProperty("data").ShouldEqual(file.GetProperty("data"));
    }

    [Fact]
    public void A_node_that_became_something_else_is_written_as_that()
    {
        var flow = LangflowFiles.Import(All["two texts as one"].File).Flow;
        flow = flow with { Draft = flow.Draft with { Nodes = [.. flow.Draft.Nodes.Select(n => n.Id == "Two-1" ? n with { Settings = new(n.Settings) { ["template"] = NodeTest.Json("\"{text2} and {text1}\"") } } : n)] } };
        var written = LangflowFiles.Export(flow);
        written.GetProperty("data").GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("id").GetString() == "Two-1").GetProperty("data").GetProperty("type").GetString().ShouldBe("Prompt");
        var back = LangflowFiles.Import(written);
        back.Report.Notes.ShouldBeEmpty();
        back.Flow.Draft.Edges.Select(e => (e.From, e.To)).ShouldBe(flow.Draft.Edges.Select(e => (e.From, e.To)), ignoreOrder: true);
        written.GetProperty("data").GetProperty("edges").EnumerateArray().Select(e => e.GetProperty("data").GetProperty("sourceHandle").GetProperty("name").GetString()).ShouldContain("prompt");
    }

    [Theory]
    [InlineData("GroqModel", "base_url", "https://api.groq.com", "https://api.groq.com/openai/v1")]
    [InlineData("GroqModel", "base_url", "https://groq.proxy.example", "https://groq.proxy.example")]
    [InlineData("AzureOpenAIModel", "azure_endpoint", "https://my.openai.azure.example/", "https://my.openai.azure.example/openai/v1")]
    [InlineData("MistralModel", "mistral_api_base", "", "https://api.mistral.ai/v1")]
    public void A_service_is_asked_where_it_answers(string type, string field, string given, string url)
    {
        var node = LangflowFiles.Import(LangflowFiles.Flow(LangflowFiles.Node("LM-1", type, Str(field, given)))).Flow.Draft.Nodes.ShouldHaveSingleItem();
        (node.Type, node.Settings["base_url"].GetString()).ShouldBe(("LLM", url));
    }

    [Fact]
    public void What_was_set_aside_here_is_so_again_after_a_way_out_and_in()
    {
        var document = new FlowBuilder().Node("in", "ChatInput").Node("out", "ChatOutput").Edge("in.message", "out.input_value").Build();
        document = document with { Nodes = [.. document.Nodes.Select(n => n.Id == "in" ? n with { Timeout = 7.5, Retries = 3 } : n with { Disabled = true })] };
        var file = LangflowFiles.Export(new Flow { Id = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"), Name = "Drawn", Draft = document });
        var back = LangflowFiles.Import(file).Flow.Draft;
        (back.Node("in").ShouldNotBeNull().Timeout, back.Node("in").ShouldNotBeNull().Retries, back.Node("out").ShouldNotBeNull().Disabled).ShouldBe((7.5, 3, true));
    }
}
