using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;
using FlowStudio.Benchmarks.Scenarios;

namespace FlowStudio.Benchmarks.Viewers;

/// <summary>What it costs the runner that people look: fifty open editors on a flow that runs a hundred times a second, while another flow takes all the rest.</summary>
static class ViewersBenchmark
{
    const int Viewers = 50;
    const double PerSecond = 100;
    const int Connections = 16;
    const double MostCost = 0.10;
    const int Rounds = 3;
    const string Usage = """
        dotnet run -c Release --project FlowStudio.Benchmarks -- viewers [--quick] [--directory path]
          --quick      short phases and ten viewers: to see that all works, not for figures
          --directory  where the database is made, on the disk to be measured (default: the temporary directory)
        """;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (BenchmarkCall.Read(args, Usage) is not { Quick: var quick } call)
            return 2;
        return await call.MeasureAsync("viewers", (table, directory) => RunAsync(table, directory, quick ? 10 : Viewers, TimeSpan.FromSeconds(quick ? 3 : 10), cancellationToken),
            (machine, table) => $"## Viewers benchmark\n\n`dotnet run -c Release --project FlowStudio.Benchmarks -- viewers{(quick ? " --quick" : "")}`\n\n{machine}\n" +
                "What looking costs is measured with circuits of the editor's page that answer every batch at once and draw nothing: a browser would take what it can get of this machine, " +
                "which users' browsers do not. At the end the viewers are pages in Chromium, at nice 19, which have to draw log, states and badges as they come. The rate is that of completed " +
                "runs while a second flow is called without pause; rounds without and with viewers take turns, and the median counts.\n\n" + table,
            quick ? null : report => ResultsFile.WritePart("viewers", report));
    }

    static async Task RunAsync(ResultTable table, string directory, int viewers, TimeSpan measure, CancellationToken cancellationToken)
    {
        await using var stub = new StubProcess();
        await stub.StartAsync(cancellationToken);
        await using var server = new ServerProcess(new ServerSettings(directory));
        await server.StartAsync(cancellationToken);
        using var studio = new StudioClient(server);
        var watched = await studio.CreateFlowAsync(stub.ModelUrl(TimeSpan.Zero), stub.LogUrl, cancellationToken, "watched");
        await studio.CreateFlowAsync(stub.ModelUrl(TimeSpan.Zero), stub.LogUrl, cancellationToken);
        var looked = new LoadGenerator(server.Address, HttpRequests.Orders(server.Address, "/api/v1/webhook/watched"));
        var other = new LoadGenerator(server.Address, HttpRequests.Orders(server.Address, StudioClient.WebhookPath));
        await SaturatedAsync(server, stub, looked, other, measure, cancellationToken);
        await EmptyAsync(studio, cancellationToken);

        var page = $"{server.Url}/flows/{watched}";
        var (without, with) = (new List<Load>(), new List<Load>());
        var (idle, shown) = (new List<double>(), new List<double>());
        var (seen, seenSaturated) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            idle.Add(await PacedAsync(server, looked, measure, cancellationToken));
            without.Add(await SaturatedAsync(server, stub, looked, other, measure, cancellationToken));
            await EmptyAsync(studio, cancellationToken);

            await using var circuits = await OpenCircuits.OpenAsync(page, viewers, cancellationToken);
            var (batches, _) = circuits.Take();
            shown.Add(await PacedAsync(server, looked, measure, cancellationToken));
            (batches, var bytes) = circuits.Take();
            seen.Add(batches / measure.TotalSeconds);
            with.Add(await SaturatedAsync(server, stub, looked, other, measure, cancellationToken));
            seenSaturated.Add(circuits.Take().Batches / measure.TotalSeconds);
            if (round == 0)
                table.Add(new ResultRow($"{viewers} viewers, {PerSecond}/s runs", "bytes to a viewer", $"{bytes / measure.TotalSeconds / viewers / 1024:0.0} KiB/s"));
            await EmptyAsync(studio, cancellationToken);
        }
        table.Add(new ResultRow($"{viewers} viewers, {PerSecond}/s runs", "batches to a viewer", $"{Median(seen) / viewers:0.0}/s", $"{Median(seenSaturated) / viewers:0.0}/s while the runner is saturated"));
        var (alone, watchedRate) = (Median(without.Select(l => l.Rate)), Median(with.Select(l => l.Rate)));
        var cost = 1 - (watchedRate / alone);
        table.Add(new ResultRow("Completed runs, runner saturated", "nobody looks", Format.Rate(alone), $"server {Median(without.Select(l => l.MillisecondsPerRun)) * 1000:0} µs of processor each"));
        table.Add(new ResultRow("Completed runs, runner saturated", $"{viewers} look", Format.Rate(watchedRate),
            $"costs {Format.Percent(Math.Max(0, cost))}; server {Median(with.Select(l => l.MillisecondsPerRun)) * 1000:0} µs of processor each", $"< {Format.Percent(MostCost)}", cost < MostCost));
        table.Add(new ResultRow("Server's processor time", $"{PerSecond}/s runs, nobody looks", $"{Median(idle):0.00} cores"));
        table.Add(new ResultRow("Server's processor time", $"{PerSecond}/s runs, {viewers} look", $"{Median(shown):0.00} cores", $"{(Median(shown) - Median(idle)) / viewers * 1000:0.0} ms a second for a viewer"));

        // Last: of pages whose browser is ended the server keeps the circuits for minutes.
        await using (var browser = await OpenPages.StartAsync(directory))
        {
            await using var pages = await browser.OpenAsync(page, viewers);
            var paced = PacedAsync(server, looked, measure, cancellationToken);
            var alive = await OpenPages.AliveAsync(pages, measure);
            await paced;
            table.Add(new ResultRow($"{viewers} viewers, {PerSecond}/s runs", "pages in Chromium that show what happens", Format.Count(alive), "", "all", alive == viewers));
        }
        await server.KillAsync();
    }

    /// <summary>What a saturated runner does: completed runs per second, and what one takes of the server's processor time.</summary>
    sealed record Load(double Rate, double MillisecondsPerRun);

    /// <summary>Runs of the flow that is looked at, and of the other one, which takes all that is left.</summary>
    static async Task<Load> SaturatedAsync(ServerProcess server, StubProcess stub, LoadGenerator looked, LoadGenerator other, TimeSpan measure, CancellationToken cancellationToken)
    {
        var before = (await stub.CountsAsync(cancellationToken)).Logs;
        var paced = looked.OpenAsync(Connections, PerSecond, measure, cancellationToken);
        var rest = other.ClosedAsync(Connections, measure, cancellationToken);
        var cores = Cores.Start(server.Id);
        await Task.Delay(measure, cancellationToken);
        var used = cores.Used;
        var rate = ((await stub.CountsAsync(cancellationToken)).Logs - before) / measure.TotalSeconds;
        foreach (var result in await Task.WhenAll(paced, rest))
        {
            if (result.Trouble.Length > 0)
                throw new InvalidOperationException($"Webhooks were not acknowledged: {result.Trouble}.");
        }
        return new(rate, used * 1000 / rate);
    }

    /// <summary>Cores that the server takes while only the flow that is looked at runs.</summary>
    static async Task<double> PacedAsync(ServerProcess server, LoadGenerator looked, TimeSpan measure, CancellationToken cancellationToken)
    {
        var cores = Cores.Start(server.Id);
        var result = await looked.OpenAsync(Connections, PerSecond, measure, cancellationToken);
        return result.Trouble.Length == 0 ? cores.Used : throw new InvalidOperationException($"Webhooks were not acknowledged: {result.Trouble}.");
    }

    static async Task EmptyAsync(StudioClient studio, CancellationToken cancellationToken)
    {
        while (await studio.AnyAsync(cancellationToken, "queued", "running"))
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
    }

    static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
