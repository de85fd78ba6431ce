using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class ApiRequestTests
{
    const string Json = "application/json";

    [Fact]
    public async Task It_asks_and_gives_the_answer_as_data()
    {
        await using var site = await AnsweringAsync("""{"ok":[1.50,"é"]}""", "application/json; charset=utf-8", 201, ("X-Many", "a"), ("Set-Cookie", "k=v"));
        var node = new NodeTest("ApiRequest").Set("url_input", site.Url + "/orders?a=1#part");
        var data = await node.OutputAsync("data");
        data.GetProperty("status").GetInt32().ShouldBe(201);
        data.GetProperty("reason").GetString().ShouldBe("Created");
        data.GetProperty("headers").GetProperty("x-many").GetString().ShouldBe("a");
        data.GetProperty("body").GetRawText().ShouldBe("""{"ok":[1.50,"é"]}""");
        data.GetProperty("url").GetString().ShouldBe(site.Url + "/orders?a=1#part");
        node.Logs.ShouldHaveSingleItem().Text.ShouldStartWith($"GET 127.0.0.1:{site.Port} answered 201, ");
    }

    [Theory]
    [InlineData("POST", """{"a":1}""", """{"a":1}""", Json)]
    [InlineData("PUT", "[1,2]", "[1,2]", Json)]
    [InlineData("PATCH", "7", "7", Json)]
    [InlineData("DELETE", "false", "false", Json)]
    [InlineData("POST", "\"plain words\"", "plain words", "text/plain; charset=utf-8")]
    [InlineData("POST", "\"{\\\"a\\\": 1}\"", "{\"a\": 1}", Json)]
    [InlineData("POST", "\"{name}\"", "{name}", "text/plain; charset=utf-8")]
    [InlineData("POST", "\"\"", "", "text/plain; charset=utf-8")]
    [InlineData("POST", "null", "", null)]
    public async Task A_body_comes_from_the_input_or_the_setting(string method, string body, string sent, string? type)
    {
        await using var site = await EchoAsync();
        foreach (var node in (NodeTest[])
        [
            new NodeTest("ApiRequest").Set("method", method).Set("url_input", site.Url).Set("body", NodeTest.Json(body)),
            new NodeTest("ApiRequest").Set("method", method).Set("url_input", site.Url).Set("body", "not this").In("body", body),
        ])
        {
            var echo = (await node.OutputAsync("data")).GetProperty("body");
            (Text(echo, "method"), Text(echo, "body"), echo.GetProperty("headers").TryGetProperty("content-type", out var given) ? given.GetString() : null).ShouldBe((method, sent, type));
            if (body == "null")
                break;
        }
    }

    [Fact]
    public async Task A_message_is_posted_as_its_json()
    {
        await using var site = await EchoAsync();
        var message = await new NodeTest("ChatOutput").In("input_value", "\"Hi\"").OutputAsync("message");
        var echo = (await new NodeTest("ApiRequest").Set("method", "POST").Set("url_input", site.Url).In("body", message.GetRawText()).OutputAsync("data")).GetProperty("body");
        Text(echo, "body").ShouldBe(message.GetRawText());
    }

    [Fact]
    public async Task Get_sends_no_body_and_says_so()
    {
        await using var site = await EchoAsync();
        var node = new NodeTest("ApiRequest").Set("url_input", site.Url).In("body", "{}");
        Text((await node.OutputAsync("data")).GetProperty("body"), "body").ShouldBe("");
        node.Logs[0].Level.ShouldBe(LogLevelName.Warning);
        new NodeTest("ApiRequest").Set("url_input", "/bin/x").Set("body", "x").Problems().ShouldHaveSingleItem().Code.ShouldBe("unused_setting");
        new NodeTest("ApiRequest").Set("url_input", "/bin/x").Set("body", "x").Set("method", "POST").Problems().ShouldBeEmpty();
    }

    [Fact]
    public async Task Headers_query_and_the_idempotency_key_go_along()
    {
        await using var site = await EchoAsync();
        var node = new NodeTest("ApiRequest").Set("url_input", site.Url + "/p?x=0#f")
            .Set("query_params", new[] { new { key = "q", value = "a b&c=d" }, new { key = "q", value = "é" } })
            .Set("headers", new object[] { new { key = "X-Plain", value = "1" }, new { key = "Authorization", value = new { variable = "TOKEN", format = "Bearer {value}" } } })
            .Variable("TOKEN", "t-1");
        var echo = (await node.OutputAsync("data")).GetProperty("body");
        Text(echo, "path").ShouldBe("/p?x=0&q=a%20b%26c%3Dd&q=%C3%A9");
        var headers = echo.GetProperty("headers");
        (Text(headers, "x-plain"), Text(headers, "authorization")).ShouldBe(("1", "Bearer t-1"));
        Text(headers, "idempotency-key").ShouldBe($"{node.Run.RootRunId}:n1:");
    }

    [Fact]
    public async Task A_key_of_ones_own_stays()
    {
        await using var site = await EchoAsync();
        var node = new NodeTest("ApiRequest").Set("url_input", site.Url).Set("headers", new[] { new { key = "idempotency-key", value = "mine" } });
        Text((await node.OutputAsync("data")).GetProperty("body").GetProperty("headers"), "idempotency-key").ShouldBe("mine");
    }

    [Fact]
    public async Task The_url_can_come_from_an_input_and_goes_before_the_setting()
    {
        await using var site = await EchoAsync();
        var node = new NodeTest("ApiRequest").Set("url_input", "http://127.0.0.1:1/").In("url_input", $"\" {site.Url}/from-input \"");
        Text((await node.OutputAsync("data")).GetProperty("body"), "path").ShouldBe("/from-input");
    }

    [Theory]
    [InlineData("{\"a\":1}", "application/vnd.api+json", "{\"a\":1}", null)]
    [InlineData("[1]", null, "[1]", null)]
    [InlineData("{\"a\":1}", "text/plain", "\"{\\\"a\\\":1}\"", null)]
    [InlineData("<p>", "text/html", "\"<p>\"", null)]
    [InlineData("", "application/json", "null", null)]
    [InlineData("{\"a\":1,\"a\":2}", Json, "\"{\\\"a\\\":1,\\\"a\\\":2}\"", "property")]
    [InlineData("1e400", Json, "\"1e400\"", "too large")]
    [InlineData("\"\\ud800\"", Json, "\"\\\"\\\\ud800\\\"\"", "Unicode")]
    [InlineData("{broken", Json, "\"{broken\"", "not")]
    public async Task The_body_is_json_where_it_can_be_and_text_otherwise(string body, string? type, string expected, string? warning)
    {
        await using var site = await AnsweringAsync(body, type);
        var node = new NodeTest("ApiRequest").Set("url_input", site.Url);
        (await node.OutputAsync("data")).GetProperty("body").GetRawText().ShouldBe(expected);
        var warnings = node.Logs.Where(l => l.Level == LogLevelName.Warning).Select(l => l.Text).ToList();
        if (warning is null)
            warnings.ShouldBeEmpty();
        else
            warnings.ShouldHaveSingleItem().ShouldContain(warning);
    }

    [Fact]
    public async Task Other_charsets_are_decoded_and_bytes_come_as_base64()
    {
        await using var latin = await AnsweringAsync(Encoding.Latin1.GetBytes("é"), "text/plain; charset=iso-8859-1");
        await using var wide = await AnsweringAsync(Encoding.Unicode.GetBytes("{\"a\":\"é\"}"), "application/json; charset=utf-16");
        await using var image = await AnsweringAsync([0x89, 0x50, 0x00, 0xFF], "image/png");
        (await BodyAsync(latin)).GetRawText().ShouldBe("\"é\"");
        (await BodyAsync(wide)).GetRawText().ShouldBe("{\"a\":\"é\"}");
        var data = await new NodeTest("ApiRequest").Set("url_input", image.Url).OutputAsync("data");
        (Text(data, "body"), Text(data, "encoding")).ShouldBe(("iVAA/w==", "base64"));

        static async Task<JsonElement> BodyAsync(LoopbackSite site) => (await new NodeTest("ApiRequest").Set("url_input", site.Url).OutputAsync("data")).GetProperty("body");
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(404, false)]
    [InlineData(409, false)]
    [InlineData(302, false)]
    [InlineData(429, true)]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(529, true)]
    public async Task An_answer_that_is_not_2xx_fails_and_says_whether_to_repeat(int status, bool retryable)
    {
        await using var site = await AnsweringAsync(new string('z', 500), "text/plain", status, ("Retry-After", "7"));
        var error = await new NodeTest("ApiRequest").Set("method", "POST").Set("url_input", site.Url + "/secret-path").FailsAsync();
        (error.Code, error.Retryable, error.RetryAfter).ShouldBe(("http_status", retryable, retryable ? TimeSpan.FromSeconds(7) : null));
        error.Message.ShouldStartWith($"ApiRequest: POST 127.0.0.1:{site.Port} answered {status}");
        error.Message.ShouldEndWith(": " + new string('z', 200) + "…");
        error.Message.ShouldNotContain("secret-path");
    }

    [Fact]
    public async Task Retry_after_may_be_a_date()
    {
        await using var site = await AnsweringAsync("", null, 503, ("Retry-After", "Thu, 13 Feb 2025 12:01:00 GMT"));
        using var http = Calls.OnLoopback();
        var error = await new NodeTest("ApiRequest", NodeTest.NewCatalog(new StoppedClock(), http)).Set("url_input", site.Url).FailsAsync();
        error.RetryAfter.ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    public async Task As_data_any_answer_is_the_result(int status)
    {
        await using var site = await AnsweringAsync("""{"error":"no"}""", Json, status);
        var data = await new NodeTest("ApiRequest").Set("url_input", site.Url).Set("on_error", "data").OutputAsync("data");
        (data.GetProperty("status").GetInt32(), data.GetProperty("body").GetRawText()).ShouldBe((status, """{"error":"no"}"""));
    }

    [Fact]
    public async Task A_secret_that_is_echoed_is_not_in_the_error_not_even_half_of_it()
    {
        const string Secret = "canary-0b44e1-secret";
        var redactor = new SecretRedactor();
        redactor.Use([new SecretText("TOKEN", Secret)], [], webhookTokens: false);
        using var http = Calls.OnLoopback();
        foreach (var said in (string[])[Secret, new string('x', 190) + Secret, new string('x', 190) + Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret))])
        {
            await using var site = await AnsweringAsync(said, "text/plain", 400);
            var error = await new NodeTest("ApiRequest", NodeTest.NewCatalog(http: http, redactor: redactor)).Set("url_input", site.Url).FailsAsync();
            error.Message.ShouldNotContain("canary");
            error.Message.ShouldNotContain("Y2FuYXJ5");
        }
    }

    [Fact]
    public async Task Redirects_are_followed_only_when_asked()
    {
        await using var target = await EchoAsync();
        await using var site = await AnsweringAsync("", null, 302, ("Location", target.Url + "/there"));
        (await new NodeTest("ApiRequest").Set("url_input", site.Url).FailsAsync()).Remedy.ShouldContain("Follow redirects");
        var data = await new NodeTest("ApiRequest").Set("url_input", site.Url).Set("follow_redirects", true).OutputAsync("data");
        data.GetProperty("url").GetString().ShouldBe(target.Url + "/there");
    }

    [Fact]
    public async Task The_time_limit_is_the_nodes_own_and_retryable()
    {
        var never = new TaskCompletionSource();
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.RequestAborted.Register(() => never.TrySetResult());
            return never.Task;
        });
        var error = await new NodeTest("ApiRequest").Set("url_input", site.Url).Set("timeout", 0.1).FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("timeout", true));
        error.Message.ShouldBe($"ApiRequest: GET failed. No answer from 127.0.0.1:{site.Port} within 100 ms. Raise the timeout of this call, or look at what keeps 127.0.0.1:{site.Port} busy.");
    }

    [Fact]
    public async Task Canceling_reaches_the_call()
    {
        var (called, gone) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            called.TrySetResult();
            return gone.Task;
        });
        using var stop = new CancellationTokenSource();
        var run = new NodeTest("ApiRequest").Set("url_input", site.Url).RunAsync(stop.Token);
        await called.Task;
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await run);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_larger_answer_than_allowed_is_refused()
    {
        await using var site = await AnsweringAsync(new string('x', 2_000), "text/plain");
        var error = await new NodeTest("ApiRequest").Set("url_input", site.Url).Set("max_bytes", 1_000).FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("response_too_large", false));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest", "address_refused")]
    [InlineData("/etc/passwd", "address_refused")]
    [InlineData("ftp://example.com/x", "invalid_url")]
    [InlineData("user:pw@example.com", "invalid_url")]
    [InlineData("http://", "invalid_url")]
    [InlineData("http://127.0.0.1:1/", "connect_failed")]
    public async Task What_cannot_be_called_is_named(string url, string code)
    {
        var error = await new NodeTest("ApiRequest").Set("url_input", url).FailsAsync();
        error.Code.ShouldBe(code);
        error.Retryable.ShouldBe(code == "connect_failed");
        error.Message.ShouldStartWith("ApiRequest: GET failed. ");
        error.Message.ShouldNotContain("pw@");
    }

    [Theory]
    [InlineData("X-Bad", "a\r\nInjected: 1")]
    [InlineData("X Bad", "a")]
    [InlineData("Content-Length", "3")]
    public async Task Headers_that_could_split_a_message_are_refused(string name, string value) =>
        (await new NodeTest("ApiRequest").Set("url_input", "http://127.0.0.1:1/").Set("headers", new[] { new { key = name, value } }).FailsAsync()).Code.ShouldBe("invalid_header");

    [Fact]
    public async Task A_request_bin_of_this_server_is_called_in_process()
    {
        using var http = Calls.OnLoopback(bins: new Bins());
        var data = await new NodeTest("ApiRequest", NodeTest.NewCatalog(http: http)).Set("method", "POST").Set("url_input", "/bin/tutorial").In("body", """{"a":1}""").OutputAsync("data");
        data.GetRawText().ShouldContain("\"body\":\"POST /bin/tutorial {\\\"a\\\":1}\"");
    }

    [Fact]
    public void A_node_without_an_address_lacks_its_input()
    {
        var shape = NodeTest.Catalog.ShapeOf(new NodeTest("ApiRequest").Node).ShouldNotBeNull();
        (shape.FieldProblems.Count, shape.FilledInputs.Count).ShouldBe((0, 0));
        NodeTest.Catalog.ShapeOf(new NodeTest("ApiRequest").Set("url_input", "/bin/x").Node).ShouldNotBeNull().FilledInputs.ShouldBe(["url_input"]);
    }

    static string Text(JsonElement element, string name) => JsonText.Of(element.GetProperty(name));

    static Task<LoopbackSite> AnsweringAsync(string body, string? type, int status = 200, params (string Name, string Value)[] headers) => AnsweringAsync(Encoding.UTF8.GetBytes(body), type, status, headers);

    static Task<LoopbackSite> AnsweringAsync(byte[] body, string? type, int status = 200, params (string Name, string Value)[] headers) => LoopbackSite.StartAsync(async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        await context.Response.Body.WriteAsync(body);
    });

    /// <summary>Answers with what it was asked.</summary>
    static Task<LoopbackSite> EchoAsync() => LoopbackSite.StartAsync(async context =>
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        await context.Response.WriteAsJsonAsync(new
        {
            method = context.Request.Method,
            path = context.Request.Path + context.Request.QueryString.ToString(),
            headers = context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString(), StringComparer.Ordinal),
            body,
        });
    });

    sealed class Bins : ILocalBins
    {
        public Task<GuardedResponse> SendAsync(GuardedRequest request, CancellationToken cancellationToken) => Task.FromResult(new GuardedResponse
        {
            Status = 200,
            Body = Encoding.UTF8.GetBytes($"{request.Method} {request.Url} {Encoding.UTF8.GetString(request.Body.GetValueOrDefault().Span)}"),
            FinalUrl = request.Url,
        });
    }
}
