using FlowStudio.Web.Api;
using FlowStudio.Web.Configuration;

namespace FlowStudio.Web.Security;

/// <summary>The API for pages of other sites (CORS), where <see cref="AccessOptions.AllowedOrigins"/> names them. They show a key as every program does; cookies are not theirs.</summary>
static class OtherOrigins
{
    /// <summary>What LangGraph's SDK reads in a browser, and what callers of webhooks and lists do.</summary>
    static readonly string[] Exposed = ["Content-Location", "Location", "X-Pagination-Total", "X-Pagination-Next", "X-Run-Id", "Retry-After"];

    public static void AddOtherOrigins(this IServiceCollection services, WebOptions options)
    {
        if (options.Access.AllowedOrigins.Count > 0)
            services.AddCors(cors => cors.AddDefaultPolicy(policy =>
                policy.WithOrigins([.. options.Access.AllowedOrigins]).AllowAnyMethod().AllowAnyHeader().WithExposedHeaders(Exposed).SetPreflightMaxAge(TimeSpan.FromHours(1))));
    }

    /// <summary>Goes before the check of keys: a browser asks first without one, and is to read why a call was refused.</summary>
    public static void UseOtherOrigins(this IApplicationBuilder app)
    {
        if (app.ApplicationServices.GetRequiredService<WebOptions>().Access.AllowedOrigins.Count > 0)
            app.UseWhen(static context => ErrorAnswers.IsApi(context.Request.Path) || ErrorAnswers.IsPlain(context.Request), static api => api.UseCors());
    }
}
