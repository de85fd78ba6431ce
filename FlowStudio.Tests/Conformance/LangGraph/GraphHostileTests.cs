using System.Net;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Tests.Api;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Conformance.LangGraph;

/// <summary>Bad input for each of the dialect's endpoints: 4xx in its shape, and nothing half made.</summary>
public sealed class GraphHostileTests(GraphServer server) : IClassFixture<GraphServer>
{
    const string Nobody = "00000000-0000-4000-8000-000000000000";

    static readonly string[] Posts =
    [
        "/assistants", "/assistants/search", "/assistants/count", "/assistants/chat/versions", "/assistants/chat/latest", "/threads", "/threads/search", "/threads/count", "/threads/prune",
        $"/threads/{Nobody}/copy", $"/threads/{Nobody}/state", $"/threads/{Nobody}/state/checkpoint", $"/threads/{Nobody}/history", $"/threads/{Nobody}/runs", $"/threads/{Nobody}/runs/wait",
        $"/threads/{Nobody}/runs/stream", $"/threads/{Nobody}/runs/{Nobody}/cancel", "/runs", "/runs/wait", "/runs/stream", "/runs/batch", "/runs/cancel",
        "/runs/crons", "/runs/crons/search", "/runs/crons/count", $"/threads/{Nobody}/runs/crons",
    ];

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task No_endpoint_breaks_on_a_body(string name)
    {
        var (body, verdict) = HostileBodies.Of(name);
        foreach (var path in Posts)
        {
            using var response = await server.PostAsync(path, body);
            var text = await response.Content.ReadAsStringAsync();
            ((int)response.StatusCode).ShouldBeLessThan(500, $"{path}: {text}");
            if (verdict is not Verdict.Json && !path.EndsWith("/copy", StringComparison.Ordinal) && !path.EndsWith("/cancel", StringComparison.Ordinal))
                response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity, $"{path}: {text}");
            if (!response.IsSuccessStatusCode)
                (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNullOrEmpty(path);
        }
    }

