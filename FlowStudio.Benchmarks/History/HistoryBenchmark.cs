using System.Diagnostics;
using System.Globalization;
using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;
using FlowStudio.Benchmarks.Scenarios;

namespace FlowStudio.Benchmarks.History;

/// <summary>History at a million runs: what asking it costs, and what having it costs the webhooks beside it.</summary>
static class HistoryBenchmark
{
    const int DefaultRuns = 1_000_000;
    const int Waiting = 100_000;
    const int Connections = 64;
    const double Kept = 0.9;
    const string Usage = """
        dotnet run -c Release --project FlowStudio.Benchmarks -- history [--runs number] [--directory path]
          --runs       ended runs in the database; default 1,000,000. Only with these is RESULTS.md written
          --directory  where databases are made, on the disk to be measured (default: the temporary directory)
        """;

    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    static readonly TimeSpan Measure = TimeSpan.FromSeconds(3);
    static readonly TimeSpan ReadyBar = TimeSpan.FromSeconds(3);

    /// <summary>Retention first looks a minute after the start.</summary>
    static readonly TimeSpan FirstRetention = TimeSpan.FromSeconds(63);

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var runs = DefaultRuns;
        if (BenchmarkCall.Read(args, Usage, Own) is not { } call)
            return 2;
        return await call.MeasureAsync("history", (table, directory) => RunAsync(table, directory, runs, cancellationToken),
            (machine, table) => $"## History benchmark\n\n`dotnet run -c Release --project FlowStudio.Benchmarks -- history{(runs == DefaultRuns ? "" : $" --runs {runs}")}`\n\n{machine}\n{table}",
            runs == DefaultRuns ? report => ResultsFile.WritePart("history", report) : null);

        int Own(string option, string? value)
        {
            if (option is not "--runs" || !int.TryParse(value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) || number < 1000)
                return 0;
            runs = number;
            return 2;
        }
    }

    static async Task RunAsync(ResultTable table, string directory, int runs, CancellationToken cancellationToken)
    {
        var (empty, full) = (Directory.CreateDirectory(Path.Combine(directory, "empty")).FullName, Directory.CreateDirectory(Path.Combine(directory, "full")).FullName);
        var emptyRate = await EmptyAsync(table, empty, cancellationToken);
        await using (var server = new ServerProcess(new ServerSettings(full, Paused: true)))
        {
            await server.StartAsync(cancellationToken);
            await CreateFlowAsync(server, cancellationToken);
            await server.KillAsync();
        }
        var end = TimeProvider.System.GetUtcNow();
        await FillAsync(table, full, runs, cancellationToken);
        await StartAsync(table, full, $"database with {Format.Count(runs)} runs", cancellationToken);
        await using (var filler = new HistoryFiller(full))
            await filler.AddWaitingAsync(Waiting, cancellationToken);
        var rate = await FullAsync(table, full, end, emptyRate, cancellationToken);
        await RetentionAsync(table, full, runs / 2, rate, cancellationToken);
    }

    static async Task<double> EmptyAsync(ResultTable table, string directory, CancellationToken cancellationToken)
    {
        await using var server = new ServerProcess(new ServerSettings(directory, Paused: true));
        await server.StartAsync(cancellationToken);
        await CreateFlowAsync(server, cancellationToken);
        var rate = await WebhooksAsync(server, cancellationToken);
        table.Add(new ResultRow("Acknowledged webhooks", $"empty database, C={Connections}", Format.Rate(rate)));
        await server.KillAsync();
        return rate;
    }

    static async Task FillAsync(ResultTable table, string directory, int runs, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await using (var filler = new HistoryFiller(directory))
            await filler.FillAsync(runs, cancellationToken);
        var took = Stopwatch.GetElapsedTime(began);
        table.Add(new ResultRow("Filling", "runs through the journal, with sums and search index", Format.Rate(runs / took.TotalSeconds), $"{Format.Seconds(took)} in all"));
        foreach (var (file, what) in ((string, string)[])[("flowstudio.db", "database"), ("search.db", "search index")])
        {
            var bytes = new FileInfo(Path.Combine(directory, file)).Length;
            table.Add(new ResultRow("Disk", $"{what}, bytes per run", $"{Format.Count(bytes / runs)} B", $"{Format.Megabytes(bytes)} in all"));
        }
    }

    static async Task StartAsync(ResultTable table, string directory, string what, CancellationToken cancellationToken)
    {
        await using var server = new ServerProcess(new ServerSettings(directory, Paused: true));
        AddReady(table, what, await server.StartAsync(cancellationToken));
        await server.KillAsync();
    }

    static async Task<double> FullAsync(ResultTable table, string directory, DateTimeOffset end, double emptyRate, CancellationToken cancellationToken)
    {
        await using var server = new ServerProcess(new ServerSettings(directory, Paused: true));
        AddReady(table, $"the same and {Format.Count(Waiting)} waiting runs", await server.StartAsync(cancellationToken));
        using (var queries = new HistoryQueries(server, end, table))
            await queries.MeasureAsync(cancellationToken);
        await new PageTimes(server, table).MeasureAsync(cancellationToken);
        var rate = await WebhooksAsync(server, cancellationToken);
        AddRate(table, "full database", rate, emptyRate, "the empty one's");
        await server.KillAsync();
        return rate;
    }

    static async Task RetentionAsync(ResultTable table, string directory, int keep, double fullRate, CancellationToken cancellationToken)
    {
        await using var server = new ServerProcess(new ServerSettings(directory, Paused: true, KeepRuns: keep));
        await server.StartAsync(cancellationToken);
        await Task.Delay(FirstRetention, cancellationToken);
        using var counter = new EndedRuns(directory);
        var (before, began) = (await counter.CountAsync(cancellationToken), Stopwatch.GetTimestamp());
        var rate = await WebhooksAsync(server, cancellationToken);
        var deleted = (before - await counter.CountAsync(cancellationToken)) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        AddRate(table, "full database, retention at work", rate, fullRate, "the rate without it");
        table.Add(new ResultRow("Retention", "runs deleted beside the webhooks", Format.Rate(deleted), "", "> 0", deleted > 0));
        await server.KillAsync();
    }

    static void AddReady(ResultTable table, string what, TimeSpan ready) =>
        table.Add(new ResultRow("Start to ready", what, Format.Seconds(ready), "", $"≤ {Format.Seconds(ReadyBar)}", ready <= ReadyBar));

    static void AddRate(ResultTable table, string what, double rate, double other, string others) => table.Add(new ResultRow(
        "Acknowledged webhooks", $"{what}, C={Connections}", Format.Rate(rate), $"{Format.Percent(rate / other)} of {others}", $"≥ {Format.Percent(Kept)} of it", rate >= Kept * other));

    static async Task CreateFlowAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        // Nothing runs, so nobody answers there.
        using var studio = new StudioClient(server);
        await studio.CreateFlowAsync("http://127.0.0.1:9/v1", "http://127.0.0.1:9/log", cancellationToken);
    }

    /// <summary>The median of three measurements: one alone differs by a tenth from the next.</summary>
    static async Task<double> WebhooksAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        var load = new LoadGenerator(server.Address, HttpRequests.Orders(server.Address, StudioClient.WebhookPath));
        await load.ClosedAsync(Connections, WarmUp, cancellationToken);
        var rates = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            var result = await load.ClosedAsync(Connections, Measure, cancellationToken);
            rates.Add(result.Trouble.Length == 0 ? result.Rate : throw new InvalidOperationException($"Webhooks were not acknowledged: {result.Trouble}."));
        }
        return rates.Order().ElementAt(1);
    }
}
