using System.Net;
using System.Text.Json;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Api;
using FlowStudio.Web.Configuration;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Security;

/// <summary>A server on loopback that is not where it is developed: pages ask for nothing, the API for a key.</summary>
public sealed class ApiKeyTests(ApiKeyTests.Server server) : IClassFixture<ApiKeyTests.Server>
{
    [Fact]
    public async Task A_key_is_shown_once_and_listed_by_its_prefix()
    {
        var opener = (await server.Get<ApiKeys>().CreateAsync("opener", CancellationToken.None)).Key;
        using var response = await SendAsync(HttpMethod.Post, "/v1/keys", opener, """{"name":"  Order service "}""");
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        response.Headers.CacheControl?.NoStore.ShouldBeTrue();
        var made = await StudioServer.JsonAsync(response);
        var key = made.GetProperty("key").GetString().ShouldNotBeNull();
        key.ShouldMatch("^fsk_[A-Za-z0-9_-]{43}$");
        made.GetProperty("name").GetString().ShouldBe("Order service");
        made.GetProperty("prefix").GetString().ShouldBe(key[..12]);
        made.GetProperty("last_used_at").ValueKind.ShouldBe(JsonValueKind.Null);
        response.Headers.Location?.ToString().ShouldBe($"/v1/keys/{made.GetProperty("id")}");

        using var list = await SendAsync(HttpMethod.Get, "/v1/keys", key);
        var text = await list.Content.ReadAsStringAsync();
        text.ShouldNotContain(key);
        text.ShouldNotContain("hash");
        var listed = JsonDocument.Parse(text).RootElement.GetProperty("items").EnumerateArray().Single(k => k.GetProperty("id").GetString() == made.GetProperty("id").GetString());
        listed.GetProperty("last_used_at").ValueKind.ShouldBe(JsonValueKind.String);
        listed.TryGetProperty("key", out _).ShouldBeFalse();

        using var renamed = await SendAsync(HttpMethod.Put, $"/v1/keys/{made.GetProperty("id")}", key, """{"name":"Orders"}""");
        (await StudioServer.JsonAsync(renamed)).GetProperty("name").GetString().ShouldBe("Orders");
        using var read = await SendAsync(HttpMethod.Get, $"/v1/keys/{made.GetProperty("id")}", key);
        (await StudioServer.JsonAsync(read)).GetProperty("name").GetString().ShouldBe("Orders");
        foreach (var file in Directory.GetFiles(server.Directory, "*.db*", SearchOption.AllDirectories))
            (await ReadAsync(file)).ShouldNotContain(key, customMessage: file);
    }

    [Theory]
    [InlineData("""{"name":""}""", 400)]
    [InlineData("""{"name":"   "}""", 400)]
    [InlineData("""{"name":"a\nb"}""", 400)]
    [InlineData("""{"name":7}""", 400)]
    [InlineData("""{"name":null}""", 400)]
    [InlineData("""{"nmae":"x"}""", 400)]
    [InlineData("[]", 400)]
    [InlineData("", 400)]
    public async Task A_key_needs_a_name(string body, int status)
    {
        var opener = (await server.Get<ApiKeys>().CreateAsync("opener", CancellationToken.None)).Key;
        var before = server.Get<ApiKeys>().List().Count;
        using var response = await SendAsync(HttpMethod.Post, "/v1/keys", opener, body);
        ((int)response.StatusCode).ShouldBe(status);
        (await StudioServer.JsonAsync(response)).GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
        using var longName = await SendAsync(HttpMethod.Post, "/v1/keys", opener, JsonSerializer.Serialize(new { name = new string('x', 101) }));
        longName.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        server.Get<ApiKeys>().List().Count.ShouldBe(before);
    }

