using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Components;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Llm;

public sealed class AnthropicProviderTests() : ProviderConformance(http => new AnthropicProvider(http, new SecretRedactor(), new StoppedClock()))
{
    protected override string ExampleUrl => "https://api.anthropic.com";

    private protected override Task<FakeLlmService> StartAsync(RequestDelegate answer) => FakeAnthropic.StartAsync(answer);

    protected override string Whole(string text) => FakeAnthropic.Whole(text);

    protected override string Piece(string text) => FakeAnthropic.Events(FakeAnthropic.Text(text));

    [Fact]
    public async Task The_request_says_what_was_set_and_nothing_else()
    {
        await using var service = await AnsweringAsync(200, FakeAnthropic.Whole("x"));
        await AskAsync(service);
        await Provider.CompleteAsync(Request(service) with { System = "Be brief.", Temperature = 0.2, MaxTokens = 30 }, _ => { }, Ct);
        service.Asked[0].Body.GetRawText().ShouldBe("""{"model":"m","max_tokens":8192,"messages":[{"role":"user","content":"Hi <you> \"é\""}]}""");
        service.Asked[1].Body.GetRawText().ShouldBe(
            """{"model":"m","max_tokens":30,"system":"Be brief.","messages":[{"role":"user","content":"Hi <you> \"é\""}],"temperature":0.2,"stream":true}""");
        service.Asked.ShouldAllBe(a => a.Headers.Values.Any(v => v.ToString().Contains(Key, StringComparison.Ordinal)) && a.Headers.ContainsKey("anthropic-version"));
    }

    [Fact]
    public async Task Without_a_key_none_is_sent_not_even_the_environments()
    {
        Environment.SetEnvironmentVariable("ANTHROPIC_AUTH_TOKEN", "token-of-the-environment");
        try
        {
            await using var service = await AnsweringAsync(200, FakeAnthropic.Whole("x"));
            await Provider.CompleteAsync(Request(service) with { ApiKey = null, BaseUrl = service.BaseUrl + "/v1/" }, onToken: null, Ct);
            var headers = service.Asked.ShouldHaveSingleItem().Headers;
            (headers.Authorization.Count, headers.ContainsKey("x-api-key")).ShouldBe((0, false));
        }
        finally
        {
            Environment.SetEnvironmentVariable("ANTHROPIC_AUTH_TOKEN", value: null);
        }
    }

    [Fact]
    public async Task Json_is_asked_for_in_words()
    {
        await using var service = await AnsweringAsync(200, FakeAnthropic.Whole("{}"));
        await Provider.CompleteAsync(Request(service) with { System = "Be brief.", Json = true }, onToken: null, Ct);
        service.Asked[0].Body.GetProperty("system").GetString().ShouldBe("Be brief.\n\nAnswer with one JSON value and nothing else: no introduction, no explanation, no code fence.");
    }

    [Fact]
    public async Task A_stream_comes_in_pieces_with_usage()
    {
        await using var service = await FakeAnthropic.StreamingAsync(FakeAnthropic.Stream("end_turn", FakeAnthropic.Text("Hel"), FakeAnthropic.Text("lo")));
        var pieces = new List<string>();
        (await Provider.CompleteAsync(Request(service), pieces.Add, Ct)).ShouldBe(new LlmAnswer("Hello", 7, 5, "stop"));
        pieces.ShouldBe(["Hel", "lo"]);
    }

