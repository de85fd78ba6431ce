using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>A loop over ten thousand items with a body of one pure node: iterations per second, from the loop's start to its end, every event stored.</summary>
sealed class LoopScenario : IScenario
{
    const string Title = "Loop, body of one pure node";
    const int Items = 10_000;
    const int Runs = 7;
    const double Bar = 20_000;

    public string Name => "loop";

    public async Task RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var server = new ServerProcess(new ServerSettings(bench.NewDirectory(Name)));
        await server.StartAsync(cancellationToken);
        using var studio = new StudioClient(server);
        var flow = await studio.CreateLoopAsync(Items, cancellationToken);
        var (rates, wholes) = (new List<double>(), new List<double>());
        var peak = 0L;
        var used = TimeSpan.Zero;
        for (var run = 0; run < Runs; run++)
        {
            var before = server.ProcessorTime;
            var (loop, whole) = await studio.RunLoopAsync(flow, Items, cancellationToken);
            used += run == 0 ? TimeSpan.Zero : server.ProcessorTime - before;
            rates.Add(Items / loop.TotalSeconds);
            wholes.Add(Items / whole.TotalSeconds);
            peak = Math.Max(peak, server.ResidentBytes);
        }
        // The first run pays for compiling.
        var rate = Median(rates.Skip(1));
        bench.Table.Add(new ResultRow(Title, $"{Format.Count(Items)} items, loop's start to end, median of {Runs - 1}", Format.Rate(rate), "", $"≥ {Format.Rate(Bar)}", rate >= Bar));
        bench.Table.Add(new ResultRow(Title, "same, run's start to end", Format.Rate(Median(wholes.Skip(1)))));
        bench.Table.Add(new ResultRow(Title, "same as the first, cold", Format.Rate(rates[0])));
        bench.Table.Add(new ResultRow(Title, "server's processor time for one iteration, with the run's call and answer", $"{used.TotalMicroseconds / Items / (Runs - 1):0} µs"));
        bench.Table.Add(new ResultRow(Title, "memory, most seen", Format.Megabytes(peak)));
    }

    static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}
