using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>Acknowledged webhooks per second: each answer means that the run is durable.</summary>
/// <param name="working">Whether the runner works the accepted runs off beside it, or only intake is measured.</param>
/// <param name="bar">The share of the echo's rate asked for at 64 connections.</param>
sealed class WebhookScenario(bool working, double bar) : IScenario
{
    public string Name => working ? "webhooks-working" : "webhooks-paused";

    public async Task RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var title = $"Acknowledged webhooks, runner {(working ? "working" : "paused")}";
        await using var stage = await Stage.StartAsync(new ServerSettings(bench.NewDirectory(Name), Paused: !working), TimeSpan.Zero, cancellationToken);
        await stage.Load.ClosedAsync(Bench.Concurrencies[^1], bench.Phases.WarmUp, cancellationToken);
        foreach (var concurrency in Bench.Concurrencies)
        {
            var cores = Cores.Start(stage.Server.Id);
            var logsBefore = (await stage.Stub.CountsAsync(cancellationToken)).Logs;
            var result = await stage.Load.ClosedAsync(concurrency, bench.Phases.Measure, cancellationToken);
            var used = cores.Words(result.Rate);
            var logs = (await stage.Stub.CountsAsync(cancellationToken)).Logs - logsBefore;
            bench.AddBesideEcho(title, $"C={concurrency}", result.Rate, concurrency, concurrency == Bench.Concurrencies[^1] ? bar : null);
            var beside = working ? $"; beside it {Format.Rate(logs / result.Duration.TotalSeconds)} runs" : "";
            bench.Table.Add(new ResultRow(title, $"C={concurrency}, latency", $"p50 {Format.Milliseconds(result.Latency.Percentile(50))}",
                $"{Latencies.Words(result.Latency)}; server {used}{beside}"));
            if (result.Trouble.Length > 0)
                bench.Table.Add(new ResultRow(title, $"C={concurrency}, not acknowledged", result.Trouble, "", "none", Passed: false));
        }
        await stage.Server.KillAsync();
    }
}