    [Fact]
    public async Task Tools_go_out_and_calls_come_back_whole_or_in_pieces()
    {
        var content = """[{"type":"text","text":"Let me see."},{"type":"tool_use","id":"t1","name":"weather","input":{"city":"Oslo"},"caller":{"type":"direct"}}]""";
        await using var whole = await AnsweringAsync(200, $$$"""{"type":"message","content":{{{content}}},"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}}""");
        await using var stream = await FakeAnthropic.StreamingAsync(FakeAnthropic.Stream("tool_use", FakeAnthropic.Text("Let me see."),
            """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"weather","input":{}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"Oslo\"}"}}""", """{"type":"content_block_stop","index":1}"""));
        var tool = new LlmTool("weather", "Tells the weather.", NodeTest.Json("""{"type":"object","properties":{"city":{"type":"string"}}}"""));
        foreach (var service in (FakeLlmService[])[whole, stream])
        {
            var answer = await Provider.CompleteAsync(Request(service) with { Tools = [tool] }, service == stream ? _ => { } : null, Ct);
            (answer.Text, answer.FinishReason).ShouldBe(("Let me see.", "tool_calls"));
            answer.ToolCalls.ShouldBe([new LlmToolCall("t1", "weather", """{"city":"Oslo"}""")]);
            service.Asked[0].Body.GetProperty("tools").GetRawText().ShouldBe(
                """[{"name":"weather","description":"Tells the weather.","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}]""");
        }
    }

    [Fact]
    public async Task Calls_and_their_results_are_told_as_the_protocol_wants_them()
    {
        await using var service = await AnsweringAsync(200, FakeAnthropic.Whole("x"));
        LlmMessage[] chat =
        [
            new(LlmRole.User, "Go"),
            new(LlmRole.Assistant, "") { ToolCalls = [new("a", "one", """{"x":1}"""), new("b", "two", "no json")] },
            new(LlmRole.Tool, "1") { ToolCallId = "a" },
            new(LlmRole.Tool, "broken") { ToolCallId = "b", IsError = true },
            new(LlmRole.Assistant, "Well."),
            new(LlmRole.User, "And?"),
        ];
        await Provider.CompleteAsync(Request(service) with { Messages = chat }, onToken: null, Ct);
        service.Asked[0].Body.GetProperty("messages").GetRawText().ShouldBe(
            """[{"role":"user","content":"Go"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"one","input":{"x":1}},{"type":"tool_use","id":"b","name":"two","input":{}}]},"""
            + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"tool_result","tool_use_id":"b","content":"broken","is_error":true}]},"""
            + """{"role":"assistant","content":"Well."},{"role":"user","content":"And?"}]""");
    }

    [Theory]
    [InlineData("{}", "no content")]
    [InlineData("""{"content":"x"}""", "no content")]
    [InlineData("""{"content":[{"type":"text","text":"\ud800"}]}""", "not valid JSON")]
    public async Task An_answer_of_another_shape_is_a_clear_error(string body, string words)
    {
        await using var service = await AnsweringAsync(200, body);
        await IsNoAnswerAsync(service, words);
    }

    [Theory]
    [InlineData("""{"content":[{"type":"text","text":"a"},{"type":"thinking","thinking":"hm"},{"type":"text","text":"b"}]}""", "ab", "stop")]
    [InlineData("""{"content":[{"type":"text","text":"cut"}],"stop_reason":"max_tokens"}""", "cut", "length")]
    [InlineData("""{"content":[],"stop_reason":"end_turn"}""", "", "stop")]
    public async Task Unusual_answers_are_read(string body, string expected, string finish)
    {
        await using var service = await AnsweringAsync(200, body);
        (await AskAsync(service)).ShouldBe(new LlmAnswer(expected, 0, 0, finish));
    }

    [Theory]
    [InlineData("""{"content":[],"stop_reason":"refusal"}""", "model_refused")]
    [InlineData("""{"content":[],"stop_reason":"max_tokens"}""", "answer_cut")]
    public async Task An_answer_without_an_answer_says_why(string body, string code)
    {
        await using var service = await AnsweringAsync(200, body);
        var error = await FailsAsync(service);
        (error.Code, error.Retryable).ShouldBe((code, false));
    }

    [Theory]
    [InlineData("overloaded_error", true)]
    [InlineData("invalid_request_error", false)]
    public async Task An_error_inside_a_stream_is_an_error(string type, bool retryable)
    {
        await using var service = await FakeAnthropic.StreamingAsync(FakeAnthropic.Text("Hel"), $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"Overloaded"}}""");
        var error = await FailsAsync(service, stream: true);
        (error.Code, error.Retryable).ShouldBe(("model_error", retryable));
        error.Message.ShouldContain("Overloaded");
    }
}
