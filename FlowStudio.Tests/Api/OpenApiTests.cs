using System.Net;
using System.Text.Json;
using FlowStudio.Web.Api.Docs;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class OpenApiTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task Every_endpoint_of_the_API_is_described_with_its_errors()
    {
        var document = await server.GetJsonAsync("/openapi/v1.json");
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Where(m => m.Value.ValueKind is JsonValueKind.Object)
                .Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}")).ToHashSet();
        var routes = server.App.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText is { } path && (path.StartsWith("/v1/", StringComparison.Ordinal)
                || path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/health/", StringComparison.Ordinal) || IsGraph(e)))
            .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(m => $"{m} {Path(e.RoutePattern)}")).ToHashSet();
        routes.Count.ShouldBeGreaterThan(30);
        routes.Except(described).ShouldBeEmpty();
        described.Where(d => !d.Contains(" /bin/", StringComparison.Ordinal)).Except(routes).ShouldBeEmpty();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(m => m.Value.ValueKind is JsonValueKind.Object))
            {
                operation.Value.TryGetProperty("summary", out _).ShouldBeTrue($"{operation.Name} {path.Name} has no summary");
                foreach (var response in operation.Value.GetProperty("responses").EnumerateObject()
                    .Where(r => r.Name.StartsWith('4') && path.Name.StartsWith("/v1/", StringComparison.Ordinal)))
                    response.Value.GetProperty("content").TryGetProperty("application/problem+json", out _)
                        .ShouldBeTrue($"{operation.Name} {path.Name} {response.Name}");
            }
        }
        document.GetProperty("components").GetProperty("schemas").GetProperty("RunView").GetProperty("properties")
            .TryGetProperty("flow_id", out _).ShouldBeTrue();
        document.GetRawText().ShouldNotContain("127.0.0.1");
    }

    [Fact]
    public async Task Every_operation_has_an_id_of_its_own_and_the_parameters_of_its_path()
    {
        var document = await server.GetJsonAsync("/openapi/v1.json");
        var operations = document.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Where(m => m.Value.ValueKind is JsonValueKind.Object).Select(m => (Path: p.Name, Operation: m.Value))).ToList();
        var ids = operations.ConvertAll(o => o.Operation.GetProperty("operationId").GetString() ?? "");
        ids.ShouldAllBe(id => id.Length > 0 && id.All(char.IsAsciiLetterOrDigit));
        ids.GroupBy(id => id, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty();
        ids.ShouldContain("getV1RunsByIdEvents");
        foreach (var (path, operation) in operations)
        {
            var named = path.Split('/').Where(s => s is ['{', .., '}']).Select(s => s[1..^1]);
            var declared = operation.TryGetProperty("parameters", out var all)
                ? all.EnumerateArray().Where(p => p.GetProperty("in").GetString() == "path").Select(p => p.GetProperty("name").GetString() ?? "") : [];
            declared.Order(StringComparer.Ordinal).ShouldBe(named.Order(StringComparer.Ordinal), path);
        }
    }

    [Fact]
    public async Task The_page_loads_its_scripts_from_here_and_has_none_of_its_own()
    {
        var page = await server.Client.GetStringAsync("/docs");
        page.ShouldNotContain("<script>");
        foreach (var file in new[] { "swagger-ui-bundle.js", "swagger-ui.css", "init.js" })
        {
            page.ShouldContain($"/docs/{file}");
            using var response = await server.Client.GetAsync($"/docs/{file}");
            response.StatusCode.ShouldBe(HttpStatusCode.OK, file);
            (await response.Content.ReadAsByteArrayAsync()).ShouldNotBeEmpty();
        }
    }

    [Fact]
    public async Task The_page_of_clients_has_every_program_in_every_language()
    {
        var html = await server.Client.GetStringAsync("/docs/clients");
        html.ShouldNotContain("<script>");
        using var page = await new AngleSharp.Html.Parser.HtmlParser().ParseDocumentAsync(html, CancellationToken.None);
        var call = ClientsPage.Example(server.Url, asksForKey: false);
        page.QuerySelectorAll("pre").Select(p => p.TextContent)
            .ShouldBe(SnippetTopics.All.SelectMany(t => t.Languages.Select(l => ClientsPage.Text(call, t, l))));
        foreach (var language in new[] { "curl", "python", "javascript", "csharp" })
        {
            page.QuerySelectorAll($"pre[data-for~='{language}']").Length.ShouldBe(SnippetTopics.All.Count, $"each topic shows one program to a reader of {language}");
            page.QuerySelector($"label[for='docs-{language}']").ShouldNotBeNull();
        }
        foreach (var link in page.QuerySelectorAll(".docs-nav a"))
            page.GetElementById(link.GetAttribute("href").ShouldNotBeNull()[1..]).ShouldNotBeNull();
        foreach (var file in new[] { "theme.js", "app.css", "docs/clients.js", "favicon.svg" })
        {
            html.ShouldContain($"\"/{file}\"");
            (await server.Client.GetByteArrayAsync($"/{file}")).ShouldNotBeEmpty();
        }
        (await server.GetJsonAsync("/openapi/v1.json")).GetProperty("info").GetProperty("description").GetString().ShouldNotBeNull().ShouldContain("(/docs/clients)");
    }

    static bool IsGraph(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Http.Metadata.ITagsMetadata>()?.Tags.Any(t => t.StartsWith("LangGraph", StringComparison.Ordinal)) == true;

    static string Path(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
    {
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        RoutePatternLiteralPart literal => literal.Content,
        _ => "",
    }))));
}