    [Theory]
    [InlineData("no-id")]
    [InlineData("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41")]
    public async Task A_key_that_is_none_is_not_found(string id)
    {
        var opener = (await server.Get<ApiKeys>().CreateAsync("opener", CancellationToken.None)).Key;
        foreach (var (method, body) in new[] { (HttpMethod.Get, (string?)null), (HttpMethod.Delete, null), (HttpMethod.Put, """{"name":"x"}""") })
        {
            using var response = await SendAsync(method, $"/v1/keys/{id}", opener, body);
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await StudioServer.JsonAsync(response)).GetProperty("code").GetString().ShouldBe("api_key_not_found");
        }
    }

    [Fact]
    public async Task What_a_page_fetches_needs_no_key_but_a_program_does()
    {
        using var program = await SendAsync(HttpMethod.Get, "/v1/flows", key: null);
        program.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await StudioServer.JsonAsync(program)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("Settings");

        using var open = new HttpRequestMessage(HttpMethod.Get, "/settings");
        open.Headers.Accept.ParseAdd("text/html");
        using var page = await server.Client.SendAsync(open);
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        var cookie = page.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("flowstudio-", StringComparison.Ordinal));
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=strict", Case.Insensitive);

        using var fetch = new HttpRequestMessage(HttpMethod.Get, "/v1/flows");
        fetch.Headers.Add("Cookie", cookie.Split(';')[0]);
        using var fetched = await server.Client.SendAsync(fetch);
        fetched.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var forged = new HttpRequestMessage(HttpMethod.Get, "/v1/flows");
        forged.Headers.Add("Cookie", cookie.Split(';')[0] + "x");
        using var refused = await server.Client.SendAsync(forged);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var foreign = new HttpRequestMessage(HttpMethod.Delete, "/v1/flows/nobody");
        foreign.Headers.Add("Cookie", cookie.Split(';')[0]);
        foreign.Headers.Add("Origin", "https://evil.example");
        using var stopped = await server.Client.SendAsync(foreign);
        stopped.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Each_dialect_asks_for_a_key_in_its_own_words()
    {
        using var missing = await server.Client.GetAsync("/api/v1/flows/");
        missing.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await missing.Content.ReadAsStringAsync()).ShouldBe("""{"detail":"An API key must be passed as query or header"}""");
        using var wrong = await server.Client.GetAsync("/api/v1/flows/?x-api-key=sk-wrong");
        (await wrong.Content.ReadAsStringAsync()).ShouldBe("""{"detail":"Invalid or missing API key"}""");
        var key = (await server.Get<ApiKeys>().CreateAsync("Langflow", CancellationToken.None)).Key;
        using var query = await server.Client.GetAsync($"/api/v1/flows/?x-api-key={key}");
        query.StatusCode.ShouldBe(HttpStatusCode.OK);
        // Only Langflow's clients put keys into addresses.
        using var native = await server.Client.GetAsync($"/v1/flows?x-api-key={key}");
        native.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var agent = await server.Client.GetAsync("/api/agent_webhook?id=x");
        agent.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await StudioServer.JsonAsync(agent)).GetProperty("success").GetBoolean().ShouldBeFalse();
        using var graph = await server.Client.GetAsync("/threads/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41");
        graph.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await StudioServer.JsonAsync(graph)).EnumerateObject().Select(p => p.Name).ShouldBe(["detail"]);
    }

    [Theory]
    [InlineData(false, null, false, true)]
    [InlineData(true, null, false, false)]
    [InlineData(true, null, true, true)]
    [InlineData(true, true, false, true)]
    [InlineData(false, false, false, false)]
    public void Whether_the_API_asks_for_a_key(bool development, bool? required, bool wide, bool asks) =>
        new AccessOptions { InDevelopment = development, RequireApiKey = required, AllowNonLoopback = wide }.AsksForKey.ShouldBe(asks);

    [Fact]
    public void A_server_that_others_reach_always_asks() =>
        new WebOptions { Access = { AllowNonLoopback = true, RequireApiKey = false } }.Validate().ShouldHaveSingleItem().ShouldContain("FlowStudio:Access:RequireApiKey");

    static async Task<string> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory);
        return System.Text.Encoding.Latin1.GetString(memory.ToArray());
    }

    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.Add("x-api-key", key);
        if (body is not null)
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return await server.Client.SendAsync(request);
    }

    public sealed class Server() : StudioServer(["--FlowStudio:Access:RequireApiKey=true"]);
}
