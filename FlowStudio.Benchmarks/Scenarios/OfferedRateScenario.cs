using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>How long a caller waits for the acknowledgement at a rate that doesn't depend on the answers, with an idle, a keeping-up and a saturated runner.</summary>
sealed class OfferedRateScenario : IScenario
{
    const double PerSecond = 500;
    const int Connections = 64;
    const long MostNanoseconds = 10_000_000;
    const double MostSlowdown = 2;
    static readonly string Title = $"Ack latency at {PerSecond}/s offered";

    public string Name => "offered-rate";

    public async Task RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        Histogram idle;
        await using (var paused = await Stage.StartAsync(new ServerSettings(bench.NewDirectory($"{Name}-idle"), Paused: true), TimeSpan.Zero, cancellationToken))
        {
            await WarmUpAsync(paused, bench, cancellationToken);
            idle = await MeasureAsync(paused, bench, "runner idle", cancellationToken);
        }

        await using var working = await Stage.StartAsync(new ServerSettings(bench.NewDirectory($"{Name}-working")), TimeSpan.Zero, cancellationToken);
        var accepted = await WarmUpAsync(working, bench, cancellationToken);
        await working.CompletedAsync(accepted, cancellationToken);
        await MeasureAsync(working, bench, "runner keeping up", cancellationToken);

        var backlog = await working.Load.CountAsync(Connections, bench.Phases.Backlog, TimeSpan.FromMinutes(2), cancellationToken);
        var saturated = await MeasureAsync(working, bench, "runner saturated", cancellationToken);
        accepted += backlog.Succeeded + (long)(2 * PerSecond * bench.Phases.Measure.TotalSeconds);
        var left = accepted - (await working.Stub.CountsAsync(cancellationToken)).Logs;
        bench.Table.Add(new ResultRow(Title, "runner saturated, still queued at the end", Format.Count(left), "", "> 0", left > 0));
        foreach (var percent in new[] { 50, 99 })
        {
            var slowdown = saturated.Percentile(percent) / (double)Math.Max(1, idle.Percentile(percent));
            bench.Table.Add(new ResultRow(Title, $"p{percent}, saturated beside idle", $"{slowdown:0.00}×",
                $"{Format.Milliseconds(saturated.Percentile(percent))} beside {Format.Milliseconds(idle.Percentile(percent))}", $"≤ {MostSlowdown:0}×", slowdown <= MostSlowdown));
        }
        await working.Server.KillAsync();
    }

    static async Task<long> WarmUpAsync(Stage stage, Bench bench, CancellationToken cancellationToken)
    {
        var burst = await stage.Load.CountAsync(Connections, bench.Phases.FirstRuns / 2, bench.Phases.Measure, cancellationToken);
        var paced = await stage.Load.OpenAsync(Connections, PerSecond, bench.Phases.WarmUp, cancellationToken);
        return burst.Succeeded + paced.Succeeded;
    }

    static async Task<Histogram> MeasureAsync(Stage stage, Bench bench, string what, CancellationToken cancellationToken)
    {
        var cores = Cores.Start(stage.Server.Id);
        var result = await stage.Load.OpenAsync(Connections, PerSecond, bench.Phases.Measure, cancellationToken);
        var p99 = result.Latency.Percentile(99);
        bench.Table.Add(new ResultRow(Title, $"{what}, p99", Format.Milliseconds(p99), $"{Latencies.Words(result.Latency)}; server {cores.Used:0.00} cores",
            $"≤ {Format.Milliseconds(MostNanoseconds)}", p99 <= MostNanoseconds && result.Trouble.Length == 0));
        if (result.Trouble.Length > 0)
            bench.Table.Add(new ResultRow(Title, $"{what}, not acknowledged", result.Trouble, "", "none", Passed: false));
        return result.Latency;
    }
}
