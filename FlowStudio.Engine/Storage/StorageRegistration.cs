using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Search;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Engine.Threads;
using Microsoft.Extensions.DependencyInjection;

namespace FlowStudio.Engine.Storage;

public static class StorageRegistration
{
    /// <summary>
    /// The database and what reads it. Needs <see cref="EngineOptions"/>, <see cref="TimeProvider"/>, <see cref="INodeShapes"/> and the write lane;
    /// <see cref="DatabaseStartup.Open"/> must have returned before anything else is asked for.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services) => services
        .AddSingleton<DatabaseStartup>()
        .AddSingleton(provider => new SqliteConnections(provider.GetRequiredService<EngineOptions>()))
        .AddSingleton<FlowStore>()
        .AddSingleton<IFlowStore>(provider => provider.GetRequiredService<FlowStore>())
        .AddSingleton<IDraftHistory, DraftHistory>()
        .AddSingleton<IFlowIndex, FlowIndex>()
        .AddSingleton<IRunStore, RunStore>()
        .AddSingleton<IChatThreads, ChatThreads>()
        .AddSingleton<IThreadRows, ThreadRows>()
        .AddSingleton<IThreadCronRows, ThreadCronRows>()
        .AddSingleton<IAssistantRows, AssistantRows>()
        .AddSingleton<RunRollups>()
        .AddSingleton<IRunRollups>(provider => provider.GetRequiredService<RunRollups>())
        .AddSingleton<IRollupUpkeep>(provider => provider.GetRequiredService<RunRollups>())
        .AddSingleton<SearchIndex>()
        .AddSingleton<ISearchUpkeep>(provider => provider.GetRequiredService<SearchIndex>())
        .AddSingleton<IRetentionUpkeep, RunRetention>()
        .AddSingleton<IVariableRows, VariableStore>()
        .AddSingleton<IApiKeyRows, ApiKeyStore>()
        .AddSingleton<IScheduleRows, ScheduleStore>()
        .AddSingleton<DeliveryStore>()
        .AddSingleton<IDeliveryRows>(provider => provider.GetRequiredService<DeliveryStore>())
        .AddSingleton<IRunCallbacks>(provider => provider.GetRequiredService<DeliveryStore>())
        .AddSingleton<IQuestionRows, QuestionStore>()
        .AddSingleton<IAlarmFile, AlarmFile>()
        .AddSingleton<IBinStore, BinStore>();
}
