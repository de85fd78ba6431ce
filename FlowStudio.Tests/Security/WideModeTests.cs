using System.Net;
using System.Net.Http.Headers;
using FlowStudio.Tests.Api;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Security;

/// <summary>A server that others can reach asks for its token in pages, and for a key in the API.</summary>
public class WideModeTests(WideModeTests.Server server) : IClassFixture<WideModeTests.Server>
{
    const string Token = "a-token-of-tests-0123456789";

    [Theory]
    [InlineData("GET", "/v1/flows")]
    [InlineData("GET", "/v1/runs")]
    [InlineData("POST", "/v1/flows")]
    [InlineData("POST", "/v1/flows/tutorial/runs")]
    [InlineData("GET", "/v1/flows/tutorial/webhook-token")]
    [InlineData("GET", "/v1/variables")]
    [InlineData("GET", "/v1/keys")]
    [InlineData("GET", "/v1/bins/tutorial")]
    [InlineData("GET", "/openapi/v1.json")]
    public async Task The_API_wants_a_key_in_a_header_of_its_own_or_as_bearer(string method, string path)
    {
        using var without = await SendAsync(method, path);
        without.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        without.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
        await NativeRunsTests.ShouldBeProblemAsync(without, "api_key_required");
        var key = await server.KeyAsync();
        using var bearer = await SendAsync(method, path, "Bearer " + key);
        ((int)bearer.StatusCode).ShouldBeOneOf(200, 201, 400);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("x-api-key", key);
        using var header = await server.Client.SendAsync(request);
        header.StatusCode.ShouldBe(bearer.StatusCode);
    }