    /// <summary>Of an input, all that is JSON is taken and can be read back; the rest starts nothing.</summary>
    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task An_input_is_kept_as_it_is_or_refused(string name)
    {
        var (body, verdict) = HostileBodies.Of(name);
        byte[] start = [.. """{"assistant_id":"chat","on_completion":"keep","input":"""u8, .. JsonCheck.WithoutMark(body), .. "}"u8];
        using var response = await server.PostAsync("/runs", start);
        response.StatusCode.ShouldBe(verdict is Verdict.Json ? HttpStatusCode.OK : HttpStatusCode.UnprocessableEntity, await response.Content.ReadAsStringAsync());
        if (verdict is not Verdict.Json)
            return;
        var run = await StudioServer.JsonAsync(response);
        var path = $"/threads/{run.GetProperty("thread_id").GetString()}/runs/{run.GetProperty("run_id").GetString()}";
        (await server.GetJsonAsync($"{path}/join")).ValueKind.ShouldBe(JsonValueKind.Object);
        JsonElement.DeepEquals((await server.GetJsonAsync(path)).GetProperty("kwargs").GetProperty("input"), JsonDocument.Parse(JsonCheck.WithoutMark(body).ToArray()).RootElement).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{}""", 422)]
    [InlineData("""{"assistant_id":7}""", 422)]
    [InlineData("""{"assistant_id":""}""", 422)]
    [InlineData("""{"assistant_id":"no such flow"}""", 422)]
    [InlineData("""{"assistant_id":"00000000-0000-4000-8000-000000000000"}""", 404)]
    [InlineData("""{"assistant_id":"chat","input":{"messages":[{"role":"nobody","content":"x"}]}}""", 422)]
    [InlineData("""{"assistant_id":"chat","input":{"messages":7}}""", 422)]
    [InlineData("""{"assistant_id":"chat","input":{"messages":[{"role":"user"}]}}""", 422)]
    [InlineData("""{"assistant_id":"chat","input":{"messages":[{"type":"remove"}]}}""", 422)]
    [InlineData("""{"assistant_id":"chat","config":[]}""", 422)]
    [InlineData("""{"assistant_id":"chat","config":{"configurable":"x"}}""", 422)]
    [InlineData("""{"assistant_id":"chat","config":{"configurable":{"a":1}},"context":{"b":1}}""", 400)]
    [InlineData("""{"assistant_id":"chat","metadata":"x"}""", 422)]
    [InlineData("""{"assistant_id":"chat","stream_mode":"everything"}""", 422)]
    [InlineData("""{"assistant_id":"chat","stream_mode":["values",7]}""", 422)]
    [InlineData("""{"assistant_id":"chat","after_seconds":-1}""", 422)]
    [InlineData("""{"assistant_id":"chat","after_seconds":1e300}""", 422)]
    [InlineData("""{"assistant_id":"chat","after_seconds":"1"}""", 422)]
    [InlineData("""{"assistant_id":"chat","multitask_strategy":"hope"}""", 422)]
    [InlineData("""{"assistant_id":"chat","on_disconnect":"cry"}""", 422)]
    [InlineData("""{"assistant_id":"chat","on_completion":1}""", 422)]
    [InlineData("""{"assistant_id":"chat","if_not_exists":true}""", 422)]
    [InlineData("""{"assistant_id":"chat","durability":"never"}""", 422)]
    [InlineData("""{"assistant_id":"chat","stream_subgraphs":"yes"}""", 422)]
    [InlineData("""{"assistant_id":"chat","webhook":""}""", 422)]
    [InlineData("""{"assistant_id":"chat","webhook":7}""", 422)]
    [InlineData("""{"assistant_id":"chat","webhook":"/v1/flows"}""", 422)]
    [InlineData("""{"assistant_id":"chat","webhook":"ftp://example.com/x"}""", 422)]
    [InlineData("""{"assistant_id":"chat","webhook":"http://169.254.169.254/latest"}""", 422)]
    [InlineData("""{"assistant_id":"chat","interrupt_before":7}""", 422)]
    [InlineData("""{"assistant_id":"chat","interrupt_before":["nowhere"]}""", 422)]
    [InlineData("""{"assistant_id":"chat","interrupt_after":"nowhere"}""", 422)]
    [InlineData("""{"assistant_id":"chat","interrupt_after":["out",7]}""", 422)]
    [InlineData("""{"assistant_id":"chat","config":{"interrupt_after":["nowhere"]}}""", 422)]
    [InlineData("""{"assistant_id":"chat","command":"go"}""", 422)]
    [InlineData("""{"assistant_id":"chat","command":{"update":{"a":1}}}""", 400)]
    [InlineData("""{"assistant_id":"chat","command":{"update":7}}""", 422)]
    [InlineData("""{"assistant_id":"chat","command":{"update":{"messages":[{"role":"nobody"}]}}}""", 422)]
    [InlineData("""{"assistant_id":"chat","command":{"resume":"yes"}}""", 400)]
    [InlineData("""{"assistant_id":"chat","command":{"goto":"out"}}""", 422)]
    [InlineData("""{"assistant_id":"chat","checkpoint_id":"x"}""", 422)]
    [InlineData("""{"assistant_id":"chat","checkpoint_id":"00000000-0000-4000-8000-000000000000"}""", 404)]
    public async Task A_wrong_wish_starts_nothing(string body, int status)
    {
        var before = await RunsAsync();
        foreach (var path in new[] { "/runs", "/runs/wait", "/runs/stream" })
            await RefusedAsync(HttpMethod.Post, path, body, status);
        if (!body.Contains("checkpoint_id\":\"0", StringComparison.Ordinal))
            await RefusedAsync(HttpMethod.Post, "/runs/batch", """[{"assistant_id":"chat","input":{}},""" + body + "]", status);
        (await RunsAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("GET", "/assistants/nobody", 404)]
    [InlineData("GET", "/assistants/no body", 422)]
    [InlineData("PATCH", $"/assistants/{Nobody}", 404)]
    [InlineData("DELETE", $"/assistants/{Nobody}", 404)]
    [InlineData("DELETE", "/assistants/chat?delete_threads=perhaps", 422)]
    [InlineData("DELETE", "/assistants/chat", 409)]
    [InlineData("PATCH", "/assistants/chat", 409)]
    [InlineData("GET", $"/threads/{Nobody}/stream", 404)]
    [InlineData("GET", "/threads/x/stream", 422)]
    [InlineData("GET", $"/threads/{Nobody}/stream?stream_mode=values", 422)]
    [InlineData("PATCH", $"/threads/{Nobody}/state", 422)]
    [InlineData("GET", $"/assistants/{Nobody}/graph", 404)]
    [InlineData("GET", $"/assistants/{Nobody}/schemas", 404)]
    [InlineData("GET", $"/threads/{Nobody}", 404)]
    [InlineData("GET", "/threads/nobody", 422)]
    [InlineData("GET", $"/thread/{Nobody}", 404)]
    [InlineData("GET", $"/langgraph/threads/{Nobody}", 404)]
    [InlineData("PATCH", $"/threads/{Nobody}", 404)]
    [InlineData("DELETE", $"/threads/{Nobody}", 404)]
    [InlineData("GET", $"/threads/{Nobody}/state", 404)]
    [InlineData("GET", $"/threads/{Nobody}/state/x", 422)]
    [InlineData("GET", $"/threads/{Nobody}/state/{Nobody}", 404)]
    [InlineData("GET", $"/threads/{Nobody}/history", 404)]
    [InlineData("GET", $"/threads/{Nobody}/history?limit=0", 422)]
    [InlineData("GET", $"/threads/{Nobody}/runs", 404)]
    [InlineData("GET", $"/threads/{Nobody}/runs?limit=1001", 422)]
    [InlineData("GET", $"/threads/{Nobody}/runs?status=gone", 422)]
    [InlineData("GET", $"/threads/{Nobody}/runs/{Nobody}", 404)]
    [InlineData("GET", $"/threads/{Nobody}/runs/x", 422)]
    [InlineData("DELETE", $"/threads/{Nobody}/runs/{Nobody}", 404)]
    [InlineData("GET", $"/threads/{Nobody}/runs/{Nobody}/join", 404)]
    [InlineData("GET", $"/threads/{Nobody}/runs/{Nobody}/stream", 404)]
    [InlineData("GET", $"/runs/{Nobody}/stream", 404)]
    [InlineData("GET", "/runs/x/stream", 422)]
    [InlineData("POST", $"/threads/{Nobody}/runs/{Nobody}/cancel?action=none", 422)]
    [InlineData("POST", "/runs/unknown", 405)]
    [InlineData("GET", $"/runs/crons/{Nobody}", 404)]
    [InlineData("PATCH", $"/runs/crons/{Nobody}", 404)]
    [InlineData("DELETE", $"/runs/crons/{Nobody}", 404)]
    [InlineData("GET", "/runs/crons/x", 422)]
    [InlineData("PUT", "/threads", 405)]
    [InlineData("DELETE", "/runs", 405)]
    [InlineData("POST", "/ok", 405)]
    [InlineData("GET", "/langgraph", 404)]
    [InlineData("GET", "/langgraph/runs", 404)]
    [InlineData("GET", "/langgraph/v1/flows", 404)]
    public async Task What_is_not_there_is_said_in_the_dialects_shape(string method, string path, int status) => await RefusedAsync(HttpMethod.Parse(method), path, "{}", status);

    [Theory]
    [InlineData("/threads/search", """{"limit":0}""")]
    [InlineData("/threads/search", """{"limit":1001}""")]
    [InlineData("/threads/search", """{"offset":-1}""")]
    [InlineData("/threads/search", """{"status":"dead"}""")]
    [InlineData("/threads/search", """{"sort_by":"mood"}""")]
    [InlineData("/threads/search", """{"metadata":[]}""")]
    [InlineData("/threads/search", """{"ids":["x"]}""")]
    [InlineData("/threads/search", """{"select":["thread_id","secrets"]}""")]
    [InlineData("/assistants/search", """{"select":["secrets"]}""")]
    [InlineData("/assistants/search", """{"sort_order":"up"}""")]
    [InlineData("/threads", """{"thread_id":"x"}""")]
    [InlineData("/threads", """{"ttl":"5"}""")]
    [InlineData("/threads", """{"ttl":0}""")]
    [InlineData("/threads", """{"ttl":1e300}""")]
    [InlineData("/threads", """{"ttl":{"ttl":5,"strategy":"burn"}}""")]
    [InlineData("/threads", """{"ttl":{}}""")]
    [InlineData("/threads/prune", """{"thread_ids":[],"strategy":"burn"}""")]
    [InlineData("/assistants", """{}""")]
    [InlineData("/assistants", """{"graph_id":7}""")]
    [InlineData("/assistants", """{"graph_id":"chat","config":[]}""")]
    [InlineData("/assistants", """{"graph_id":"chat","config":{"configurable":7}}""")]
    [InlineData("/assistants", """{"graph_id":"chat","context":"x"}""")]
    [InlineData("/assistants", """{"graph_id":"chat","metadata":7}""")]
    [InlineData("/assistants", """{"graph_id":"chat","name":{}}""")]
    [InlineData("/assistants", """{"graph_id":"chat","assistant_id":"x"}""")]
    [InlineData("/assistants", """{"graph_id":"chat","if_exists":"shrug"}""")]
    [InlineData("/threads", """{"if_exists":"shrug"}""")]
    [InlineData("/threads", """{"supersteps":[{"updates":[{"values":7}]}]}""")]
    [InlineData("/threads/prune", """{"thread_ids":7}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat"}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":7}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":"* * * *"}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":"61 * * * *"}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":"0 0 31 2 *"}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":"* * * * * 99"}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":"* * * * *","timezone":"Mars/Olympus"}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":"* * * * *","end_time":"soon"}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":"* * * * *","enabled":"yes"}""")]
    [InlineData("/runs/crons", """{"assistant_id":"chat","schedule":"* * * * *","on_run_completed":"frame"}""")]
    [InlineData("/runs/crons/search", """{"enabled":1}""")]
    [InlineData("/runs/crons/search", """{"sort_by":"mood"}""")]
    [InlineData("/runs/cancel", """{}""")]
    [InlineData("/runs/cancel", """{"status":"all","thread_id":"00000000-0000-4000-8000-000000000000","run_ids":[]}""")]
    [InlineData("/runs/batch", """[]""")]
    [InlineData("/runs/batch", """{}""")]
    public async Task A_wrong_member_is_422(string path, string body) => await RefusedAsync(HttpMethod.Post, path, body, 422);

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task Nor_on_a_change_with_one(string name)
    {
        var (body, verdict) = HostileBodies.Of(name);
        foreach (var path in new[] { $"/assistants/{Nobody}", $"/threads/{Nobody}", $"/threads/{Nobody}/state", $"/runs/crons/{Nobody}" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Patch, path) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("application/json");
            using var response = await server.Client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            response.StatusCode.ShouldBeOneOf(verdict is Verdict.Json ? [HttpStatusCode.NotFound, HttpStatusCode.UnprocessableEntity] : [HttpStatusCode.UnprocessableEntity]);
            JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty(path);
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("state.x")]
    [InlineData("00000000000040008000000000000000.x")]
    [InlineData("00000000000040008000000000000000.1-1")]
    public async Task A_place_in_a_threads_stream_that_there_is_not_is_422(string last)
    {
        using var made = await server.PostAsync("/threads", "{}"u8.ToArray());
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/threads/{(await StudioServer.JsonAsync(made)).GetProperty("thread_id").GetString()}/stream");
        request.Headers.Add("Last-Event-ID", last);
        using var response = await server.Client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity, await response.Content.ReadAsStringAsync());
    }

    /// <summary>What an answer may be is the question's to say; all else is refused, and the question stays.</summary>
    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task An_answer_that_does_not_fit_is_refused_and_the_run_still_waits(string name)
    {
        var (body, verdict) = HostileBodies.Of(name);
        using var made = await server.PostAsync("/threads", "{}"u8.ToArray());
        var path = $"/threads/{(await StudioServer.JsonAsync(made)).GetProperty("thread_id").GetString()}";
        using var asked = await server.PostAsync($"{path}/runs/wait", """{"assistant_id":"chat-ask","input":{"messages":"x"}}"""u8.ToArray());
        (await StudioServer.JsonAsync(asked)).GetProperty("__interrupt__").GetArrayLength().ShouldBe(1);
        byte[] answer = [.. """{"assistant_id":"chat-ask","command":{"resume":"""u8, .. JsonCheck.WithoutMark(body), .. "}}"u8];
        using var response = await server.PostAsync($"{path}/runs/wait", answer);
        var text = await response.Content.ReadAsStringAsync();
        // Of the list two are an approval; null is no answer, and the question is put again.
        var fits = name is "true" or "false";
        if (verdict is Verdict.Json && response.StatusCode is HttpStatusCode.OK)
            JsonDocument.Parse(text).RootElement.TryGetProperty("__interrupt__", out _).ShouldBe(!fits, text);
        else
            response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity, text);
        (await server.GetJsonAsync(path)).GetProperty("status").GetString().ShouldBe(fits ? "idle" : "interrupted");
        using var gone = await server.Client.DeleteAsync(path);
        gone.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("""{"assistant_id":"chat","input":{},"command":{"update":{"a":1}}}""")]
    [InlineData("""{"assistant_id":"chat","input":{},"command":{"resume":1}}""")]
    [InlineData("""{"assistant_id":"chat","command":{"resume":1}}""")]
    [InlineData("""{"assistant_id":"chat","command":{"update":{"a":1}}}""")]
    [InlineData("""{"assistant_id":"chat","command":{"resume":1,"goto":["out"]}}""")]
    public async Task A_command_that_has_nothing_to_go_on_with_is_422(string body)
    {
        using var made = await server.PostAsync("/threads", "{}"u8.ToArray());
        var path = $"/threads/{(await StudioServer.JsonAsync(made)).GetProperty("thread_id").GetString()}";
        await RefusedAsync(HttpMethod.Post, $"{path}/runs", body, 422);
        (await server.GetJsonAsync($"{path}/runs")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_body_that_is_no_JSON_by_its_type_is_415_and_a_page_of_another_site_is_403()
    {
        using var form = new StringContent("assistant_id=chat", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var refused = await server.Client.PostAsync("/runs", form);
        refused.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/threads") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Add("Origin", "https://evil.example");
        using var foreign = await server.Client.SendAsync(request);
        foreign.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await StudioServer.JsonAsync(foreign)).GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task The_pages_beside_it_are_still_pages()
    {
        foreach (var path in new[] { "/runs", $"/runs/{Nobody}" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Accept.ParseAdd("text/html");
            using var page = await server.Client.SendAsync(request);
            page.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            page.Content.Headers.ContentType?.MediaType.ShouldBe("text/html");
        }
    }

    async Task<int> RunsAsync() => (await server.GetJsonAsync("/v1/runs/count")).GetProperty("count").GetInt32();

    async Task RefusedAsync(HttpMethod method, string path, string body, int status)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method != HttpMethod.Get)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, $"{path} {text}");
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/json", path);
        JsonDocument.Parse(text).RootElement.EnumerateObject().Select(p => p.Name).ShouldBe(["detail"]);
    }
}
