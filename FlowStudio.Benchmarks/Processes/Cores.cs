using System.Diagnostics;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>Processor time a process took since a moment, in cores: 1 is one core all the time.</summary>
readonly record struct Cores(int ProcessId, TimeSpan Before, long Started)
{
    public static Cores Start(int processId) => new(processId, ProcessStats.ProcessorTime(processId), Stopwatch.GetTimestamp());

    /// <summary>In words, with the processor time that each of so many requests or runs took.</summary>
    public string Words(double perSecond) => Used is var used && perSecond > 0 ? $"{used:0.00} cores, {used / perSecond * 1e6:0} µs each" : $"{used:0.00} cores";

    public double Used => (ProcessStats.ProcessorTime(ProcessId) - Before) / Stopwatch.GetElapsedTime(Started);
}
