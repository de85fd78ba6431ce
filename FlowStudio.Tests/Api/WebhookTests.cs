using System.Net;
using System.Text.Json;
using FlowStudio.Engine.Execution;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class WebhookTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task The_tutorials_call_runs_to_its_end_and_reaches_the_bin()
    {
        using var response = await server.PostWebhookAsync("tutorial", """{"order":{"id":4711},"customer":{"name":"Ada"},"payment":{"status":"paid"}}""");
        var run = await server.EndOfAsync(await StudioServer.RunIdAsync(response));
        run.GetProperty("status").GetString().ShouldBe("succeeded");
        run.GetProperty("output").GetString().ShouldNotBeNull().ShouldContain("Order 4711 of Ada is now paid.");
        // Other tests of this class send to the same bin.
        var caught = (await server.GetJsonAsync("/v1/bins/tutorial?limit=100")).GetProperty("items").EnumerateArray();
        caught.Select(r => JsonDocument.Parse(r.GetProperty("body").GetString() ?? "").RootElement.GetProperty("text").GetString())
            .ShouldContain(run.GetProperty("output").GetString());
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public async Task A_body_over_several_lines_reads_back_and_so_does_every_event(string lineEnd)
    {
        var body = string.Join(lineEnd, "{", "  \"order\": {", "    \"id\": 4711", "  },", "  \"customer\": {\"name\": \"Ada\\nLovelace\"}", "}");
        using var response = await server.PostWebhookAsync("tutorial", body);
        var id = await StudioServer.RunIdAsync(response);
        var run = await server.EndOfAsync(id);
        run.GetProperty("status").GetString().ShouldBe("succeeded");
        JsonElement.DeepEquals(run.GetProperty("input"), JsonDocument.Parse(body).RootElement).ShouldBeTrue(run.GetProperty("input").GetRawText());
        var events = await server.Client.GetStringAsync(new Uri($"/v1/runs/{id}/events", UriKind.Relative));
        var types = new List<string?>();
        foreach (var line in events.Split('\n').Where(l => l.Length > 0 && !l.StartsWith(':')))
        {
            line.ShouldMatch("^(id|event|data): ");
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                types.Add(JsonDocument.Parse(line[6..]).RootElement.GetProperty("type").GetString());
        }
        types[0].ShouldBe("run.accepted");
        types[^1].ShouldBe("run.finished");
    }

    [Fact]
    public async Task The_answer_has_Langflows_two_keys_and_tells_where_the_run_is()
    {
        using var response = await server.PostWebhookAsync("tutorial", "{}");
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        var answer = await StudioServer.JsonAsync(response);
        answer.EnumerateObject().Select(p => p.Name).ShouldBe(["message", "status", "task_id", "run_id", "status_url", "events_url"]);
        answer.GetProperty("message").GetString().ShouldBe("Task started in the background");
        answer.GetProperty("status").GetString().ShouldBe("in progress");
        var run = answer.GetProperty("run_id").GetString();
        answer.GetProperty("task_id").GetString().ShouldBe(run);
        answer.GetProperty("status_url").GetString().ShouldBe($"{server.Url}/api/v1/webhook/tutorial/runs/{run}");
        answer.GetProperty("events_url").GetString().ShouldBe($"{server.Url}/api/v1/webhook/tutorial/runs/{run}/events");
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("no%20body")]
    [InlineData("..%2f..")]
    [InlineData("TUTORIAL")]
    [InlineData("%F0%9F%98%80")]
    public async Task An_unknown_flow_is_404_in_Langflows_words(string flow)
    {
        using var response = await server.PostWebhookAsync(flow, "{}");
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var name = flow.Contains("%2f", StringComparison.Ordinal) ? flow : Uri.UnescapeDataString(flow);
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldBe($"Flow identifier {name} not found");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    public async Task An_empty_body_is_400_in_Langflows_words(string body)
    {
        using var response = await server.PostWebhookAsync("tutorial", body);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldBe(
            "Request body is empty. You should provide a JSON payload containing the flow ID.");
    }

    [Fact]
    public async Task A_flow_without_a_webhook_is_409_and_says_what_to_do()
    {
        await server.AddFlowAsync("chat-only", new FlowBuilder().Node("in", "ChatInput").Node("out", "ChatOutput")
            .Edge("in.message", "out.input_value").Build());
        using var response = await server.PostWebhookAsync("chat-only", "{}");
        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("Webhook component");
    }

    [Fact]
    public async Task A_flow_that_cannot_run_is_409_and_says_why()
    {
        await server.AddFlowAsync("broken", new FlowBuilder().Node("webhook", "Webhook").Node("what", "NoSuchThing")
            .Edge("webhook.output_data", "what.x").Build());
        using var response = await server.PostWebhookAsync("broken", "{}");
        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("NoSuchThing");
    }

    [Fact]
    public async Task A_flow_that_is_switched_off_is_409()
    {
        await server.AddFlowAsync("switched-off", more: new { enabled = false });
        using var response = await server.PostWebhookAsync("switched-off", "{}");
        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_token_opens_by_header_and_by_query_and_nothing_else_does()
    {
        var id = await server.AddFlowAsync("guarded", access: "token");
        var token = (await server.GetJsonAsync("/v1/flows/guarded/webhook-token")).GetProperty("token").GetString().ShouldNotBeNull();
        foreach (var wrong in new[] { "", "?token=", "?token=wrong", $"?token={token}x", $"?token={token[..^1]}", $"?TOKEN={token.ToUpperInvariant()}" })
        {
            using var refused = await server.PostWebhookAsync($"guarded{wrong}", "{}");
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, wrong);
            (await StudioServer.JsonAsync(refused)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldNotContain(token);
        }
        using var byHeader = await server.PostWebhookAsync(id.ToString(), "{}", ("X-Webhook-Token", token));
        byHeader.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        using var byQuery = await server.PostWebhookAsync($"guarded?token={token}", "{}");
        byQuery.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_new_token_shuts_the_old_one_out()
    {
        await server.AddFlowAsync("rotated", access: "token");
        var old = (await server.GetJsonAsync("/v1/flows/rotated/webhook-token")).GetProperty("token").GetString().ShouldNotBeNull();
        using var rotated = await server.Client.PostAsync("/v1/flows/rotated/webhook-token", content: null);
        var fresh = (await StudioServer.JsonAsync(rotated)).GetProperty("token").GetString().ShouldNotBeNull();
        fresh.ShouldNotBe(old);
        using var refused = await server.PostWebhookAsync("rotated", "{}", ("X-Webhook-Token", old));
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var taken = await server.PostWebhookAsync("rotated", "{}", ("X-Webhook-Token", fresh));
        taken.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task The_read_token_opens_one_run_and_shows_neither_input_nor_steps()
    {
        await server.AddFlowAsync("private", access: "token");
        var token = (await server.GetJsonAsync("/v1/flows/private/webhook-token")).GetProperty("token").GetString().ShouldNotBeNull();
        using var first = await server.PostWebhookAsync("private", """{"secret":"input"}""", ("X-Webhook-Token", token));
        using var second = await server.PostWebhookAsync("private", "{}", ("X-Webhook-Token", token));
        var (one, two) = (await StudioServer.JsonAsync(first), await StudioServer.JsonAsync(second));
        var statusUrl = one.GetProperty("status_url").GetString().ShouldNotBeNull();
        statusUrl.ShouldContain("?token=");
        statusUrl.ShouldNotContain(token);
        await server.EndOfAsync(one.GetProperty("run_id").GetGuid());

        var status = await server.GetJsonAsync(statusUrl);
        status.GetProperty("status").GetString().ShouldBe("succeeded");
        status.TryGetProperty("input", out _).ShouldBeFalse();
        status.TryGetProperty("steps", out _).ShouldBeFalse();
        status.GetProperty("output").ValueKind.ShouldNotBe(JsonValueKind.Null);

        using var bare = await server.Client.GetAsync(statusUrl.Split('?')[0]);
        bare.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var foreign = await server.Client.GetAsync(statusUrl.Split('?')[0] + "?" +
            two.GetProperty("status_url").GetString().ShouldNotBeNull().Split('?')[1]);
        foreign.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var events = await server.Client.GetStringAsync(one.GetProperty("events_url").GetString());
        events.ShouldContain("event: run.finished");
        events.ShouldContain("event: node.finished");
        events.ShouldNotContain("\"input\"");
        foreach (var line in events.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)
            && l.Contains("node.finished", StringComparison.Ordinal)))
            line.ShouldNotContain("\"output\"");
    }

    [Fact]
    public async Task A_run_of_another_flow_is_not_found()
    {
        await server.AddFlowAsync("other");
        using var response = await server.PostWebhookAsync("other", "{}");
        var run = await StudioServer.RunIdAsync(response);
        using var own = await server.Client.GetAsync($"/api/v1/webhook/other/runs/{run}");
        own.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in new[] { $"/api/v1/webhook/tutorial/runs/{run}", $"/api/v1/webhook/tutorial/runs/{run}/events",
            $"/api/v1/webhook/other/runs/{Guid.NewGuid()}", "/api/v1/webhook/other/runs/x" })
        {
            using var foreign = await server.Client.GetAsync(path);
            foreign.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            (await StudioServer.JsonAsync(foreign)).GetProperty("detail").GetString().ShouldBe("Run not found");
        }
    }

    [Fact]
    public async Task Fifty_calls_at_once_with_one_key_make_one_run()
    {
        var flow = await server.AddFlowAsync("once");
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var response = await server.PostWebhookAsync("once", """{"n":1}""", ("Idempotency-Key", "fifty"));
            return await StudioServer.RunIdAsync(response);
        }));
        answers.Distinct().Count().ShouldBe(1);
        (await server.GetJsonAsync($"/v1/runs?flow={flow}")).GetProperty("items").GetArrayLength().ShouldBe(1);

        using var otherBody = await server.PostWebhookAsync("once", """{"n":2}""", ("Idempotency-Key", "fifty"));
        otherBody.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using var otherKey = await server.PostWebhookAsync("once", """{"n":2}""", ("Idempotency-Key", "fifty-one"));
        (await StudioServer.RunIdAsync(otherKey)).ShouldNotBe(answers[0]);
    }

    [Fact]
    public async Task A_key_of_256_characters_is_taken_and_of_257_is_not()
    {
        using var taken = await server.PostWebhookAsync("tutorial", "{}", ("Idempotency-Key", new string('k', 256)));
        taken.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        using var refused = await server.PostWebhookAsync("tutorial", "{}", ("Idempotency-Key", new string('k', 257)));
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_session_comes_from_the_header_or_the_body_and_else_each_run_is_its_own()
    {
        async Task<string> ThreadAsync(string body, params (string, string)[] headers)
        {
            using var response = await server.PostWebhookAsync("tutorial", body, headers);
            var run = await StudioServer.RunIdAsync(response);
            return (await server.GetJsonAsync($"/v1/runs/{run}")).GetProperty("thread_id").GetString().ShouldNotBeNull();
        }
        var session = await ThreadAsync("{}", ("X-Session-Id", "ada"));
        (await ThreadAsync("""{"session_id":"ada"}""")).ShouldBe(session);
        (await ThreadAsync("""{"session_id":"bob"}""", ("X-Session-Id", "ada"))).ShouldBe(session);
        (await ThreadAsync("""{"session_id":"bob"}""")).ShouldNotBe(session);
        (await ThreadAsync("{}")).ShouldNotBe(await ThreadAsync("{}"));
        using var long257 = await server.PostWebhookAsync("tutorial", "{}", ("X-Session-Id", new string('s', 257)));
        long257.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_flow_sees_headers_and_query_but_no_credentials()
    {
        await server.AddFlowAsync("call", new FlowBuilder().Node("webhook", "Webhook").Node("h", "ChatOutput", new { should_store_message = false })
            .Edge("webhook.headers", "h.input_value").Build(), access: "token");
        var token = (await server.GetJsonAsync("/v1/flows/call/webhook-token")).GetProperty("token").GetString().ShouldNotBeNull();
        using var response = await server.PostWebhookAsync($"call?color=red&token={token}", "{}", ("X-Shop", "flowers"), ("Authorization", "Bearer hush-1"),
            ("Cookie", "a=hush-2"), ("X-Api-Key", "hush-3"), ("X-Gitlab-Token", "hush-4"));
        var id = await StudioServer.RunIdAsync(response);
        var run = await server.EndOfAsync(id);
        run.GetProperty("output").ToString().ShouldContain("flowers");
        var all = run + await server.Client.GetStringAsync($"/v1/runs/{id}/events");
        all.ShouldContain("red");
        all.ShouldNotContain("hush");
        all.ShouldNotContain(token);
    }

    [Fact]
    public async Task Only_POST_starts_a_run_unless_the_flow_says_otherwise()
    {
        foreach (var method in new[] { "GET", "PUT", "DELETE", "PATCH" })
        {
            using var response = await server.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/api/v1/webhook/tutorial"));
            response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed, method);
            response.Content.Headers.Allow.ShouldBe(["POST"]);
            (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldBe(
                $"This flow's webhook takes POST, not {method}. Which methods it takes is the setting Methods of its Webhook component.");
        }
    }

    [Fact]
    public async Task Sixteen_megabytes_are_taken_and_one_byte_more_is_not()
    {
        const int limit = 16 * 1024 * 1024;
        await server.AddFlowAsync("large", new FlowBuilder().Node("webhook", "Webhook").Build());
        var body = new byte[limit];
        Array.Fill(body, (byte)'x');
        body[0] = body[^1] = (byte)'"';
        using var taken = await server.PostAsync("/api/v1/webhook/large", body);
        var run = await StudioServer.RunIdAsync(taken);
        (await server.EndOfAsync(run)).GetProperty("input").GetString().ShouldNotBeNull().Length.ShouldBe(limit - 2);

        using var refused = await server.PostAsync("/api/v1/webhook/large", [.. body, 0x20]);
        refused.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await StudioServer.JsonAsync(refused)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("FlowStudio:Intake:MaxBodyBytes");

        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhook/large") { Content = new StreamContent(new MemoryStream([.. body, 0x20])) };
        chunked.Headers.TransferEncodingChunked = true;
        using var alsoRefused = await server.Client.SendAsync(chunked);
        alsoRefused.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task While_the_server_stops_it_is_503_with_Retry_After()
    {
        await using var stopping = await StudioServer.StartAsync();
        stopping.Get<IngressGate>().Close("The server is stopping.");
        using var response = await stopping.PostWebhookAsync("tutorial", "{}");
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter?.Delta.ShouldNotBeNull();
        using var ready = await stopping.Client.GetAsync("/health/ready");
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await StudioServer.JsonAsync(ready)).GetProperty("status").GetString().ShouldBe("draining");
        using var live = await stopping.Client.GetAsync("/health/live");
        live.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_full_queue_is_429_with_Retry_After_and_nothing_is_half_accepted()
    {
        await using var full = await StudioServer.StartAsync(["--FlowStudio:Queue:Capacity=2", "--FlowStudio:Runner:Paused=true"]);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
        {
            using var response = await full.PostWebhookAsync("tutorial", "{}");
            statuses.Add(response.StatusCode);
            if (response.StatusCode is HttpStatusCode.TooManyRequests)
                response.Headers.RetryAfter?.Delta.ShouldNotBeNull();
        }
        statuses.Count(s => s is HttpStatusCode.Accepted).ShouldBe(2);
        statuses.Count(s => s is HttpStatusCode.TooManyRequests).ShouldBe(2);
        (await full.GetJsonAsync("/v1/runs")).GetProperty("items").GetArrayLength().ShouldBe(2);
    }
}
