using System.Net;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Egress;
using FlowStudio.Tests.Llm;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>Agents' webhooks and tasks, as DocsGPT answers.</summary>
public sealed class DocsGptTests(StudioServer server) : IClassFixture<StudioServer>
{
    async Task<string> AgentAsync(string name, FlowStudio.Engine.Flows.FlowDocument? document = null)
    {
        var flow = await server.AddFlowAsync(name, document, access: "token");
        return await server.Get<FlowSecrets>().EnsureAsync(FlowSecretKind.Agent, flow, CancellationToken.None);
    }

    static FlowStudio.Engine.Flows.FlowDocument Chat() =>
        new FlowBuilder().Node("in", "ChatInput", new { should_store_message = false }).Node("out", "ChatOutput", new { should_store_message = false }).Edge("in.message", "out.input_value").Build();

    Task<HttpResponseMessage> PostAsync(string token, string body, params (string Name, string Value)[] headers) =>
        server.PostAsync($"/api/webhooks/agents/{token}", Encoding.UTF8.GetBytes(body), headers);

    static async Task<string> TaskAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var answer = await StudioServer.JsonAsync(response);
        answer.GetProperty("success").GetBoolean().ShouldBeTrue();
        answer.EnumerateObject().Select(p => p.Name).ShouldBe(["success", "task_id"]);
        return answer.GetProperty("task_id").GetString().ShouldNotBeNull();
    }

    async Task<JsonElement> EndAsync(string task)
    {
        JsonElement seen = default;
        await EngineFixture.UntilAsync(
            async () =>
            {
                seen = await server.GetJsonAsync($"/api/task_status?task_id={task}");
                return seen.GetProperty("status").GetString() is "SUCCESS" or "FAILURE";
            },
            $"task {task} has ended");
        return seen;
    }

    static async Task ShouldBeRefusedAsync(HttpResponseMessage response, int status, string message)
    {
        ((int)response.StatusCode).ShouldBe(status);
        var answer = await StudioServer.JsonAsync(response);
        answer.GetProperty("success").GetBoolean().ShouldBeFalse();
        answer.GetProperty("message").GetString().ShouldNotBeNull().ShouldStartWith(message);
    }

    [Fact]
    public async Task A_task_is_started_and_its_answer_found()
    {
        var token = await AgentAsync("agent-chat", Chat());
        using var response = await PostAsync(token, """{"question":"Who is Zoë?","source":"slack"}""");
        var ended = await EndAsync(await TaskAsync(response));
        ended.EnumerateObject().Select(p => p.Name).ShouldBe(["status", "result"]);
        ended.GetProperty("status").GetString().ShouldBe("SUCCESS");
        var result = ended.GetProperty("result");
        result.GetProperty("status").GetString().ShouldBe("success");
        result.GetProperty("result").GetRawText().ShouldBe("""{"answer":"Who is Zoë?","sources":[],"tool_calls":[],"thought":""}""");
    }

    [Fact]
    public async Task Its_tool_calls_thoughts_and_sources_are_told()
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<title>Prices</title><p>A pear is 3.</p>");
        });
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "Calculator", new { expression = "6*7" }), ("c2", "Abacus", new { })).Replace("\"content\":null", "\"content\":\"First the sum.\"", StringComparison.Ordinal),
            FakeModel.Calls(("c3", "Calculator", new { expression = "1/0" })),
            FakeOpenAi.Whole("It is 42."));
        var token = await AgentAsync("agent-tools", new FlowBuilder()
            .Node("in", "ChatInput", new { should_store_message = false }).Node("agent", "Agent", new { provider = "openai", base_url = model.BaseUrl })
            .Node("calc", "Calculator").Node("page", "URLComponent", new { urls = site.Url + "/prices" }).Node("first", "Parser", new { pattern = "{title}" })
            .Node("out", "ChatOutput", new { should_store_message = false })
            .Edge("in.message", "agent.input_value").Edge("calc.component_as_tool", "agent.tools").Edge("agent.response", "out.input_value")
            .Edge("page.page_results", "first.input_data").Edge("first.parsed_text", "agent.system_prompt").Build());
        using var response = await PostAsync(token, """{"question":"What is the answer?"}""");
        var ended = await EndAsync(await TaskAsync(response));
        ended.GetProperty("status").GetString().ShouldBe("SUCCESS", ended.GetRawText());
        var result = ended.GetProperty("result").GetProperty("result");
        result.GetProperty("answer").GetString().ShouldBe("It is 42.");
        result.GetProperty("thought").GetString().ShouldBe("First the sum.");
        var calls = result.GetProperty("tool_calls").EnumerateArray().ToArray();
        calls[0].GetRawText().ShouldBe("""{"tool_name":"Calculator","call_id":"c1","action_name":"Calculator","arguments":{"expression":"6*7"},"result":"{\"result\":42}","status":"completed"}""");
        calls[1].GetRawText().ShouldBe("""{"tool_name":"unknown","call_id":"c2","action_name":"Abacus","arguments":{},"result":"There is no such tool.","status":"error"}""");
        calls[2].GetProperty("call_id").GetString().ShouldBe("c3");
        calls[2].GetProperty("status").GetString().ShouldBe("error");
        calls[2].GetProperty("result").GetString().ShouldNotBeNull().ShouldContain("zero");
        result.GetProperty("sources").GetRawText().ShouldBe($$"""[{"title":"Prices","text":"A pear is 3.","source":"{{site.Url}}/prices"}]""");
    }

    [Fact]
    public async Task Without_a_question_the_chat_gets_all_of_the_payload_and_a_Webhook_component_always_does()
    {
        var chat = await AgentAsync("agent-json", Chat());
        using var response = await PostAsync(chat, """{"event":"paid","order":7}""");
        (await EndAsync(await TaskAsync(response))).GetProperty("result").GetProperty("result").GetProperty("answer").GetString().ShouldBe("""{"event":"paid","order":7}""");
        var hook = await AgentAsync("agent-hook");
        foreach (var payload in new[] { """{"question":"x"}""", "{}", "[1,2]", "\"text\"", "7", "false" })
        {
            using var posted = await PostAsync(hook, payload);
            var task = await TaskAsync(posted);
            (await EndAsync(task)).GetProperty("status").GetString().ShouldBe("SUCCESS");
            (await server.GetJsonAsync($"/v1/runs/{task}")).GetProperty("input").GetRawText().ShouldBe(payload);
        }
    }

    [Fact]
    public async Task A_query_is_a_payload_of_texts()
    {
        var token = await AgentAsync("agent-get");
        using var response = await server.Client.GetAsync($"/api/webhooks/agents/{token}?question=a%20b&n=1&n=2&empty=");
        var task = await TaskAsync(response);
        await EndAsync(task);
        (await server.GetJsonAsync($"/v1/runs/{task}")).GetProperty("input").GetRawText().ShouldBe("""{"question":"a b","n":"1","empty":""}""");
        using var none = await server.Client.GetAsync($"/api/webhooks/agents/{token}");
        var empty = await TaskAsync(none);
        await EndAsync(empty);
        (await server.GetJsonAsync($"/v1/runs/{empty}")).GetProperty("input").GetRawText().ShouldBe("{}");
    }

    [Fact]
    public async Task A_task_that_fails_or_is_canceled_says_so()
    {
        var failing = await AgentAsync("agent-fail", new FlowBuilder().Node("webhook", "Webhook").Node("divide", "Calculator", new { expression = "1 / {n}" })
            .Edge("webhook.output_data", "divide.data").Build());
        using var response = await PostAsync(failing, """{"n":0}""");
        var failed = await EndAsync(await TaskAsync(response));
        failed.GetProperty("status").GetString().ShouldBe("FAILURE");
        failed.GetProperty("result").GetString().ShouldNotBeNullOrEmpty();

        var waiting = await AgentAsync("agent-wait", new FlowBuilder().Node("webhook", "Webhook").Node("delay", "Delay", new { hours = 1 }).Edge("webhook.output_data", "delay.input").Build());
        using var slow = await PostAsync(waiting, "{}");
        var held = await TaskAsync(slow);
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/runs/{held}")).GetProperty("status").GetString() == "waiting", "the run waits");
        (await server.GetJsonAsync($"/api/task_status?task_id={held}")).GetRawText().ShouldBe("""{"status":"STARTED","result":null}""");
        using var canceled = await server.PostAsync($"/v1/runs/{held}/cancel", []);
        canceled.StatusCode.ShouldBe(HttpStatusCode.OK);
        var failure = await EndAsync(held);
        failure.GetProperty("status").GetString().ShouldBe("FAILURE");
        failure.GetProperty("result").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Only_runs_that_this_dialect_started_are_tasks()
    {
        await AgentAsync("agent-known");
        await server.AddFlowAsync("agent-other");
        using var webhook = await server.PostWebhookAsync("agent-other", "{}");
        var run = await StudioServer.RunIdAsync(webhook);
        await server.EndOfAsync(run);
        foreach (var id in new[] { run.ToString(), Guid.CreateVersion7().ToString(), "no-id", "'; DROP TABLE runs", "%00", new string('9', 500) })
            (await server.GetJsonAsync($"/api/task_status?task_id={id}")).GetRawText().ShouldBe("""{"status":"PENDING","result":null}""");
        using var missing = await server.Client.GetAsync("/api/task_status");
        await ShouldBeRefusedAsync(missing, 400, "Task ID is required");
        using var blank = await server.Client.GetAsync("/api/task_status?task_id=");
        await ShouldBeRefusedAsync(blank, 400, "Task ID is required");
    }

    [Fact]
    public async Task A_key_gives_the_first_answer_again_whatever_the_body()
    {
        var token = await AgentAsync("agent-once");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var response = await PostAsync(token, $$"""{"n":{{i}}}""", ("Idempotency-Key", "once"));
            return await TaskAsync(response);
        }));
        answers.Distinct().Count().ShouldBe(1);
        (await server.GetJsonAsync("/v1/runs?flow=agent-once")).GetProperty("items").GetArrayLength().ShouldBe(1);
        using var got = await server.Client.SendAsync(new(HttpMethod.Get, $"/api/webhooks/agents/{token}") { Headers = { { "Idempotency-Key", "once" } } });
        (await TaskAsync(got)).ShouldBe(answers[0]);
        using var other = await PostAsync(token, "{}", ("Idempotency-Key", new string('k', 256)));
        (await TaskAsync(other)).ShouldNotBe(answers[0]);
        using var tooLong = await PostAsync(token, "{}", ("Idempotency-Key", new string('k', 257)));
        await ShouldBeRefusedAsync(tooLong, 400, "Idempotency-Key exceeds maximum length of 256 characters");
        // A key of the flow's own webhook is another one.
        using var webhook = await server.PostWebhookAsync("agent-once", "{}", ("Idempotency-Key", "once"),
            ("X-Webhook-Token", await server.Get<SecretVault>().EnsureWebhookTokenAsync((await server.GetJsonAsync("/v1/flows/agent-once")).GetProperty("id").GetGuid(), CancellationToken.None)));
        (await StudioServer.RunIdAsync(webhook)).ToString().ShouldNotBe(answers[0]);
    }

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task Hostile_bodies_are_taken_or_refused_in_its_own_words(string name)
    {
        var token = await server.Get<FlowSecrets>().EnsureAsync(FlowSecretKind.Agent, await HostileAsync(), CancellationToken.None);
        var (body, verdict) = HostileBodies.Of(name);
        using var response = await server.PostAsync($"/api/webhooks/agents/{token}", body);
        if (verdict is Verdict.Json && name != "null")
            await TaskAsync(response);
        else
            await ShouldBeRefusedAsync(response, 400, "Invalid or missing JSON data in request body");
    }

    static readonly SemaphoreSlim Once = new(1, 1);

    async Task<Guid> HostileAsync()
    {
        await Once.WaitAsync();
        try
        {
            using var known = await server.Client.GetAsync("/v1/flows/agent-hostile");
            return known.StatusCode == HttpStatusCode.OK ? (await StudioServer.JsonAsync(known)).GetProperty("id").GetGuid() : await server.AddFlowAsync("agent-hostile");
        }
        finally
        {
            Once.Release();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("agt_0123456789abcdefghijABCDEFGHIJ-_0123456789A")]
    [InlineData("tutorial")]
    [InlineData("%F0%9F%99%82")]
    public async Task An_unknown_token_is_no_agent(string token)
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
        {
            using var response = await server.Client.SendAsync(new(method, $"/api/webhooks/agents/{token}"));
            await ShouldBeRefusedAsync(response, token.Length == 0 ? 400 : 404, token.Length == 0 ? "Webhook token missing" : "Agent not found");
        }
    }

    [Fact]
    public async Task Bad_requests_get_its_own_shape()
    {
        var token = await AgentAsync("agent-bad");
        foreach (var (method, path, allowed) in new[] { ("PUT", $"/api/webhooks/agents/{token}", "GET, POST"), ("DELETE", "/api/webhooks/agents", "GET, POST"),
            ("POST", "/api/task_status", "GET"), ("PATCH", "/api/agent_webhook", "GET") })
        {
            using var response = await server.Client.SendAsync(new(new HttpMethod(method), path));
            await ShouldBeRefusedAsync(response, 405, "Method Not Allowed");
            response.Content.Headers.Allow.ShouldBe(allowed.Split(", "));
        }
        using var large = await server.PostAsync($"/api/webhooks/agents/{token}", new byte[20_000_000]);
        await ShouldBeRefusedAsync(large, 413, "The body is larger");
        using var brotli = new ByteArrayContent("{}"u8.ToArray());
        brotli.Headers.ContentEncoding.Add("br");
        using var packed = await server.Client.PostAsync($"/api/webhooks/agents/{token}", brotli);
        ((int)packed.StatusCode).ShouldBe(415);
        (await StudioServer.JsonAsync(packed)).GetProperty("success").GetBoolean().ShouldBeFalse();
        using var foreign = await PostAsync(token, "{}", ("Origin", "https://evil.example"));
        await ShouldBeRefusedAsync(foreign, 403, "The request comes from a web page");
        using var off = await server.Client.PutAsync("/v1/flows/agent-bad", new StringContent("""{"enabled":false}""", Encoding.UTF8, "application/json"));
        off.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var disabled = await PostAsync(token, "{}");
        await ShouldBeRefusedAsync(disabled, 409, "The flow agent-bad is switched off");
        server.Get<FlowStudio.Web.Security.RefusedCalls>().Of((await StudioServer.JsonAsync(off)).GetProperty("id").GetGuid()).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task The_address_of_an_agent_is_given_by_id_or_name_and_its_token_stays()
    {
        var flow = await server.AddFlowAsync("agent-address");
        var first = await server.GetJsonAsync("/api/agent_webhook?id=agent-address");
        first.GetProperty("success").GetBoolean().ShouldBeTrue();
        var url = first.GetProperty("webhook_url").GetString().ShouldNotBeNull();
        url.ShouldMatch($"^{server.Url}/api/webhooks/agents/agt_[A-Za-z0-9_-]{{43}}$");
        (await server.GetJsonAsync($"/api/agent_webhook?id={flow}")).GetProperty("webhook_url").GetString().ShouldBe(url);
        using var response = await server.Client.PostAsync(new Uri(url), new StringContent("{}", Encoding.UTF8, "text/plain"));
        await TaskAsync(response);
        using var missing = await server.Client.GetAsync("/api/agent_webhook");
        await ShouldBeRefusedAsync(missing, 400, "ID is required");
        using var unknown = await server.Client.GetAsync("/api/agent_webhook?id=nobody");
        await ShouldBeRefusedAsync(unknown, 404, "Agent not found");
    }
}
