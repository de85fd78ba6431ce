using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;
using FlowStudio.Benchmarks.Scenarios;

namespace FlowStudio.Benchmarks.Streams;

/// <summary>
/// A thousand open streams on one server, each of its own run: what an open one takes of memory, how late events come, and whether a reader that does not read
/// makes the others' later.
/// </summary>
static class StreamsBenchmark
{
    const int Streams = 1000;
    const int Rounds = 3;
    const int AtOnce = 32;
    const long MostMemory = 64 * 1024;
    const double MostSlower = 1.25;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    const string Usage = """
        dotnet run -c Release --project FlowStudio.Benchmarks -- streams [--quick] [--streams number] [--directory path]
          --quick      fifty streams, short and few rounds: to see that all works, not for figures
          --streams    how many (default: 1,000)
          --directory  where the database is made, on the disk to be measured (default: the temporary directory)
        RESULTS.md is written by a whole run only.
        """;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int? streams = null;
        if (BenchmarkCall.Read(args, Usage, Own) is not { Quick: var quick } call)
            return 2;
        return await call.MeasureAsync("streams", (table, directory) => RunAsync(table, directory, streams ?? (quick ? 50 : Streams), quick, cancellationToken),
            (machine, table) => $"## Streams benchmark\n\n`dotnet run -c Release --project FlowStudio.Benchmarks -- streams{(quick ? " --quick" : "")}`\n\n{machine}\n" +
                "Each stream follows a run of its own, whose model says two tokens a second. Memory is read while all runs wait for their model, first without any stream and then with all open and " +
                "idle, each time after a full collection; delays go from when an event happened to when the client, in another process, has read it. Beside them one run says 3,000 tokens a second; its " +
                "reader reads, or does not: rounds of both take turns, and the median counts.\n\n" + table,
            quick || streams is not null ? null : report => ResultsFile.WritePart("streams", report));

