using System.Globalization;
using System.Text;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using FlowStudio.Benchmarks.Report;
using Perfolizer.Horology;

namespace FlowStudio.Benchmarks.Micro;

/// <summary>Single parts of the engine, by BenchmarkDotNet: what they cost in time and memory, to see which way a change went.</summary>
static class MicroBenchmark
{
    const string Usage = """
        dotnet run -c Release --project FlowStudio.Benchmarks -- micro [--quick]
          --quick  one short round of each: to see that all works, not for figures
        The part of RESULTS.md about them is written by a whole run only.
        """;

    static readonly Type[] Parts = [typeof(TemplateBenchmarks), typeof(JsonCheckBenchmarks), typeof(ValidatorBenchmarks), typeof(RunnerBenchmarks), typeof(JournalBenchmarks)];

    public static int Run(string[] args)
    {
        if (BenchmarkCall.Read(args, Usage) is not { Quick: var quick })
            return 2;
        var artifacts = Directory.CreateTempSubdirectory("flowstudio-micro-").FullName;
        try
        {
            var summaries = Parts.Select(part => BenchmarkRunner.Run(part, Config(quick, artifacts))).ToList();
            var table = Table(summaries);
            Console.WriteLine($"\n{table}");
            if (summaries.Exists(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success)))
                return 1;
            if (!quick && BenchmarkCall.Release)
                ResultsFile.WritePart("micro", Report(table, artifacts));
            return 0;
        }
        finally
        {
            Directory.Delete(artifacts, recursive: true);
        }
    }

    /// <summary>In this process: the usual way builds a program per benchmark, which asks the package registry and takes minutes.</summary>
    static ManualConfig Config(bool quick, string artifacts)
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(quick ? 1 : 3).WithIterationCount(quick ? 1 : 8)
            .WithIterationTime(TimeInterval.FromMilliseconds(quick ? 20 : 250));
        return ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance).WithArtifactsPath(artifacts).WithOptions(ConfigOptions.DisableOptimizationsValidator);
    }

    static string Report(string table, string directory) =>
        $"## Micro benchmarks\n\n`dotnet run -c Release --project FlowStudio.Benchmarks -- micro`\n\n{MachineDescription.ToMarkdown(directory, TimeProvider.System.GetUtcNow())}\n{table}";

    internal static string Table(IEnumerable<Summary> summaries)
    {
        var text = new StringBuilder("| Part | Mean | ± | Allocated |\n|---|---:|---:|---:|\n");
        foreach (var summary in summaries)
        {
            foreach (var report in summary.Reports)
            {
                var name = string.Join(" ", [report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''), .. report.BenchmarkCase.Parameters.Items.Select(p => $"{p.Value} {(p.Name == "Kibibytes" ? "KiB" : "")}".TrimEnd())]);
                text.Append(report.ResultStatistics is not { } measured ? $"| {name} | failed | | |\n" : string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {Time(measured.Mean)} | {Time(measured.StandardDeviation)} | {report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0:N0} B |\n"));
            }
        }
        return text.ToString();
    }

    internal static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0} ns"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000:0.0} µs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000_000:0.00} ms"),
    };
}
