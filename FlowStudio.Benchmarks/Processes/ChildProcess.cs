using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>A .NET program started as its own process that says on its standard output where it listens. Disposing stops it, by force if it must.</summary>
abstract partial class ChildProcess : IAsyncDisposable
{
    const int KeptLines = 200;
    const int Terminate = 15;
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(60);

    readonly Process process;
    readonly Queue<string> lines = new();
    readonly TaskCompletionSource<IPEndPoint> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts <c>dotnet</c> with the arguments. Nothing of .NET's, ASP.NET's, OpenAI's or FlowStudio's configuration is inherited: only what is given here counts.</summary>
    protected ChildProcess(string name, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        Name = name;
        var start = new ProcessStartInfo(DotnetHost, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var key in start.Environment.Keys.Where(IsConfiguration).ToList())
            start.Environment.Remove(key);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        StartedAt = Stopwatch.GetTimestamp();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Id = process.Id;
    }

    public string Name { get; }

    public int Id { get; }

    /// <summary>The stopwatch's timestamp just before the process was started.</summary>
    protected long StartedAt { get; }

    public long ResidentBytes => ProcessStats.ResidentBytes(Id);

    public TimeSpan ProcessorTime => ProcessStats.ProcessorTime(Id);

    /// <summary>The host that runs this very program.</summary>
    static string DotnetHost => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>Waits for the first address the process says it listens on.</summary>
    /// <exception cref="InvalidOperationException">The process ended, or said nothing within a minute; the message has its last lines.</exception>
    public async Task<IPEndPoint> AddressAsync(CancellationToken cancellationToken)
    {
        var exited = process.WaitForExitAsync(cancellationToken);
        var first = await Task.WhenAny(address.Task, exited, Task.Delay(StartPatience, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        return first == address.Task
            ? await address.Task
            : throw new InvalidOperationException($"{Name} {(first == exited ? $"ended with code {process.ExitCode}" : "said no address")}.\n{LastLines}");
    }

    /// <summary>Asks the process to end (SIGTERM) and waits; one that doesn't end within a minute is killed.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited)
        {
            _ = Signal(Id, Terminate);
            using var deadline = new CancellationTokenSource(StopPatience);
            try
            {
                await process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Console.Error.WriteLine($"{Name} (process {Id}) did not end within {StopPatience.TotalSeconds} s of SIGTERM and is killed.");
                await KillAsync();
            }
        }
        return process.ExitCode;
    }

    protected void Signal(int signal) => _ = Signal(Id, signal);

    /// <summary>Ends the process at once (SIGKILL).</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        process.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The last lines the process wrote, for error messages.</summary>
    public string LastLines
    {
        get
        {
            lock (lines)
                return string.Join('\n', lines);
        }
    }

    void Take(string? line)
    {
        if (line is null)
            return;
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > KeptLines)
                lines.Dequeue();
        }
        if (!address.Task.IsCompleted && Listening().Match(line) is { Success: true } match)
            address.TrySetResult(new IPEndPoint(IPAddress.Loopback, int.Parse(match.Groups["port"].ValueSpan)));
    }

    static bool IsConfiguration(string variable) =>
        (variable.StartsWith("DOTNET_", StringComparison.Ordinal) && variable is not "DOTNET_ROOT") ||
        new[] { "ASPNETCORE_", "COMPlus_", "FlowStudio__", "OPENAI_", "Logging__", "Kestrel__" }.Any(prefix => variable.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"http://(127\.0\.0\.1|localhost):(?<port>[1-9]\d*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
