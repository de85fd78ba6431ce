using System.Net;
using FlowStudio.Tests.Api;
using FlowStudio.Web.Configuration;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Security;

/// <summary>Pages of other sites may use the API where the settings name their origin, and nowhere else.</summary>
public class OtherOriginsTests(OtherOriginsTests.Server server) : IClassFixture<OtherOriginsTests.Server>
{
    const string Ours = "https://app.example.org", Foreign = "https://evil.example";

    [Theory]
    [InlineData("/threads")]
    [InlineData("/v1/flows")]
    [InlineData("/api/v1/run/tutorial")]
    public async Task A_browser_that_asks_first_is_told_what_it_may_send(string path)
    {
        using var told = await SendAsync("OPTIONS", path, Ours, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-api-key,content-type"));
        told.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Header(told, "Access-Control-Allow-Origin").ShouldBe(Ours);
        Header(told, "Access-Control-Allow-Methods").ShouldBe("POST");
        Header(told, "Access-Control-Allow-Headers").ShouldBe("x-api-key,content-type");
        told.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
        using var foreign = await SendAsync("OPTIONS", path, Foreign, ("Access-Control-Request-Method", "POST"));
        foreign.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task Its_calls_are_answered_with_the_headers_that_clients_read()
    {
        using var made = await SendAsync("POST", "/threads", Ours);
        made.StatusCode.ShouldBe(HttpStatusCode.OK);
        Header(made, "Access-Control-Allow-Origin").ShouldBe(Ours);
        Header(made, "Access-Control-Expose-Headers").ShouldBe("Content-Location,Location,X-Pagination-Total,X-Pagination-Next,X-Run-Id,Retry-After");
        // A refusal is readable too.
        using var none = await SendAsync("GET", "/v1/runs/01a200f8-84ea-7f04-8549-8ddd6a409df9", Ours);
        none.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        Header(none, "Access-Control-Allow-Origin").ShouldBe(Ours);
    }

    [Fact]
    public async Task Others_change_nothing_and_nobody_elses_page_opens_the_studio()
    {
        using var foreign = await SendAsync("POST", "/threads", Foreign);
        foreign.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var circuit = await SendAsync("POST", "/_blazor/negotiate?negotiateVersion=1", Ours);
        circuit.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var page = await SendAsync("GET", "/", Ours);
        page.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Theory]
    [InlineData("*")]
    [InlineData("app.example.org")]
    [InlineData("https://app.example.org/")]
    [InlineData("https://app.example.org:443")]
    [InlineData("HTTPS://APP.example.org")]
    [InlineData("ftp://app.example.org")]
    [InlineData("null")]
    public void Only_origins_as_browsers_write_them_are_taken(string origin) =>
        new WebOptions { Access = { AllowedOrigins = [Ours, origin] } }.Validate().ShouldHaveSingleItem().ShouldContain($"AllowedOrigins has '{origin}'");

    [Theory]
    [InlineData(Ours)]
    [InlineData("http://localhost:3000")]
    [InlineData("https://[::1]:8443")]
    public void Those_are_taken(string origin) => new WebOptions { Access = { AllowedOrigins = [origin] } }.Validate().ShouldBeEmpty();

    async Task<HttpResponseMessage> SendAsync(string method, string path, string origin, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Origin", origin);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        if (method == "POST")
            request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        return await server.Client.SendAsync(request);
    }

    static string Header(HttpResponseMessage response, string name) => string.Join(',', response.Headers.GetValues(name));

    public sealed class Server() : StudioServer(["--FlowStudio:Access:AllowedOrigins", Ours]);
}
