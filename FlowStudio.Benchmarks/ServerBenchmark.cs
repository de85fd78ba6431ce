using System.Globalization;
using System.Reflection;
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

    const string Usage = """
        dotnet run -c Release --project FlowStudio.Benchmarks -- server [--quick] [--only name,name] [--directory path] [--profile]
          --quick      every phase shortened: to see that all works, not for figures
          --only       only these scenarios (and the echo, which the ratios need): {0}
          --directory  where databases are made, on the disk to be measured (default: the temporary directory)
          --profile    the server can be looked into with perf, and its process id is shown
        RESULTS.md is written by a whole run only.
        """;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var quick = false;
        var parent = Path.GetTempPath();
        string[]? only = null;
        for (var index = 0; index < args.Length; index++)
        {
            switch (args[index])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--profile":
                    ServerProcess.Profiled = true;
                    break;
                case "--only" when index + 1 < args.Length:
                    only = args[++index].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                    break;
                case "--directory" when index + 1 < args.Length:
                    parent = args[++index];
                    break;
                default:
                    return Misused($"'{args[index]}' is not understood.");
            }
        }
        if (only?.FirstOrDefault(name => !Array.Exists(Scenarios, scenario => scenario.Name == name)) is { } unknown)
            return Misused($"There is no scenario '{unknown}'.");
        if (Metadata("Configuration") is not "Release")
            Console.Error.WriteLine("This is a Debug build: its figures mean nothing. Use dotnet run -c Release.");

        var directory = Directory.CreateDirectory(Path.Combine(parent, $"flowstudio-benchmark-{Environment.ProcessId}")).FullName;
        try
        {
            var table = new ResultTable(Console.Out);
            var bench = new Bench(table, quick ? Phases.Quick : Phases.Full, directory);
            foreach (var scenario in Scenarios.Where(scenario => only is null || (scenario is EchoScenario && only is not ["loop"]) || only.Contains(scenario.Name, StringComparer.Ordinal)))
            {
                Console.WriteLine(scenario.Name);
                await RunAsync(scenario, bench, cancellationToken);
            }
            var report = $"# Server benchmark\n\n`dotnet run -c Release --project FlowStudio.Benchmarks -- server{(quick ? " --quick" : "")}`\n\n" +
                $"{MachineDescription.ToMarkdown(directory, TimeProvider.System.GetUtcNow())}\n{table.ToMarkdown()}";
            Console.WriteLine($"\n{report}");
            if (!quick && only is null && !ServerProcess.Profiled)
                ResultsFile.Write(Metadata("ResultsFile"), report);
            return table.AllPassed ? 0 : 1;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
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

    static int Misused(string problem)
    {
        Console.Error.WriteLine(problem);
        Console.Error.WriteLine(string.Format(CultureInfo.InvariantCulture, Usage, string.Join(", ", Scenarios.Select(scenario => scenario.Name))));
        return 2;
    }

    /// <summary>What the build noted in the assembly.</summary>
    internal static string Metadata(string key) =>
        typeof(ServerBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(entry => entry.Key == key)?.Value ?? "";
}
