using System.Text.Json.Serialization.Metadata;
using FlowStudio.Engine;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Web.Api;
using FlowStudio.Web.Api.Docs;
using FlowStudio.Web.Api.DocsGpt;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Api.Langflow;
using FlowStudio.Web.Api.LangGraph;
using FlowStudio.Web.Api.Native;
using FlowStudio.Web.Bins;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;
using FlowStudio.Web.Studio;
using FlowStudio.Web.Studio.Questions;
using FlowStudio.Web.Telemetry;
using Microsoft.AspNetCore.DataProtection;

namespace FlowStudio.Web;

/// <summary>The process: builds and starts the web application; tests construct it with their own arguments and port 0.</summary>
public static class StudioApplication
{
    /// <summary>Builds and runs until the process is told to stop.</summary>
    /// <param name="customise">As for <see cref="Build"/>.</param>
    /// <returns>The exit code: 0, or one of <see cref="StartException"/>'s.</returns>
    public static async Task<int> RunAsync(string[] args, Action<WebApplicationBuilder>? customise = null)
    {
        try
        {
            await using var app = Build(args, customise);
            await StartAsync(app);
            StartReport.Print(app, Console.Out);
            ReturnMemoryOfStart();
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (StartException e)
        {
            return await StartReport.FailAsync(e.ExitCode, e.Problems);
        }
        catch (StorageException e)
        {
            return await StartReport.FailAsync(StartException.Storage, [e.Message]);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException or System.Net.Sockets.SocketException)
        {
            return await StartReport.FailAsync(StartException.Address, [$"{e.Message} Stop what listens there, or give another address with --urls."]);
        }
    }

    /// <summary>The address comes last: when it cannot be had, what works by then is stopped as it is at any end.</summary>
    static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException)
        {
            await app.StopAsync();
            throw;
        }
    }

    /// <summary>What the start needed and nothing needs again goes back to the system, so that an idle server is a small one.</summary>
    static void ReturnMemoryOfStart() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    /// <summary>Builds the application and opens its database; nothing runs or listens yet.</summary>
    /// <param name="customise">What tests replace, after everything else is registered.</param>
    /// <exception cref="StartException">The configuration is wrong; nothing was started or written.</exception>
    /// <exception cref="StorageException">The database cannot be used.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? customise = null)
    {
        SqliteBridge.Initialize();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ContentRootPath = AppContext.BaseDirectory,
            ApplicationName = typeof(StudioApplication).Assembly.GetName().Name
        });
        builder.WebHost.UseStaticWebAssets();
        // Its lines have each request's whole address, and with it the tokens in there: they stay out even where the rest of ASP.NET Core is to be seen.
        // Fully off, because at any level it makes an activity and a log scope for every request; failures are told by Api/Failures and by Kestrel.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        var (engine, web, addresses) = ReadOptions(builder.Configuration);
        web.Access.InDevelopment = builder.Environment.IsDevelopment();
        Listen(builder, engine, addresses);
        AddServices(builder, engine, web);
        customise?.Invoke(builder);
        var app = builder.Build();
        try
        {
            // Before anything asks for a connection: what is wrong with the database is told by what opens it.
            app.Services.GetRequiredService<DatabaseStartup>().Open();
            UsePipeline(app);
            return app;
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }
    }

    static (EngineOptions Engine, WebOptions Web, IReadOnlyList<string> Addresses) ReadOptions(IConfiguration configuration)
    {
        var (engine, web) = (new EngineOptions(), new WebOptions());
        var wrong = OptionsReader.Read(configuration.GetSection(EngineOptions.Section), engine, web);
        var (addresses, refused) = ListenAddress.Choose(configuration, web.Access.AllowNonLoopback);
        string[] problems = [.. wrong, .. engine.Validate(), .. web.Validate(), .. refused];
        if (problems.Length > 0)
            throw new StartException(StartException.Configuration, problems);
        // Whoever reaches the studio then sits at this machine, and reaches its other services anyway.
        engine.Egress.AllowLoopback = !web.Access.AllowNonLoopback;
        return (engine, web, addresses);
    }

    static void Listen(WebApplicationBuilder builder, EngineOptions engine, IReadOnlyList<string> addresses)
    {
        builder.WebHost.UseUrls([.. addresses]);
        // .NET's base images set a port of their own, which urls win over, but not without a warning.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");
        builder.WebHost.UseSetting(WebHostDefaults.HttpsPortsKey, "");
        // A request is read and answered where its bytes arrive: no handler here blocks, and each hop would wait behind the runs' own calls.
        builder.WebHost.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = engine.Intake.MaxBodyBytes;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(engine.Runner.DrainSeconds + 10));
    }

    static void AddServices(WebApplicationBuilder builder, EngineOptions engine, WebOptions web)
    {
        var folder = new DataFolder(engine.DataDirectory);
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddFlowStudioEngine(engine);
        services.AddSingleton(web);
        services.AddSingleton(web.Access);
        services.AddSingleton(folder);
        services.AddDataProtection().SetApplicationName("FlowStudio").PersistKeysToFileSystem(new DirectoryInfo(folder.Keys));
        services.AddSingleton<ISecretProtector, SecretProtector>();
        services.AddSingleton(provider => StudioAccess.Create(web.Access, folder, provider.GetRequiredService<ApiKeys>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FailureLimit>();
        services.AddSingleton<Origins>();
        services.AddOtherOrigins(web);
        services.AddSingleton<SignInPage>();
        services.AddSingleton<StarterFlows>();
        services.AddSingleton<FirstStart>();
        services.AddSingleton<IFirstVisit>(provider => provider.GetRequiredService<FirstStart>());
        services.AddHostedService<EngineService>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<Health>();
        services.AddLangflowApi();
        services.AddLangGraphApi();
        services.AddDocsGptApi();
        services.AddNativeApi();
        services.AddApiDocs();
        services.AddSingleton<BinCatcher>();
        services.AddSingleton<ILocalBins, LocalBins>();
        // Types of ours by the generated context; Blazor's own endpoint (/_blazor/initializers) answers with types that it does not have.
        services.ConfigureHttpJsonOptions(json => ApiJson.Set(json.SerializerOptions).TypeInfoResolver = JsonTypeInfoResolver.Combine(ApiJson.Relaxed,
            new DefaultJsonTypeInfoResolver()));
        services.AddStudio();
    }

    static void UsePipeline(WebApplication app)
    {
        app.UseMiddleware<FrontDoor>();
        app.UseGraphPaths();
        app.UseRouting();
        // From here on nothing runs for a webhook: its route is short.
        app.UseStudioShutdown();
        app.UseMiddleware<Failures>();
        app.UseStudioNotFoundPage();
        app.UseOtherOrigins();
        app.UseMiddleware<AccessCheck>();
        // Pages' circuits bring the service along; unless it is said where, the host puts it before everything else, webhooks included.
        app.UseAuthorization();
        app.UseAntiforgery();

        app.MapStaticAssets().Access(AccessRule.Open);
        SignInPage.Map(app);
        Health.Map(app);
        app.MapLangflowApi();
        app.MapLangGraphApi();
        app.MapDocsGptApi();
        app.MapNativeApi();
        app.MapApiDocs();
        BinCatcher.Map(app);
        AnswerLink.Map(app);
        app.MapStudio().Access(AccessRule.Page);
        Fallbacks.Map(app, "", AccessRule.Page);
    }
}
