using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Llm;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Llm;

/// <summary>What every provider that asks a service keeps to, whatever the service's protocol.</summary>
public abstract class ProviderConformance : IDisposable
{
    // A key whose middle is told by its name when it leaks.
    protected const string Key = "sk-canary-4d1f90aa";

    readonly GuardedHttp http = Calls.OnLoopback();

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The provider under test.</summary>
    protected ILlmProvider Provider { get; }

    /// <summary>A base URL that the remedy for a bad one names.</summary>
    protected abstract string ExampleUrl { get; }

    protected ProviderConformance(Func<GuardedHttp, ILlmProvider> provider) => Provider = provider(http);

    public void Dispose()
    {
        http.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<FakeLlmService> StartAsync(RequestDelegate answer);

    private protected Task<FakeLlmService> AnsweringAsync(int status, string body, string type = "application/json", params (string Name, string Value)[] headers) =>
        StartAsync(FakeLlmService.Answer(status, body, type, headers));

    /// <summary>A whole answer as the service gives it, with 12 tokens in and 5 out.</summary>
    protected abstract string Whole(string text);

    /// <summary>The event that brings a piece of the text, as it goes over the wire.</summary>
    protected abstract string Piece(string text);

    [Fact]
    public async Task A_whole_answer_has_text_usage_and_reason()
    {
        await using var service = await AnsweringAsync(200, Whole("Grüße 😀"));
        (await AskAsync(service)).ShouldBe(new LlmAnswer("Grüße 😀", 12, 5, "stop"));
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
        await using var service = await AnsweringAsync(429, """{"error":{"message":"Rate limit reached for m","type":"requests","code":"rate_limit_exceeded"}}""",
            headers: header is null ? [] : [("Retry-After", header)]);
        var error = await FailsAsync(service);
        (error.Code, error.Retryable, error.RetryAfter?.TotalSeconds).ShouldBe(("rate_limited", true, seconds));
        error.Message.ShouldBe($"{service.Host} answered 429 Too Many Requests: Rate limit reached for m");
        service.Asked.Count.ShouldBe(1, "the package must not repeat by itself");
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(413, false)]
    [InlineData(422, false)]
    [InlineData(500, true)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(529, true)]
    public async Task Server_errors_are_retryable_and_mistakes_are_not(int status, bool retryable)
    {
        await using var service = await AnsweringAsync(status, """{"type":"error","error":{"type":"x","message":"That went wrong"}}""");
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
    [InlineData("Incorrect API key provided: " + Key)]
    [InlineData("x")]
    public async Task The_key_is_in_no_error(string words)
    {
        // Once where the whole is shown, once where it straddles the cut, once in a body that is no JSON.
        foreach (var body in (string[])["{\"error\":{\"message\":\"" + words + "\"}}", new string('x', 190) + Key, $"<html>{Key}</html>"])
        {
            await using var service = await AnsweringAsync(401, body, headers: ("X-Echo", Key));
            await using var odd = await AnsweringAsync(200, body);
            foreach (var error in (LlmException[])[await FailsAsync(service), await FailsAsync(odd), await FailsAsync(odd, stream: true)])
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
    public async Task An_answer_that_is_none_is_a_clear_error(string body, string type, string words, string shown = "")
    {
        await using var service = await AnsweringAsync(200, body, type);
        await IsNoAnswerAsync(service, words, shown);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_connection_is_retryable(bool afterSome)
    {
        await using var service = await StartAsync(FakeLlmService.Cut(afterSome ? Piece("Hel") : ""));
        var error = await FailsAsync(service, stream: true);
        (error.Code, error.Retryable).ShouldBe(("connection_broken", true));
        error.Message.ShouldContain(service.Host);
    }

    [Fact]
    public async Task A_stream_that_just_ends_is_an_error_and_its_pieces_have_been_seen()
    {
        await using var service = await AnsweringAsync(200, Piece("Hel") + Piece("lo"), "text/event-stream");
        var pieces = new List<string>();
        var error = await Should.ThrowAsync<LlmException>(() => Provider.CompleteAsync(Request(service), pieces.Add, Ct));
        (error.Code, error.Retryable).ShouldBe(("stream_cut", true));
        pieces.ShouldBe(["Hel", "lo"]);
    }

    [Fact]
    public async Task A_piece_of_a_stream_that_is_no_JSON_is_an_error()
    {
        await using var service = await AnsweringAsync(200, "data: {not json\n\n", "text/event-stream");
        (await FailsAsync(service, stream: true)).Code.ShouldBe("invalid_answer");
    }

    [Fact]
    public async Task Nobody_there_is_retryable()
    {
        var error = await Should.ThrowAsync<LlmException>(() => Provider.CompleteAsync(
            new LlmRequest { Model = "m", Input = "x", BaseUrl = $"http://127.0.0.1:{FreePort()}/v1" }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("connect_failed", true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Canceling_reaches_the_service(bool stream)
    {
        var (asked, gone) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var service = await StartAsync(async context =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            if (stream)
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(Piece("x"));
                await context.Response.Body.FlushAsync();
            }
            asked.TrySetResult();
            await gone.Task;
        });
        using var stop = new CancellationTokenSource();
        var answer = Provider.CompleteAsync(Request(service), stream ? _ => { } : null, stop.Token);
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
        var error = await Should.ThrowAsync<LlmException>(() => Provider.CompleteAsync(new LlmRequest { Model = "m", Input = "x", BaseUrl = url }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("invalid_url", false));
        error.Remedy.ShouldContain(ExampleUrl);
    }

    [Fact]
    public async Task What_only_this_server_reaches_is_refused()
    {
        var error = await Should.ThrowAsync<LlmException>(() => Provider.CompleteAsync(new LlmRequest { Model = "m", Input = "x", BaseUrl = "http://169.254.169.254/v1" }, onToken: null, Ct));
        (error.Code, error.Retryable).ShouldBe(("address_refused", false));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_the_key()
    {
        await using var service = await AnsweringAsync((int)HttpStatusCode.TemporaryRedirect, "", headers: ("Location", "http://127.0.0.1:1/v1/chat/completions"));
        var error = await FailsAsync(service);
        error.Code.ShouldBe("http_status");
        error.Message.ShouldContain("307");
    }

    /// <summary>Asks for a whole and for a streamed answer; both must be told to be none.</summary>
    private protected async Task IsNoAnswerAsync(FakeLlmService service, string words, string shown = "")
    {
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

    private protected static LlmRequest Request(FakeLlmService service) => new() { Model = "m", Input = "Hi <you> \"é\"", ApiKey = Key, BaseUrl = service.BaseUrl };

    private protected Task<LlmAnswer> AskAsync(FakeLlmService service) => Provider.CompleteAsync(Request(service), onToken: null, Ct);

    private protected async Task<LlmException> FailsAsync(FakeLlmService service, bool stream = false) =>
        await Should.ThrowAsync<LlmException>(() => Provider.CompleteAsync(Request(service), stream ? _ => { } : null, Ct));

    static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port; // bound, so it has one
    }
}
