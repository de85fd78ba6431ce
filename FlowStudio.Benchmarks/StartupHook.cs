using System.Globalization;
using System.Runtime.InteropServices;

/// <summary>
/// Loaded into the measured server by <c>DOTNET_STARTUP_HOOKS</c>, which asks for a class of this name outside of any namespace: when it is signalled, it collects
/// garbage and writes what is left to a file. It uses nothing but the runtime, as none of the benchmark's own references are there.
/// </summary>
#pragma warning disable MA0047 // The runtime looks for this very name.
static class StartupHook
#pragma warning restore MA0047
{
    /// <summary>SIGUSR1.</summary>
    public const int AskForHeap = 10;

    public const string HeapFile = "BENCHMARK_HEAP_FILE";

    static PosixSignalRegistration? registration;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(HeapFile) is not { Length: > 0 } file)
            return;
        registration ??= PosixSignalRegistration.Create((PosixSignal)AskForHeap, signal =>
        {
            signal.Cancel = true;
            // Twice, for what finalizers let go.
            for (var i = 0; i < 2; i++)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                GC.WaitForPendingFinalizers();
            }
            File.WriteAllText(file + ".new", GC.GetTotalMemory(forceFullCollection: false).ToString(CultureInfo.InvariantCulture));
            File.Move(file + ".new", file, overwrite: true);
        });
    }
}
