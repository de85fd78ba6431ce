using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>The LangGraph Platform dialect: its paths at the root, and its errors for all that lies there.</summary>
static class LangGraphApi
{
    static readonly JsonElement Flags = JsonText.Parse("""{"assistants":true,"crons":true,"langsmith":false,"langsmith_tracing_replicas":false}"""u8);

    public static void AddLangGraphApi(this IServiceCollection services)
    {
        services.AddSingleton<Assistants>();
        services.AddSingleton<AssistantsApi>();
        services.AddSingleton<ThreadsApi>();
        services.AddSingleton<ThreadStateApi>();
        services.AddSingleton<ThreadStreamApi>();
        services.AddSingleton<GraphRunReader>();
        services.AddSingleton<GraphStream>();
        services.AddSingleton<GraphRunsApi>();
        services.AddSingleton<ICallbackPayload, GraphCallback>();
        services.AddSingleton<GraphCrons>();
        services.AddSingleton<GraphCronsApi>();
        services.AddSingleton<GraphRunStarts>();
    }

    public static void MapLangGraphApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("").Access(AccessRule.Api).DisableAntiforgery();
        api.AddEndpointFilter(static (call, next) =>
        {
            // For pages that may read answers at all: browsers show them no other headers.
            call.HttpContext.Response.Headers.AccessControlExposeHeaders = "Content-Location, Location, X-Pagination-Total, X-Pagination-Next";
            return next(call);
        });
        api.MapGet("/ok", static (HttpContext context, CancellationToken _) => GraphAnswers.WriteAsync(context, new OkView(Ok: true), GraphJson.Relaxed.OkView)).WithTags("LangGraph").WithSummary("The server answers").Produces<OkView>();
        api.MapGet("/info", static (HttpContext context, CancellationToken _) => GraphAnswers.WriteAsync(context, new InfoView(StartReport.Version, Flags), GraphJson.Relaxed.InfoView)).WithTags("LangGraph")
            .WithSummary("What the server is and has").Produces<InfoView>();
        api.ServiceOf<AssistantsApi>().Map(api);
        api.ServiceOf<ThreadsApi>().Map(api);
        api.ServiceOf<ThreadStateApi>().Map(api);
        api.ServiceOf<ThreadStreamApi>().Map(api);
        api.ServiceOf<GraphRunStarts>().Map(api);
        api.ServiceOf<GraphRunsApi>().Map(api);
        api.ServiceOf<GraphCronsApi>().Map(api);
        Fallbacks.Map(routes, "/assistants");
        Fallbacks.Map(routes, "/threads");
        Fallbacks.Map(routes, "/langgraph");
    }

    /// <summary>Says which errors an endpoint gives.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            endpoint.Produces<GraphProblem>(status, "application/json");
        return endpoint;
    }

    static T ServiceOf<T>(this IEndpointRouteBuilder routes)
        where T : notnull => routes.ServiceProvider.GetRequiredService<T>();
}

/// <summary>An error.</summary>
sealed record GraphProblem(string Detail);