        int Own(string option, string? value)
        {
            if (option is not "--streams" || !int.TryParse(value, out var number) || number <= 0)
                return 0;
            streams = number;
            return 2;
        }
    }

    static async Task RunAsync(ResultTable table, string directory, int streams, bool quick, CancellationToken cancellationToken)
    {
        await using var stub = new StubProcess();
        await stub.StartAsync(cancellationToken);
        await using var server = new ServerProcess(new ServerSettings(directory, MaxConcurrentRuns: streams + 100, TellsHeap: true));
        await server.StartAsync(cancellationToken);
        using var studio = new StudioClient(server);
        using var http = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = Timeout.InfiniteTimeSpan };
        var tokens = quick ? 6 : 20;
        var talk = await studio.CreateTalkAsync("talk", stub.HeldUrl(500, 1, tokens), cancellationToken);
        const int chatter = 30_000;
        var chat = await studio.CreateTalkAsync("chatter", stub.HeldUrl(10, quick ? 100 : 30, quick ? chatter / 100 : chatter / 30), cancellationToken);
        var stage = new Stage(stub, server, studio, http, talk, tokens, chat, chatter, streams);

        // A few first, so that code is compiled; but not many, so that what the server keeps for its streams counts as theirs.
        await (stage with { Streams = Math.Min(20, streams) }).RoundAsync(stalls: false, memory: null, cancellationToken);
        await stage.RoundAsync(stalls: false, memory: table, cancellationToken);
        var (without, with) = (new List<Round>(), new List<Round>());
        for (var round = 0; round < (quick ? 1 : Rounds); round++)
        {
            without.Add(await stage.RoundAsync(stalls: false, memory: null, cancellationToken));
            with.Add(await stage.RoundAsync(stalls: true, memory: null, cancellationToken));
        }
        foreach (var problem in without.Concat(with).SelectMany(r => r.Problems).Take(10))
            Console.Error.WriteLine(problem);
        var scenario = $"{Format.Count(streams)} streams, {Format.Count(2 * streams)} tokens/s beside 3,000/s";
        if (quick)
            scenario = $"{Format.Count(streams)} streams";
        var whole = without.Concat(with).Sum(r => r.Whole);
        var all = (without.Count + with.Count) * (streams + 1);
        table.Add(new ResultRow(scenario, "streams with every event of their run, in order", Format.Count(whole), "", $"all {Format.Count(all)}", whole == all));
        var (p50, p99) = (Median(without, 50), Median(without, 99));
        table.Add(new ResultRow(scenario, "delay of an event, all read", $"p50 {Format.Milliseconds(p50)}", $"p99 {Format.Milliseconds(p99)}; server {without.Average(r => r.Cores):0.00} cores"));
        var (slow50, slow99) = (Median(with, 50), Median(with, 99));
        table.Add(new ResultRow(scenario, "delay of an event, one does not read", $"p50 {Format.Milliseconds(slow50)}", $"p99 {Format.Milliseconds(slow99)}; server {with.Average(r => r.Cores):0.00} cores"));
        var slower = (double)slow50 / p50;
        table.Add(new ResultRow(scenario, "p50, one does not read beside all read", $"{slower:0.00}×", $"p99 {(double)slow99 / p99:0.00}×", $"≤ {MostSlower:0.00}×", slower <= MostSlower));
        var cut = with.Count(r => r.CutOffAt is not null);
        table.Add(new ResultRow(scenario, "reader that does not read: cut off, comes back, has it all", $"{cut} of {with.Count}",
            $"of {Format.Count(chatter)} tokens it had been told the first {string.Join(", ", with.Select(r => Format.Count(r.CutOffAt ?? 0)))} or so", "all", cut == with.Count));
    }

    static long Median(IEnumerable<Round> rounds, double percent)
    {
        long[] sorted = [.. rounds.Select(r => r.Delays.Percentile(percent)).Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>What one round gave.</summary>
    /// <param name="Whole">Streams that had all of their run, in order.</param>
    /// <param name="CutOffAt">Where the reader that did not read was cut off; null when it was not, or read.</param>
    sealed record Round(Histogram Delays, int Whole, IReadOnlyList<string> Problems, long? CutOffAt, double Cores);

    sealed record Stage(StubProcess Stub, ServerProcess Server, StudioClient Studio, HttpClient Http, string Talk, int Tokens, string Chat, int Chatter, int Streams)
    {
        /// <summary>Starts the runs, opens their streams, lets the runs go, and reads all to the end.</summary>
        /// <param name="stalls">Whether the reader of the run that says most does not read.</param>
        /// <param name="memory">Where to tell what the open streams take; null: not asked for.</param>
        public async Task<Round> RoundAsync(bool stalls, ResultTable? memory, CancellationToken cancellationToken)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(Patience);
            await Stub.CloseAsync(deadline.Token);
            var runs = new FollowedRun[Streams];
            await Parallel.ForAsync(0, Streams, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = deadline.Token },
                async (i, token) => runs[i] = new(await Studio.StartAsync(Talk, token), Tokens));
            var chatter = new FollowedRun(await Studio.StartAsync(Chat, deadline.Token), Chatter);
            while ((await Stub.CountsAsync(deadline.Token)).Held <= Streams)
                await Task.Delay(50, deadline.Token);
            var before = memory is null ? default : await MemoryAsync(deadline.Token);

            using var stalled = new StalledReader();
            if (stalls)
                await stalled.OpenAsync(Server.Address, chatter.Run, deadline.Token);
            FollowedRun[] read = stalls ? runs : [.. runs, chatter];
            var reading = read.Select(r => r.FollowAsync(Http, deadline.Token)).ToArray();
            await Task.WhenAll(read.Select(r => r.Begun));
            if (memory is not null)
                Tell(memory, before, await MemoryAsync(deadline.Token), read.Length);

            var cores = Cores.Start(Server.Id);
            await Stub.OpenAsync(deadline.Token);
            await Task.WhenAll(reading[..Streams]);
            var used = cores.Used;
            await Task.WhenAll(reading);
            if (stalls)
            {
                await stalled.ReadAsync(chatter, deadline.Token);
                if (chatter.CutOffAt is not null)
                    await chatter.FollowAsync(Http, deadline.Token);
            }
            var delays = new Histogram();
            foreach (var delay in runs.SelectMany(r => r.Delays))
                delays.Record(delay);
            string[] problems = [.. runs.Append(chatter).Select(r => r.Problem).OfType<string>()];
            return new(delays, Streams + 1 - problems.Length, problems, chatter.CutOffAt, used);
        }

        async Task<(long Resident, long Collected, long Heap)> MemoryAsync(CancellationToken cancellationToken)
        {
            var resident = Server.ResidentBytes;
            var heap = await Server.HeapAsync(cancellationToken);
            return (resident, Server.ResidentBytes, heap);
        }

        static void Tell(ResultTable table, (long Resident, long Collected, long Heap) before, (long Resident, long Collected, long Heap) after, int streams)
        {
            var scenario = $"{Format.Count(streams)} idle streams";
            var each = (after.Collected - before.Collected) / streams;
            table.Add(new ResultRow(scenario, "resident memory for each", Kibibytes(each), $"{Format.Megabytes(before.Collected)} without, {Format.Megabytes(after.Collected)} with",
                $"≤ {Kibibytes(MostMemory)}", each <= MostMemory));
            table.Add(new ResultRow(scenario, "managed memory for each", Kibibytes((after.Heap - before.Heap) / streams), $"{Format.Megabytes(before.Heap)} without, {Format.Megabytes(after.Heap)} with"));
            table.Add(new ResultRow(scenario, "resident memory before the collector ran", Format.Megabytes(after.Resident), $"{Format.Megabytes(before.Resident)} without"));
        }

        static string Kibibytes(long bytes) => FormattableString.Invariant($"{bytes / 1024.0:0.0} KiB");
    }
}
