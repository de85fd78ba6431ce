using FlowStudio.Engine.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/components</c>: the catalog.</summary>
static class ComponentsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var catalog = api.ServiceProvider.GetRequiredService<ComponentCatalog>();
        var group = api.MapGroup("/components").WithTags("Components");
        group.MapGet("", () => TypedResults.Ok(new ListOf<ComponentView>([.. catalog.All.Select(ComponentView.Of)]))).WithSummary("List components");
        group.MapGet("/{type}", Ok<ComponentView> (string type) => TypedResults.Ok(ComponentView.Of(catalog.Find(type) ?? throw Missing(type))))
            .WithSummary("Read a component").Errors(404);
        group.MapGet("/{type}/icon", ContentHttpResult (string type) => TypedResults.Content(catalog.Icon(type) ?? throw Missing(type), "image/svg+xml"))
            .WithSummary("A component's icon").Produces(200, contentType: "image/svg+xml").Errors(404);
    }

    static ApiException Missing(string type) => ApiException.NotFound("component_not_found", $"There is no component of the type {type}.");
}
