using System.Net;
using System.Net.Http.Json;
using System.Text;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>Sessions and messages as Langflow's clients rename, change and delete them.</summary>
public class LangflowMessagesTests(LangflowMessagesTests.Server server) : IClassFixture<LangflowMessagesTests.Server>
{
    [Fact]
    public async Task A_session_gets_another_id_and_goes_on_under_it()
    {
        await SayAsync("One", "old/name");
        using var renamed = await server.Client.PatchAsync("/api/v1/monitor/messages/session/old%2Fname?new_session_id=new-name", content: null);
        renamed.StatusCode.ShouldBe(HttpStatusCode.OK, await renamed.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(renamed)).EnumerateArray().Select(m => m.GetProperty("session_id").GetString()).ShouldBe(["new-name", "new-name"]);
        await SayAsync("Two", "new-name");
        (await TextsAsync("new-name")).ShouldBe(["One", "Say: One", "Two", "Say: Two"]);
        (await TextsAsync("old/name")).ShouldBeEmpty();
        (await server.GetJsonAsync("/api/v1/monitor/messages/sessions")).EnumerateArray().Select(s => s.GetString()).ShouldNotContain("old/name");
        // A session of the new name is there already: they become one.
        await SayAsync("Three", "third");
        using var joined = await server.Client.PatchAsync("/api/v1/monitor/messages/session/third?new_session_id=new-name", content: null);
        (await StudioServer.JsonAsync(joined)).GetArrayLength().ShouldBe(2);
        (await TextsAsync("new-name")).ShouldBe(["One", "Say: One", "Two", "Say: Two", "Three", "Say: Three"]);
        using var same = await server.Client.PatchAsync("/api/v1/monitor/messages/session/new-name?new_session_id=new-name", content: null);
        (await StudioServer.JsonAsync(same)).GetArrayLength().ShouldBe(6);
        (await TextsAsync("new-name")).Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_message_is_changed_and_says_so()
    {
        await SayAsync("Hello", "edits");
        var before = (await server.GetJsonAsync("/api/v1/monitor/messages?session_id=edits"))[1];
        var id = before.GetProperty("id").GetString();
        using var response = await server.Client.PutAsJsonAsync($"/api/v1/monitor/messages/{id}", new { text = "Better", properties = new { positive_feedback = true } });
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var changed = await StudioServer.JsonAsync(response);
        (changed.GetProperty("text").GetString(), changed.GetProperty("edit").GetBoolean(), changed.GetProperty("session_id").GetString()).ShouldBe(("Better", true, "edits"));
        changed.GetProperty("properties").GetProperty("positive_feedback").GetBoolean().ShouldBeTrue();
        (await server.GetJsonAsync("/api/v1/monitor/messages?session_id=edits"))[1].ShouldEqual(changed);
        using var nothing = await server.Client.PutAsJsonAsync($"/api/v1/monitor/messages/{id}", new { sender_name = "Bot" });
        var named = await StudioServer.JsonAsync(nothing);
        (named.GetProperty("text").GetString(), named.GetProperty("sender_name").GetString()).ShouldBe(("Better", "Bot"));
    }

    [Fact]
    public async Task Messages_are_deleted_by_their_ids()
    {
        await SayAsync("Gone", "deletes");
        var ids = (await server.GetJsonAsync("/api/v1/monitor/messages?session_id=deletes")).EnumerateArray().Select(m => m.GetProperty("id").GetString()).ToList();
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/monitor/messages") { Content = JsonContent.Create(new[] { ids[0], "019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41" }) };
        using var response = await server.Client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await TextsAsync("deletes")).ShouldBe(["Say: Gone"]);
    }

    [Theory]
    [InlineData("PATCH", "session/nobody?new_session_id=x", null, 404)]
    [InlineData("PATCH", "session/nobody", null, 422)]
    [InlineData("PATCH", "session/nobody?new_session_id=x&flow_id=seven", null, 422)]
    [InlineData("PUT", "seven", "{}", 422)]
    [InlineData("PUT", "019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", "{\"text\":\"x\"}", 404)]
    [InlineData("PUT", "019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", "{\"text\":7}", 422)]
    [InlineData("PUT", "019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", "{\"edit\":\"yes\"}", 422)]
    [InlineData("PUT", "019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", "[]", 422)]
    [InlineData("DELETE", "", "{}", 422)]
    [InlineData("DELETE", "", "[\"x\"]", 422)]
    [InlineData("DELETE", "", "", 422)]
    public async Task What_does_not_fit_is_told_in_FastAPI_s_shape(string method, string path, string? body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/monitor/messages/{path}");
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Client.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(response)).EnumerateObject().ShouldHaveSingleItem().Name.ShouldBe("detail");
    }

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task Hostile_bodies_break_nothing(string name)
    {
        var (body, _) = HostileBodies.Of(name);
        foreach (var (method, path) in ((string, string)[])
            [("PUT", "/api/v1/monitor/messages/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"), ("DELETE", "/api/v1/monitor/messages"), ("POST", "/api/v1/api_key/"),
                ("PUT", "/api/v1/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c49"), ("POST", "/api/v1/projects/upload/")])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("application/json");
            using var response = await server.Client.SendAsync(request);
            ((int)response.StatusCode).ShouldBeLessThan(500, $"{method} {path}: {await response.Content.ReadAsStringAsync()}");
            if (!response.IsSuccessStatusCode)
                (await StudioServer.JsonAsync(response)).TryGetProperty("detail", out _).ShouldBeTrue(path);
        }
    }

    async Task SayAsync(string text, string session)
    {
        using var response = await server.Client.PostAsJsonAsync("/api/v1/run/talk", new { input_value = text, session_id = session });
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    async Task<List<string?>> TextsAsync(string session) =>
        [.. (await server.GetJsonAsync($"/api/v1/monitor/messages?session_id={Uri.EscapeDataString(session)}")).EnumerateArray().Select(m => m.GetProperty("text").GetString())];

    public sealed class Server : StudioServer, IAsyncLifetime
    {
        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await AddFlowAsync("talk", new FlowBuilder().Node("in", "ChatInput").Node("say", "Prompt", new { template = "Say: {said}" }).Node("out", "ChatOutput")
                .Edge("in.message", "say.said").Edge("say.prompt", "out.input_value").Build());
        }
    }
}
