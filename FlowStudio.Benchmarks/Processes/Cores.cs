using System.Diagnostics;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>Processor time a process took since a moment, in cores: 1 is one core all the time.</summary>
readonly record struct Cores(int ProcessId, TimeSpan Before, long Started)
{
    public static Cores Start(int processId) => new(processId, ProcessStats.ProcessorTime(processId), Stopwatch.GetTimestamp());

    public double Used => (ProcessStats.ProcessorTime(ProcessId) - Before) / Stopwatch.GetElapsedTime(Started);
}
