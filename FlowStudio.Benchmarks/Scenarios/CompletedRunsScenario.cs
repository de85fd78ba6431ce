using System.Diagnostics;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>
/// The tutorial flow from webhook to log, a hundred thousand times in ten equal batches, each finished before the next: completed runs per second, memory
/// after the first and the last batch, the database's size, and the start on it.
/// </summary>
sealed class CompletedRunsScenario : IScenario
{
    const string Title = "Completed runs, model at 0 ms";
    const string MemoryTitle = "Memory";
    const double Bar = 0.025;
    const long Mebibyte = 1 << 20;
    const long MostIdleBytes = 200 * Mebibyte;
    const long MostGrowth = 50 * Mebibyte;
    static readonly TimeSpan MostStartUp = TimeSpan.FromSeconds(3);

    public string Name => "runs";

    public async Task RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var directory = bench.NewDirectory(Name);
        var total = bench.Phases.TotalRuns;
        long bytes;
        await using (var stage = await Stage.StartAsync(new ServerSettings(directory), TimeSpan.Zero, cancellationToken))
        {
            bench.Table.Add(new ResultRow("Start to ready", "fresh database", Format.Seconds(stage.StartUp)));
            await Task.Delay(bench.Phases.Rest, cancellationToken);
            var idle = stage.Server.ResidentBytes;
            bench.Table.Add(new ResultRow(MemoryTitle, $"idle, {bench.Phases.Rest.TotalSeconds:0} s after the start", Format.Megabytes(idle), "",
                $"≤ {Format.Megabytes(MostIdleBytes)}", idle <= MostIdleBytes));
            var bytesBefore = stage.Server.DatabaseBytes;
            await BatchesAsync(stage, bench, cancellationToken);
            var counts = await stage.Stub.CountsAsync(cancellationToken);
            var exactly = counts == new StubCounts(total, total, total, 0) && !await stage.AnyFailedAsync(cancellationToken);
            bench.Table.Add(new ResultRow(Title, "calls of model, posts to logger, distinct posts",
                $"{Format.Count(counts.Completions)}, {Format.Count(counts.Logs)}, {Format.Count(counts.DistinctLogs)}", "", $"each {Format.Count(total)}, no run failed", exactly));
            bytes = stage.Server.DatabaseBytes - bytesBefore;
        }
        bench.Table.Add(new ResultRow("Database", $"bytes per run, over {Format.Count(total)} runs", $"{Format.Count(bytes / total)} B", $"{Format.Megabytes(bytes)} in all"));
        await using var again = new ServerProcess(new ServerSettings(directory));
        var startUp = await again.StartAsync(cancellationToken);
        bench.Table.Add(new ResultRow("Start to ready", $"database with {Format.Count(total)} runs", Format.Seconds(startUp), "",
            $"≤ {Format.Seconds(MostStartUp)}", startUp <= MostStartUp));
    }

    static async Task BatchesAsync(Stage stage, Bench bench, CancellationToken cancellationToken)
    {
        var (whole, steady) = (new List<double>(), new List<double>());
        var (first, last, peak) = (0L, 0L, 0L);
        var used = TimeSpan.Zero;
        for (var done = 0; done < bench.Phases.TotalRuns; done += bench.Phases.FirstRuns)
        {
            var before = stage.Server.ProcessorTime;
            var batch = await Batch.RunAsync(stage, done, bench.Phases.FirstRuns, cancellationToken);
            // The first batch pays for compiling.
            used += done == 0 ? TimeSpan.Zero : stage.Server.ProcessorTime - before;
            whole.Add(batch.Whole);
            steady.Add(batch.Steady);
            peak = Math.Max(peak, batch.PeakBytes);
            await Task.Delay(bench.Phases.Rest / 5, cancellationToken);
            last = stage.Server.ResidentBytes;
            first = first == 0 ? last : first;
        }
        var concurrency = Bench.Concurrencies[^1];
        bench.AddBesideEcho(Title, $"first webhook to last end, median of {whole.Count} batches of {Format.Count(bench.Phases.FirstRuns)}", Median(whole), concurrency, Bar);
        bench.AddBesideEcho(Title, "same, first batch (cold)", whole[0], concurrency);
        bench.AddBesideEcho(Title, "backlog alone, no webhooks beside it, median", Median(steady), concurrency);
        bench.Table.Add(new ResultRow(Title, "server's processor time for one run, webhook to end", $"{used.TotalMicroseconds / (bench.Phases.TotalRuns - bench.Phases.FirstRuns):0} µs"));
        bench.Table.Add(new ResultRow(MemoryTitle, "loaded, most seen", Format.Megabytes(peak)));
        bench.Table.Add(new ResultRow(MemoryTitle, $"after {Format.Count(bench.Phases.FirstRuns)} runs", Format.Megabytes(first)));
        bench.Table.Add(new ResultRow(MemoryTitle, $"after {Format.Count(bench.Phases.TotalRuns)} runs", Format.Megabytes(last), $"grown by {Format.Megabytes(last - first)}",
            $"growth ≤ {Format.Megabytes(MostGrowth)}", last - first <= MostGrowth));
    }

    static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}

/// <summary>A number of webhooks sent as fast as 64 connections take them, worked off to the last run.</summary>
/// <param name="Whole">Runs per second from the first webhook to the end of the last run.</param>
/// <param name="Steady">Runs per second after the last acknowledgement, up to nine tenths of the batch: the runner alone.</param>
/// <param name="PeakBytes">The most memory seen on the way.</param>
sealed record Batch(double Whole, double Steady, long PeakBytes)
{
    public static async Task<Batch> RunAsync(Stage stage, long runsBefore, int runs, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var sent = await stage.Load.CountAsync(Bench.Concurrencies[^1], runs, TimeSpan.FromMinutes(2), cancellationToken);
        if (sent.Succeeded != runs)
            throw new InvalidOperationException($"Of {runs} webhooks {sent.Succeeded} were acknowledged: {sent.Trouble}.");
        var progress = await stage.CompletedAsync(runsBefore + runs, cancellationToken);
        var from = progress[0];
        var to = progress.LastOrDefault(point => point.Runs - runsBefore <= runs * 9 / 10, progress[^1]);
        var whole = runs / Stopwatch.GetElapsedTime(started, progress[^1].At).TotalSeconds;
        var steady = to.At > from.At ? (to.Runs - from.Runs) / Stopwatch.GetElapsedTime(from.At, to.At).TotalSeconds : whole;
        return new Batch(whole, steady, progress.Max(point => point.ResidentBytes));
    }
}
