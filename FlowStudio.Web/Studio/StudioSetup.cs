using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Radzen;

namespace FlowStudio.Web.Studio;

/// <summary>What the pages need of the process.</summary>
public static class StudioSetup
{
    public static IServiceCollection AddStudio(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddRadzenComponents();
        services.AddHttpContextAccessor();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Editor.RunStarter>();
        services.AddSingleton<Editor.Live.FlowFeeds>();
        services.AddSingleton<Editor.Live.FlowBacklog>();
        services.AddSingleton<Editor.Live.LiveRuns>();
        services.AddSingleton<DraftEditors>();
        services.AddSingleton<Questions.WaitingCount>();
        services.AddSingleton<Questions.AnswerLink>();
        services.AddScoped<BrowserTools>();
        services.AddScoped<LocalTimes>();
        services.AddScoped<Toasts>();
        services.AddScoped<Commands.CommandRegistry>();
        services.AddScoped<Layout.Themes>();
        services.AddScoped<Flows.FlowActs>();
        services.AddSingleton<Editor.Round.RoundTrip>();
        return services;
    }

    /// <summary>
    /// Maps the pages, for <c>GET</c> only: <c>POST /runs</c> and its like belong to API dialects, and a page that also answered it would make the route
    /// ambiguous.
    /// </summary>
    public static RazorComponentsEndpointConventionBuilder MapStudio(this WebApplication app)
    {
        // The framework's frame-ancestors header would meet the host's own policy.
        var pages = app.MapRazorComponents<App>().AddInteractiveServerRenderMode(static options => options.ContentSecurityFrameAncestorsPolicy = null);
        pages.Add(static endpoint =>
        {
            if (endpoint.Metadata.OfType<Microsoft.AspNetCore.Components.Endpoints.ComponentTypeMetadata>().Any())
                endpoint.Metadata.Add(new HttpMethodMetadata([HttpMethods.Get]));
        });
        return pages;
    }

    /// <summary>
    /// No new circuits while the process stops: pages whose connection was just closed try again at once, and one that came back would keep the server from
    /// stopping until its time is over. They get 503, keep trying, and find the next process.
    /// </summary>
    public static void UseStudioShutdown(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use((context, next) =>
        {
            if (!stopping.IsCancellationRequested || !context.Request.Path.StartsWithSegments("/_blazor", StringComparison.OrdinalIgnoreCase))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
    }

    /// <summary>An unknown address opened in a browser gets the studio's own page, still as <c>404</c>; anything else keeps the answer it has.</summary>
    public static void UseStudioNotFoundPage(this WebApplication app)
    {
        app.UseStatusCodePagesWithReExecute(StudioUrls.NotFound, createScopeForStatusCodePages: true);
        app.Use(static (context, next) =>
        {
            var page = HttpMethods.IsGet(context.Request.Method) && context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/html");
            if (!page && context.Features.Get<IStatusCodePagesFeature>() is { } pages)
                pages.Enabled = false;
            return next(context);
        });
    }
}
