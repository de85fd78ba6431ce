using FlowStudio.Engine;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Benchmarks.Micro;

/// <summary>The engine's own parts, put together as the product does, with a journal that forgets: what is measured is computing, not the disk.</summary>
sealed class MicroEngine : IDisposable
{
    readonly string directory = Directory.CreateTempSubdirectory("flowstudio-micro-").FullName;
    readonly ServiceProvider services;

    public MicroEngine()
    {
        var collection = new ServiceCollection();
        collection.AddLogging(logging => logging.ClearProviders());
        collection.AddSingleton<ISecretProtector, NoProtector>();
        collection.AddFlowStudioEngine(new EngineOptions { DataDirectory = directory });
        collection.AddSingleton<IJournalWriter, ForgettingJournal>();
        services = collection.BuildServiceProvider();
        services.GetRequiredService<DatabaseStartup>().Open();
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public void Dispose()
    {
        services.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(directory, recursive: true);
    }

    sealed class ForgettingJournal : IJournalWriter
    {
        public void Post(JournalEntry entry)
        {
            entry.Applied(true);
            entry.Complete();
        }
    }

    /// <summary>Nothing secret is in these flows.</summary>
    sealed class NoProtector : ISecretProtector
    {
        public byte[] Protect(byte[] plain) => plain;

        public byte[] Unprotect(byte[] sealedBytes) => sealedBytes;
    }
}
