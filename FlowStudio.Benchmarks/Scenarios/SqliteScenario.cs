using FlowStudio.Benchmarks.Ceilings;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>The ceilings of the disk, of SQLite, and of the journal on this machine.</summary>
sealed class SqliteScenario : IScenario
{
    const string Title = "Bare group-committed inserts";

    const string JournalTitle = "The journal alone";

    public string Name => "sqlite";

    public async Task RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var directory = bench.NewDirectory("sqlite");
        var sync = await Task.Run(() => SqliteCeiling.Sync(directory, bench.Phases.WarmUp), cancellationToken);
        bench.Table.Add(new ResultRow(Title, "4 KiB append and fsync", $"p50 {Format.Milliseconds(sync.Percentile(50))}", Latencies.Words(sync)));
        foreach (var group in new[] { 64, 256, 1024 })
        {
            var inserts = await Task.Run(() => SqliteCeiling.Measure(directory, group, bench.Phases.WarmUp), cancellationToken);
            bench.Table.Add(new ResultRow(Title, $"groups of {group}", $"{Format.Rate(inserts.RowsPerSecond)} rows", $"{Format.Rate(inserts.CommitsPerSecond)} commits"));
        }
        foreach (var inFlight in new[] { 64, 1024 })
        {
            var accepts = await JournalCeiling.AcceptsAsync(bench.NewDirectory("accepts"), inFlight, bench.Phases.WarmUp);
            bench.Table.Add(new ResultRow(JournalTitle, $"acceptances, {inFlight} in flight", Format.Rate(accepts)));
        }
        var runs = await JournalCeiling.WholeRunsAsync(bench.NewDirectory("whole"), 256, bench.Phases.WarmUp);
        bench.Table.Add(new ResultRow(JournalTitle, "whole runs (five entries, one after the other), 256 in flight", Format.Rate(runs)));
    }
}
