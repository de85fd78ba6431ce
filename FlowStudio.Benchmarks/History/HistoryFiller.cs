using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage;
using FlowStudio.Engine.Storage.Search;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowStudio.Benchmarks.History;

/// <summary>
/// Fills a database through the product's own journal with runs as a month of use would leave them: sixty flows of very different traffic, all
/// triggers and ends, texts to search for. Sums and search index are kept up beside it, by the product's own code.
/// </summary>
sealed class HistoryFiller : IAsyncDisposable
{
    public const int Flows = 60;
    const int InFlight = 512;
    const int Seed = 20261121;
    static readonly TimeSpan Span = TimeSpan.FromDays(30);

    readonly DatabaseStartup startup;
    readonly SqliteConnections connections;
    readonly SqliteWriteLane lane;
    readonly RunJournal journal;
    readonly SearchIndex search;
    readonly RunRollups rollups;
    readonly DateTimeOffset end = TimeProvider.System.GetUtcNow();

    public HistoryFiller(string directory)
    {
        var options = new EngineOptions { DataDirectory = directory };
        startup = new DatabaseStartup(options, NullLogger<DatabaseStartup>.Instance);
        startup.Open();
        connections = new SqliteConnections(options);
        lane = new SqliteWriteLane(connections.OpenWriter(), options, NullLogger<SqliteWriteLane>.Instance);
        journal = new RunJournal(lane);
        search = new SearchIndex(options, connections, NullLogger<SearchIndex>.Instance);
        rollups = new RunRollups(connections, lane);
    }

    /// <summary>A flow by its rank: 0 has the most runs, <see cref="Flows"/> - 1 a handful.</summary>
    public static Guid Flow(int rank) => new($"00000000-0000-7000-8000-{rank + 1:000000000000}");

