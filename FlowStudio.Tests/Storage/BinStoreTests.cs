using System.Collections.Concurrent;
using System.Data.Common;
using System.Text;
using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Storage;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class BinStoreTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();
    readonly CountingLane lane;
    readonly BinStore bins;

    public BinStoreTests()
    {
        lane = new(fixture.Lane);
        bins = new(fixture.Connections, lane);
    }

    static CancellationToken Token => StorageFixture.Token;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    BinRequest Request(string bin, string body = "")
    {
        fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var now = fixture.Clock.GetUtcNow();
        return new(Guid.CreateVersion7(now), bin, "POST", $"/bin/{bin}", "", [], Encoding.UTF8.GetBytes(body), ContentType: null, now);
    }

    [Fact]
    public async Task A_request_comes_back_as_it_was()
    {
        var request = Request("orders") with
        {
            Method = "PUT",
            Path = "/bin/orders/42",
            Query = "a=1&a=2&ü=%20",
            Headers = [new("X-Twice", "1"), new("X-Twice", "ä\"\\"), new("Accept", "")],
            Body = [0, 255, 10, 13, 0],
            ContentType = "application/octet-stream",
        };
        await bins.AddAsync(request, Token);
        var kept = (await bins.ListAsync("orders", 10, Token)).ShouldHaveSingleItem();
        kept.ShouldBe(request with { Headers = kept.Headers, Body = kept.Body });
        kept.Headers.ShouldBe(request.Headers);
        kept.Body.ShouldBe(request.Body);
    }

    [Fact]
    public async Task A_bin_keeps_the_last_hundred_and_leaves_others_alone()
    {
        await bins.AddAsync(Request("quiet", "still here"), Token);
        for (var i = 0; i < 130; i++)
            await bins.AddAsync(Request("busy", $"{i}"), Token);
        var kept = await bins.ListAsync("busy", 1000, Token);
        kept.Select(r => Encoding.UTF8.GetString(r.Body)).ShouldBe(Enumerable.Range(30, 100).Reverse().Select(i => $"{i}"));
        (await bins.ListAsync("busy", 3, Token)).Select(r => Encoding.UTF8.GetString(r.Body)).ShouldBe(["129", "128", "127"]);
        (await bins.ListAsync("quiet", 10, Token)).ShouldHaveSingleItem();
        (await bins.ListAsync("nobody", 10, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_flood_shares_transactions_and_everyone_is_told_once_it_is_kept()
    {
        var told = new ConcurrentBag<Guid>();
        bins.Caught += request => told.Add(request.Id);
        var flood = Enumerable.Range(0, 5000).Select(i => Request(i % 2 == 0 ? "even" : "odd", $"{i}")).ToList();

        // The lane is held while they arrive, as it is when the disk is slow.
        using var release = new ManualResetEventSlim();
        var holding = fixture.Lane.RunAsync((_, _) => release.Wait(TimeSpan.FromSeconds(30), Token), Token);
        var added = flood.ConvertAll(request => bins.AddAsync(request, Token));
        told.ShouldBeEmpty();
        release.Set();
        await Task.WhenAll(added);
        await holding;

        lane.Calls.ShouldBeLessThan(10);
        told.Order().ShouldBe(flood.Select(r => r.Id).Order());
        (await bins.ListAsync("even", 1000, Token)).Select(r => Encoding.UTF8.GetString(r.Body)).ShouldBe(Enumerable.Range(0, 100).Select(i => $"{4998 - (2 * i)}"));
        (await fixture.ScalarAsync("SELECT count(*) FROM bin_requests")).ShouldBe(200L);
    }

    [Fact]
    public async Task A_failed_write_fails_its_callers_and_not_the_next()
    {
        lane.Failure = new StorageException("storage_full", "The disk is full.");
        (await Should.ThrowAsync<StorageException>(() => bins.AddAsync(Request("orders"), Token))).Code.ShouldBe("storage_full");
        lane.Failure = null;
        await bins.AddAsync(Request("orders", "later"), Token);
        (await bins.ListAsync("orders", 10, Token)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_watcher_that_fails_does_not_stop_the_bin()
    {
        bins.Caught += _ => throw new InvalidOperationException("watcher");
        await Should.ThrowAsync<InvalidOperationException>(() => bins.AddAsync(Request("orders"), Token));
        await Should.ThrowAsync<InvalidOperationException>(() => bins.AddAsync(Request("orders"), Token));
        (await bins.ListAsync("orders", 10, Token)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Bins_are_listed_with_the_newest_first_and_cleared_alone()
    {
        await bins.AddAsync(Request("a"), Token);
        await bins.AddAsync(Request("b"), Token);
        await bins.AddAsync(Request("b"), Token);
        var last = Request("a");
        await bins.AddAsync(last, Token);
        var list = await bins.BinsAsync(Token);
        list.Select(b => (b.Bin, b.Count)).ShouldBe([("a", 2), ("b", 2)]);
        list[0].LastAt.ShouldBe(last.At);
        (await bins.ClearAsync("a", Token)).ShouldBe(2);
        (await bins.ClearAsync("a", Token)).ShouldBe(0);
        (await bins.BinsAsync(Token)).ShouldHaveSingleItem().Bin.ShouldBe("b");
    }

    sealed class CountingLane(IWriteLane inner) : IWriteLane
    {
        public int Calls { get; private set; }

        public StorageException? Failure { get; set; }

        public Task<T> RunAsync<T>(Func<DbConnection, DbTransaction, T> work, CancellationToken cancellationToken)
        {
            Calls++;
            return Failure is { } e ? Task.FromException<T>(e) : inner.RunAsync(work, cancellationToken);
        }
    }
}
