using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Components;
using FlowStudio.Tests.Egress;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Llm;

/// <summary>Tools, schemas and chats with OpenAI-compatible services, Ollama and the demo model.</summary>
public sealed class ToolCallTests : IDisposable
{
    static readonly LlmTool Weather = new("weather", "Tells the weather.", NodeTest.Json("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));
    static readonly LlmTool Sum = new("Add_up", "Adds.", NodeTest.Json("""{"type":"object","properties":{"n":{"type":"integer","minimum":3},"x":{"type":"string"}},"required":["n"]}"""));

    readonly GuardedHttp http = Calls.OnLoopback();
    readonly OpenAiProvider provider;

    public ToolCallTests() => provider = new OpenAiProvider(http, new SecretRedactor(), new StoppedClock());

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Tools_and_the_whole_chat_go_out()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("x"));
        LlmMessage[] chat =
        [
            new(LlmRole.User, "Go"), new(LlmRole.Assistant, "") { ToolCalls = [new("a", "weather", """{"city":"Oslo"}""")] }, new(LlmRole.Tool, "rain") { ToolCallId = "a" },
        ];
        await provider.CompleteAsync(Request(service) with { Messages = chat, Tools = [Weather] }, onToken: null, Ct);
        var body = service.Asked[0].Body;
        body.GetProperty("messages").GetRawText().ShouldBe(
            """[{"role":"user","content":"Go"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]},{"role":"tool","tool_call_id":"a","content":"rain"}]""");
        body.GetProperty("tools").GetRawText().ShouldBe(
            """[{"type":"function","function":{"name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]""");
    }

