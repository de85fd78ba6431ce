using System.Text;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Components;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Llm;

public sealed class OpenAiProviderTests() : ProviderConformance(http => new OpenAiProvider(http, new SecretRedactor(), new StoppedClock()))
{
    protected override string ExampleUrl => "http://localhost:11434/v1";

    private protected override Task<FakeLlmService> StartAsync(RequestDelegate answer) => FakeOpenAi.StartAsync(answer);

    protected override string Whole(string text) => FakeOpenAi.Whole(text);

    protected override string Piece(string text) => FakeOpenAi.Events(FakeOpenAi.Chunk(text));

    [Fact]
    public async Task The_request_says_what_was_set_and_nothing_else()
    {
        await using var service = await AnsweringAsync(200, FakeOpenAi.Whole("x"));
        await Provider.CompleteAsync(Request(service), onToken: null, Ct);
        await Provider.CompleteAsync(Request(service) with { System = "Be brief.", Temperature = 0.2, MaxTokens = 30, Seed = 7, Json = true }, _ => { }, Ct);
        service.Asked[0].Body.GetRawText().ShouldBe("""{"model":"m","messages":[{"role":"user","content":"Hi <you> \"é\""}]}""");
        service.Asked[1].Body.GetRawText().ShouldBe(
            """{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi <you> \"é\""}],"temperature":0.2,"max_tokens":30,"seed":7,"response_format":{"type":"json_object"},"stream":true,"stream_options":{"include_usage":true}}""");
        service.Asked.ShouldAllBe(a => a.Headers.Authorization == $"Bearer {Key}" && a.Headers.ContentType == "application/json");
    }

    [Fact]
    public async Task Without_a_key_none_is_sent()
    {
        await using var service = await AnsweringAsync(200, FakeOpenAi.Whole("x"));
        await Provider.CompleteAsync(Request(service) with { ApiKey = null, BaseUrl = service.BaseUrl + "/" }, onToken: null, Ct);
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
        (await Provider.CompleteAsync(Request(service), pieces.Add, Ct)).ShouldBe(new LlmAnswer("Hello", 3, 2, "stop"));
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
        (await Provider.CompleteAsync(Request(service), _ => first.TrySetResult(), Ct)).Text.ShouldBe("one two");
    }

    [Fact]
    public async Task A_service_that_does_not_stream_is_understood()
    {
        await using var service = await AnsweringAsync(200, FakeOpenAi.Whole("whole"));
        var pieces = new List<string>();
        (await Provider.CompleteAsync(Request(service), pieces.Add, Ct)).Text.ShouldBe("whole");
        pieces.ShouldBe(["whole"]);
    }

    [Fact]
    public async Task A_used_up_quota_is_not_retried()
    {
        await using var service = await AnsweringAsync(429, """{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}""");
        var error = await FailsAsync(service);
        error.Retryable.ShouldBeFalse();
        error.Remedy.ShouldContain("billing");
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
        await using var service = await AnsweringAsync(500, body, "text/plain");
        (await FailsAsync(service)).Message.ShouldContain(words);
    }

    [Theory]
    [InlineData("{}", "no choices")]
    [InlineData("""{"choices":[]}""", "no choices")]
    [InlineData("""{"choices":{}}""", "no choices")]
    [InlineData("""{"choices":[null]}""", "no choices")]
    [InlineData("""{"choices":[{}]}""", "no message")]
    [InlineData("""{"choices":[{"message":{}}]}""", "no content")]
    [InlineData("""{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}""", "no content")]
    [InlineData("""{"choices":[{"message":{"content":7},"finish_reason":"stop"}]}""", "no content")]
    [InlineData("""{"choices":[{"message":{"content":"\ud800"},"finish_reason":"stop"}]}""", "not valid JSON")]
    public async Task An_answer_of_another_shape_is_a_clear_error(string body, string words)
    {
        await using var service = await AnsweringAsync(200, body);
        await IsNoAnswerAsync(service, words);
    }

    [Fact]
    public async Task Only_the_first_200_characters_are_shown()
    {
        await using var service = await AnsweringAsync(200, "<html>" + new string('y', 5_000));
        (await FailsAsync(service)).Message.ShouldEndWith(new string('y', 194) + "…");
    }

    [Theory]
    [InlineData("""{"message":{"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]}}""", "ab")]
    [InlineData("""{"message":{"content":""},"finish_reason":"stop"}""", "")]
    [InlineData("""{"message":{"content":"cut"},"finish_reason":"length"}""", "cut")]
    [InlineData("""{"message":{"content":"x","content":"y","tool_calls":[]}}""", "y")]
    public async Task Unusual_answers_are_read(string choice, string expected)
    {
        await using var service = await AnsweringAsync(200, $$"""{"choices":[{{choice}}],"usage":null}""");
        (await AskAsync(service)).Text.ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"message":{"content":null,"tool_calls":[{"id":"1"}]},"finish_reason":"tool_calls"}""", "invalid_answer", "tool")]
    [InlineData("""{"message":{"content":null,"refusal":"I can't."},"finish_reason":"stop"}""", "model_refused", "I can't.")]
    [InlineData("""{"message":{"content":""},"finish_reason":"length"}""", "answer_cut", "maximum of tokens")]
    [InlineData("""{"message":{"content":"half"},"finish_reason":"content_filter"}""", "content_filtered", "filter")]
    public async Task An_answer_without_an_answer_says_why(string choice, string code, string words)
    {
        await using var service = await AnsweringAsync(200, $$"""{"choices":[{{choice}}]}""");
        var error = await FailsAsync(service);
        (error.Code, error.Retryable).ShouldBe((code, false));
        error.Message.ShouldContain(words);
    }

    [Fact]
    public async Task An_error_inside_a_200_is_an_error()
    {
        await using var whole = await AnsweringAsync(200, """{"error":{"message":"Overloaded"}}""");
        await using var stream = await FakeOpenAi.StreamingAsync(FakeOpenAi.Chunk("Hel"), """{"error":{"message":"Overloaded"}}""");
        (await FailsAsync(whole)).Message.ShouldContain("Overloaded");
        var error = await FailsAsync(stream, stream: true);
        (error.Code, error.Retryable).ShouldBe(("model_error", true));
        error.Message.ShouldContain("Overloaded");
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
        (await Provider.CompleteAsync(Request(service), _ => { }, Ct)).ShouldBe(new LlmAnswer("x", 0, 0, "stop"));
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
}
