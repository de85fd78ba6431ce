using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>Runs as Langflow's clients start, stream and look them up.</summary>
public class LangflowRunTests(LangflowRunTests.Server server) : IClassFixture<LangflowRunTests.Server>
{
    [Fact]
    public async Task A_run_answers_in_Langflow_s_envelope()
    {
        var answer = await RunAsync("chat", new { input_value = "Hello", session_id = "s-1" });
        answer.GetProperty("session_id").GetString().ShouldBe("s-1");
        var group = answer.GetProperty("outputs").EnumerateArray().ShouldHaveSingleItem();
        group.GetProperty("inputs").GetRawText().ShouldBe("""{"input_value":"Hello"}""");
        var output = group.GetProperty("outputs").EnumerateArray().ShouldHaveSingleItem();
        output.EnumerateObject().Select(p => p.Name).ShouldBe(
            ["results", "artifacts", "outputs", "logs", "messages", "timedelta", "duration", "component_display_name", "component_id", "used_frozen_result"]);
        output.GetProperty("component_id").GetString().ShouldBe("out");
        output.GetProperty("outputs").GetProperty("message").GetRawText().ShouldBe("""{"message":"Say: Hello","type":"text"}""");
        output.GetProperty("results").GetProperty("message").GetProperty("text").GetString().ShouldBe("Say: Hello");
        output.GetProperty("results").GetProperty("message").GetProperty("data").GetProperty("session_id").GetString().ShouldBe("s-1");
        var message = output.GetProperty("messages")[0];
        (message.GetProperty("message").GetString(), message.GetProperty("sender").GetString(), message.GetProperty("component_id").GetString(), message.GetProperty("type").GetString())
            .ShouldBe(("Say: Hello", "Machine", "out", "message"));
    }

    [Fact]
    public async Task Inputs_and_outputs_are_those_that_are_asked_for()
    {
        Text(await RunAsync("both", new { input_value = "A", input_type = "chat", output_type = "any" })).ShouldBe(["A / tone", "A"]);
        Text(await RunAsync("both", new { input_value = "A", input_type = "text", output_type = "chat" })).ShouldBe(["asked / A"]);
        Text(await RunAsync("both", new { input_value = "A", input_type = "any", output_type = "text" })).ShouldBe(["A"]);
        Text(await RunAsync("both", new { output_component = "Tone" })).ShouldBe(["tone"]);
        Text(await RunAsync("both", new { })).ShouldBe(["asked / tone"]);
        (await RunAsync("both", new { output_type = "debug" })).GetProperty("outputs")[0].GetProperty("outputs").GetArrayLength().ShouldBe(5);
    }

