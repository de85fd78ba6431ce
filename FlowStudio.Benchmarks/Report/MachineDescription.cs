using System.Globalization;
using System.Runtime.InteropServices;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Engine.Storage.Sqlite;

namespace FlowStudio.Benchmarks.Report;

/// <summary>The machine a benchmark ran on, as its reader needs it to judge the figures.</summary>
static class MachineDescription
{
    public static string ToMarkdown(string directory, DateTimeOffset now)
    {
        SqliteBridge.Initialize();
        var lines = new[]
        {
            $"Date: {now.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC",
            $"Processor: {Environment.ProcessorCount} × {Processor(File.ReadAllText("/proc/cpuinfo"))}, shared by server, stub and load generator",
            $"Memory: {ProcessStats.Kilobytes(File.ReadAllText("/proc/meminfo"), "MemTotal:") / 1048576.0:0.0} GiB",
            $"System: {RuntimeInformation.OSDescription}, kernel {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}",
            $"Disk: {FileSystem(File.ReadAllLines("/proc/mounts"), directory)}",
            $".NET {Environment.Version}, SQLite {SqliteBridge.Version} ({SqliteBridge.Source}), `journal_mode=WAL`, `synchronous=FULL`",
            $"Server's collector: {(ServerCollector() ? "server" : "workstation")} (the echo runs with the same `runtimeconfig.json`)",
        };
        return string.Concat(lines.Select(line => $"- {line}\n"));
    }

    /// <summary>The model's name; a virtual machine may hide it, then vendor, family and model number.</summary>
    internal static string Processor(string cpuinfo)
    {
        var fields = cpuinfo.Split('\n').Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).Where(parts => parts.Length == 2)
            .DistinctBy(parts => parts[0], StringComparer.Ordinal).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        var name = fields.GetValueOrDefault("model name", "");
        if (name is "" or "unknown")
            name = $"{fields.GetValueOrDefault("vendor_id", "unknown processor")} family {fields.GetValueOrDefault("cpu family", "?")} model {fields.GetValueOrDefault("model", "?")}";
        return fields.TryGetValue("cpu MHz", out var megahertz) ? $"{name} at {double.Parse(megahertz, CultureInfo.InvariantCulture):0} MHz" : name;
    }

    /// <summary>The file system of the longest mount point that contains the directory.</summary>
    internal static string FileSystem(IEnumerable<string> mounts, string directory) =>
        mounts.Select(line => line.Split(' '))
            .Where(parts => $"{directory}/".StartsWith(parts[1] is "/" ? "/" : $"{parts[1]}/", StringComparison.Ordinal))
            .OrderByDescending(parts => parts[1].Length)
            .Select(parts => $"{parts[2]} on {parts[0]}").FirstOrDefault("unknown");

    static bool ServerCollector() =>
        File.ReadAllText(ServerProcess.RuntimeConfiguration).Contains("\"System.GC.Server\": true", StringComparison.Ordinal);
}
