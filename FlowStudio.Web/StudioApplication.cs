using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Web.Studio;

namespace FlowStudio.Web;

/// <summary>The process: builds and starts the web application; tests construct it with their own arguments and port 0.</summary>
public static class StudioApplication
{
    /// <summary>Builds and runs until the process is told to stop.</summary>
    public static async Task RunAsync(string[] args)
    {
        await using var app = Build(args);
        await app.RunAsync();
    }

    /// <summary>Builds the application without starting it.</summary>
    public static WebApplication Build(string[] args)
    {
        SqliteBridge.Initialize();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseStaticWebAssets();
        builder.Services.AddStudio();
        var app = builder.Build();
        app.UseStudioNotFoundPage();
        app.UseAntiforgery();
        app.MapStaticAssets();
        app.MapStudio();
        return app;
    }
}
