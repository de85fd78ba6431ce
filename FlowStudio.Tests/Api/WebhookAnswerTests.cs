using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Langflow;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>What callers of a webhook are answered, by its settings and by Respond.</summary>
public class WebhookAnswerTests(StudioServer server) : IClassFixture<StudioServer>
{
    internal static FlowBuilder Responding(object respond, params string[] methods) => new FlowBuilder()
        .Node("hook", "Webhook", new { answer = WebhookDoor.ByRespond, methods = methods.Length > 0 ? methods : ["POST"] })
        .Node("respond", "Respond", respond)
        .Edge("hook.output_data", "respond.input_value");

    [Fact]
    public async Task A_text_of_the_run_is_answered_as_text()
    {
        await server.AddFlowAsync("end-text", new FlowBuilder().Node("hook", "Webhook", new { answer = WebhookDoor.AtEnd })
            .Node("out", "TextOutput", new { data_template = "Thanks, {name}" }).Edge("hook.output_data", "out.input_value").Build());
        using var response = await server.PostWebhookAsync("end-text", """{"name":"Zoë"}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType?.ToString().ShouldBe("text/plain; charset=utf-8");
        (await response.Content.ReadAsStringAsync()).ShouldBe("Thanks, Zoë");
        var run = Guid.Parse(response.Headers.GetValues(WebhookWait.RunHeader).ShouldHaveSingleItem());
        (await server.EndOfAsync(run)).GetProperty("output").GetString().ShouldBe("Thanks, Zoë");
    }

    [Fact]
    public async Task An_object_of_the_run_is_answered_as_JSON()
    {
        await server.AddFlowAsync("end-json", new FlowBuilder().Node("hook", "Webhook", new { answer = WebhookDoor.AtEnd }).Build());
        using var response = await server.PostWebhookAsync("end-json", """{"order":{"id":4711},"paid":true}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType?.ToString().ShouldBe("application/json");
        (await response.Content.ReadAsStringAsync()).ShouldBe("""{"order":{"id":4711},"paid":true}""");
    }

    [Theory]
    [InlineData(WebhookDoor.AtEnd)]
    [InlineData(WebhookDoor.ByRespond)]
    public async Task A_run_that_fails_is_500_and_says_why_and_which_run(string answer)
    {
        var name = $"fails-{(answer == WebhookDoor.AtEnd ? "end" : "respond")}";
        await server.AddFlowAsync(name, new FlowBuilder()
            .Node("hook", "Webhook", new { answer }).Node("call", "ApiRequest", new { url_input = "http://127.0.0.1:1/" }, retries: 0).Node("respond", "Respond")
            .Edge("hook.output_data", "call.body").Edge("call.data", "respond.input_value").Build());
        using var response = await server.PostWebhookAsync(name, "{}");
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        var body = await StudioServer.JsonAsync(response);
        body.GetProperty("status").GetString().ShouldBe("failed");
        body.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        body.GetProperty("error").GetProperty("node_id").GetString().ShouldBe("call");
        (await server.EndOfAsync(body.GetProperty("run_id").GetGuid())).GetProperty("status").GetString().ShouldBe("failed");
    }

    [Fact]
    public async Task What_Respond_says_is_answered_whole()
    {
        await server.AddFlowAsync("say", Responding(new
        {
            status = 201,
            body_type = "JSON",
            json = new { id = "{order.id}", text = "Order {order.id} of {who}", list = new[] { "{order}" }, none = "{nothing}", fixed_ = 7 },
            content_type = "application/vnd.shop+json",
            headers = new[] { new { key = "X-Order", value = "no-{order.id}" }, new { key = "Location", value = "/orders/{order.id}" }, new { key = "Vary", value = "A" }, new { key = "Vary", value = "B" } },
        }).Build());
        using var response = await server.PostWebhookAsync("say", """{"order":{"id":4711},"who":"\"Ada\", {x}"}""");
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        response.Content.Headers.ContentType?.ToString().ShouldBe("application/vnd.shop+json");
        (await response.Content.ReadAsStringAsync()).ShouldBe("""{"id":4711,"text":"Order 4711 of \"Ada\", {x}","list":[{"id":4711}],"none":null,"fixed_":7}""");
        response.Headers.GetValues("X-Order").ShouldBe(["no-4711"]);
        response.Headers.Location?.ToString().ShouldBe("/orders/4711");
        response.Headers.GetValues("Vary").ShouldBe(["A", "B"]);
        response.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldContain("default-src 'none'");
        response.Headers.GetValues("Cache-Control").ShouldBe(["no-store"]);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    [InlineData(599)]
    public async Task A_status_without_a_body_has_none(int status)
    {
        await server.AddFlowAsync($"status-{status}", Responding(new { status, body_type = "a text", text = "gone" }).Build());
        using var response = await server.PostWebhookAsync($"status-{status}", "{}");
        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync()).ShouldBe(status == 599 ? "gone" : "");
    }

    [Fact]
    public async Task The_answer_comes_while_the_run_goes_on()
    {
        // The run waits for longer than the caller does.
        await server.AddFlowAsync("goes-on", Responding(new { }).Node("wait", "Delay", new { seconds = 3600 }).Edge("respond.body", "wait.input").Build());
        using var response = await server.PostWebhookAsync("goes-on", "[1,2]");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("[1,2]");
        var run = response.Headers.GetValues(WebhookWait.RunHeader).Single();
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/runs/{run}")).GetProperty("status").GetString() == "waiting", "the run waits");
        using var canceled = await server.Client.PostAsync($"/v1/runs/{run}/cancel", content: null);
        canceled.IsSuccessStatusCode.ShouldBeTrue();
    }

    [Fact]
    public async Task A_run_that_ends_without_a_Respond_is_answered_with_the_receipt()
    {
        await server.AddFlowAsync("silent", new FlowBuilder().Node("hook", "Webhook", new { answer = WebhookDoor.ByRespond }).Build());
        using var response = await server.PostWebhookAsync("silent", "{}");
        var run = await StudioServer.RunIdAsync(response);
        (await server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task The_first_Respond_answers_and_a_later_one_is_a_warning()
    {
        await server.AddFlowAsync("twice", Responding(new { body_type = "a text", text = "first" })
            .Node("second", "Respond", new { body_type = "a text", text = "second", status = 418 }).Edge("respond.body", "second.input_value").Build());
        using var response = await server.PostWebhookAsync("twice", "{}");
        (await response.Content.ReadAsStringAsync()).ShouldBe("first");
        var run = Guid.Parse(response.Headers.GetValues(WebhookWait.RunHeader).Single());
        var ended = await server.EndOfAsync(run);
        ended.GetProperty("status").GetString().ShouldBe("succeeded");
        var events = await server.Client.GetStringAsync(new Uri($"/v1/runs/{run}/events", UriKind.Relative));
        events.Split("event: run.responded").Length.ShouldBe(2);
        events.ShouldContain("only the first one counts");
    }

    [Fact]
    public async Task Metas_challenge_is_echoed_as_plain_text()
    {
        await server.AddFlowAsync("meta", Responding(new { body_type = "a text", text = "{[\"hub.challenge\"]}" }, "GET").Build());
        using var response = await server.Client.GetAsync(new Uri("/api/v1/webhook/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock", UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/plain");
        (await response.Content.ReadAsStringAsync()).ShouldBe("1158201444");
        var run = await server.EndOfAsync(Guid.Parse(response.Headers.GetValues(WebhookWait.RunHeader).Single()));
        // The sender's own token is for the flow to check.
        run.GetProperty("input").GetRawText().ShouldBe("""{"hub.mode":"subscribe","hub.challenge":"1158201444","hub.verify_token":"meatyhamhock"}""");
    }

    [Fact]
    public async Task Slacks_challenge_is_echoed()
    {
        await server.AddFlowAsync("slack", Responding(new { body_type = "JSON", json = new { challenge = "{challenge}" } }).Build());
        using var response = await server.PostWebhookAsync("slack", """{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StudioServer.JsonAsync(response)).GetProperty("challenge").GetString().ShouldBe("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
    }

    [Fact]
    public async Task Two_webhooks_of_a_flow_take_each_its_method()
    {
        // As one builds it for Meta: the challenge by GET is answered, events by POST are taken at once.
        await server.AddFlowAsync("both", Responding(new { body_type = "a text", text = "{[\"hub.challenge\"]}" }, "GET")
            .Node("events", "Webhook").Node("out", "TextOutput", new { data_template = "event {n}" }).Edge("events.output_data", "out.input_value").Build());
        using var challenge = await server.Client.GetAsync(new Uri("/api/v1/webhook/both?hub.challenge=42", UriKind.Relative));
        (await challenge.Content.ReadAsStringAsync()).ShouldBe("42");
        (await server.EndOfAsync(Guid.Parse(challenge.Headers.GetValues(WebhookWait.RunHeader).Single()))).GetProperty("steps").EnumerateArray()
            .Single(s => s.GetProperty("node_id").GetString() == "out").GetProperty("status").GetString().ShouldBe("skipped");
        using var posted = await server.PostWebhookAsync("both", """{"n":1}""");
        var run = await server.EndOfAsync(await StudioServer.RunIdAsync(posted));
        run.GetProperty("output").GetString().ShouldBe("event 1");
        run.GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("node_id").GetString() == "respond").GetProperty("status").GetString().ShouldBe("skipped");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    public async Task A_method_is_taken_where_it_is_set_and_405_where_not(string method)
    {
        await server.AddFlowAsync($"takes-{method}", new FlowBuilder().Node("hook", "Webhook", new { methods = new[] { method } })
            .Node("out", "TextOutput", new { data_template = "{text}" }).Edge("hook.method", "out.input_value").Build());
        await server.AddFlowAsync($"takes-no-{method}");
        using var taken = await SendAsync(method, $"takes-{method}?a=1");
        taken.StatusCode.ShouldBe(HttpStatusCode.Accepted, await taken.Content.ReadAsStringAsync());
        var started = (await server.GetJsonAsync($"/v1/runs?flow=takes-{method}")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetGuid();
        (await server.EndOfAsync(started)).GetProperty("output").GetString().ShouldBe(method);

        using var refused = await SendAsync(method, $"takes-no-{method}");
        refused.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        refused.Content.Headers.Allow.ShouldBe(["POST"]);
        if (method != "HEAD")
            (await StudioServer.JsonAsync(refused)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("the setting Methods of its Webhook component");
        using var posted = await server.PostWebhookAsync($"takes-{method}", "{}");
        posted.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        posted.Content.Headers.Allow.ShouldBe([method]);
    }

    [Fact]
    public async Task By_GET_the_query_is_the_payload_without_what_opened_the_webhook()
    {
        var id = await server.AddFlowAsync("query", new FlowBuilder().Node("hook", "Webhook", new { methods = new[] { "GET", "DELETE" }, answer = WebhookDoor.AtEnd }).Build(), access: "token");
        var token = (await server.GetJsonAsync($"/v1/flows/{id}/webhook-token")).GetProperty("token").GetString();
        using var refused = await SendAsync("GET", "query?a=1");
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var many = await SendAsync("GET", $"query?a=1&a=2&b=&c=Z%C3%B6&token={token}");
        (await many.Content.ReadAsStringAsync()).ShouldBe("""{"a":["1","2"],"b":"","c":"Zö"}""");
        using var none = await SendAsync("DELETE", $"query?token={token}");
        (await none.Content.ReadAsStringAsync()).ShouldBe("{}");
    }

    [Fact]
    public async Task Where_calls_must_be_signed_the_query_is_no_payload_because_no_signature_covers_it()
    {
        var id = await server.AddFlowAsync("signed-get", new FlowBuilder().Node("hook", "Webhook", new { methods = new[] { "GET" }, answer = WebhookDoor.AtEnd }).Build(), access: "signed");
        var secret = await server.Get<FlowSecrets>().EnsureAsync(FlowSecretKind.Signing, id, CancellationToken.None);
        var now = TimeProvider.System.GetUtcNow();
        using var refused = await SendAsync("GET", "signed-get?a=1");
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var taken = await SendAsync("GET", "signed-get?a=1", ("webhook-id", "m1"),
            ("webhook-timestamp", now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture)), ("webhook-signature", WebhookSignature.Sign("m1", now, [], secret)));
        (await taken.Content.ReadAsStringAsync()).ShouldBe("{}");
    }

    [Fact]
    public async Task A_page_of_elsewhere_cannot_have_its_reader_fetch_a_webhook_of_this_machine()
    {
        await server.AddFlowAsync("embedded", new FlowBuilder().Node("hook", "Webhook", new { methods = new[] { "GET" } }).Build());
        using var refused = await SendAsync("GET", "embedded", ("Sec-Fetch-Site", "cross-site"));
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var typed = await SendAsync("GET", "embedded", ("Sec-Fetch-Site", "none"));
        typed.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task An_answer_to_HEAD_has_headers_and_no_body()
    {
        await server.AddFlowAsync("head", Responding(new { body_type = "a text", text = "hello", headers = new[] { new { key = "X-Here", value = "yes" } } }, "HEAD", "GET").Build());
        using var response = await SendAsync("HEAD", "head");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(5);
        response.Headers.GetValues("X-Here").ShouldBe(["yes"]);
        (await response.Content.ReadAsStringAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_raw_body_is_byte_for_byte_what_was_sent_and_Base64_when_it_is_no_text()
    {
        await server.AddFlowAsync("raw", new FlowBuilder().Node("hook", "Webhook", new { answer = WebhookDoor.AtEnd }).Node("out", "TextOutput").Edge("hook.body", "out.input_value").Build());
        const string Text = "{ \"a\" :\r\n 1.0,\t\"z\": \"\\u00e9\" }\n";
        using var text = await server.PostWebhookAsync("raw", Text);
        (await text.Content.ReadAsStringAsync()).ShouldBe(Text);
        byte[] bytes = [0xff, 0x00, 0xfe, 0x0d, 0x0a];
        using var binary = await server.PostAsync("/api/v1/webhook/raw", bytes);
        (await binary.Content.ReadAsStringAsync()).ShouldBe(Convert.ToBase64String(bytes));
        var run = await server.EndOfAsync(Guid.Parse(binary.Headers.GetValues(WebhookWait.RunHeader).Single()));
        run.GetProperty("input").GetRawText().ShouldBe($$"""{"payload":"{{Convert.ToBase64String(bytes)}}","encoding":"base64"}""");
        // Kept only where it is read.
        await server.AddFlowAsync("not-raw");
        using var refused = await server.PostAsync("/api/v1/webhook/not-raw", bytes);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_same_key_gives_the_same_answer_again()
    {
        await server.AddFlowAsync("repeat", Responding(new { status = 202, body_type = "a text", text = "n {n}" }).Build());
        var first = await AnswerAsync("""{"n":1}""");
        (await AnswerAsync("""{"n":1}""")).ShouldBe(first);
        using var other = await server.PostWebhookAsync("repeat", """{"n":2}""", ("Idempotency-Key", "k1"));
        other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await server.GetJsonAsync("/v1/runs?flow=repeat")).GetProperty("items").GetArrayLength().ShouldBe(1);

        async Task<(string, string)> AnswerAsync(string body)
        {
            using var response = await server.PostWebhookAsync("repeat", body, ("Idempotency-Key", "k1"));
            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            return (await response.Content.ReadAsStringAsync(), response.Headers.GetValues(WebhookWait.RunHeader).Single());
        }
    }

    [Fact]
    public async Task A_caller_that_goes_changes_nothing_about_the_run()
    {
        await server.AddFlowAsync("leaves", new FlowBuilder().Node("hook", "Webhook", new { answer = WebhookDoor.AtEnd })
            .Node("wait", "Delay", new { seconds = 0.5 }).Node("out", "TextOutput", new { data_template = "done" })
            .Edge("hook.output_data", "wait.input").Edge("wait.output", "out.input_value").Build());
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            var uri = new Uri(server.Url);
            await socket.ConnectAsync(uri.Host, uri.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /api/v1/webhook/leaves HTTP/1.1\r\nHost: {uri.Authority}\r\nContent-Length: 2\r\n\r\n{{}}"));
            await EngineFixture.UntilAsync(() => Task.FromResult(server.Get<WebhookWait>().Waiting > 0), "the caller waits");
        }
        JsonElement run = default;
        await EngineFixture.UntilAsync(async () => (run = (await server.GetJsonAsync("/v1/runs?flow=leaves")).GetProperty("items").EnumerateArray().Single()).GetProperty("status").GetString() == "succeeded", "the run went on");
        await EngineFixture.UntilAsync(() => Task.FromResult(server.Get<WebhookWait>().Waiting == 0), "nobody waits any more");
    }

    [Fact]
    public async Task Two_hundred_callers_at_once_get_each_its_own_answer()
    {
        await server.AddFlowAsync("crowd", Responding(new { body_type = "a text", text = "answer {n}" }).Build());
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
        {
            using var response = await server.PostWebhookAsync("crowd", $$"""{"n":{{n}}}""");
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            return await response.Content.ReadAsStringAsync();
        }));
        answers.ShouldBe(Enumerable.Range(0, 200).Select(n => $"answer {n}"));
        await EngineFixture.UntilAsync(() => Task.FromResult(server.Get<WebhookWait>().Waiting == 0), "nobody waits any more");
    }

    [Fact]
    public async Task What_a_header_is_made_of_cannot_add_another()
    {
        await server.AddFlowAsync("inject", Responding(new { headers = new[] { new { key = "X-Name", value = "{name}" } } }).Build());
        using var response = await server.PostWebhookAsync("inject", """{"name":"x\r\nSet-Cookie: flowstudio=stolen"}""");
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        response.Headers.Contains("Set-Cookie").ShouldBeFalse();
        var body = await StudioServer.JsonAsync(response);
        body.GetProperty("error").GetProperty("code").GetString().ShouldBe("invalid_header");
        body.GetProperty("detail").GetString().ShouldNotBeNull().ShouldNotContain("stolen");
    }

    [Fact]
    public async Task A_run_that_nobody_called_shows_what_Respond_would_say()
    {
        var id = await server.AddFlowAsync("shown", Responding(new { body_type = "a text", text = "for {who}" }).Build());
        using var response = await server.Client.PostAsync($"/v1/flows/{id}/runs?wait=30", NativeRunsTests.Json("""{"input":{"who":"me"}}"""));
        (await StudioServer.JsonAsync(response)).GetProperty("output").GetString().ShouldBe("for me");
    }

    async Task<HttpResponseMessage> SendAsync(string method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/webhook/{path}");
        if (method is "PUT" or "PATCH")
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await server.Client.SendAsync(request);
    }
}
