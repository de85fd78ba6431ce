using System.Reflection;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks;

/// <summary>How a benchmark was called, and what each of them does around its measuring: a directory on the disk to be measured, the table, the report.</summary>
sealed class BenchmarkCall
{
    string parent = Path.GetTempPath();

    BenchmarkCall()
    {
    }

    /// <summary>Everything shortened: to see that all works, not for figures.</summary>
    public bool Quick { get; private set; }

    public static bool Release => Metadata("Configuration") is "Release";

    /// <summary>Reads the options; null, with the reason and the usage on standard error, when one is not understood.</summary>
    /// <param name="usage">Names all options; <c>--quick</c> and <c>--directory</c> are known where it names them.</param>
    /// <param name="own">An option of this benchmark alone, with what stands after it: how many of the two it took, 0 when it does not know them.</param>
    public static BenchmarkCall? Read(string[] args, string usage, Func<string, string?, int>? own = null)
    {
        var call = new BenchmarkCall();
        for (var index = 0; index < args.Length;)
        {
            var (option, value) = (args[index], args.ElementAtOrDefault(index + 1));
            var taken = own?.Invoke(option, value) ?? 0;
            if (taken == 0)
                taken = call.Take(option, value, usage);
            if (taken == 0)
            {
                Console.Error.WriteLine($"'{string.Join(' ', args[index..])}' is not understood.\n{usage}");
                return null;
            }
            index += taken;
        }
        if (!Release)
            Console.Error.WriteLine("This is a Debug build: its figures mean nothing. Use dotnet run -c Release.");
        return call;
    }

    /// <summary>Measures in a directory of its own, and shows the report.</summary>
    /// <param name="report">The report, of what the machine is and what the table says.</param>
    /// <param name="keep">Writes the report into RESULTS.md; null when this was not the whole benchmark.</param>
    /// <returns>The exit code: 0 when every row met its bar.</returns>
    public async Task<int> MeasureAsync(string name, Func<ResultTable, string, Task> measure, Func<string, string, string> report, Action<string>? keep)
    {
        var directory = Directory.CreateDirectory(Path.Combine(parent, $"flowstudio-{name}-{Environment.ProcessId}")).FullName;
        try
        {
            var table = new ResultTable(Console.Out);
            await measure(table, directory);
            var written = report(MachineDescription.ToMarkdown(directory, TimeProvider.System.GetUtcNow()), table.ToMarkdown());
            Console.WriteLine($"\n{written}");
            keep?.Invoke(written);
            return table.AllPassed ? 0 : 1;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>What the build noted in the assembly.</summary>
    public static string Metadata(string key) =>
        typeof(BenchmarkCall).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(entry => entry.Key == key)?.Value ?? "";

    int Take(string option, string? value, string usage)
    {
        if (!usage.Contains(option, StringComparison.Ordinal))
            return 0;
        switch (option)
        {
            case "--quick":
                Quick = true;
                return 1;
            case "--directory" when value is not null:
                parent = value;
                return 2;
            default:
                return 0;
        }
    }
}
