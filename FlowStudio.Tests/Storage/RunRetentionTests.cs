using FlowStudio.Engine;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Queueing;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class RunRetentionTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();
    readonly RunRetention runs;
    readonly Retention retention;

    public RunRetentionTests()
    {
        runs = new RunRetention(fixture.Connections, fixture.Lane, fixture.Search);
        retention = new Retention(fixture.Options, runs, fixture.Flows, new InProcessRunQueue(new EngineOptions()), TimeProvider.System, NullLogger<Retention>.Instance);
    }

    static CancellationToken Token => StorageFixture.Token;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    async Task<Guid> FlowAsync(double? keepDays = null, int? keepRuns = null) =>
        (await fixture.Flows.CreateAsync(fixture.NewFlow($"Flow {Guid.CreateVersion7()}") with { Limits = new() { KeepDays = keepDays, KeepRuns = keepRuns } }, Token)).Id;

    /// <summary>An ended run that was accepted and ended so long ago.</summary>
    async Task<Run> EndedAsync(Guid flow, TimeSpan age)
    {
        var at = TimeProvider.System.GetUtcNow() - age;
        var id = Guid.CreateVersion7(at);
        var run = new Run { Id = id, FlowId = flow, FlowVersionId = flow, Status = RunStatus.Queued, Trigger = RunTrigger.Webhook, ThreadId = id, RootRunId = id, CreatedAt = at };
        (await fixture.Journal.WriteAsync(new AcceptEntry { RunId = id, Run = run, Events = new EventChunk(id, 1, 1, "{}\n"u8.ToArray()) })).ShouldBeTrue();
        (await fixture.Journal.WriteAsync(new EndEntry { RunId = id, Status = RunStatus.Succeeded, At = at })).ShouldBeTrue();
        return run;
    }

    async Task<List<Guid>> LeftAsync() => [.. (await fixture.Runs.ListAsync(new(), cursor: null, limit: 500, Token)).Items.Select(r => r.Id)];

    [Fact]
    public async Task Nothing_goes_unless_it_is_asked_for()
    {
        var flow = await FlowAsync();
        await EndedAsync(flow, TimeSpan.FromDays(10_000));
        (await retention.RunAsync(Token)).ShouldBe(0);
        (await LeftAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Old_runs_go_and_a_flow_may_keep_its_own_longer_or_shorter()
    {
        fixture.Options.Retention.KeepDays = 10;
        var (plain, longer, shorter, deleted) = (await FlowAsync(), await FlowAsync(keepDays: 100), await FlowAsync(keepDays: 1), Guid.CreateVersion7());
        var stay = new List<Run>();
        foreach (var (flow, kept) in ((Guid, int)[])[(plain, 9), (longer, 99), (shorter, 0), (deleted, 9)])
        {
            await EndedAsync(flow, TimeSpan.FromDays(kept + 2));
            stay.Add(await EndedAsync(flow, TimeSpan.FromDays(kept + 0.5)));
        }
        (await retention.RunAsync(Token)).ShouldBe(4);
        (await LeftAsync()).ShouldBe(stay.Select(r => r.Id), ignoreOrder: true);
    }

    [Fact]
    public async Task What_counts_is_when_a_run_ended_and_unfinished_ones_stay()
    {
        fixture.Options.Retention.KeepDays = 1;
        var flow = await FlowAsync();
        var (waiting, late) = (await OldAsync(), await OldAsync());
        await EndedAsync(flow, TimeSpan.FromDays(29));
        (await fixture.Journal.WriteAsync(new EndEntry { RunId = late.Id, Status = RunStatus.Canceled, At = TimeProvider.System.GetUtcNow() })).ShouldBeTrue();
        (await retention.RunAsync(Token)).ShouldBe(1);
        (await LeftAsync()).ShouldBe([waiting.Id, late.Id], ignoreOrder: true);

        async Task<Run> OldAsync()
        {
            var at = TimeProvider.System.GetUtcNow().AddDays(-30);
            var id = Guid.CreateVersion7(at);
            var run = new Run { Id = id, FlowId = flow, FlowVersionId = flow, Status = RunStatus.Queued, Trigger = RunTrigger.Api, ThreadId = id, RootRunId = id, CreatedAt = at };
            (await fixture.Journal.WriteAsync(new AcceptEntry { RunId = id, Run = run })).ShouldBeTrue();
            return run;
        }
    }

    [Fact]
    public async Task The_newest_are_kept_of_a_flow_and_of_all()
    {
        fixture.Options.Retention.KeepRuns = 150;
        var (few, many) = (await FlowAsync(keepRuns: 3), await FlowAsync());
        var kept = new List<Guid>();
        for (var i = 0; i < 10; i++)
            await EndedAsync(few, TimeSpan.FromHours(100 - i));
        // More than a step.
        for (var i = 0; i < 2 * Retention.Step; i++)
            await EndedAsync(many, TimeSpan.FromHours(90) - TimeSpan.FromMinutes(i));
        (await retention.RunAsync(Token)).ShouldBe(7);
        for (var i = 0; i < 60; i++)
            kept.Add((await EndedAsync(many, TimeSpan.FromHours(10) - TimeSpan.FromMinutes(i))).Id);
        (await retention.RunAsync(Token)).ShouldBe(13);
        var left = await LeftAsync();
        left.Count.ShouldBe(150);
        left.Take(60).ShouldBe(kept.AsEnumerable().Reverse());
        (await fixture.ScalarAsync("SELECT count(*) FROM run_events")).ShouldBe(150L);
    }

    [Fact]
    public async Task A_run_stays_for_a_minute_and_as_long_as_the_one_that_started_it_is_at_work()
    {
        var flow = await FlowAsync(keepRuns: 1);
        var root = await fixture.AcceptAsync(flow);
        var child = await EndedAsync(flow, TimeSpan.FromHours(1));
        await fixture.ExecuteAsync($"UPDATE runs SET root_run_id = x'{Convert.ToHexString(GuidBytes.Of(root.Id))}' WHERE id = x'{Convert.ToHexString(GuidBytes.Of(child.Id))}'");
        await EndedAsync(flow, TimeSpan.FromSeconds(10));
        var newest = await EndedAsync(flow, TimeSpan.FromSeconds(1));
        (await retention.RunAsync(Token)).ShouldBe(0);
        (await fixture.Journal.WriteAsync(new EndEntry { RunId = root.Id, Status = RunStatus.Succeeded, At = TimeProvider.System.GetUtcNow().AddHours(-1) })).ShouldBeTrue();
        (await retention.RunAsync(Token)).ShouldBeGreaterThan(0);
        (await LeftAsync()).ShouldNotContain(child.Id);
        (await LeftAsync()).ShouldContain(newest.Id);
    }

    [Fact]
    public void Bad_settings_are_named()
    {
        var options = new EngineOptions();
        options.Validate().ShouldBeEmpty();
        (options.Retention.KeepDays, options.Retention.KeepRuns) = (double.NaN, 0);
        options.Validate().Count().ShouldBe(2);
        options.Validate().ShouldAllBe(p => p.StartsWith("FlowStudio:Retention:Keep", StringComparison.Ordinal));
    }
}
