using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>The ceiling of ASP.NET Core itself on this machine. Everything else is judged beside it, so it always runs, first.</summary>
sealed class EchoScenario : IScenario
{
    public string Name => "echo";

    public async Task RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var echo = new EchoProcess();
        var address = await echo.AddressAsync(cancellationToken);
        var load = new LoadGenerator(address, HttpRequests.Orders(address, "/api/v1/webhook/benchmark"));
        await load.ClosedAsync(Bench.Concurrencies[^1], bench.Phases.WarmUp, cancellationToken);
        foreach (var concurrency in Bench.Concurrencies)
        {
            var (echoCores, loadCores) = (Cores.Start(echo.Id), Cores.Start(Environment.ProcessId));
            var result = await load.ClosedAsync(concurrency, bench.Phases.Measure, cancellationToken);
            if (result.Trouble.Length > 0)
                throw new InvalidOperationException($"The echo answered otherwise than 202: {result.Trouble}.");
            bench.Echo[concurrency] = result.Rate;
            bench.Table.Add(new ResultRow("Bare Kestrel POST echo", $"C={concurrency}", Format.Rate(result.Rate),
                $"{Latencies.Words(result.Latency)}; echo {echoCores.Words(result.Rate)}, load {loadCores.Words(result.Rate)}"));
        }
    }
}

static class Latencies
{
    public static string Words(Histogram latency) =>
        $"p50 {Format.Milliseconds(latency.Percentile(50))}, p99 {Format.Milliseconds(latency.Percentile(99))}, p99.9 {Format.Milliseconds(latency.Percentile(99.9))}";
}
