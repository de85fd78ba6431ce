using System.Text.Json.Nodes;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// <c>/api/v1/projects/</c>, formerly <c>/folders/</c>: Langflow keeps flows in projects, which clients read to find them. Here there is one that has all;
/// tags do the rest.
/// </summary>
sealed class ProjectsApi(IFlowStore flows, LangflowFlowsApi views)
{
    public const string Name = "Starter Project";

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, word) in (ReadOnlySpan<(string, string)>)[("projects", "project"), ("folders", "folder")])
        {
            var group = routes.MapGroup($"/api/v1/{path}").Access(AccessRule.Api).WithTags("Langflow").DisableAntiforgery();
            group.MapGet("/", (Delegate)FastApi.Handle(ListAsync)).WithSummary($"The one {word} that all flows are in (Langflow)");
            group.MapGet("/{project_id}", (Delegate)FastApi.Handle(GetAsync)).WithSummary($"The {word} with its flows (Langflow)");
            group.MapGet("/download/{project_id}", (Delegate)FastApi.Handle(DownloadAsync)).WithSummary($"All flows of the {word} as a zip of Langflow files");
            group.MapPost("/upload", (Delegate)FastApi.Handle(views.UploadAsync)).WithSummary($"Upload a {word}'s Langflow files").WithDescription("As flows are uploaded: all of them come into the one that there is.");
        }
    }

    static Task ListAsync(HttpContext context) => FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonArray(Project()));

    async Task GetAsync(HttpContext context)
    {
        Check(context);
        var query = context.Request.Query;
        var all = (await flows.AllAsync(context.RequestAborted)).OrderByDescending(f => f.UpdatedAt)
            .Where(f => f.Name.Contains(query["search"].ToString(), StringComparison.OrdinalIgnoreCase) && query["is_component"] != "true").ToList();
        if (query["page"].Count == 0 || query["size"].Count == 0)
        {
            var whole = Project();
            whole["flows"] = new JsonArray([.. all.Select(f => (JsonNode?)views.View(f, whole: true))]);
            await FastApi.WriteAsync(context, StatusCodes.Status200OK, whole);
            return;
        }
        var (page, size) = (FastApi.Number(query["page"], "page", 1, 1_000_000), FastApi.Number(query["size"], "size", 50, 100));
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonObject
        {
            ["folder"] = Project(),
            ["flows"] = FastApi.Page([.. all.Skip((page - 1) * size).Take(size).Select(f => (JsonNode?)views.View(f, whole: true))], all.Count, page, size),
        });
    }

    async Task DownloadAsync(HttpContext context)
    {
        Check(context);
        var all = await flows.AllAsync(context.RequestAborted);
        if (all.Count == 0)
            throw new FastApiException(StatusCodes.Status404NotFound, "No flows found in project");
        await views.WriteZipAsync(context, all, "langflow_flows");
    }

    static void Check(HttpContext context)
    {
        if (FastApi.Id(context, "project_id") != TheUser.Project)
            throw new FastApiException(StatusCodes.Status404NotFound, "Project not found");
    }

    static JsonObject Project() => new()
    {
        ["name"] = Name,
        ["description"] = "All flows of this server.",
        ["auth_settings"] = null,
        ["id"] = TheUser.Project.ToString(),
        ["parent_id"] = null,
    };
}
