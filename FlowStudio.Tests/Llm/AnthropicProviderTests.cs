using System.Net;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Components;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Llm;

public sealed class AnthropicProviderTests : IDisposable
{
    const string Key = "sk-ant-canary-4d1f90aa";

    readonly GuardedHttp http = Calls.OnLoopback();
    readonly AnthropicProvider provider;

    public AnthropicProviderTests() => provider = new AnthropicProvider(http, new SecretRedactor(), new StoppedClock());

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task A_whole_answer_has_text_usage_and_reason()
    {
        await using var service = await FakeAnthropic.AnsweringAsync(200, FakeAnthropic.Whole("Grüße 😀"));
        (await AskAsync(service)).ShouldBe(new LlmAnswer("Grüße 😀", 12, 5, "stop"));
    }

    [Fact]
    public async Task The_request_says_what_was_set_and_nothing_else()
    {
        await using var service = await FakeAnthropic.AnsweringAsync(200, FakeAnthropic.Whole("x"));
        await AskAsync(service);
        await provider.CompleteAsync(Request(service) with { System = "Be brief.", Temperature = 0.2, MaxTokens = 30 }, _ => { }, Ct);
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
            await using var service = await FakeAnthropic.AnsweringAsync(200, FakeAnthropic.Whole("x"));
            await provider.CompleteAsync(Request(service) with { ApiKey = null, BaseUrl = service.BaseUrl + "/v1/" }, onToken: null, Ct);
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
        await using var service = await FakeAnthropic.AnsweringAsync(200, FakeAnthropic.Whole("{}"));
        await provider.CompleteAsync(Request(service) with { System = "Be brief.", Json = true }, onToken: null, Ct);
        service.Asked[0].Body.GetProperty("system").GetString().ShouldBe("Be brief.\n\nAnswer with one JSON value and nothing else: no introduction, no explanation, no code fence.");
    }

    [Fact]
    public async Task A_stream_comes_in_pieces_with_usage()
    {
        await using var service = await FakeAnthropic.StreamingAsync(FakeAnthropic.Stream("end_turn", FakeAnthropic.Text("Hel"), FakeAnthropic.Text("lo")));
        var pieces = new List<string>();
        (await provider.CompleteAsync(Request(service), pieces.Add, Ct)).ShouldBe(new LlmAnswer("Hello", 7, 5, "stop"));
        pieces.ShouldBe(["Hel", "lo"]);
    }

    [Fact]
    public async Task Tools_go_out_and_calls_come_back_whole_or_in_pieces()
    {
        var content = """[{"type":"text","text":"Let me see."},{"type":"tool_use","id":"t1","name":"weather","input":{"city":"Oslo"},"caller":{"type":"direct"}}]""";
        await using var whole = await FakeAnthropic.AnsweringAsync(200, $$$"""{"type":"message","content":{{{content}}},"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}}""");
        await using var stream = await FakeAnthropic.StreamingAsync(FakeAnthropic.Stream("tool_use", FakeAnthropic.Text("Let me see."),
            """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"weather","input":{}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"Oslo\"}"}}""", """{"type":"content_block_stop","index":1}"""));
        var tool = new LlmTool("weather", "Tells the weather.", NodeTest.Json("""{"type":"object","properties":{"city":{"type":"string"}}}"""));
        foreach (var service in (FakeAnthropic[])[whole, stream])
        {
            var answer = await provider.CompleteAsync(Request(service) with { Tools = [tool] }, service == stream ? _ => { } : null, Ct);
            (answer.Text, answer.FinishReason).ShouldBe(("Let me see.", "tool_calls"));
            answer.ToolCalls.ShouldBe([new LlmToolCall("t1", "weather", """{"city":"Oslo"}""")]);
            service.Asked[0].Body.GetProperty("tools").GetRawText().ShouldBe(
                """[{"name":"weather","description":"Tells the weather.","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}]""");
        }
    }

