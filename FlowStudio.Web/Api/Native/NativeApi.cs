using FlowStudio.Engine.Callbacks;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Native;

/// <summary>FlowStudio's own dialect, under <c>/v1</c>.</summary>
static class NativeApi
{
    public static void AddNativeApi(this IServiceCollection services)
    {
        services.AddSingleton<RunsApi>();
        services.AddSingleton<QuestionsApi>();
        services.AddSingleton<QuestionLinkAddresses>();
        services.AddSingleton<HistoryApi>();
        services.AddSingleton<RunsBulkApi>();
        services.AddSingleton<FlowsApi>();
        services.AddSingleton<FlowFinder>();
        services.AddSingleton<PastedSecrets>();
        services.AddSingleton<FlowFilesApi>();
        services.AddSingleton<VariablesApi>();
        services.AddSingleton<KeysApi>();
        services.AddSingleton<FilesApi>();
        services.AddSingleton<SchedulesApi>();
        services.AddSingleton<CallbackFields>();
        services.AddSingleton<DeliveriesApi>();
        services.AddSingleton<ICallbackPayload, NativeCallback>();
    }

    public static void MapNativeApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/v1").Access(AccessRule.Api).DisableAntiforgery();
        api.ServiceOf<HistoryApi>().Map(api);
        api.ServiceOf<RunsBulkApi>().Map(api);
        api.ServiceOf<RunsApi>().Map(api);
        api.ServiceOf<QuestionsApi>().Map(api);
        api.ServiceOf<FlowsApi>().Map(api);
        api.ServiceOf<FlowFilesApi>().Map(api);
        api.ServiceOf<VariablesApi>().Map(api);
        api.ServiceOf<KeysApi>().Map(api);
        api.ServiceOf<FilesApi>().Map(api);
        api.ServiceOf<SchedulesApi>().Map(api);
        api.ServiceOf<DeliveriesApi>().Map(api);
        ComponentsApi.Map(api);
        BinsApi.Map(api);
        Fallbacks.Map(routes, "/v1");
    }

    /// <summary>Says which errors an endpoint gives.</summary>
    public static RouteHandlerBuilder Errors(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            endpoint.Produces<Problem>(status, "application/problem+json");
        return endpoint;
    }

    static T ServiceOf<T>(this IEndpointRouteBuilder routes)
        where T : notnull => routes.ServiceProvider.GetRequiredService<T>();
}
