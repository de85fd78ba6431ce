using System.Diagnostics;
using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>A server with the benchmark's flow in it, its upstreams, and a load generator pointed at the flow's webhook.</summary>
sealed class Stage : IAsyncDisposable
{
    static readonly TimeSpan Stuck = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    readonly StudioClient studio;

    Stage(StubProcess stub, ServerProcess server, TimeSpan startUp)
    {
        (Stub, Server, StartUp) = (stub, server, startUp);
        studio = new StudioClient(server);
        Load = new LoadGenerator(server.Address, HttpRequests.Orders(server.Address, StudioClient.WebhookPath));
    }

    public StubProcess Stub { get; }

    public ServerProcess Server { get; }

    /// <summary>From the start of the process to the first 200 of its readiness.</summary>
    public TimeSpan StartUp { get; }

    public LoadGenerator Load { get; }

    /// <summary>Starts stub and server on a fresh database, and creates the flow.</summary>
    public static async Task<Stage> StartAsync(ServerSettings settings, TimeSpan modelDelay, CancellationToken cancellationToken)
    {
        var stub = new StubProcess();
        var server = new ServerProcess(settings);
        try
        {
            await stub.StartAsync(cancellationToken);
            var stage = new Stage(stub, server, await server.StartAsync(cancellationToken));
            await stage.studio.CreateFlowAsync(stub.ModelUrl(modelDelay), stub.LogUrl, cancellationToken);
            return stage;
        }
        catch
        {
            await server.DisposeAsync();
            await stub.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until as many runs have posted to the logger and none is unfinished any more, and tells how many had posted when.</summary>
    /// <exception cref="InvalidOperationException">For half a minute nothing moved.</exception>
    public async Task<IReadOnlyList<Progress>> CompletedAsync(long runs, CancellationToken cancellationToken)
    {
        var progress = new List<Progress>();
        var moved = Stopwatch.GetTimestamp();
        while (true)
        {
            var logs = (await Stub.CountsAsync(cancellationToken)).Logs;
            if (progress.Count == 0 || progress[^1].Runs != logs)
                moved = Stopwatch.GetTimestamp();
            progress.Add(new Progress(Stopwatch.GetTimestamp(), logs, Server.ResidentBytes));
            if (logs >= runs && !await studio.AnyAsync(cancellationToken, "queued", "running"))
            {
                progress.Add(new Progress(Stopwatch.GetTimestamp(), logs, Server.ResidentBytes));
                return progress;
            }
            if (Stopwatch.GetElapsedTime(moved) > Stuck)
                throw new InvalidOperationException($"{logs} of {runs} runs reached the logger, then nothing moved for {Stuck.TotalSeconds} s.\n{Server.LastLines}");
            await Task.Delay(Look, cancellationToken);
        }
    }

    /// <summary>Whether some run has ended otherwise than succeeded.</summary>
    public Task<bool> AnyFailedAsync(CancellationToken cancellationToken) => studio.AnyAsync(cancellationToken, "failed", "timed_out", "canceled");

    public async ValueTask DisposeAsync()
    {
        studio.Dispose();
        await Server.DisposeAsync();
        await Stub.DisposeAsync();
    }
}

/// <param name="At">The stopwatch's timestamp.</param>
/// <param name="Runs">Runs that had posted to the logger by then.</param>
/// <param name="ResidentBytes">The server's memory.</param>
readonly record struct Progress(long At, long Runs, long ResidentBytes);
