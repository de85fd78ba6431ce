using FlowStudio.Engine;
using FlowStudio.Engine.Queueing;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Queueing;

public class InProcessRunQueueTests : QueueConformance
{
    protected override IRunQueue Create(int capacity) => new InProcessRunQueue(new EngineOptions { Queue = new QueueOptions { Capacity = capacity } });
}

/// <summary>What every queue must do.</summary>
public abstract class QueueConformance
{
    static readonly Guid Busy = Guid.CreateVersion7();
    static readonly Guid Quiet = Guid.CreateVersion7();

    protected abstract IRunQueue Create(int capacity);

    [Fact]
    public async Task A_flow_gets_its_runs_in_the_order_they_came()
    {
        var queue = Create(10);
        var runs = Fill(queue, Busy, 3);
        (await TakeAsync(queue, 3)).Select(t => t.RunId).ShouldBe(runs);
    }

    [Fact]
    public async Task A_flooded_flow_does_not_starve_another()
    {
        var queue = Create(10_000);
        Fill(queue, Busy, 5000);
        var late = Fill(queue, Quiet, 1)[0];
        (await TakeAsync(queue, 3)).Select(t => t.RunId).ShouldContain(late);
    }

    [Fact]
    public async Task A_flow_at_its_limit_waits_until_one_of_its_runs_is_done()
    {
        var queue = Create(100);
        Fill(queue, Busy, 3, limit: 1);
        var first = await queue.DequeueAsync(CancellationToken.None);
        var second = queue.DequeueAsync(CancellationToken.None);
        second.IsCompleted.ShouldBeFalse();
        var other = Fill(queue, Quiet, 1)[0];
        (await second).RunId.ShouldBe(other);
        var third = queue.DequeueAsync(CancellationToken.None);
        third.IsCompleted.ShouldBeFalse();
        queue.Done(first);
        (await third).FlowId.ShouldBe(Busy);
    }

    [Fact]
    public void A_full_queue_has_no_place_until_one_is_given_back()
    {
        var queue = Create(2);
        queue.TryReserve().ShouldBeTrue();
        queue.TryReserve().ShouldBeTrue();
        queue.TryReserve().ShouldBeFalse();
        queue.Release();
        queue.TryReserve().ShouldBeTrue();
        queue.TryReserve().ShouldBeFalse();
    }

    [Fact]
    public void A_reserved_place_counts_once_when_its_run_comes()
    {
        var queue = Create(2);
        queue.TryReserve().ShouldBeTrue();
        queue.Enqueue(new RunTicket(Guid.CreateVersion7(), Busy, 0), reserved: true);
        queue.Count.ShouldBe(1);
        queue.TryReserve().ShouldBeTrue();
        queue.TryReserve().ShouldBeFalse();
    }

    [Fact]
    public async Task A_canceled_wait_loses_no_run()
    {
        var queue = Create(10);
        using var stop = new CancellationTokenSource();
        var waiting = queue.DequeueAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        var run = Fill(queue, Busy, 1)[0];
        (await queue.DequeueAsync(CancellationToken.None)).RunId.ShouldBe(run);
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Many_takers_and_givers_neither_lose_nor_double_a_run()
    {
        var queue = Create(100_000);
        var flows = Enumerable.Range(0, 7).Select(_ => Guid.CreateVersion7()).ToArray();
        var expected = Enumerable.Range(0, 4).Select(_ => new List<Guid>()).ToArray();
        var givers = expected.Select((mine, i) => Task.Run(() =>
        {
            for (var n = 0; n < 2000; n++)
                mine.AddRange(Fill(queue, flows[(n + i) % flows.Length], 1, limit: n % 3));
        }));
        var takers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var taken = new List<Guid>();
            for (var n = 0; n < 1000; n++)
            {
                var ticket = await queue.DequeueAsync(CancellationToken.None);
                taken.Add(ticket.RunId);
                queue.Done(ticket);
            }
            return taken;
        })).ToArray();
        await Task.WhenAll(givers);
        var got = (await Task.WhenAll(takers)).SelectMany(t => t).ToList();
        got.Count.ShouldBe(8000);
        got.Order().ShouldBe(expected.SelectMany(e => e).Order());
        queue.Count.ShouldBe(0);
    }

    static List<Guid> Fill(IRunQueue queue, Guid flow, int count, int limit = 0)
    {
        var runs = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToList();
        foreach (var run in runs)
            queue.Enqueue(new RunTicket(run, flow, limit), reserved: false);
        return runs;
    }

    static async Task<List<RunTicket>> TakeAsync(IRunQueue queue, int count)
    {
        var taken = new List<RunTicket>();
        for (var i = 0; i < count; i++)
            taken.Add(await queue.DequeueAsync(CancellationToken.None));
        return taken;
    }
}
