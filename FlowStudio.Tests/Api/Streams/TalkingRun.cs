using System.Globalization;
using System.Text;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using Shouldly;

namespace FlowStudio.Tests.Api.Streams;

/// <summary>A run that stands still, and says as many tokens as a test wants; they are stored as a working run's are.</summary>
sealed class TalkingRun : IDisposable
{
    readonly RunEventLog log;
    readonly RunJournal journal;
    readonly StringBuilder said = new();

    TalkingRun(Guid id, RunEventLog log, RunJournal journal) => (Id, this.log, this.journal) = (id, log, journal);

    public Guid Id { get; }

    public string Said => said.ToString();

    /// <summary>Takes over a run's events as soon as it waits.</summary>
    public static async Task<TalkingRun> OfAsync(Guid id, IRunStore store, RunEventHub hub, RunJournal journal)
    {
        await EngineFixture.UntilAsync(async () => (await store.FindAsync(id, CancellationToken.None))?.Status is RunStatus.Waiting, $"run {id} waits");
        await EngineFixture.UntilAsync(() => Task.FromResult(!hub.IsOpen(id)), "whoever ran it has let go of it");
        var events = await store.EventsAsync(id, after: 0, 1000, CancellationToken.None);
        var run = (await store.FindAsync(id, CancellationToken.None)).ShouldNotBeNull();
        return new(id, hub.Open(id, run.FlowId, events[^1].Seq + 1, TimeProvider.System), journal);
    }

    public static Task<TalkingRun> OfAsync(StudioServer server, Guid id) => OfAsync(id, server.Get<IRunStore>(), server.Get<RunEventHub>(), server.Get<RunJournal>());

    public void Say(int tokens)
    {
        for (var i = 0; i < tokens; i++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{said.Length} ");
            log.AddToken("nap", [], 1, text, said.Length);
            said.Append(text);
        }
    }

    public async Task StoreAsync()
    {
        if (log.TakePending() is not { } chunk)
            return;
        await journal.WriteAsync(new AppendEntry { RunId = Id, Events = chunk });
        log.Stored(chunk.ToSeq);
    }

    /// <summary>So many more that whoever does not read falls behind, while one who does has time to.</summary>
    public async Task FloodAsync(Func<int> read)
    {
        for (var i = 0; i < 12; i++)
        {
            Say(1000);
            await StoreAsync();
            await EngineFixture.UntilAsync(() => Task.FromResult(read() == said.Length), "the reader that reads has it all");
        }
    }

    public void Dispose() => log.Close();
}