    /// <summary>A word that so many of the texts have: rank 0 nearly every one, 1999 a few.</summary>
    public static string Word(int rank) => $"{(char)('a' + (rank % 26))}{(char)('a' + (rank / 26 % 26))}word{rank.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Ended runs, the oldest first, spread evenly over a month up to now.</summary>
    public async Task FillAsync(int runs, CancellationToken cancellationToken)
    {
        using var filled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var upkeep = Task.Run(() => KeepUpAsync(filled.Token), cancellationToken);
        var next = -1;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
        {
            for (var number = Interlocked.Increment(ref next); number < runs; number = Interlocked.Increment(ref next))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await RunAsync(number, end - (Span * (1 - ((double)number / runs))));
                if (number % 100_000 == 0 && number > 0)
                    Console.WriteLine($"  {number:N0} runs, {number / Stopwatch.GetElapsedTime(began).TotalSeconds:N0}/s");
            }
        }, cancellationToken)));
        await filled.CancelAsync();
        await upkeep;
        // What is left of the upkeep.
        while (await search.IndexAsync(500, cancellationToken) > 0 || await rollups.FoldAsync(1000, cancellationToken) > 0)
            cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Runs that sleep until tomorrow.</summary>
    public Task AddWaitingAsync(int runs, CancellationToken cancellationToken)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
        {
            for (var number = Interlocked.Increment(ref next); number < runs; number = Interlocked.Increment(ref next))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var run = await AcceptAsync(new Random(Seed - number), end.AddDays(-1) + TimeSpan.FromMilliseconds(number));
                var started = journal.WriteAsync(new StartEntry { RunId = run.Id, At = run.CreatedAt }).AsTask();
                await journal.WriteAsync(new WaitEntry { RunId = run.Id, WakeAt = end.AddDays(1) });
                await started;
            }
        }, cancellationToken)));
    }

    public async ValueTask DisposeAsync()
    {
        await lane.DisposeAsync();
        search.Dispose();
        connections.Dispose();
        startup.Dispose();
    }

    async Task KeepUpAsync(CancellationToken filled)
    {
        while (!filled.IsCancellationRequested)
        {
            var done = await search.IndexAsync(500, CancellationToken.None) + await rollups.FoldAsync(1000, CancellationToken.None);
            if (done == 0)
                await Task.Delay(20, CancellationToken.None);
        }
    }

    async Task RunAsync(int number, DateTimeOffset at)
    {
        var dice = new Random(Seed + number);
        var run = await AcceptAsync(dice, at);
        var took = TimeSpan.FromMilliseconds(Math.Pow(10, 0.5 + (dice.NextDouble() * 4)));
        // The rest is written in the order it is given, so nothing waits for anything but the end.
        var started = journal.WriteAsync(new StartEntry { RunId = run.Id, At = at.AddMilliseconds(2), Events = Events(run.Id, 2, [new { type = "run.started" }]) }).AsTask();
        journal.Write(new AppendEntry { RunId = run.Id, Events = Events(run.Id, 3, [.. Enumerable.Range(0, 4).Select(i => new { type = "node.finished", node_id = $"Node-{i}", data = new { output = new { text = Text(dice, 6) } } })]) });
        var (status, error) = dice.Next(1000) switch
        {
            < 930 => (RunStatus.Succeeded, (RunError?)null),
            < 970 => (RunStatus.Failed, new RunError("http_status", $"The other side answered {dice.Next(400, 600)}: {Text(dice, 5)}", "Node-2", "Ask its operator.")),
            < 990 => (RunStatus.Canceled, new RunError("canceled", "Canceled by a caller.", NodeId: null)),
            _ => (RunStatus.TimedOut, new RunError("run_timeout", "The run worked longer than its limit.", NodeId: null)),
        };
        var output = status is RunStatus.Succeeded ? Text(dice, 14) : null;
        await journal.WriteAsync(new EndEntry
        {
            RunId = run.Id,
            At = at + took,
            Status = status,
            Error = error,
            ResultPreview = output,
            Tokens = new(dice.Next(1000), dice.Next(300)),
            Events = Events(run.Id, 7, [new { type = RunEventTypes.RunFinished, data = new { status = RunNames.Of(status), output, error = error is null ? null : new { code = error.Code, message = error.Message } } }]),
        });
        await started;
    }

    async ValueTask<Run> AcceptAsync(Random dice, DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at);
        // A few flows have most of the runs.
        var flow = Flow((int)(Flows * Math.Pow(dice.NextDouble(), 3)));
        var trigger = dice.Next(1000) switch { < 700 => RunTrigger.Webhook, < 900 => RunTrigger.Api, < 970 => RunTrigger.Schedule, < 999 => RunTrigger.Studio, _ => RunTrigger.Replay };
        var run = new Run { Id = id, FlowId = flow, FlowVersionId = flow, Status = RunStatus.Queued, Trigger = trigger, ThreadId = id, RootRunId = id, CreatedAt = at };
        var input = new { id = $"order-{dice.Next():x8}", name = "Ada Lovelace", text = Text(dice, 12), total = dice.Next(1, 500) };
        await journal.WriteAsync(new AcceptEntry { RunId = id, Run = run, Events = Events(id, 1, [new { type = RunEventTypes.RunAccepted, data = new { trigger = RunNames.Of(trigger), input } }]) });
        return run;
    }

    /// <summary>Words by a law of nature: the n-th most frequent is in one of n texts.</summary>
    static string Text(Random dice, int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => Word((int)Math.Pow(2000, dice.NextDouble()) - 1)));

    static EventChunk Events(Guid run, long from, object[] events)
    {
        var lines = new StringBuilder();
        for (var i = 0; i < events.Length; i++)
        {
            var line = JsonSerializer.Serialize(events[i]);
            lines.Append(CultureInfo.InvariantCulture, $"{{\"seq\":{from + i},\"at\":\"2026-11-21T12:00:00.000000Z\",{line.AsSpan(1)}\n");
        }
        return new(run, from, from + events.Length - 1, Encoding.UTF8.GetBytes(lines.ToString()));
    }
}
