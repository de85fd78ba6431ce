using System.Globalization;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>What Linux says of one process, read from /proc.</summary>
static class ProcessStats
{
    /// <summary>The kernel's unit of processor time in /proc, the same on every Linux that .NET runs on.</summary>
    const double TicksPerSecond = 100;

    /// <summary>Resident memory in bytes.</summary>
    public static long ResidentBytes(int processId) => Kilobytes(File.ReadAllText($"/proc/{processId}/status"), "VmRSS:") * 1024;

    /// <summary>The most resident memory the process ever had, in bytes.</summary>
    public static long PeakResidentBytes(int processId) => Kilobytes(File.ReadAllText($"/proc/{processId}/status"), "VmHWM:") * 1024;

    /// <summary>Processor time spent so far, user and system.</summary>
    public static TimeSpan ProcessorTime(int processId) => ParseProcessorTime(File.ReadAllText($"/proc/{processId}/stat"));

    internal static long Kilobytes(string status, string key)
    {
        var line = status.Split('\n').FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) ??
            throw new FormatException($"/proc/…/status has no {key}");
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The name in the second field is in parentheses and may contain both spaces and parentheses, so fields are counted after the last one.</summary>
    internal static TimeSpan ParseProcessorTime(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }
}
