using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>How one start of the server differs from its defaults.</summary>
/// <param name="DataDirectory">Where its database lies.</param>
/// <param name="Paused">Whether accepted runs only queue up.</param>
/// <param name="MaxConcurrentRuns">The process's concurrency limit; null: the server's default.</param>
/// <param name="KeepRuns">Runs that retention keeps; null: all.</param>
/// <param name="TellsHeap">Whether it can be asked for its heap (<see cref="ServerProcess.HeapAsync"/>).</param>
sealed record ServerSettings(string DataDirectory, bool Paused = false, int? MaxConcurrentRuns = null, int? KeepRuns = null, bool TellsHeap = false);

/// <summary>The real server, as built, as its own process.</summary>
sealed class ServerProcess : ChildProcess
{
    static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(60);
    readonly HttpClient http = new();

    public ServerProcess(ServerSettings settings)
        : base("server", ["exec", Program(), "--urls", "http://127.0.0.1:0"], Environment(settings))
    {
        DataDirectory = settings.DataDirectory;
        if (Profiled)
            Console.WriteLine($"  server is process {Id}: perf record -g -p {Id} -- sleep 10");
    }

    /// <summary>Whether servers write the names of their compiled methods where <c>perf</c> finds them. It costs some speed.</summary>
    public static bool Profiled { get; set; }

    /// <summary>The environment of every measured process.</summary>
    public static IReadOnlyDictionary<string, string> CommonEnvironment { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["DOTNET_NOLOGO"] = "1",
    };

    /// <summary>The server's runtimeconfig.json: its garbage collector and tiering.</summary>
    public static string RuntimeConfiguration => Path.ChangeExtension(Program(), ".runtimeconfig.json");

    public string DataDirectory { get; }

    public IPEndPoint Address { get; private set; } = new(IPAddress.None, 0);

    public string Url => $"http://{Address}";

    /// <summary>Main file and write-ahead log of every database in the data directory, in bytes.</summary>
    public long DatabaseBytes => Databases(DataDirectory).Sum(file => file.Length);

    /// <summary>Waits for <c>/health/ready</c> to answer 200.</summary>
    /// <returns>The time since the process was started.</returns>
    /// <exception cref="InvalidOperationException">It was not ready within a minute.</exception>
    public async Task<TimeSpan> StartAsync(CancellationToken cancellationToken)
    {
        Address = await AddressAsync(cancellationToken);
        while (Stopwatch.GetElapsedTime(StartedAt) < ReadyPatience)
        {
            using var response = await http.GetAsync($"{Url}/health/ready", cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
                return Stopwatch.GetElapsedTime(StartedAt);
            await Task.Delay(10, cancellationToken);
        }
        throw new InvalidOperationException($"The server was not ready within {ReadyPatience.TotalSeconds} s.\n{LastLines}");
    }

    /// <summary>Has the server collect all its garbage, give back what is free then, and say what is left in its heap.</summary>
    public async Task<long> HeapAsync(CancellationToken cancellationToken)
    {
        var file = HeapFile(DataDirectory);
        File.Delete(file);
        Signal(StartupHook.AskForHeap);
        while (!File.Exists(file))
            await Task.Delay(10, cancellationToken);
        return long.Parse(await File.ReadAllTextAsync(file, cancellationToken), CultureInfo.InvariantCulture);
    }

    public override ValueTask DisposeAsync()
    {
        http.Dispose();
        return base.DisposeAsync();
    }

    static IEnumerable<FileInfo> Databases(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => file.Name.EndsWith(".db", StringComparison.Ordinal) || file.Name.EndsWith(".db-wal", StringComparison.Ordinal));

    static Dictionary<string, string> Environment(ServerSettings settings)
    {
        var environment = new Dictionary<string, string>(CommonEnvironment, StringComparer.Ordinal) { ["FlowStudio__DataDirectory"] = settings.DataDirectory, ["FlowStudio__Access__RequireApiKey"] = "false" };
        if (Profiled)
        {
            environment["DOTNET_PerfMapEnabled"] = "1";
            // Else compiled code lies in a file mapping, for which perf has no names.
            environment["DOTNET_EnableWriteXorExecute"] = "0";
        }
        if (settings.TellsHeap)
        {
            environment["DOTNET_STARTUP_HOOKS"] = Assembly.GetExecutingAssembly().Location;
            environment[StartupHook.HeapFile] = HeapFile(settings.DataDirectory);
        }
        if (settings.Paused)
            environment["FlowStudio__Runner__Paused"] = "true";
        if (settings.KeepRuns is { } keep)
            environment["FlowStudio__Retention__KeepRuns"] = keep.ToString(CultureInfo.InvariantCulture);
        if (settings.MaxConcurrentRuns is { } limit)
            environment["FlowStudio__Runner__MaxConcurrentRuns"] = limit.ToString(CultureInfo.InvariantCulture);
        return environment;
    }

    static string HeapFile(string directory) => Path.Combine(directory, "heap.txt");

    /// <summary>The project's own output, where its static files are too; beside the benchmark's output when that was moved elsewhere.</summary>
    static string Program()
    {
        const string file = "FlowStudio.Web.dll";
        var directory = typeof(ServerProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(entry => entry.Key is "ServerDirectory").Value ?? "";
        var candidates = new[] { Path.GetFullPath(Path.Combine(directory, file)), Path.Combine(AppContext.BaseDirectory, file) };
        return Array.Find(candidates, File.Exists) ?? throw new FileNotFoundException($"The server is not built: {string.Join(" and ", candidates)} don't exist.");
    }
}