    [Fact]
    public async Task Calls_come_back_whole_with_usage()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeModel.Calls(("c1", "weather", new { city = "Oslo" }), ("", "weather", new { city = "Bergen" })));
        var answer = await provider.CompleteAsync(Request(service) with { Tools = [Weather] }, onToken: null, Ct);
        answer.ToolCalls.ShouldBe([new("c1", "weather", """{"city":"Oslo"}"""), new("call_1", "weather", """{"city":"Bergen"}""")]);
        (answer.Text, answer.InputTokens, answer.FinishReason).ShouldBe(("", 10, "tool_calls"));
    }

    [Fact]
    public async Task Calls_come_back_in_pieces_each_to_its_place()
    {
        await using var service = await FakeOpenAi.StreamingAsync(
            FakeOpenAi.Chunk("Let me see."),
            """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"weather","arguments":""}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"c2","function":{"name":"weather","arguments":"{\"ci"}},{"index":0,"function":{"arguments":"{\"city\":"}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Oslo\"}"}},{"index":1,"function":{"arguments":"ty\":1}"}}]}}]}""",
            """{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}""", "[DONE]");
        var pieces = new List<string>();
        var answer = await provider.CompleteAsync(Request(service) with { Tools = [Weather] }, pieces.Add, Ct);
        answer.ToolCalls.ShouldBe([new("c1", "weather", """{"city":"Oslo"}"""), new("c2", "weather", """{"city":1}""")]);
        (answer.Text, string.Concat(pieces)).ShouldBe(("Let me see.", "Let me see."));
    }

    [Fact]
    public async Task A_call_that_the_limit_cut_is_an_error()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeModel.Calls(("c", "weather", "{\"ci")).Replace("\"tool_calls\"}", "\"length\"}", StringComparison.Ordinal));
        var error = await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(Request(service) with { Tools = [Weather] }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("answer_cut", false));
    }

    [Fact]
    public async Task A_schema_is_told_to_OpenAI_and_other_services_are_asked_for_a_JSON_object()
    {
        var request = new LlmRequest { Model = "m", Input = "x", Json = true, Schema = NodeTest.Json("""{"type":"object"}""") };
        var own = System.Text.Encoding.UTF8.GetString(OpenAiWire.Write(request, stream: false, ownService: true).Span);
        own.ShouldContain("""{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}""");
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("{}"));
        await provider.CompleteAsync(request with { BaseUrl = service.BaseUrl }, onToken: null, Ct);
        service.Asked[0].Body.GetProperty("response_format").GetRawText().ShouldBe("""{"type":"json_object"}""");
    }

    [Fact]
    public async Task Ollama_is_asked_without_a_key_at_the_address_its_own_settings_give()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("Hi."));
        var ollama = new OllamaProvider(provider);
        (await ollama.CompleteAsync(new LlmRequest { Model = "llama3.2", Input = "x", BaseUrl = service.BaseUrl.Replace("/v1", "", StringComparison.Ordinal) }, onToken: null, Ct)).Text.ShouldBe("Hi.");
        service.Asked.ShouldHaveSingleItem().Headers.Authorization.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Ollama_that_does_not_run_is_an_error_that_says_how_to_start_it()
    {
        var ollama = new OllamaProvider(provider);
        var error = await Should.ThrowAsync<LlmException>(() => ollama.CompleteAsync(new LlmRequest { Model = "tiny", Input = "x", BaseUrl = "http://127.0.0.1:1" }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("connect_failed", true));
        error.Message.ShouldStartWith("Ollama is not reachable at http://127.0.0.1:1/v1");
        error.Remedy.ShouldContain("ollama serve");
        error.Remedy.ShouldContain("ollama pull tiny");
    }

    [Fact]
    public async Task A_model_that_Ollama_does_not_have_is_an_error_that_says_how_to_fetch_it()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(404, """{"error":{"message":"model \"tiny\" not found, try pulling it first"}}""");
        var error = await Should.ThrowAsync<LlmException>(() => new OllamaProvider(provider).CompleteAsync(Request(service) with { Model = "tiny" }, onToken: null, Ct));
        error.Remedy.ShouldContain("ollama pull tiny");
    }

    [Fact]
    public async Task The_demo_model_calls_what_is_mentioned_once_and_then_answers_with_what_it_gave()
    {
        var demo = new DemoProvider(TimeProvider.System);
        var request = new LlmRequest { Model = "demo", Input = "What is the weather: Oslo?\nAnd add up 1 and 5.", Tools = [Weather, Sum, Weather with { Name = "other" }] };
        var first = await demo.CompleteAsync(request, onToken: null, Ct);
        first.ToolCalls.ShouldBe([new("demo_0", "weather", """{"city":"Oslo"}"""), new("demo_1", "Add_up", """{"n":3}""")]);
        LlmMessage[] chat =
        [
            new(LlmRole.User, request.Input), new(LlmRole.Assistant, "") { ToolCalls = first.ToolCalls },
            new(LlmRole.Tool, "rain") { ToolCallId = "demo_0" }, new(LlmRole.Tool, "too hard") { ToolCallId = "demo_1", IsError = true },
        ];
        var second = await demo.CompleteAsync(request with { Messages = chat }, onToken: null, Ct);
        second.ToolCalls.ShouldBeEmpty();
        second.Text.ShouldContain("weather gave: rain");
        second.Text.ShouldContain("Add_up failed: too hard");
        // Asked anew in the same chat, it calls anew.
        (await demo.CompleteAsync(request with { Messages = [.. chat, new(LlmRole.Assistant, "x"), new(LlmRole.User, "weather in Bergen")] }, onToken: null, Ct)).ToolCalls.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_demo_model_answers_in_the_shape_of_a_schema()
    {
        var schema = NodeTest.Json("""{"type":"object","properties":{"name":{"type":"string","maxLength":3},"age":{"type":"integer"},"tags":{"type":"array","items":{"enum":["a","b"]}},"ok":{"type":"boolean"}}}""");
        var answer = await new DemoProvider(TimeProvider.System).CompleteAsync(new LlmRequest { Model = "demo", Input = "Ada is 36", Json = true, Schema = schema }, onToken: null, Ct);
        answer.Text.ShouldBe("""{"name":"Ada","age":36,"tags":["a"],"ok":false}""");
        JsonSchema.Problems(schema, NodeTest.Json(answer.Text)).ShouldBeEmpty();
    }

    static LlmRequest Request(FakeLlmService service) => new() { Model = "m", Input = "Hi", BaseUrl = service.BaseUrl };
}
