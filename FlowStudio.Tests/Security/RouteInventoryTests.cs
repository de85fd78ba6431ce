using FlowStudio.Tests.Api;
using FlowStudio.Web.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Security;

/// <summary>Every way in is known: who may use it, and that no two meet.</summary>
public class RouteInventoryTests(StudioServer server) : IClassFixture<StudioServer>
{
    /// <summary>What anyone may call, or what asks for its own proof. A new line here is a decision.</summary>
    static readonly string[] Open =
    [
        "* /api/agent_webhook Open",
        "* /api/task_status Open",
        "* /api/webhooks/agents Open",
        "* /api/webhooks/agents/{token} Open",
        "* /api/{**rest} Open",
        "* /assistants/{**rest} Open",
        "* /bin/{name}/{**rest} Own",
        "* /langgraph/{**rest} Open",
        "* /threads/{**rest} Open",
        "* /v1/{**rest} Open",
        "DELETE /api/v1/webhook/{flow} Own",
        "GET /answer/{token} Own",
        "GET /api/agent_webhook Own",
        "GET /api/task_status Open",
        "GET /api/v1/version Open",
        "GET /api/v1/webhook/{flow} Own",
        "GET /api/v1/webhook/{flow}/runs/{run} Own",
        "GET /api/v1/webhook/{flow}/runs/{run}/events Own",
        "GET /api/webhooks/agents/{token} Own",
        "GET /health Open",
        "GET /health/live Open",
        "GET /health/ready Open",
        "GET /health_check Open",
        "GET /sign-in Open",
        "HEAD /api/v1/webhook/{flow} Own",
        "OPTIONS /api/v1/webhook/{flow} Own",
        "PATCH /api/v1/webhook/{flow} Own",
        "POST /answer/{token} Own",
        "POST /api/v1/webhook/{flow} Own",
        "POST /api/webhooks/agents/{token} Own",
        "POST /sign-in Open",
        "POST /sign-out Open",
        "PUT /api/v1/webhook/{flow} Own",
    ];

    IReadOnlyList<RouteEndpoint> Endpoints =>
        [.. server.App.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<StaticAssetDescriptor>() is null)];

    /// <summary>But one that the framework adds where assets are served from their sources; without a rule, it is for those who may use the API.</summary>
    [Fact]
    public void Every_endpoint_says_who_may_use_it() =>
        Endpoints.Where(e => e.Metadata.GetMetadata<EndpointAccess>() is null).Select(e => e.DisplayName).ShouldBe(["Fallback {**path:file}"]);

    [Fact]
    public void What_is_open_is_on_the_list() =>
        Endpoints.Select(e => (Endpoint: e, e.Metadata.GetMetadata<EndpointAccess>()?.Rule))
            .Where(e => e.Rule is AccessRule.Open or AccessRule.Own)
            .SelectMany(e => Methods(e.Endpoint).Select(m => $"{m} /{e.Endpoint.RoutePattern.RawText?.TrimStart('/')} {e.Rule}"))
            .Order(StringComparer.Ordinal).ShouldBe(Open);

    [Fact]
    public void No_two_endpoints_answer_the_same_method_and_path() =>
        Endpoints.SelectMany(e => Methods(e).Select(m => $"{m} {Shape(e.RoutePattern)}")).GroupBy(r => r, StringComparer.OrdinalIgnoreCase)
            .Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty();

    [Fact]
    public void Pages_are_read_and_not_posted_to() =>
        Endpoints.Where(e => e.Metadata.OfType<Microsoft.AspNetCore.Components.Endpoints.ComponentTypeMetadata>().Any()).ShouldAllBe(e =>
            Methods(e).SequenceEqual(new[] { HttpMethods.Get }));

    static IReadOnlyList<string> Methods(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : ["*"];

    /// <summary>The pattern with its parameters' names, but not their constraints, left out.</summary>
    static string Shape(RoutePattern pattern) => string.Join('/', pattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternParameterPart { IsCatchAll: true } rest => "{**" + Constraints(rest) + "}",
        RoutePatternParameterPart one => "{" + Constraints(one) + "}",
        _ => p.ToString(),
    }))));

    static string Constraints(RoutePatternParameterPart parameter) => string.Join(':', parameter.ParameterPolicies.Select(p => p.Content));
}