    [Fact]
    public async Task Calls_and_their_results_are_told_as_the_protocol_wants_them()
    {
        await using var service = await FakeAnthropic.AnsweringAsync(200, FakeAnthropic.Whole("x"));
        LlmMessage[] chat =
        [
            new(LlmRole.User, "Go"),
            new(LlmRole.Assistant, "") { ToolCalls = [new("a", "one", """{"x":1}"""), new("b", "two", "no json")] },
            new(LlmRole.Tool, "1") { ToolCallId = "a" },
            new(LlmRole.Tool, "broken") { ToolCallId = "b", IsError = true },
            new(LlmRole.Assistant, "Well."),
            new(LlmRole.User, "And?"),
        ];
        await provider.CompleteAsync(Request(service) with { Messages = chat }, onToken: null, Ct);
        service.Asked[0].Body.GetProperty("messages").GetRawText().ShouldBe(
            """[{"role":"user","content":"Go"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"one","input":{"x":1}},{"type":"tool_use","id":"b","name":"two","input":{}}]},"""
            + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"tool_result","tool_use_id":"b","content":"broken","is_error":true}]},"""
            + """{"role":"assistant","content":"Well."},{"role":"user","content":"And?"}]""");
    }

    [Theory]
    [InlineData(429, "7", 7.0)]
    [InlineData(429, null, null)]
    [InlineData(529, "1", 1.0)]
    public async Task Rate_limits_and_overload_are_retryable_and_say_how_long(int status, string? header, double? seconds)
    {
        await using var service = await FakeAnthropic.AnsweringAsync(status, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded, wait"}}""",
            headers: header is null ? [] : [("Retry-After", header)]);
        var error = await FailsAsync(service);
        (error.Retryable, error.RetryAfter?.TotalSeconds).ShouldBe((true, seconds));
        error.Message.ShouldContain(status == 429 ? "429 Too Many Requests: Overloaded, wait" : "529");
        error.Message.ShouldContain("Overloaded, wait");
        service.Asked.Count.ShouldBe(1, "the package must not repeat by itself");
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(413, false)]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(529, true)]
    public async Task Server_errors_are_retryable_and_mistakes_are_not(int status, bool retryable)
    {
        await using var service = await FakeAnthropic.AnsweringAsync(status, """{"type":"error","error":{"type":"x","message":"That went wrong"}}""");
        foreach (var stream in (bool[])[false, true])
        {
            var error = await FailsAsync(service, stream);
            (error.Code, error.Retryable).ShouldBe(("http_status", retryable));
            error.Message.ShouldContain("That went wrong");
            (error.Remedy.Length > 0).ShouldBe(!retryable);
        }
    }

    [Fact]
    public async Task The_key_is_in_no_error()
    {
        foreach (var body in (string[])["{\"error\":{\"message\":\"Invalid key " + Key + "\"}}", new string('x', 190) + Key, $"<html>{Key}</html>"])
        {
            await using var service = await FakeAnthropic.AnsweringAsync(401, body, headers: ("X-Echo", Key));
            await using var odd = await FakeAnthropic.AnsweringAsync(200, body);
            foreach (var error in (LlmException[])[await FailsAsync(service), await FailsAsync(odd), await FailsAsync(odd, stream: true)])
                error.ToString().ShouldNotContain("canary");
        }
    }

    [Theory]
    [InlineData("", "text/html", "empty")]
    [InlineData("<!doctype html><title>Welcome</title>", "text/html", "web page", "Welcome")]
    [InlineData("not json at all", "text/plain", "not valid JSON", "not json at all")]
    [InlineData("{\"content\":", "application/json", "not valid JSON")]
    [InlineData("[]", "application/json", "not a JSON object")]
    [InlineData("{}", "application/json", "no content")]
    [InlineData("""{"content":"x"}""", "application/json", "no content")]
    [InlineData("""{"content":[{"type":"text","text":"\ud800"}]}""", "application/json", "not valid JSON")]
    public async Task An_answer_that_is_none_is_a_clear_error(string body, string type, string words, string shown = "")
    {
        await using var service = await FakeAnthropic.AnsweringAsync(200, body, type);
        foreach (var stream in (bool[])[false, true])
        {
            var error = await FailsAsync(service, stream);
            (error.Code, error.Retryable).ShouldBe(("invalid_answer", false));
            error.Message.ShouldStartWith(service.Host);
            error.Message.ShouldContain(words);
            error.Message.ShouldContain(shown);
            error.Remedy.ShouldContain("Anthropic");
        }
    }

    [Theory]
    [InlineData("""{"content":[{"type":"text","text":"a"},{"type":"thinking","thinking":"hm"},{"type":"text","text":"b"}]}""", "ab", "stop")]
    [InlineData("""{"content":[{"type":"text","text":"cut"}],"stop_reason":"max_tokens"}""", "cut", "length")]
    [InlineData("""{"content":[],"stop_reason":"end_turn"}""", "", "stop")]
    public async Task Unusual_answers_are_read(string body, string expected, string finish)
    {
        await using var service = await FakeAnthropic.AnsweringAsync(200, body);
        (await AskAsync(service)).ShouldBe(new LlmAnswer(expected, 0, 0, finish));
    }

    [Theory]
    [InlineData("""{"content":[],"stop_reason":"refusal"}""", "model_refused")]
    [InlineData("""{"content":[],"stop_reason":"max_tokens"}""", "answer_cut")]
    public async Task An_answer_without_an_answer_says_why(string body, string code)
    {
        await using var service = await FakeAnthropic.AnsweringAsync(200, body);
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

    [Fact]
    public async Task A_stream_that_just_ends_or_holds_no_JSON_is_an_error()
    {
        await using var ends = await FakeAnthropic.StreamingAsync(FakeAnthropic.Text("Hel"));
        var error = await FailsAsync(ends, stream: true);
        (error.Code, error.Retryable).ShouldBe(("stream_cut", true));
        await using var broken = await FakeAnthropic.AnsweringAsync(200, "data: {not json\n\n", "text/event-stream");
        (await FailsAsync(broken, stream: true)).Code.ShouldBe("invalid_answer");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_connection_is_retryable(bool afterSome)
    {
        await using var service = await FakeAnthropic.CutAsync(afterSome ? [FakeAnthropic.Text("Hel")] : []);
        var error = await FailsAsync(service, stream: true);
        (error.Code, error.Retryable).ShouldBe(("connection_broken", true));
        error.Message.ShouldContain(service.Host);
    }

    [Fact]
    public async Task Nobody_there_is_retryable()
    {
        var error = await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(new LlmRequest { Model = "m", Input = "x", BaseUrl = "http://127.0.0.1:1" }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("connect_failed", true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Canceling_reaches_a_service_that_hangs(bool stream)
    {
        var (asked, gone) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var service = await FakeAnthropic.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            if (stream)
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(FakeAnthropic.Events(FakeAnthropic.Text("x")));
                await context.Response.Body.FlushAsync();
            }
            asked.TrySetResult();
            await gone.Task;
        });
        using var stop = new CancellationTokenSource();
        var answer = provider.CompleteAsync(Request(service), stream ? _ => { } : null, stop.Token);
        await asked.Task;
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => answer);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20), Ct);
    }

    [Theory]
    [InlineData("")]
    [InlineData("api.anthropic.com")]
    [InlineData("ftp://example.com")]
    public async Task A_base_url_that_is_none_is_refused(string url)
    {
        var error = await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(new LlmRequest { Model = "m", Input = "x", BaseUrl = url }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("invalid_url", false));
        error.Remedy.ShouldContain("https://api.anthropic.com");
    }

    [Fact]
    public async Task What_only_this_server_reaches_is_refused()
    {
        var error = await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(new LlmRequest { Model = "m", Input = "x", BaseUrl = "http://169.254.169.254" }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("address_refused", false));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_the_key()
    {
        await using var service = await FakeAnthropic.AnsweringAsync((int)HttpStatusCode.TemporaryRedirect, "", headers: ("Location", "http://127.0.0.1:1/v1/messages"));
        var error = await FailsAsync(service);
        error.Code.ShouldBe("http_status");
        error.Message.ShouldContain("307");
    }

    static LlmRequest Request(FakeAnthropic service) => new() { Model = "m", Input = "Hi <you> \"é\"", ApiKey = Key, BaseUrl = service.BaseUrl };

    Task<LlmAnswer> AskAsync(FakeAnthropic service) => provider.CompleteAsync(Request(service), onToken: null, Ct);

    async Task<LlmException> FailsAsync(FakeAnthropic service, bool stream = false) =>
        await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(Request(service), stream ? _ => { } : null, Ct));
}
