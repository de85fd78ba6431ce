using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Queueing;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.History;

/// <summary>Keeps up what is derived from history, and history within its bounds, beside the runs. Each part goes on by itself, whatever happens to the others.</summary>
sealed class HistoryKeeper(IRollupUpkeep rollups, ISearchUpkeep search, Retention retention, IRunQueue queue, TimeProvider time, ILogger<HistoryKeeper> log) : IDisposable
{
    /// <summary>Runs added to the sums in one turn of the write lane.</summary>
    const int FoldStep = 250;

    const int PruneStep = 500;

    /// <summary>Runs that the search index takes in at once: some milliseconds of work.</summary>
    const int IndexStep = 100;

    /// <summary>The share of a processor that sums and index may each take while runs wait for their turn, and while none do. It catches up later.</summary>
    const double BusyShare = 0.05;

    /// <inheritdoc cref="BusyShare"/>
    const double IdleShare = 0.5;

    static readonly TimeSpan FoldPeriod = TimeSpan.FromSeconds(1);
    static readonly TimeSpan IndexPeriod = TimeSpan.FromSeconds(1);
    static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(10);
    static readonly TimeSpan RetentionPeriod = TimeSpan.FromMinutes(1);
    static readonly TimeSpan PrunePeriod = TimeSpan.FromHours(1);

    readonly CancellationTokenSource stopping = new();
    Task[] parts = [];

    public void Start() => parts =
    [
        Task.Run(() => EveryAsync(FoldPeriod, "sums", FoldAsync)),
        Task.Run(() => EveryAsync(IndexPeriod, "search index", IndexAsync)),
        Task.Run(() => EveryAsync(SweepPeriod, "search index", () => search.SweepAsync(stopping.Token))),
        Task.Run(() => EveryAsync(RetentionPeriod, "retention", async () => await retention.RunAsync(stopping.Token))),
        Task.Run(() => EveryAsync(PrunePeriod, "old minutes", PruneAsync)),
    ];

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(parts);
    }

    /// <summary>A host that is thrown away without being stopped leaves nothing behind that goes on by itself.</summary>
    public void Dispose() => stopping.Cancel();

    async Task EveryAsync(TimeSpan period, string part, Func<Task> work)
    {
        using var timer = new PeriodicTimer(period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
                await TryAsync(part, work);
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    async Task TryAsync(string part, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (StorageException e)
        {
            Log.Failed(log, part, e.Message);
        }
        // What is derived can be late, and can be made again; it must not stop, and not take the process with it.
        catch (Exception e)
        {
            Log.Broke(log, part, e);
        }
    }

    /// <summary>A full bite means that there may be more; each takes its own turn in the write lane.</summary>
    async Task FoldAsync()
    {
        for (var began = time.GetTimestamp(); await rollups.FoldAsync(FoldStep, stopping.Token) == FoldStep; began = time.GetTimestamp())
            await RestAsync(began);
    }

    async Task IndexAsync()
    {
        for (var began = time.GetTimestamp(); await search.IndexAsync(IndexStep, stopping.Token) == IndexStep; began = time.GetTimestamp())
            await RestAsync(began);
    }

    Task RestAsync(long began) => Task.Delay(time.GetElapsedTime(began) * ((1 / (queue.Count > 0 ? BusyShare : IdleShare)) - 1), time, stopping.Token);

    async Task PruneAsync()
    {
        while (await rollups.PruneAsync(time.GetUtcNow() - IRunRollups.MinutesKept, PruneStep, stopping.Token) == PruneStep)
        {
            // As above.
        }
    }
}
