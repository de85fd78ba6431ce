using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;

namespace FlowStudio.Tests;

/// <summary>The whole engine over a real SQLite file in a folder of its own; can be stopped and started again on the same data.</summary>
public sealed class EngineFixture : IAsyncDisposable
{
    readonly string directory;
    readonly bool ownsDirectory;
    readonly ServiceProvider services;
    bool stopped;

    EngineFixture(string directory, bool ownsDirectory, ServiceProvider services)
    {
        this.directory = directory;
        this.ownsDirectory = ownsDirectory;
        this.services = services;
    }

    public string Directory => directory;

    public IRunStore Runs => Get<IRunStore>();

    public IFlowStore Flows => Get<IFlowStore>();

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Starts an engine.</summary>
    /// <param name="directory">An existing data directory to go on with; null for a new one that goes with the fixture.</param>
    /// <param name="customise">Changes services before they are built, e.g. the clock.</param>
    public static async Task<EngineFixture> StartAsync(string? directory = null, Action<EngineOptions>? configure = null, Action<IServiceCollection>? customise = null)
    {
        var folder = directory ?? Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        var options = new EngineOptions { DataDirectory = folder };
        options.Runner.RetryDelaySeconds = 0.01;
        options.Egress.AllowLoopback = true;
        configure?.Invoke(options);
        options.Validate().ShouldBeEmpty();
        var collection = new ServiceCollection();
        collection.AddLogging(b => b.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        collection.AddSingleton<ISecretProtector, PlainProtector>();
        collection.AddFlowStudioEngine(options);
        customise?.Invoke(collection);
        var provider = collection.BuildServiceProvider();
        provider.GetRequiredService<DatabaseStartup>().Open();
        await provider.GetRequiredService<EngineHost>().StartAsync(CancellationToken.None);
        return new EngineFixture(folder, directory is null, provider);
    }

    /// <summary>Stores a flow with this document, open to all.</summary>
    public async Task<Flow> AddFlowAsync(FlowDocument document, FlowLimits? limits = null)
    {
        var now = Get<TimeProvider>().GetUtcNow();
        return await Flows.CreateAsync(new Flow { Id = Guid.CreateVersion7(now), Name = "Test", Draft = document, WebhookAccess = WebhookAccess.Open, Limits = limits ?? new(), CreatedAt = now, UpdatedAt = now }, CancellationToken.None);
    }

    /// <summary>Starts a run and expects it to be accepted.</summary>
    public async Task<Guid> StartRunAsync(Flow flow, string input = "{}", RunTrigger trigger = RunTrigger.Webhook, string? session = null)
    {
        var result = await TryStartRunAsync(flow, input, trigger, session);
        result.Outcome.ShouldBe(IntakeOutcome.Accepted, result.Message);
        return result.RunId;
    }

    public async Task<IntakeResult> TryStartRunAsync(Flow flow, string input = "{}", RunTrigger trigger = RunTrigger.Webhook, string? session = null, string? key = null, byte[]? hash = null)
    {
        var runnable = await Flows.ResolveAsync(flow.Id.ToString(), draft: false, CancellationToken.None);
        return await Get<IRunIntake>().StartAsync(new RunRequest
        {
            Flow = runnable.ShouldNotBeNull(),
            Trigger = trigger,
            Input = JsonDocument.Parse(input).RootElement,
            SessionId = session,
            IdempotencyKey = key,
            BodyHash = hash,
        }, CancellationToken.None);
    }

    /// <summary>Waits until a run has ended and gives all it did.</summary>
    public async Task<RunDetails> EndOfAsync(Guid run)
    {
        var ended = await Get<IRunControl>().WaitForEndAsync(run, TimeSpan.FromSeconds(30), CancellationToken.None);
        RunNames.IsFinal(ended.ShouldNotBeNull().Status).ShouldBeTrue($"The run is still {ended.Status}.");
        return (await Runs.FindDetailsAsync(run, CancellationToken.None)).ShouldNotBeNull();
    }

    /// <summary>Waits until a condition holds, thirty seconds at most.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var i = 0; i < 3000; i++)
        {
            if (await condition())
                return;
            await Task.Delay(10);
        }
        throw new TimeoutException($"Waited in vain until {what}.");
    }

    public Task UntilStatusAsync(Guid run, RunStatus status) =>
        UntilAsync(async () => (await Runs.FindAsync(run, CancellationToken.None))?.Status == status, $"run {run} is {status}");

    /// <summary>Stops in order, as SIGTERM does; the data stay.</summary>
    public async Task StopAsync()
    {
        if (stopped)
            return;
        stopped = true;
        await Get<EngineHost>().StopAsync(CancellationToken.None);
        await services.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (ownsDirectory && System.IO.Directory.Exists(directory))
            System.IO.Directory.Delete(directory, recursive: true);
    }

    /// <summary>Turns each byte over: enough to see that nothing is stored in the clear.</summary>
    sealed class PlainProtector : ISecretProtector
    {
        public byte[] Protect(byte[] plain) => [.. plain.Select(b => (byte)~b)];

        public byte[] Unprotect(byte[] sealedBytes) => [.. sealedBytes.Select(b => (byte)~b)];
    }
}