    [Theory]
    [InlineData("Bearer fsk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    [InlineData("Bearer a-token-of-tests-012345678")]
    [InlineData("Bearer")]
    [InlineData("Basic " + Token)]
    [InlineData(Token)]
    public async Task Anything_but_a_key_is_refused(string authorization)
    {
        using var refused = await SendAsync("GET", "/v1/flows", authorization);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await NativeRunsTests.ShouldBeProblemAsync(refused, "invalid_api_key");
    }

    [Fact]
    public async Task The_access_token_makes_keys_and_opens_nothing_else_of_the_API()
    {
        using var refused = await SendAsync("GET", "/v1/flows", "Bearer " + Token);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        await NativeRunsTests.ShouldBeProblemAsync(refused, "api_key_required");
        using var keys = await SendAsync("GET", "/v1/keys", "Bearer " + Token);
        keys.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_opens_no_pages()
    {
        using var page = await SendAsync("GET", "/runs", "Bearer " + await server.KeyAsync());
        page.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing()
    {
        var keys = server.Get<FlowStudio.Engine.Secrets.ApiKeys>();
        var made = await keys.CreateAsync("short-lived", CancellationToken.None);
        using var before = await SendAsync("GET", "/v1/flows", "Bearer " + made.Key);
        before.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var revoked = await SendAsync("DELETE", $"/v1/keys/{made.Info.Id}", "Bearer " + made.Key);
        revoked.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var after = await SendAsync("GET", "/v1/flows", "Bearer " + made.Key);
        after.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Pages_send_a_browser_to_sign_in_and_back()
    {
        using var page = await SendAsync("GET", "/runs?status=failed", accept: "text/html");
        page.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        page.Headers.Location?.ToString().ShouldBe("/sign-in?to=%2Fruns%3Fstatus%3Dfailed");
        using var form = await SendAsync("GET", page.Headers.Location?.ToString() ?? "", accept: "text/html");
        form.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await form.Content.ReadAsStringAsync()).ShouldContain("value=\"/runs?status=failed\"");

        using var signedIn = await SignInAsync(server.Client, Token, "/runs?status=failed");
        signedIn.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        signedIn.Headers.Location?.ToString().ShouldBe("/runs?status=failed");
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=strict", Case.Insensitive);
        cookie.ShouldNotContain(Token);

        var value = cookie.Split(';')[0];
        using var api = await WithCookieAsync("GET", "/v1/flows", value);
        api.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var foreign = await WithCookieAsync("DELETE", "/v1/flows/nobody", value, "https://evil.example");
        foreign.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var own = await WithCookieAsync("DELETE", "/v1/flows/nobody", value, server.Url);
        own.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var forged = await WithCookieAsync("GET", "/v1/flows", value + "x");
        forged.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var longer = value.Replace("flowstudio=1", "flowstudio=2", StringComparison.Ordinal);
        using var stretched = await WithCookieAsync("GET", "/v1/flows", longer);
        stretched.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/sign-in?to=/")]
    [InlineData("")]
    public async Task Signing_in_leads_nowhere_else(string to)
    {
        using var response = await SignInAsync(server.Client, Token, to);
        response.Headers.Location?.ToString().ShouldBe("/");
    }

    [Fact]
    public async Task The_form_shows_what_it_was_given_as_text()
    {
        using var response = await SendAsync("GET", "/sign-in?to=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E", accept: "text/html");
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("<script>");
    }

    [Fact]
    public async Task After_ten_wrong_tokens_an_address_has_to_wait()
    {
        await using var guessed = await StudioServer.StartAsync([.. Server.Arguments]);
        for (var i = 0; i < 10; i++)
        {
            using var wrong = await SignInAsync(guessed.Client, $"wrong-token-{i}", "/");
            wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }
        using var right = await SignInAsync(guessed.Client, Token, "/");
        right.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        right.Headers.RetryAfter?.Delta.ShouldNotBeNull();
        using var bearer = await SendAsync("GET", "/v1/flows", "Bearer wrong-again", guessed.Client);
        bearer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("/health/live", 200)]
    [InlineData("/health/ready", 200)]
    [InlineData("/bin/open", 200)]
    [InlineData("/app.css", 200)]
    [InlineData("/sign-in", 200)]
    [InlineData("/_blazor", 401)]
    [InlineData("/docs", 401)]
    public async Task Some_places_stay_open_and_the_rest_does_not(string path, int status)
    {
        using var response = await SendAsync("GET", path);
        ((int)response.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task Health_tells_strangers_no_details()
    {
        using var stranger = await SendAsync("GET", "/health/ready");
        (await StudioServer.JsonAsync(stranger)).EnumerateObject().Select(p => p.Name).ShouldBe(["status"]);
        using var known = await SendAsync("GET", "/health/ready", "Bearer " + Token);
        (await StudioServer.JsonAsync(known)).GetProperty("database").GetProperty("synchronous").GetString().ShouldBe("full");
    }

    [Fact]
    public async Task Webhooks_keep_their_own_access_whatever_the_host_and_origin()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhook/tutorial") { Content = new StringContent("{}") };
        request.Headers.Host = "flows.example.org";
        request.Headers.Add("Origin", "https://shop.example");
        using var response = await server.Client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var answer = await StudioServer.JsonAsync(response);
        answer.GetProperty("status_url").GetString().ShouldStartWith("http://flows.example.org/api/v1/webhook/tutorial/runs/");

        var path = new Uri(answer.GetProperty("status_url").GetString() ?? "").PathAndQuery;
        using var stranger = await SendAsync("GET", path);
        (await StudioServer.JsonAsync(stranger)).TryGetProperty("steps", out _).ShouldBeFalse();
        using var known = await SendAsync("GET", path, "Bearer " + await server.KeyAsync());
        (await StudioServer.JsonAsync(known)).TryGetProperty("steps", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task A_token_is_made_once_and_kept()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-token-{Guid.NewGuid():N}");
        try
        {
            string made;
            await using (var first = await StudioServer.StartAsync(["--FlowStudio:Access:AllowNonLoopback=true"], directory: folder))
            {
                made = first.Get<FlowStudio.Web.Security.StudioAccess>().NewToken.ShouldNotBeNull();
                made.Length.ShouldBeGreaterThan(40);
                using var response = await SendAsync("GET", "/v1/keys", "Bearer " + made, first.Client);
                response.StatusCode.ShouldBe(HttpStatusCode.OK);
            }
            await using var second = await StudioServer.StartAsync(["--FlowStudio:Access:AllowNonLoopback=true"], directory: folder);
            second.Get<FlowStudio.Web.Security.StudioAccess>().NewToken.ShouldBeNull();
            using var again = await SendAsync("GET", "/v1/keys", "Bearer " + made, second.Client);
            again.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    async Task<HttpResponseMessage> SendAsync(string method, string path, string? authorization = null, HttpClient? client = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (accept is not null)
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        return await (client ?? server.Client).SendAsync(request);
    }

    async Task<HttpResponseMessage> WithCookieAsync(string method, string path, string cookie, string? origin = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Cookie", cookie);
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        return await server.Client.SendAsync(request);
    }

    static async Task<HttpResponseMessage> SignInAsync(HttpClient client, string token, string to)
    {
        using var form = new FormUrlEncodedContent([new("token", token), new("to", to)]);
        return await client.PostAsync("/sign-in", form);
    }

    public sealed class Server() : StudioServer([.. Arguments])
    {
        public async Task<string> KeyAsync() => (await Get<FlowStudio.Engine.Secrets.ApiKeys>().CreateAsync("test", CancellationToken.None)).Key;

        public static IReadOnlyList<string> Arguments { get; } = ["--FlowStudio:Access:AllowNonLoopback=true", $"--FlowStudio:Access:Token={Token}"];
    }
}
