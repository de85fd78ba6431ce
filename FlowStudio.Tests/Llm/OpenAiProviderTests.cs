using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Components;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Llm;

public sealed class OpenAiProviderTests : IDisposable
{
    const string Key = "sk-canary-4d1f90aa";

    readonly GuardedHttp http = Calls.OnLoopback();
    readonly OpenAiProvider provider;

    public OpenAiProviderTests() => provider = new OpenAiProvider(http, new SecretRedactor(), new StoppedClock());

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task A_whole_answer_has_text_usage_and_reason()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("Grüße 😀"));
        (await AskAsync(service)).ShouldBe(new LlmAnswer("Grüße 😀", 12, 5, "stop"));
    }

    [Fact]
    public async Task The_request_says_what_was_set_and_nothing_else()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("x"));
        await provider.CompleteAsync(Request(service), onToken: null, Ct);
        await provider.CompleteAsync(Request(service) with { System = "Be brief.", Temperature = 0.2, MaxTokens = 30, Seed = 7, Json = true }, _ => { }, Ct);
        service.Asked[0].Body.GetRawText().ShouldBe("""{"model":"m","messages":[{"role":"user","content":"Hi <you> \"é\""}]}""");
        service.Asked[1].Body.GetRawText().ShouldBe(
            """{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi <you> \"é\""}],"temperature":0.2,"max_tokens":30,"seed":7,"response_format":{"type":"json_object"},"stream":true,"stream_options":{"include_usage":true}}""");
        service.Asked.ShouldAllBe(a => a.Headers.Authorization == $"Bearer {Key}" && a.Headers.ContentType == "application/json");
    }

    [Fact]
    public async Task Without_a_key_none_is_sent()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("x"));
        await provider.CompleteAsync(Request(service) with { ApiKey = null, BaseUrl = service.BaseUrl + "/" }, onToken: null, Ct);
        service.Asked.ShouldHaveSingleItem().Headers.Authorization.Count.ShouldBe(0);
    }

    [Fact]
    public void OpenAis_own_models_get_their_own_name_for_the_maximum() =>
        Encoding.UTF8.GetString(OpenAiWire.Write(new LlmRequest { Model = "m", Input = "x", MaxTokens = 3 }, stream: false, ownService: true).Span).ShouldContain("\"max_completion_tokens\":3");

    [Fact]
    public async Task A_stream_comes_in_pieces_with_usage()
    {
        await using var service = await FakeOpenAi.StreamingAsync(
            """{"choices":[{"delta":{"role":"assistant","content":""}}]}""", FakeOpenAi.Chunk("Hel"), FakeOpenAi.Chunk("lo"), FakeOpenAi.Chunk(null, "stop"),
            """{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}""", "[DONE]", "[DONE]");
        var pieces = new List<string>();
        (await provider.CompleteAsync(Request(service), pieces.Add, Ct)).ShouldBe(new LlmAnswer("Hello", 3, 2, "stop"));
        pieces.ShouldBe(["Hel", "lo"]);
    }

    [Fact]
    public async Task The_first_piece_arrives_before_the_last_is_sent()
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await FakeOpenAi.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            await context.Response.WriteAsync(FakeOpenAi.Events(FakeOpenAi.Chunk("one ")));
            await context.Response.Body.FlushAsync();
            await first.Task;
            await context.Response.WriteAsync(FakeOpenAi.Events(FakeOpenAi.Chunk("two"), FakeOpenAi.Chunk(null, "stop"), "[DONE]"));
        });
        (await provider.CompleteAsync(Request(service), _ => first.TrySetResult(), Ct)).Text.ShouldBe("one two");
    }

    [Fact]
    public async Task A_service_that_does_not_stream_is_understood()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("whole"));
        var pieces = new List<string>();
        (await provider.CompleteAsync(Request(service), pieces.Add, Ct)).Text.ShouldBe("whole");
        pieces.ShouldBe(["whole"]);
    }

    [Theory]
    [InlineData("7", 7.0)]
    [InlineData("0", 0.0)]
    [InlineData("1.5", 1.5)]
    [InlineData("Thu, 13 Feb 2025 12:00:09 GMT", 9.0)]
    [InlineData("Thu, 13 Feb 2025 11:00:00 GMT", 0.0)]
    [InlineData("soon", null)]
    [InlineData(null, null)]
    public async Task A_rate_limit_is_retryable_and_says_how_long(string? header, double? seconds)
    {
        await using var service = await FakeOpenAi.AnsweringAsync(429, """{"error":{"message":"Rate limit reached for m","type":"requests","code":"rate_limit_exceeded"}}""", headers: header is null ? [] : [("Retry-After", header)]);
        var error = await FailsAsync(service);
        (error.Code, error.Retryable, error.RetryAfter?.TotalSeconds).ShouldBe(("rate_limited", true, seconds));
        error.Message.ShouldBe($"{service.Host} answered 429 Too Many Requests: Rate limit reached for m");
        service.Asked.Count.ShouldBe(1, "the package must not repeat by itself");
    }

    [Fact]
    public async Task A_used_up_quota_is_not_retried()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(429, """{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}""");
        var error = await FailsAsync(service);
        error.Retryable.ShouldBeFalse();
        error.Remedy.ShouldContain("billing");
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(422, false)]
    [InlineData(500, true)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(529, true)]
    public async Task Server_errors_are_retryable_and_mistakes_are_not(int status, bool retryable)
    {
        await using var service = await FakeOpenAi.AnsweringAsync(status, """{"error":{"message":"That went wrong"}}""");
        foreach (var stream in (bool[])[false, true])
        {
            var error = await FailsAsync(service, stream);
            (error.Code, error.Retryable).ShouldBe(("http_status", retryable));
            error.Message.ShouldContain(status.ToString(CultureInfo.InvariantCulture));
            error.Message.ShouldContain("That went wrong");
            (error.Remedy.Length > 0).ShouldBe(!retryable);
        }
        service.Asked.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"message":"in message"}""", "in message")]
    [InlineData("""{"detail":"in detail"}""", "in detail")]
    [InlineData("""{"error":"as a text"}""", "as a text")]
    [InlineData("""{"detail":[{"loc":["body"],"msg":"list"}]}""", "list")]
    [InlineData("<html><h1>Bad gateway</h1></html>", "Bad gateway")]
    [InlineData("", "")]
    public async Task The_services_own_words_are_found(string body, string words)
    {
        await using var service = await FakeOpenAi.AnsweringAsync(500, body, "text/plain");
        (await FailsAsync(service)).Message.ShouldContain(words);
    }

    [Theory]
    [InlineData("Incorrect API key provided: " + Key)]
    [InlineData("x")]
    public async Task The_key_is_in_no_error(string words)
    {
        // Once where the whole is shown, once where it straddles the cut, once in a body that is no JSON.
        foreach (var body in (string[])["{\"error\":{\"message\":\"" + words + "\"}}", new string('x', 190) + Key, $"<html>{Key}</html>"])
        {
            await using var service = await FakeOpenAi.AnsweringAsync(401, body);
            await using var odd = await FakeOpenAi.AnsweringAsync(200, body);
            foreach (var error in (LlmException[])[await FailsAsync(service), await FailsAsync(odd)])
                error.ToString().ShouldNotContain("canary");
        }
    }

    [Theory]
    [InlineData("", "text/html", "empty")]
    [InlineData("   \n", "application/json", "empty")]
    [InlineData("<!doctype html><title>Welcome</title>", "text/html", "web page", "Welcome")]
    [InlineData("not json at all", "text/plain", "not valid JSON", "not json at all")]
    [InlineData("{\"choices\":", "application/json", "not valid JSON")]
    [InlineData("[]", "application/json", "not a JSON object")]
    [InlineData("42", "application/json", "not a JSON object")]
    [InlineData("{}", "application/json", "no choices")]
    [InlineData("""{"choices":[]}""", "application/json", "no choices")]
    [InlineData("""{"choices":{}}""", "application/json", "no choices")]
    [InlineData("""{"choices":[null]}""", "application/json", "no choices")]
    [InlineData("""{"choices":[{}]}""", "application/json", "no message")]
    [InlineData("""{"choices":[{"message":{}}]}""", "application/json", "no content")]
    [InlineData("""{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}""", "application/json", "no content")]
    [InlineData("""{"choices":[{"message":{"content":7},"finish_reason":"stop"}]}""", "application/json", "no content")]
    [InlineData("""{"choices":[{"message":{"content":"\ud800"},"finish_reason":"stop"}]}""", "application/json", "not valid JSON")]
    public async Task An_answer_that_is_none_is_a_clear_error(string body, string type, string words, string shown = "")
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, body, type);
        foreach (var stream in (bool[])[false, true])
        {
            var error = await FailsAsync(service, stream);
            (error.Code, error.Retryable).ShouldBe(("invalid_answer", false));
            error.Message.ShouldStartWith(service.Host);
            error.Message.ShouldContain(words);
            error.Message.ShouldContain(shown);
            error.Remedy.ShouldNotBeEmpty();
        }
    }

    [Fact]
    public async Task Only_the_first_200_characters_are_shown()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, "<html>" + new string('y', 5_000));
        (await FailsAsync(service)).Message.ShouldEndWith(new string('y', 194) + "…");
    }

    [Theory]
    [InlineData("""{"message":{"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]}}""", "ab")]
    [InlineData("""{"message":{"content":""},"finish_reason":"stop"}""", "")]
    [InlineData("""{"message":{"content":"cut"},"finish_reason":"length"}""", "cut")]
    [InlineData("""{"message":{"content":"x","content":"y","tool_calls":[]}}""", "y")]
    public async Task Unusual_answers_are_read(string choice, string expected)
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, $$"""{"choices":[{{choice}}],"usage":null}""");
        (await AskAsync(service)).Text.ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"message":{"content":null,"tool_calls":[{"id":"1"}]},"finish_reason":"tool_calls"}""", "invalid_answer", "tool")]
    [InlineData("""{"message":{"content":null,"refusal":"I can't."},"finish_reason":"stop"}""", "model_refused", "I can't.")]
    [InlineData("""{"message":{"content":""},"finish_reason":"length"}""", "answer_cut", "maximum of tokens")]
    [InlineData("""{"message":{"content":"half"},"finish_reason":"content_filter"}""", "content_filtered", "filter")]
    public async Task An_answer_without_an_answer_says_why(string choice, string code, string words)
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, $$"""{"choices":[{{choice}}]}""");
        var error = await FailsAsync(service);
        (error.Code, error.Retryable).ShouldBe((code, false));
        error.Message.ShouldContain(words);
    }

    [Fact]
    public async Task An_error_inside_a_200_is_an_error()
    {
        await using var whole = await FakeOpenAi.AnsweringAsync(200, """{"error":{"message":"Overloaded"}}""");
        await using var stream = await FakeOpenAi.StreamingAsync(FakeOpenAi.Chunk("Hel"), """{"error":{"message":"Overloaded"}}""");
        (await FailsAsync(whole)).Message.ShouldContain("Overloaded");
        var error = await FailsAsync(stream, stream: true);
        (error.Code, error.Retryable).ShouldBe(("model_error", true));
        error.Message.ShouldContain("Overloaded");
    }

    [Fact]
    public async Task A_stream_that_just_ends_is_an_error_and_its_pieces_have_been_seen()
    {
        await using var service = await FakeOpenAi.StreamingAsync(FakeOpenAi.Chunk("Hel"), FakeOpenAi.Chunk("lo"));
        var pieces = new List<string>();
        var error = await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(Request(service), pieces.Add, Ct));
        (error.Code, error.Retryable).ShouldBe(("stream_cut", true));
        pieces.ShouldBe(["Hel", "lo"]);
    }

    [Fact]
    public async Task A_stream_without_any_event_is_an_error()
    {
        await using var service = await FakeOpenAi.StreamingAsync();
        (await FailsAsync(service, stream: true)).Code.ShouldBe("stream_cut");
    }

    [Theory]
    [InlineData("[DONE]")]
    [InlineData("finish")]
    public async Task Either_sign_of_the_end_is_enough(string end)
    {
        await using var service = await FakeOpenAi.StreamingAsync(FakeOpenAi.Chunk("x"), end == "finish" ? FakeOpenAi.Chunk(null, "stop") : end);
        (await provider.CompleteAsync(Request(service), _ => { }, Ct)).ShouldBe(new LlmAnswer("x", 0, 0, "stop"));
    }

    [Theory]
    [InlineData("{\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}")]
    [InlineData("{not json")]
    [InlineData("[1]")]
    public async Task A_broken_piece_of_a_stream_is_an_error(string piece)
    {
        await using var service = await FakeOpenAi.StreamingAsync(FakeOpenAi.Chunk("x"), piece, "[DONE]");
        (await FailsAsync(service, stream: true)).Code.ShouldBe("invalid_answer");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_connection_is_retryable(bool afterSome)
    {
        await using var service = await FakeOpenAi.CutAsync(afterSome ? [FakeOpenAi.Chunk("Hel")] : []);
        var error = await FailsAsync(service, stream: true);
        (error.Code, error.Retryable).ShouldBe(("connection_broken", true));
        error.Message.ShouldContain(service.Host);
    }

    [Fact]
    public async Task Nobody_there_is_retryable()
    {
        var error = await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(
            new LlmRequest { Model = "m", Input = "x", BaseUrl = $"http://127.0.0.1:{FreePort()}/v1" }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("connect_failed", true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Canceling_reaches_the_service(bool stream)
    {
        var (asked, gone) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var service = await FakeOpenAi.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            if (stream)
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(FakeOpenAi.Events(FakeOpenAi.Chunk("x")));
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
    [InlineData("localhost:11434/v1")]
    [InlineData("/v1")]
    [InlineData("ftp://example.com")]
    public async Task A_base_url_that_is_none_is_refused(string url)
    {
        var error = await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(new LlmRequest { Model = "m", Input = "x", BaseUrl = url }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("invalid_url", false));
        error.Remedy.ShouldContain("http://localhost:11434/v1");
    }

    [Fact]
    public async Task What_only_this_server_reaches_is_refused()
    {
        var error = await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(new LlmRequest { Model = "m", Input = "x", BaseUrl = "http://169.254.169.254/v1" }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("address_refused", false));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_the_key()
    {
        await using var service = await FakeOpenAi.AnsweringAsync((int)HttpStatusCode.TemporaryRedirect, "", headers: ("Location", "http://127.0.0.1:1/v1/chat/completions"));
        var error = await FailsAsync(service);
        error.Code.ShouldBe("http_status");
        error.Message.ShouldContain("307");
    }

    static LlmRequest Request(FakeOpenAi service) => new() { Model = "m", Input = "Hi <you> \"é\"", ApiKey = Key, BaseUrl = service.BaseUrl };

    static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port; // bound, so it has one
    }

    Task<LlmAnswer> AskAsync(FakeOpenAi service) => provider.CompleteAsync(Request(service), onToken: null, Ct);

    async Task<LlmException> FailsAsync(FakeOpenAi service, bool stream = false) =>
        await Should.ThrowAsync<LlmException>(() => provider.CompleteAsync(Request(service), stream ? _ => { } : null, Ct));
}
