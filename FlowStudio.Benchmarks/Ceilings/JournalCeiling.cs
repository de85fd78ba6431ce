using System.Diagnostics;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowStudio.Benchmarks.Ceilings;

/// <summary>What the product's own write lane allows with nothing around it: no HTTP, no flow, no model; only the entries a run makes, each awaited.</summary>
static class JournalCeiling
{
    /// <summary>Event records of 300 bytes each, by their number.</summary>
    static readonly byte[][] Lines = [.. Enumerable.Range(0, 6).Select(count => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 299) + "\n", count))))];

    static readonly JsonElement Json = JsonSerializer.SerializeToElement(new { text = "a text", padding = new string('x', 600) });

    /// <summary>Accepted runs per second, so many waiting for their commit at a time.</summary>
    public static Task<double> AcceptsAsync(string directory, int inFlight, TimeSpan duration) => MeasureAsync(directory, inFlight, duration, AcceptAsync);

    /// <summary>Whole runs per second: acceptance, start, two nodes with effects, a message and the end, one after the other.</summary>
    public static Task<double> WholeRunsAsync(string directory, int inFlight, TimeSpan duration) => MeasureAsync(directory, inFlight, duration, async (journal, flow) =>
    {
        var run = await AcceptAsync(journal, flow);
        await journal.WriteAsync(new StartEntry { RunId = run.Id, At = run.CreatedAt, Events = Events(run.Id, 2, 1) });
        await journal.WriteAsync(new AppendEntry { RunId = run.Id, Events = Events(run.Id, 3, 5) });
        await journal.WriteAsync(new AppendEntry { RunId = run.Id, Events = Events(run.Id, 8, 4), Messages = Message(run) });
        await journal.WriteAsync(new EndEntry { RunId = run.Id, At = run.CreatedAt, Status = RunStatus.Succeeded, ResultPreview = "a text", Events = Events(run.Id, 12, 1) });
        return run;
    });

    static async Task<double> MeasureAsync(string directory, int inFlight, TimeSpan duration, Func<RunJournal, Guid, ValueTask<Run>> work)
    {
        var options = new EngineOptions { DataDirectory = directory };
        using var startup = new DatabaseStartup(options, NullLogger<DatabaseStartup>.Instance);
        startup.Open();
        using var connections = new SqliteConnections(options);
        await using var lane = new SqliteWriteLane(connections.OpenWriter(), options, NullLogger<SqliteWriteLane>.Instance);
        var journal = new RunJournal(lane);
        var flow = Guid.CreateVersion7();
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(started) < duration; count++)
                await work(journal, flow);
            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    static async ValueTask<Run> AcceptAsync(RunJournal journal, Guid flow)
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var run = new Run
        {
            Id = id,
            FlowId = flow,
            FlowVersionId = flow,
            Status = RunStatus.Queued,
            Trigger = RunTrigger.Webhook,
            ThreadId = id,
            RootRunId = id,
            CreatedAt = now,
        };
        await journal.WriteAsync(new AcceptEntry { RunId = id, Run = run, Events = Events(id, 1, 1) });
        return run;
    }

    static EventChunk Events(Guid run, long from, int count) => new(run, from, from + count - 1, Lines[count]);

    static ThreadWrites Message(Run run) => new(new ChatThread(run.ThreadId, run.FlowId, ExternalKey: null, run.CreatedAt),
        [new ThreadMessage(Guid.CreateVersion7(run.CreatedAt), run.Id, "ChatOutput-1", "Machine", "AI", "a text", Json, run.CreatedAt)]);
}
