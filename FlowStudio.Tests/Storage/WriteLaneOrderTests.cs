using System.Globalization;
using System.Text;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

/// <summary>What the lane writes first when much waits; rows are numbered in the order in which they were written.</summary>
public class WriteLaneOrderTests
{
    const int Many = 500;

    [Fact]
    public async Task An_acceptance_goes_before_what_runs_have_to_say()
    {
        await using var storage = new StorageFixture();
        var (run, caller) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var said = await HoldAsync(storage, () => Enumerable.Range(1, Many).Select(seq => storage.Journal.WriteAsync(Append(run, seq)).AsTask())
            .Append(storage.Journal.WriteAsync(Accept(caller, storage)).AsTask()).ToList());
        (await Task.WhenAll(said)).ShouldAllBe(applied => applied);

        // A few of the runs' entries go along in every group, so that they go on under any flood.
        (await NumberAsync(storage, caller, 1)).ShouldBeInRange(2, 20);
        (await storage.ScalarAsync("SELECT count(*) FROM run_events")).ShouldBe((long)Many + 1);
    }

    [Fact]
    public async Task A_flood_of_acceptances_does_not_keep_runs_from_going_on()
    {
        await using var storage = new StorageFixture();
        var run = Guid.CreateVersion7();
        var all = await HoldAsync(storage, () => Enumerable.Range(0, Many).Select(_ => storage.Journal.WriteAsync(Accept(Guid.CreateVersion7(), storage)).AsTask())
            .Append(storage.Journal.WriteAsync(Append(run, 1)).AsTask()).ToList());
        await Task.WhenAll(all);
        (await NumberAsync(storage, run, 1)).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task What_one_run_says_stays_in_its_order()
    {
        await using var storage = new StorageFixture();
        var run = Guid.CreateVersion7();
        var said = await HoldAsync(storage, () => Enumerable.Range(1, Many).SelectMany(seq => new[]
        {
            storage.Journal.WriteAsync(Append(run, seq)).AsTask(),
            storage.Journal.WriteAsync(Accept(Guid.CreateVersion7(), storage)).AsTask(),
        }).ToList());
        await Task.WhenAll(said);
        var number = 0L;
        for (var seq = 1; seq <= Many; seq++)
        {
            var next = await NumberAsync(storage, run, seq);
            next.ShouldBeGreaterThan(number);
            number = next;
        }
    }

    /// <summary>Posts while the lane is busy with something else, so that all of it waits at once.</summary>
    static async Task<T> HoldAsync<T>(StorageFixture storage, Func<T> post)
    {
        using var go = new ManualResetEventSlim();
        var held = storage.Lane.RunAsync((_, _) => go.Wait(TimeSpan.FromSeconds(30), StorageFixture.Token), StorageFixture.Token);
        var posted = post();
        go.Set();
        (await held).ShouldBeTrue();
        return posted;
    }

    static AppendEntry Append(Guid run, int seq) => new() { RunId = run, Events = Event(run, seq) };

    static AcceptEntry Accept(Guid id, StorageFixture storage) => new()
    {
        RunId = id,
        Run = new Run { Id = id, FlowId = id, FlowVersionId = id, Status = RunStatus.Queued, Trigger = RunTrigger.Webhook, ThreadId = id, RootRunId = id, CreatedAt = storage.Clock.GetUtcNow() },
        Events = Event(id, 1),
    };

    static EventChunk Event(Guid run, int seq) => new(run, seq, seq, Encoding.UTF8.GetBytes("{}\n"));

    static async Task<long> NumberAsync(StorageFixture storage, Guid run, int seq) =>
        (long)(await storage.ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT rowid FROM run_events WHERE run_id = x'{run:N}' AND seq = {seq}"))).ShouldNotBeNull();
}
