using System.Net;
using FlowStudio.Tests.Api;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Security;

/// <summary>On loopback nothing is asked, but nobody else's web page gets in.</summary>
public class LoopbackTests(StudioServer server) : IClassFixture<StudioServer>
{
    static readonly string[] Places = ["/", "/v1/flows", "/api/v1/webhook/tutorial", "/bin/x", "/health/ready", "/openapi/v1.json", "/docs", "/_blazor",
        "/app.css", "/sign-in"];

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:7860")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("192.168.1.1")]
    [InlineData("0.0.0.0")]
    [InlineData("[::2]")]
    [InlineData("127.0.0.2")]
    [InlineData("localhost.")]
    public async Task A_host_that_is_not_this_machine_gets_nothing(string host)
    {
        foreach (var place in Places)
        {
            using var response = await SendAsync(place.StartsWith("/api", StringComparison.Ordinal) ? "POST" : "GET", place, ("Host", host));
            response.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest, place);
            (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("rebinding");
        }
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:1")]
    [InlineData("127.0.0.1:7860")]
    [InlineData("[::1]")]
    [InlineData("[::1]:7860")]
    public async Task Any_name_of_this_machine_will_do(string host)
    {
        using var response = await SendAsync("GET", "/v1/flows", ("Host", host));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("POST", "/v1/flows")]
    [InlineData("PUT", "/v1/flows/tutorial")]
    [InlineData("DELETE", "/v1/flows/tutorial")]
    [InlineData("POST", "/v1/flows/tutorial/runs")]
    [InlineData("PUT", "/v1/variables/X")]
    [InlineData("POST", "/sign-in")]
    [InlineData("POST", "/_blazor/negotiate?negotiateVersion=1")]
    public async Task A_foreign_page_can_change_nothing(string method, string path)
    {
        foreach (var origin in new[] { "https://evil.example", "null", "http://localhost:1", $"https://{new Uri(server.Url).Authority}x",
            "chrome-extension://abc" })
        {
            using var response = await SendAsync(method, path, ("Origin", origin), ("Content-Type", "text/plain"));
            response.StatusCode.ShouldBe(HttpStatusCode.Forbidden, origin);
        }
    }

    [Fact]
    public async Task A_foreign_page_cannot_open_the_circuit()
    {
        using var response = await SendAsync("GET", "/_blazor?id=x", ("Origin", "https://evil.example"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="));
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_foreign_page_cannot_fire_a_webhook_of_this_machine_but_a_local_one_can()
    {
        using var foreign = await server.PostWebhookAsync("tutorial", "{}", ("Origin", "https://evil.example"));
        foreign.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var local = await server.PostWebhookAsync("tutorial", "{}", ("Origin", "http://localhost:3000"));
        local.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task The_servers_own_pages_can()
    {
        using var response = await SendAsync("POST", "/v1/flows", ("Origin", server.Url), ("Content-Type", "application/json"));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await NativeRunsTests.ShouldBeProblemAsync(response, "empty_body");
    }

    [Theory]
    [InlineData("GET", "/", true)]
    [InlineData("GET", "/docs", true)]
    [InlineData("GET", "/nothing", true)]
    [InlineData("GET", "/app.css", true)]
    [InlineData("GET", "/v1/flows", false)]
    [InlineData("GET", "/v1/nothing", false)]
    [InlineData("GET", "/api/nothing", false)]
    [InlineData("POST", "/api/v1/webhook/nobody", false)]
    [InlineData("GET", "/bin/headers", false)]
    [InlineData("GET", "/health/live", false)]
    public async Task Every_answer_has_its_headers(string method, string path, bool page)
    {
        using var response = await SendAsync(method, path, ("Accept", "text/html"));
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.Contains("Server").ShouldBeFalse();
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldNotContain("unsafe-eval");
        if (page)
        {
            policy.ShouldContain("script-src 'self';");
            policy.ShouldContain("object-src 'none'");
            response.Headers.GetValues("Referrer-Policy").ShouldBe(["same-origin"]);
            response.Headers.GetValues("Cross-Origin-Opener-Policy").ShouldBe(["same-origin"]);
        }
        else
        {
            policy.ShouldStartWith("default-src 'none'");
        }
        response.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public void Keys_are_for_the_servers_user_alone()
    {
        if (OperatingSystem.IsWindows())
            return;
        var keys = Path.Combine(server.Directory, "keys");
        File.GetUnixFileMode(keys).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var files = Directory.GetFiles(keys);
        files.ShouldNotBeEmpty();
        foreach (var file in files)
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
    }

    async Task<HttpResponseMessage> SendAsync(string method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
        {
            if (name is "Content-Type")
                (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, value);
            else
                request.Headers.TryAddWithoutValidation(name, value);
        }
        return await server.Client.SendAsync(request);
    }
}
