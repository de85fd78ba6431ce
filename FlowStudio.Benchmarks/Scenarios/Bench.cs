using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>How long each phase lasts.</summary>
/// <param name="WarmUp">Load before the clock starts, so that hot code is compiled.</param>
/// <param name="Measure">One measured load.</param>
/// <param name="Rest">Quiet before an idle figure is read.</param>
/// <param name="FirstRuns">Completed runs after which memory is read first.</param>
/// <param name="TotalRuns">Completed runs after which it is read again.</param>
/// <param name="SlowRuns">Completed runs with a model that takes 50 ms.</param>
/// <param name="Backlog">Queued runs that saturate the runner.</param>
sealed record Phases(TimeSpan WarmUp, TimeSpan Measure, TimeSpan Rest, int FirstRuns, int TotalRuns, int SlowRuns, int Backlog)
{
    public static Phases Full { get; } = new(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), 10_000, 100_000, 10_000, 60_000);

    public static Phases Quick { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 500, 3_000, 500, 5_000);
}

/// <summary>What the scenarios of one benchmark run share.</summary>
sealed class Bench(ResultTable table, Phases phases, string directory)
{
    int directories;

    public static int[] Concurrencies { get; } = [1, 16, 64];

    public ResultTable Table => table;

    public Phases Phases => phases;

    /// <summary>The bare echo's rate by concurrency, requests per second: what ratios are taken of.</summary>
    public SortedDictionary<int, double> Echo { get; } = [];

    /// <summary>A fresh directory on the disk that is measured.</summary>
    public string NewDirectory(string name)
    {
        var path = Path.Combine(directory, $"{++directories}-{name}");
        return Directory.CreateDirectory(path).FullName;
    }

    /// <summary>Adds a rate beside the echo's at the same concurrency.</summary>
    /// <param name="atLeast">The share of the echo's rate that is asked for; null: nothing is.</param>
    public void AddBesideEcho(string scenario, string figure, double rate, int concurrency, double? atLeast = null)
    {
        var share = rate / Echo[concurrency];
        var row = new ResultRow(scenario, figure, Format.Rate(rate), $"{Format.Percent(share)} of echo");
        table.Add(atLeast is { } bar ? row with { Bar = $"≥ {Format.Percent(bar)}", Passed = share >= bar } : row);
    }
}
