using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Files;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Queueing;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Engine.Threads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using FileOptions = FlowStudio.Engine.Files.FileOptions;

namespace FlowStudio.Engine;

/// <summary>Puts the engine together.</summary>
public static class EngineRegistration
{
    /// <summary>
    /// Everything the engine has; the host adds <see cref="ISecretProtector"/>, opens the database and drives <see cref="EngineHost"/>.
    /// </summary>
    public static IServiceCollection AddFlowStudioEngine(this IServiceCollection services, EngineOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options).AddSingleton(options.Variables).AddSingleton(options.Egress).AddSingleton(options.Callbacks).AddSingleton(options.Files);
        services.AddSingleton<IFileStore>(static s => new FileFolder(s.GetRequiredService<EngineOptions>().DataDirectory, s.GetRequiredService<FileOptions>(), s.GetRequiredService<TimeProvider>()));
        services.AddStorage();
        services.AddSingleton(static s => new SqliteWriteLane(s.GetRequiredService<SqliteConnections>().OpenWriter(), s.GetRequiredService<EngineOptions>(), s.GetRequiredService<ILogger<SqliteWriteLane>>()));
        services.AddSingleton<IWriteLane>(static s => s.GetRequiredService<SqliteWriteLane>()).AddSingleton<IJournalWriter>(static s => s.GetRequiredService<SqliteWriteLane>()).AddSingleton<IUnfinishedRuns, UnfinishedRuns>().AddSingleton<IRunFamily, RunFamily>();
        services.AddSingleton<GuardedHttp>();
        services.AddSecrets();
        services.AddLlm().AddComponents();
        services.AddSingleton<IRunQueue, InProcessRunQueue>().AddSingleton<RunJournal>();
        services.AddSingleton<RunEventHub>().AddSingleton<RunFeed>();
        services.AddSingleton<RunTelemetry>().AddSingleton<FlowPlans>().AddSingleton<FreshRuns>().AddSingleton<ActiveRuns>().AddSingleton<RunEnds>().AddSingleton<RunVariables>().AddSingleton<IngressGate>();
        services.AddSingleton<RunTickets>().AddSingleton<ChildRuns>().AddSingleton<NodeInvoker>().AddSingleton<FlowRunner>().AddSingleton<RunWaker>().AddSingleton<RunWorker>().AddSingleton<RunRecovery>().AddSingleton<Housekeeping>().AddSingleton<Retention>().AddSingleton<HistoryKeeper>().AddSingleton<Drain>();
        services.AddSingleton<IRunIntake, RunIntake>().AddSingleton<IRunReplay, RunReplay>().AddSingleton<RunBulk>().AddSingleton<RunControl>().AddSingleton<IRunControl>(static s => s.GetRequiredService<RunControl>());
        services.AddSingleton<IQuestions, RunAnswers>().AddSingleton<QuestionLinks>();
        services.AddSchedules().AddThreads().AddCallbacks();
        services.AddSingleton(static s => new EngineHost(
            s.GetRequiredService<SqliteWriteLane>(), s.GetRequiredService<SecretVault>(), s.GetRequiredService<ApiKeys>(), s.GetRequiredService<FlowSecrets>(), s.GetRequiredService<RunRecovery>(), s.GetRequiredService<RunWorker>(),
            s.GetRequiredService<RunWaker>(), s.GetRequiredService<Housekeeping>(), s.GetRequiredService<HistoryKeeper>(), s.GetRequiredService<ScheduleBook>(), s.GetRequiredService<ThreadRuns>(), s.GetRequiredService<ThreadKeeper>(), s.GetRequiredService<DeliveryPump>(), s.GetRequiredService<Drain>(), s.GetRequiredService<IngressGate>(), s.GetRequiredService<IFlowStore>(),
            s.GetRequiredService<IRunQueue>(), s.GetRequiredService<RunTelemetry>()));
        return services;
    }
}
