using System.Net;
using FlowStudio.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

/// <summary>One running server for the tests of a class.</summary>
public sealed class StudioHost : IAsyncLifetime
{
    readonly string folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
    WebApplication? app;

    public HttpClient Client { get; } = new();

    public IServiceProvider Services => app?.Services ?? throw new InvalidOperationException("The server has not been started.");

    public async ValueTask InitializeAsync()
    {
        app = StudioApplication.Build(["--applicationName", "FlowStudio.Web", "--urls", "http://127.0.0.1:0", "--FlowStudio:DataDirectory", folder, "--FlowStudio:Access:RequireApiKey", "false"]);
        await app.StartAsync();
        Client.BaseAddress = new Uri(app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}

/// <summary>The pages as the process serves them, asked for over HTTP.</summary>
public sealed class StudioHostTests(StudioHost host) : IClassFixture<StudioHost>
{
    async Task<HttpResponseMessage> OpenAsync(string path, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/html");
        return await host.Client.SendAsync(request);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/runs")]
    [InlineData("/runs/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41")]
    [InlineData("/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41/api")]
    [InlineData("/bins")]
    [InlineData("/bins/orders")]
    [InlineData("/variables")]
    public async Task Every_page_is_served_with_no_script_of_its_own(string path)
    {
        using var answer = await OpenAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var html = await answer.Content.ReadAsStringAsync();
        html.ShouldContain("id=\"components-reconnect-modal\"");
        System.Text.RegularExpressions.Regex.Matches(html, "<script(?![^>]*\\bsrc=)[^>]*>").ShouldBeEmpty();
        System.Text.RegularExpressions.Regex.Matches(html, "\\son[a-z]+=\"").ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_page_names_is_there()
    {
        using var answer = await OpenAsync("/");
        var html = await answer.Content.ReadAsStringAsync();
        var assets = System.Text.RegularExpressions.Regex.Matches(html, "(?:src|href)=\"([^\"#/][^\"]*\\.(?:js|css|svg))\"").Select(m => m.Groups[1].Value).Distinct().ToList();
        assets.Count.ShouldBeGreaterThan(5);
        foreach (var asset in assets)
        {
            using var got = await host.Client.GetAsync("/" + asset);
            got.StatusCode.ShouldBe(HttpStatusCode.OK, asset);
            (await got.Content.ReadAsByteArrayAsync()).Length.ShouldBeGreaterThan(100, asset);
        }
    }

    [Fact]
    public async Task Blazors_own_endpoints_answer()
    {
        using var answer = await host.Client.GetAsync("/_blazor/initializers");
        (await answer.Content.ReadAsStringAsync()).ShouldBe("[]");
    }

    [Fact]
    public async Task An_address_that_is_none_gets_a_page_and_404()
    {
        using var answer = await OpenAsync("/nowhere");
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("theme");
    }

    [Fact]
    public void Pages_answer_GET_only()
    {
        var endpoints = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
        foreach (var page in endpoints.Where(e => e.Metadata.GetMetadata<Microsoft.AspNetCore.Components.Endpoints.ComponentTypeMetadata>() is not null))
            page.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.ShouldBe(["GET"], page.RoutePattern.RawText);
    }

    [Fact]
    public void No_two_endpoints_answer_the_same_method_and_path()
    {
        var endpoints = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            // Of an asset there is one endpoint per compression; what the caller accepts tells them apart.
            .Where(e => e.Metadata.GetMetadata<ISuppressMatchingMetadata>()?.SuppressMatching is not true && e.Metadata.GetMetadata<StaticAssetDescriptor>() is null);
        endpoints.SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["any"]).Select(m => $"{m} {Shape(e.RoutePattern)} {e.Order}"))
            .GroupBy(route => route).Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty();

        static string Shape(RoutePattern pattern) => string.Join('/', pattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
        {
            RoutePatternLiteralPart literal => literal.Content.ToLowerInvariant(),
            RoutePatternParameterPart { IsCatchAll: true } => "{**}",
            RoutePatternParameterPart { ParameterPolicies: [var policy, ..] } => $"{{:{policy.Content}}}",
            _ => "{}",
        }))));
    }
}
