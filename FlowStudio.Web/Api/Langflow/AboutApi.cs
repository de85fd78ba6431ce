using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Web.Api.Langflow.Files;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>What clients ask first: which version this is, whether it is there and what it can do.</summary>
sealed class AboutApi(IFlowStore flows, LangflowExport export, EngineOptions options)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        Add("/api/v1/version", "The server's version (Langflow)", AccessRule.Open,
            static () => new JsonObject { ["version"] = StartReport.Version, ["main_version"] = StartReport.Version, ["package"] = "FlowStudio" });
        Add("/health", "Whether the server is there (Langflow)", AccessRule.Open, static () => new JsonObject { ["status"] = "ok" }).ExcludeFromDescription();
        routes.MapGet("/health_check", (Delegate)FastApi.Handle(CheckAsync)).Access(AccessRule.Open).WithTags("Langflow").WithSummary("Whether the server and its database are there (Langflow)").ExcludeFromDescription();
        Add("/api/v1/config", "What clients adapt to (Langflow)", AccessRule.Api, Config);
        Add("/api/v1/all", "The components, as Langflow describes them", AccessRule.Api, export.Components);

        RouteHandlerBuilder Add(string path, string summary, AccessRule rule, Func<JsonObject> answer) =>
            routes.MapGet(path, (Delegate)FastApi.Handle(context => FastApi.WriteAsync(context, StatusCodes.Status200OK, answer()))).Access(rule).WithTags("Langflow").WithSummary(summary);
    }

    async Task CheckAsync(HttpContext context)
    {
        string database;
        try
        {
            await flows.ListAsync(search: null, cursor: null, limit: 1, context.RequestAborted);
            database = "ok";
        }
        catch (StorageException)
        {
            database = "error check the server logs";
        }
        var health = new JsonObject { ["status"] = database == "ok" ? "ok" : "nok", ["chat"] = "ok", ["db"] = database };
        if (database != "ok")
            throw new FastApiException(StatusCodes.Status500InternalServerError, health);
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, health);
    }

    /// <summary>Only what is so here: a client takes its own default for the rest.</summary>
    JsonObject Config() => new()
    {
        ["type"] = "full",
        ["auto_saving"] = true,
        ["auto_saving_interval"] = 1000,
        ["event_delivery"] = "streaming",
        ["max_file_size_upload"] = options.Intake.MaxBodyBytes / (1024 * 1024),
        ["webhook_auth_enable"] = true,
        ["default_folder_name"] = ProjectsApi.Name,
        ["feature_flags"] = new JsonObject { ["mvp_components"] = false },
    };
}
