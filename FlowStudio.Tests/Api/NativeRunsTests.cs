using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class NativeRunsTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task A_started_run_is_201_with_its_place()
    {
        using var response = await StartAsync("tutorial", """{"input":{"order":{"id":1}}}""");
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var run = await StudioServer.JsonAsync(response);
        response.Headers.Location?.ToString().ShouldBe($"/v1/runs/{run.GetProperty("id").GetString()}");
        run.GetProperty("trigger").GetString().ShouldBe("api");
        run.EnumerateObject().Select(p => p.Name).ShouldBe(
            ["id", "flow_id", "flow_version", "status", "trigger", "input", "output", "error", "created_at", "started_at", "finished_at", "thread_id",
                "replay_of", "parent_run_id", "tokens", "steps"], ignoreOrder: true);
    }

    [Fact]
    public async Task Waiting_gives_the_ended_run()
    {
        using var response = await StartAsync("tutorial", """{"input":{"order":{"id":7}}}""", "?wait=30");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var run = await StudioServer.JsonAsync(response);
        run.GetProperty("status").GetString().ShouldBe("succeeded");
        run.GetProperty("tokens").GetProperty("output").GetInt64().ShouldBeGreaterThan(0);
        var steps = run.GetProperty("steps").EnumerateArray().ToArray();
        steps.Select(s => s.GetProperty("node_id").GetString()).ShouldBe(["webhook", "event", "prompt", "model", "answer", "notify"]);
        steps[1].GetProperty("output").GetProperty("text").GetString().ShouldBe("Order 7 of  is now .");
        steps[2].GetProperty("input").GetProperty("event").GetString().ShouldBe("Order 7 of  is now .");
        steps.ShouldAllBe(s => s.GetProperty("status").GetString() == "succeeded");
    }

    [Fact]
    public async Task Of_a_loop_over_many_items_the_first_steps_are_given_and_all_when_asked_for()
    {
        await server.AddFlowAsync("many", new FlowBuilder().Node("webhook", "Webhook").Node("loop", "Loop", new { max_items = 2000, on_error = "skip" })
            .Node("divide", "Calculator", new { expression = "1 / {n}" })
            .Edge("webhook.output_data", "loop.data").Edge("loop.item", "divide.data").Edge("divide.number", "loop.loop").Build());
        var items = string.Join(',', Enumerable.Range(0, 1500).Select(i => $$"""{"n":{{(i == 1400 ? 0 : 1)}}}"""));
        using var response = await StartAsync("many", $$"""{"input":[{{items}}]}""", "?wait=30");
        var run = await StudioServer.JsonAsync(response);
        run.GetProperty("status").GetString().ShouldBe("succeeded");
        var steps = run.GetProperty("steps").EnumerateArray().ToArray();
        (steps.Length, run.GetProperty("steps_left_out").GetInt32()).ShouldBe((1002, 500));
        steps.Count(s => s.GetProperty("status").GetString() == "failed").ShouldBe(1, "the failed one is among them");
        steps.Select(s => s.GetProperty("node_id").GetString()).ShouldContain("loop");
        var all = await server.GetJsonAsync($"/v1/runs/{run.GetProperty("id").GetString()}?steps=all");
        all.GetProperty("steps").GetArrayLength().ShouldBe(1502);
        all.TryGetProperty("steps_left_out", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Waiting_in_vain_gives_the_unfinished_run()
    {
        await server.AddFlowAsync("slow", new FlowBuilder().Node("webhook", "Webhook").Node("nap", "Delay", new { hours = 1 })
            .Edge("webhook.output_data", "nap.input").Build());
        using var response = await StartAsync("slow", "{}", "?wait=0.05");
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData("?wait=x", "{}", "invalid_wait")]
    [InlineData("?wait=-1", "{}", "invalid_wait")]
    [InlineData("?wait=601", "{}", "invalid_wait")]
    [InlineData("?wait=NaN", "{}", "invalid_wait")]
    [InlineData("", "[]", "invalid_body")]
    [InlineData("", """{"inputs":1}""", "invalid_body")]
    [InlineData("", """{"draft":"yes","session_id":5}""", "invalid_body")]
    [InlineData("", "{", "invalid_json")]
    public async Task What_is_wrong_is_400_with_a_code(string query, string body, string code)
    {
        using var response = await StartAsync("tutorial", body, query);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await ShouldBeProblemAsync(response, code);
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_body_is_told_at_once()
    {
        using var response = await StartAsync("tutorial", """{"inputs":1,"draft":"yes","session_id":5}""");
        var detail = (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull();
        detail.ShouldContain("inputs");
        detail.ShouldContain("draft");
        detail.ShouldContain("session_id");
    }

    [Fact]
    public async Task Without_a_body_the_input_is_an_empty_object()
    {
        using var response = await server.Client.PostAsync("/v1/flows/tutorial/runs?wait=30", content: null);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StudioServer.JsonAsync(response)).GetProperty("input").ToString().ShouldBe("{}");
    }

    [Fact]
    public async Task The_same_key_and_body_is_the_same_run()
    {
        using var first = await StartAsync("tutorial", """{"input":1}""", key: "native");
        using var again = await StartAsync("tutorial", """{"input":1}""", key: "native");
        using var other = await StartAsync("tutorial", """{"input":2}""", key: "native");
        again.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await StudioServer.JsonAsync(again)).GetProperty("id").GetGuid().ShouldBe((await StudioServer.JsonAsync(first)).GetProperty("id").GetGuid());
        other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        await ShouldBeProblemAsync(other, "idempotency_key_reused");
    }

    [Fact]
    public async Task The_live_version_runs_unless_the_draft_is_asked_for()
    {
        static Engine.Flows.FlowDocument Says(string text) => new FlowBuilder().Node("webhook", "Webhook")
            .Node("m", "DataToMessage", new { template = text }).Node("out", "ChatOutput")
            .Edge("webhook.output_data", "m.data").Edge("m.text", "out.input_value").Build();
        await server.AddFlowAsync("versions", Says("live"));
        using var published = await server.Client.PostAsync("/v1/flows/versions/publish", content: null);
        published.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var saved = await server.Client.PutAsync("/v1/flows/versions", Json($$"""{"document":{{Engine.Flows.FlowJson.ToText(Says("draft"))}}}"""));
        saved.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var live = await StartAsync("versions", "{}", "?wait=30");
        var run = await StudioServer.JsonAsync(live);
        run.GetProperty("output").GetString().ShouldBe("live");
        run.GetProperty("flow_version").GetInt32().ShouldBe(1);
        using var draft = await StartAsync("versions", """{"draft":true}""", "?wait=30");
        run = await StudioServer.JsonAsync(draft);
        run.GetProperty("output").GetString().ShouldBe("draft");
        run.GetProperty("flow_version").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Runs_come_page_by_page_newest_first()
    {
        var flow = await server.AddFlowAsync("pages");
        for (var i = 0; i < 5; i++)
        {
            using var response = await StartAsync("pages", $$"""{"input":{{i}}}""", "?wait=30");
        }
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await server.GetJsonAsync(cursor is null ? "/v1/runs?flow=pages&limit=2" : $"/v1/runs?flow={flow}&limit=2&cursor={Uri.EscapeDataString(cursor)}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(r => r.GetProperty("result_preview").GetString() ?? ""));
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        seen.ShouldBe(["4", "3", "2", "1", "0"]);
        (await server.GetJsonAsync($"/v1/runs?flow={flow}&status=failed,canceled")).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await server.GetJsonAsync($"/v1/runs?flow={flow}&status=succeeded&trigger=api")).GetProperty("items").GetArrayLength().ShouldBe(5);
        (await server.GetJsonAsync($"/v1/runs?flow={flow}&from=2100-01-01T00:00:00Z")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("limit=0", "invalid_limit")]
    [InlineData("limit=201", "invalid_limit")]
    [InlineData("limit=x", "invalid_limit")]
    [InlineData("cursor=%00", "invalid_cursor")]
    [InlineData("cursor=abc", "invalid_cursor")]
    [InlineData("status=done", "invalid_status")]
    [InlineData("trigger=wish", "invalid_trigger")]
    [InlineData("from=yesterday", "invalid_time")]
    [InlineData("to=2026-13-01", "invalid_time")]
    public async Task A_wrong_filter_is_400(string query, string code)
    {
        using var response = await server.Client.GetAsync($"/v1/runs?{query}");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await ShouldBeProblemAsync(response, code);
    }

    [Fact]
    public async Task A_run_is_deleted_only_when_it_has_ended()
    {
        await server.AddFlowAsync("forget", new FlowBuilder().Node("webhook", "Webhook").Node("nap", "Delay", new { hours = 1 })
            .Edge("webhook.output_data", "nap.input").Build());
        using var response = await StartAsync("forget", "{}");
        var path = $"/v1/runs/{(await StudioServer.JsonAsync(response)).GetProperty("id").GetString()}";
        using var early = await server.Client.DeleteAsync(path);
        early.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        await ShouldBeProblemAsync(early, "run_not_ended");
        using var canceled = await server.Client.PostAsync($"{path}/cancel", content: null);
        (await StudioServer.JsonAsync(canceled)).GetProperty("status").GetString().ShouldBe("canceled");
        using var again = await server.Client.PostAsync($"{path}/cancel", content: null);
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var deleted = await server.Client.DeleteAsync(path);
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var gone = await server.Client.GetAsync(path);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_run_that_has_ended_otherwise_cannot_be_canceled()
    {
        using var response = await StartAsync("tutorial", "{}", "?wait=30");
        var run = (await StudioServer.JsonAsync(response)).GetProperty("id").GetString();
        using var canceled = await server.Client.PostAsync($"/v1/runs/{run}/cancel", content: null);
        canceled.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        await ShouldBeProblemAsync(canceled, "run_ended");
    }

    [Theory]
    [InlineData("GET", "/v1/runs/x", 404, "run_not_found")]
    [InlineData("GET", "/v1/runs/00000000-0000-0000-0000-000000000000", 404, "run_not_found")]
    [InlineData("GET", "/v1/runs/00000000-0000-0000-0000-000000000000/events", 404, "run_not_found")]
    [InlineData("POST", "/v1/runs/00000000-0000-0000-0000-000000000000/cancel", 404, "run_not_found")]
    [InlineData("DELETE", "/v1/runs/00000000-0000-0000-0000-000000000000", 404, "run_not_found")]
    [InlineData("POST", "/v1/flows/nobody/runs", 404, "flow_not_found")]
    [InlineData("GET", "/v1/runs?flow=nobody", 404, "flow_not_found")]
    [InlineData("GET", "/v1/flows/nobody", 404, "flow_not_found")]
    [InlineData("DELETE", "/v1/flows/a%20b", 404, "flow_not_found")]
    [InlineData("POST", "/v1/flows/nobody/publish", 404, "flow_not_found")]
    [InlineData("GET", "/v1/flows/tutorial/versions/1", 404, "version_not_found")]
    [InlineData("GET", "/v1/flows/tutorial/versions/0", 404, "version_not_found")]
    [InlineData("POST", "/v1/flows/tutorial/versions/x/restore", 404, "version_not_found")]
    [InlineData("GET", "/v1/components/Nope", 404, "component_not_found")]
    [InlineData("DELETE", "/v1/variables/NOPE", 404, "variable_not_found")]
    [InlineData("GET", "/v1/nothing", 404, "not_found")]
    [InlineData("GET", "/v1/", 404, "not_found")]
    [InlineData("PATCH", "/v1/flows/tutorial", 405, "method_not_allowed")]
    [InlineData("DELETE", "/v1/runs", 405, "method_not_allowed")]
    [InlineData("POST", "/v1/flows", 400, "empty_body")]
    [InlineData("GET", "/health/nothing", 404, "not_found")]
    [InlineData("GET", "/bin/not%20a%20name", 400, "invalid_bin_name")]
    [InlineData("GET", "/v1/bins/not%20a%20name", 400, "invalid_bin_name")]
    public async Task Every_error_is_problem_details_with_a_code(string method, string path, int status, string code)
    {
        using var response = await server.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        ((int)response.StatusCode).ShouldBe(status);
        await ShouldBeProblemAsync(response, code);
    }

    [Theory]
    [InlineData("GET", "/api/nothing", 404, "Not Found")]
    [InlineData("GET", "/api/v1/store", 404, "Not Found")]
    [InlineData("DELETE", "/api/v1/webhook/tutorial/runs/x", 405, "Method Not Allowed")]
    public async Task Under_api_errors_are_FastAPIs(string method, string path, int status, string detail)
    {
        using var response = await server.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        var body = await StudioServer.JsonAsync(response);
        body.EnumerateObject().Single().Name.ShouldBe("detail");
        body.GetProperty("detail").GetString().ShouldBe(detail);
    }

    [Fact]
    public async Task A_body_that_does_not_call_itself_JSON_is_415()
    {
        using var response = await server.Client.PostAsync("/v1/flows/tutorial/runs", new StringContent("{}", Encoding.UTF8, "text/plain"));
        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        await ShouldBeProblemAsync(response, "not_json_type");
    }

    internal static async Task ShouldBeProblemAsync(HttpResponseMessage response, string code)
    {
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        var problem = await StudioServer.JsonAsync(response);
        problem.GetProperty("code").GetString().ShouldBe(code, problem.ToString());
        problem.GetProperty("status").GetInt32().ShouldBe((int)response.StatusCode);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        var detail = problem.GetProperty("detail").GetString().ShouldNotBeNull();
        detail.ShouldNotBeEmpty();
        foreach (var leak in new[] { "Exception", "   at ", "/tmp/", ".cs:", "SELECT ", "SQLite Error", "System." })
            detail.ShouldNotContain(leak, Case.Sensitive);
    }

    internal static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    async Task<HttpResponseMessage> StartAsync(string flow, string body, string query = "", string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/flows/{flow}/runs{query}") { Content = Json(body) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await server.Client.SendAsync(request);
    }
}
