using System.Text.Json.Nodes;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>What clients ask first: which version this is, and whether it is there.</summary>
static class AboutApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Add("/api/v1/version", "The server's version (Langflow)", static () => new JsonObject { ["version"] = StartReport.Version, ["main_version"] = StartReport.Version, ["package"] = "FlowStudio" });
        Add("/health", "Whether the server is there (Langflow)", static () => new JsonObject { ["status"] = "ok" }).ExcludeFromDescription();

        RouteHandlerBuilder Add(string path, string summary, Func<JsonObject> answer) =>
            routes.MapGet(path, (Delegate)FastApi.Handle(context => FastApi.WriteAsync(context, StatusCodes.Status200OK, answer())))
                .Access(AccessRule.Open).WithTags("Langflow").WithSummary(summary);
    }
}
