using AngleSharp.Dom;
using Bunit;
using FlowStudio.Engine;
using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Shared;
using Microsoft.Extensions.DependencyInjection;

namespace FlowStudio.Tests.Studio;

/// <summary>Pages of the studio over a real engine, without a browser: what scripts would do is answered with nothing.</summary>
sealed class StudioPage : IAsyncDisposable
{
    StudioPage(EngineFixture engine, BunitContext context)
    {
        Engine = engine;
        Context = context;
    }

    public EngineFixture Engine { get; }

    public BunitContext Context { get; }

    public static async Task<StudioPage> StartAsync()
    {
        var engine = await EngineFixture.StartAsync(customise: services => services
            .AddSingleton<FlowStudio.Engine.Callbacks.ICallbackPayload, FlowStudio.Web.Api.Native.NativeCallback>()
            // What links to questions are made with, when a run waits for one.
            .AddSingleton<FlowStudio.Web.Api.QuestionLinkAddresses>().AddSingleton(new FlowStudio.Web.Configuration.WebOptions { PublicUrl = "http://studio.test" })
            .AddSingleton<Microsoft.AspNetCore.Hosting.Server.IServer, NoServer>());
        var context = new BunitContext();
        BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(15);
        context.JSInterop.Mode = JSRuntimeMode.Loose;
        var services = context.Services;
        services.AddSingleton(new FlowStudio.Web.Configuration.WebOptions { Access = { RequireApiKey = false } }).AddSingleton<FlowStudio.Web.Security.RefusedCalls>().AddSingleton<FlowStudio.Web.Security.AnsweredCalls>().AddSingleton<FlowStudio.Web.Studio.Editor.Round.RoundTrip>();
        services.AddSingleton(engine.Get<VariableUses>()).AddSingleton(engine.Get<FlowStudio.Engine.Schedules.ISchedules>());
        services.AddSingleton(engine.Get<IFlowStore>()).AddSingleton(engine.Get<IRunStore>()).AddSingleton(engine.Get<IChatThreads>()).AddSingleton(engine.Get<IBinStore>());
        services.AddSingleton(engine.Get<FlowStudio.Engine.Callbacks.CompletionWebhooks>()).AddSingleton(engine.Get<IRunRollups>()).AddSingleton(engine.Get<RunBulk>());
        services.AddSingleton(engine.Get<IRunIntake>()).AddSingleton(engine.Get<IRunReplay>()).AddSingleton(engine.Get<IRunControl>()).AddSingleton(engine.Get<RunEventHub>()).AddSingleton(engine.Get<RunFeed>());
        services.AddSingleton(engine.Get<ComponentCatalog>()).AddSingleton(engine.Get<FlowValidator>()).AddSingleton(engine.Get<SecretVault>()).AddSingleton(engine.Get<TimeProvider>());
        services.AddSingleton(engine.Get<ApiKeys>()).AddSingleton(engine.Get<FlowSecrets>()).AddSingleton(engine.Get<SecretRedactor>());
        services.AddSingleton<FlowStudio.Web.Studio.Editor.RunStarter>().AddSingleton<FlowStudio.Web.Studio.Editor.Live.FlowFeeds>().AddSingleton<FlowStudio.Web.Studio.Editor.Live.LiveRuns>();
        services.AddSingleton(engine.Get<IDraftHistory>()).AddSingleton<DraftEditors>();
        services.AddSingleton(engine.Get<EngineOptions>()).AddSingleton(engine.Get<FlowStudio.Engine.Files.IFileStore>()).AddSingleton(engine.Get<ModelTest>());
        services.AddSingleton(engine.Get<FlowStudio.Engine.History.IFlowIndex>()).AddSingleton<FlowStudio.Web.Configuration.StarterFlows>().AddSingleton<FlowStudio.Web.Configuration.IFirstVisit>(new NoFirstVisit());
        services.AddScoped<FlowStudio.Web.Studio.Flows.FlowActs>().AddScoped<FlowStudio.Web.Studio.Commands.CommandRegistry>().AddScoped<FlowStudio.Web.Studio.Layout.Themes>();
        services.AddSingleton<FlowStudio.Engine.Questions.IQuestions>(new Questions.FakeQuestions()).AddSingleton<FlowStudio.Web.Studio.Questions.WaitingCount>().AddSingleton<FlowStudio.Engine.Questions.QuestionLinks>();
        services.AddScoped<BrowserTools>().AddScoped<LocalTimes>().AddScoped<Toasts>();
        return new(engine, context);
    }

    /// <summary>Webhook → Data to Message → Chat Output.</summary>
    public Task<Flow> AddFlowAsync(string template = "Order {order.id} of {customer.name}") => Engine.AddFlowAsync(new FlowDocument
    {
        Nodes =
        [
            new() { Id = "hook", Type = "Webhook" },
            new() { Id = "text", Type = "DataToMessage", Settings = new() { ["template"] = FlowStudio.Engine.JsonText.Element(template) } },
            new() { Id = "out", Type = "ChatOutput", Title = "Answer" },
        ],
        Edges = [new() { From = new("hook", "output_data"), To = new("text", "data") }, new() { From = new("text", "text"), To = new("out", "input_value") }],
    });

    /// <summary>Pages are drawn without one; links have the public address.</summary>
    sealed class NoServer : Microsoft.AspNetCore.Hosting.Server.IServer
    {
        public Microsoft.AspNetCore.Http.Features.IFeatureCollection Features { get; } = new Microsoft.AspNetCore.Http.Features.FeatureCollection();

        public Task StartAsync<TContext>(Microsoft.AspNetCore.Hosting.Server.IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            // Holds nothing.
        }
    }

    sealed class NoFirstVisit : FlowStudio.Web.Configuration.IFirstVisit
    {
        public Guid? Take() => null;
    }

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        await Engine.DisposeAsync();
    }
}

static class ElementText
{
    /// <summary>What a reader sees, whitespace drawn together.</summary>
    public static string Words(this IElement element) => string.Join(' ', element.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
