using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;
using FlowStudio.Benchmarks.Scenarios;

namespace FlowStudio.Benchmarks;

/// <summary>Runs the scenarios one after the other and writes the report.</summary>
static class ServerBenchmark
{
    static readonly IScenario[] Scenarios =
    [
        new EchoScenario(),
        new SqliteScenario(),
        new WebhookScenario(working: false, bar: 0.30),
        new WebhookScenario(working: true, bar: 0.15),
        new OfferedRateScenario(),
        new CompletedRunsScenario(),
        new SlowModelScenario(),
        new LoopScenario(),
    ];

    static readonly string Usage = $"""
        dotnet run -c Release --project FlowStudio.Benchmarks -- server [--quick] [--only name,name] [--directory path] [--profile]
          --quick      every phase shortened: to see that all works, not for figures
          --only       only these scenarios (and the echo, which the ratios need): {string.Join(", ", Scenarios.Select(scenario => scenario.Name))}
          --directory  where databases are made, on the disk to be measured (default: the temporary directory)
          --profile    the server can be looked into with perf, and its process id is shown
        RESULTS.md is written by a whole run only.
        """;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        string[]? only = null;
        if (BenchmarkCall.Read(args, Usage, Own) is not { Quick: var quick } call)
            return 2;
        if (only?.FirstOrDefault(name => !Array.Exists(Scenarios, scenario => scenario.Name == name)) is { } unknown)
        {
            Console.Error.WriteLine($"There is no scenario '{unknown}'.\n{Usage}");
            return 2;
        }
        return await call.MeasureAsync("server", MeasureAsync,
            (machine, table) => $"# Server benchmark\n\n`dotnet run -c Release --project FlowStudio.Benchmarks -- server{(quick ? " --quick" : "")}`\n\n{machine}\n{table}",
            quick || only is not null || ServerProcess.Profiled ? null : ResultsFile.Write);

        async Task MeasureAsync(ResultTable table, string directory)
        {
            var bench = new Bench(table, quick ? Phases.Quick : Phases.Full, directory);
            foreach (var scenario in Scenarios.Where(scenario => only is null || (scenario is EchoScenario && only is not ["loop"]) || only.Contains(scenario.Name, StringComparer.Ordinal)))
            {
                Console.WriteLine(scenario.Name);
                await RunAsync(scenario, bench, cancellationToken);
            }
        }

        int Own(string option, string? value)
        {
            switch (option)
            {
                case "--profile":
                    ServerProcess.Profiled = true;
                    return 1;
                case "--only" when value is not null:
                    only = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                    return 2;
                default:
                    return 0;
            }
        }
    }

    /// <summary>A scenario that breaks off is a failed row; the others still have their figures to give. Without the echo there is nothing to judge by.</summary>
    static async Task RunAsync(IScenario scenario, Bench bench, CancellationToken cancellationToken)
    {
        try
        {
            await scenario.RunAsync(bench, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && scenario is not EchoScenario)
        {
            Console.Error.WriteLine(exception);
            bench.Table.Add(new ResultRow(scenario.Name, "broke off", exception.GetType().Name, "", "ends", Passed: false));
        }
    }
}