    [Fact]
    public async Task Tweaks_hold_for_one_run_by_id_name_type_or_everywhere()
    {
        Text(await RunAsync("both", new { tweaks = new { tone = new { input_value = "loud" } } })).ShouldBe(["asked / loud"]);
        Text(await RunAsync("both", new { tweaks = new { Tone = new { input_value = "low", code = "import os", nothing = 1 } } })).ShouldBe(["asked / low"]);
        Text(await RunAsync("both", new { tweaks = new { TextInput = new { input_value = "flat" } } })).ShouldBe(["asked / flat"]);
        Text(await RunAsync("both", new { tweaks = new { template = "{said} {tone}!" } })).ShouldBe(["asked tone!"]);
        Text(await RunAsync("both", new { })).ShouldBe(["asked / tone"]);
        using var wrong = await PostAsync("both", new { tweaks = new { ask = new { should_store_message = "perhaps" } } });
        wrong.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using var secret = await PostAsync("model", new { tweaks = new { llm = new { api_key = "sk-not a name" } } });
        secret.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await secret.Content.ReadAsStringAsync()).ShouldNotContain("sk-not");
        using var twice = await PostAsync("both", new { input_value = "A", tweaks = new { ask = new { input_value = "B" } } });
        twice.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StudioServer.JsonAsync(twice)).GetProperty("detail").GetString().ShouldBe("If you pass an input_value to the chat input, you cannot pass a tweak with the same name.");
    }

    [Fact]
    public async Task A_session_goes_on_and_its_messages_can_be_read_and_deleted()
    {
        var first = await RunAsync("chat", new { input_value = "One" });
        var session = first.GetProperty("session_id").GetString().ShouldNotBeNull();
        await RunAsync("chat", new { input_value = "Two", session_id = session });
        var messages = await server.GetJsonAsync($"/api/v1/monitor/messages?flow_id={server.Chat}&session_id={session}");
        messages.EnumerateArray().Select(m => $"{m.GetProperty("sender").GetString()}: {m.GetProperty("text").GetString()}").ShouldBe(["User: One", "Machine: Say: One", "User: Two", "Machine: Say: Two"]);
        (await server.GetJsonAsync($"/api/v1/monitor/messages?session_id={session}&sender=User")).GetArrayLength().ShouldBe(2);
        (await server.GetJsonAsync($"/api/v1/monitor/messages/sessions?flow_id={server.Chat}")).EnumerateArray().ShouldContain(s => s.GetString() == session);
        using var deleted = await server.Client.DeleteAsync($"/api/v1/monitor/messages/session/{session}");
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.GetJsonAsync($"/api/v1/monitor/messages?session_id={session}")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_stream_has_messages_tokens_and_the_result_as_JSON_lines()
    {
        using var response = await PostAsync("model", new { input_value = "Hello there" }, "?stream=true");
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/event-stream");
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        events.Select(e => e.GetProperty("event").GetString()).Distinct().ShouldBe(["add_message", "token", "end"], ignoreOrder: true);
        var tokens = string.Concat(events.Where(e => e.GetProperty("event").GetString() == "token").Select(e => e.GetProperty("data").GetProperty("chunk").GetString()));
        var end = events[^1];
        end.GetProperty("event").GetString().ShouldBe("end");
        Text(end.GetProperty("data").GetProperty("result")).ShouldBe([tokens]);
    }

    [Fact]
    public async Task A_flow_that_fails_is_told_as_Langflow_tells_it()
    {
        using var response = await PostAsync("broken", new { input_value = "x" });
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        var detail = JsonDocument.Parse((await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull()).RootElement;
        detail.GetProperty("message").GetString().ShouldNotBeNull().ShouldStartWith("Error running graph: ");
        using var stream = await PostAsync("broken", new { input_value = "x" }, "?stream=true");
        (await stream.Content.ReadAsStringAsync()).ShouldContain("{\"event\":\"error\",\"data\":{\"error\":");
    }

    [Theory]
    [InlineData("/api/v1/run/nobody", "{}", 404)]
    [InlineData("/api/v1/run/chat", "{", 422)]
    [InlineData("/api/v1/run/chat", "[]", 422)]
    [InlineData("/api/v1/run/chat", "{\"input_value\":7}", 422)]
    [InlineData("/api/v1/run/chat", "{\"input_type\":\"song\"}", 422)]
    [InlineData("/api/v1/run/chat", "{\"tweaks\":[]}", 422)]
    [InlineData("/api/v1/run/advanced/chat", "[]", 422)]
    [InlineData("/api/v2/workflows", "{}", 422)]
    [InlineData("/api/v2/workflows", "", 422)]
    [InlineData("/api/v2/workflows", "{\"flow_id\":\"nobody\"}", 404)]
    [InlineData("/api/v2/workflows", "{\"flow_id\":\"chat\",\"mode\":\"later\"}", 422)]
    [InlineData("/api/v2/workflows", "{\"flow_id\":\"chat\",\"inputs\":[]}", 422)]
    [InlineData("/api/v2/workflows", "{\"flow_id\":\"chat\",\"surprise\":1}", 422)]
    [InlineData("/api/v2/workflows/stop", "{}", 422)]
    [InlineData("/api/v2/workflows/stop", "{\"job_id\":\"x\"}", 404)]
    public async Task What_does_not_fit_is_told_in_FastAPI_s_shape(string path, string body, int status)
    {
        using var response = await server.PostAsync(path, Encoding.UTF8.GetBytes(body));
        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(response)).EnumerateObject().ShouldHaveSingleItem().Name.ShouldBe("detail");
    }

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task Hostile_bodies_break_nothing(string name)
    {
        var (body, _) = HostileBodies.Of(name);
        foreach (var path in (string[])["/api/v1/run/chat", "/api/v1/run/advanced/chat", "/api/v2/workflows", "/api/v2/workflows/stop"])
        {
            using var response = await server.PostAsync(path, body);
            ((int)response.StatusCode).ShouldBeLessThan(500, $"{path}: {await response.Content.ReadAsStringAsync()}");
        }
    }

    [Fact]
    public async Task A_job_is_waited_for_or_watched_or_stopped()
    {
        using var sync = await server.Client.PostAsJsonAsync("/api/v2/workflows", new { flow_id = "chat", inputs = new Dictionary<string, object> { ["in.input_value"] = "Hi", ["in.session_id"] = "s-9" } });
        var response = await StudioServer.JsonAsync(sync);
        (response.GetProperty("object").GetString(), response.GetProperty("status").GetString(), response.GetProperty("session_id").GetString()).ShouldBe(("response", "completed", "s-9"));
        response.GetProperty("outputs").GetProperty("out").GetProperty("content").GetString().ShouldBe("Say: Hi");
        response.GetProperty("output").GetRawText().ShouldBe("""{"reason":"single","text":"Say: Hi","source":"out"}""");

        var body = new { flow_id = "chat", mode = "background", input_value = "Later", idempotency_key = "key-1" };
        using var background = await server.Client.PostAsJsonAsync("/api/v2/workflows", body);
        var job = await StudioServer.JsonAsync(background);
        var id = job.GetProperty("job_id").GetGuid();
        using var again = await server.Client.PostAsJsonAsync("/api/v2/workflows", body);
        (await StudioServer.JsonAsync(again)).GetProperty("job_id").GetGuid().ShouldBe(id);
        await server.EndOfAsync(id);
        var done = await server.GetJsonAsync(job.GetProperty("links").GetProperty("status").GetString().ShouldNotBeNull());
        done.GetProperty("output").GetProperty("text").GetString().ShouldBe("Say: Later");
        var events = await server.Client.GetStringAsync($"/api/v2/workflows/{id}/events");
        events.ShouldContain("id: ");
        events.ShouldContain("{\"event\":\"end\",\"data\":{\"job_id\":");

        using var slow = await server.Client.PostAsJsonAsync("/api/v2/workflows", new { flow_id = "slow", mode = "background" });
        var stopped = (await StudioServer.JsonAsync(slow)).GetProperty("job_id").GetGuid();
        using var stop = await server.Client.PostAsJsonAsync("/api/v2/workflows/stop", new { job_id = stopped });
        (await StudioServer.JsonAsync(stop)).GetProperty("message").GetString().ShouldBe($"Job {stopped} cancelled successfully.");
        await server.EndOfAsync(stopped);
        (await server.GetJsonAsync($"/api/v2/workflows?job_id={stopped}")).GetProperty("status").GetString().ShouldBe("cancelled");

        using var failed = await server.Client.PostAsJsonAsync("/api/v2/workflows", new { flow_id = "broken" });
        failed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StudioServer.JsonAsync(failed)).GetProperty("has_errors").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Whoever_has_a_flow_open_sees_its_webhook_runs()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var response = await server.Client.GetAsync("/api/v1/webhook-events/hook", HttpCompletionOption.ResponseHeadersRead, stop.Token);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/event-stream");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stop.Token));
        var names = new List<string>();
        while (await reader.ReadLineAsync(stop.Token) is { } line)
        {
            if (!line.StartsWith("event: ", StringComparison.Ordinal))
                continue;
            names.Add(line[7..]);
            if (names is ["connected"])
            {
                // A run that no webhook started is nobody's business here.
                using var other = await PostAsync("hook", new { });
                using var hook = await server.PostWebhookAsync("hook", "{\"a\":1}");
                hook.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            }
            if (names[^1] == "end")
                break;
        }
        names.ShouldBe(["connected", "vertices_sorted", "build_start", "end_vertex", "build_start", "end_vertex", "add_message", "end"]);
        using var unknown = await server.Client.GetAsync("/api/v1/webhook-events/nobody", stop.Token);
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Clients_find_a_version_and_a_living_server()
    {
        (await server.GetJsonAsync("/api/v1/version")).GetProperty("package").GetString().ShouldBe("FlowStudio");
        (await server.GetJsonAsync("/health")).GetRawText().ShouldBe("""{"status":"ok"}""");
        (await server.GetJsonAsync("/health_check")).GetRawText().ShouldBe("""{"status":"ok","chat":"ok","db":"ok"}""");
        (await server.GetJsonAsync("/api/v1/config")).GetProperty("max_file_size_upload").GetInt64().ShouldBeGreaterThan(0);
        var all = await server.GetJsonAsync("/api/v1/all");
        all.GetProperty("shape").GetProperty("ParseData").GetProperty("template").GetProperty("template").GetProperty("value").GetString().ShouldNotBeNull();
    }

    async Task<JsonElement> RunAsync(string flow, object body)
    {
        using var response = await PostAsync(flow, body);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return await StudioServer.JsonAsync(response);
    }

    // Names as they are written: the client's own options would make the first letter small.
    Task<HttpResponseMessage> PostAsync(string flow, object body, string query = "") => server.Client.PostAsJsonAsync($"/api/v1/run/{flow}{query}", body, JsonSerializerOptions.Default);

    static IEnumerable<string?> Text(JsonElement answer) => answer.GetProperty("outputs")[0].GetProperty("outputs").EnumerateArray()
        .Select(o => o.GetProperty("outputs").EnumerateObject().First().Value.GetProperty("message").GetString());

    public sealed class Server : StudioServer, IAsyncLifetime
    {
        public Guid Chat { get; private set; }

        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            Chat = await AddFlowAsync("chat", new FlowBuilder().Node("in", "ChatInput").Node("say", "Prompt", new { template = "Say: {said}" }).Node("out", "ChatOutput")
                .Edge("in.message", "say.said").Edge("say.prompt", "out.input_value").Build());
            var both = new FlowBuilder().Node("ask", "ChatInput", new { input_value = "asked" }).Node("tone", "TextInput", new { input_value = "tone" })
                .Node("join", "Prompt", new { template = "{said} / {tone}" }).Node("out", "ChatOutput").Node("text", "TextOutput")
                .Edge("ask.message", "join.said").Edge("tone.text", "join.tone").Edge("join.prompt", "out.input_value").Edge("ask.message", "text.input_value").Build();
            await AddFlowAsync("both", both with { Nodes = [.. both.Nodes.Select(n => n.Id == "tone" ? n with { Title = "Tone" } : n)] });
            await AddFlowAsync("model", new FlowBuilder().Node("in", "ChatInput").Node("llm", "LLM").Node("out", "ChatOutput")
                .Edge("in.message", "llm.input_value").Edge("llm.text_output", "out.input_value").Build());
            await AddFlowAsync("broken", new FlowBuilder().Node("in", "ChatInput").Node("sum", "Calculator").Node("out", "ChatOutput")
                .Edge("in.message", "sum.expression").Edge("sum.number", "out.input_value").Build());
            await AddFlowAsync("hook");
            await AddFlowAsync("slow", new FlowBuilder().Node("in", "ChatInput").Node("wait", "Delay", new { seconds = 600 }).Node("out", "ChatOutput")
                .Edge("in.message", "wait.input").Edge("wait.output", "out.input_value").Build());
        }
    }
}
