using FlowStudio.Engine.Flows;
using FlowStudio.Web.Api.Langflow.Files;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>The Langflow dialect: its paths, and its errors for all that lies under <c>/api</c>.</summary>
static class LangflowApi
{
    public static void AddLangflowApi(this IServiceCollection services)
    {
        services.AddSingleton<WebhookReader>();
        services.AddSingleton<WebhookGuard>();
        services.AddSingleton<WebhookAnswer>();
        services.AddSingleton<WebhookWait>();
        services.AddSingleton<AnsweredCalls>();
        services.AddSingleton<WebhookApi>();
        services.AddSingleton<WebhookRuns>();
        services.AddSingleton<RunLinks>();
        services.AddSingleton<RefusedCalls>();
        services.AddSingleton<LangflowExport>();
        services.AddSingleton<FlowIntake>();
        services.AddSingleton<LangflowFlowsApi>();
        services.AddSingleton<Tweaks>();
        services.AddSingleton<CallVariables>();
        services.AddSingleton<LangflowRuns>();
        services.AddSingleton<RunStream>();
        services.AddSingleton<RunApi>();
        services.AddSingleton<MonitorApi>();
        services.AddSingleton<LangflowKeysApi>();
        services.AddSingleton<ProjectsApi>();
        services.AddSingleton<AboutApi>();
        services.AddSingleton<JobsApi>();
        services.AddSingleton<WebhookEvents>();
        services.AddSingleton<LangflowFlows>();
        services.AddSingleton<IForeignFlows>(provider => provider.GetRequiredService<LangflowFlows>());
    }

    public static void MapLangflowApi(this IEndpointRouteBuilder routes)
    {
        var webhook = routes.ServiceProvider.GetRequiredService<WebhookApi>();
        var runs = routes.ServiceProvider.GetRequiredService<WebhookRuns>();
        // The route's work is done where the route is found: nothing of the pages' pipeline runs for it.
        routes.MapPost("/api/v1/webhook/{flow}", webhook.CallAsync).Access(AccessRule.Own).ShortCircuit()
            .WithTags("Webhook").WithSummary("Start a flow by its webhook");
        // Which of them a flow takes, it says itself.
        routes.MapMethods("/api/v1/webhook/{flow}", [.. WebhookDoor.Methods.Where(m => m != WebhookDoor.DefaultMethod)], webhook.CallAsync)
            .Access(AccessRule.Own).ShortCircuit().WithTags("Webhook").WithSummary("Start a flow by its webhook");
        routes.MapGet("/api/v1/webhook/{flow}/runs/{run}", runs.GetAsync).Access(AccessRule.Own)
            .WithTags("Webhook").WithSummary("What became of a webhook's run");
        routes.MapGet("/api/v1/webhook/{flow}/runs/{run}/events", runs.EventsAsync).Access(AccessRule.Own)
            .WithTags("Webhook").WithSummary("A webhook's run, as it goes (server-sent events)");
        routes.ServiceProvider.GetRequiredService<LangflowFlowsApi>().Map(routes);
        routes.ServiceProvider.GetRequiredService<RunApi>().Map(routes);
        routes.ServiceProvider.GetRequiredService<MonitorApi>().Map(routes);
        routes.ServiceProvider.GetRequiredService<JobsApi>().Map(routes);
        routes.ServiceProvider.GetRequiredService<WebhookEvents>().Map(routes);
        routes.ServiceProvider.GetRequiredService<LangflowKeysApi>().Map(routes);
        routes.ServiceProvider.GetRequiredService<ProjectsApi>().Map(routes);
        routes.ServiceProvider.GetRequiredService<AboutApi>().Map(routes);
        Fallbacks.Map(routes, "/api");
    }
}
