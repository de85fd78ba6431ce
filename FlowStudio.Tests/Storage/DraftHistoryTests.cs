using System.Text;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Storage;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class DraftHistoryTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();

    static CancellationToken Token => StorageFixture.Token;

    DraftHistory History => new(fixture.Flows, fixture.Connections);

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    static byte[] Steps(string text) => Encoding.UTF8.GetBytes(text);

    async Task<string?> Find(Flow flow) => await History.FindAsync(flow.Id, flow.DraftRevision, Token) is { } steps ? Encoding.UTF8.GetString(steps) : null;

    static Flow Renamed(Flow flow, string title) => flow with { Draft = new FlowDocument { Nodes = [new() { Id = "a", Type = "Prompt", Title = title }] } };

    [Fact]
    public async Task Steps_are_kept_with_the_draft_they_lead_to()
    {
        var flow = await fixture.Flows.CreateAsync(fixture.NewFlow(), Token);
        (await Find(flow)).ShouldBeNull();
        var first = (await History.SaveAsync(Renamed(flow, "one"), flow.DraftRevision, Steps("[1]"), Token)).ShouldNotBeNull();
        (await Find(first)).ShouldBe("[1]");
        var second = (await History.SaveAsync(Renamed(first, "two"), first.DraftRevision, Steps("[1,2]"), Token)).ShouldNotBeNull();
        (await Find(second)).ShouldBe("[1,2]");
        (await Find(first)).ShouldBeNull();
    }

    [Fact]
    public async Task A_save_that_is_refused_leaves_the_steps_as_they_were()
    {
        var flow = await fixture.Flows.CreateAsync(fixture.NewFlow(), Token);
        var saved = (await History.SaveAsync(Renamed(flow, "one"), flow.DraftRevision, Steps("[1]"), Token)).ShouldNotBeNull();
        await Should.ThrowAsync<FlowConflictException>(() => History.SaveAsync(Renamed(flow, "mine"), flow.DraftRevision, Steps("[9]"), Token));
        (await Find(saved)).ShouldBe("[1]");
    }

    [Fact]
    public async Task A_draft_that_was_changed_otherwise_has_no_steps()
    {
        var flow = await fixture.Flows.CreateAsync(fixture.NewFlow(), Token);
        var saved = (await History.SaveAsync(Renamed(flow, "one"), flow.DraftRevision, Steps("[1]"), Token)).ShouldNotBeNull();
        var other = (await fixture.Flows.SaveAsync(Renamed(saved, "other"), saved.DraftRevision, Token)).ShouldNotBeNull();
        (await Find(other)).ShouldBeNull();
    }

    [Fact]
    public async Task Settings_alone_leave_the_steps_as_good_as_they_were()
    {
        var flow = await fixture.Flows.CreateAsync(fixture.NewFlow(), Token);
        var saved = (await History.SaveAsync(Renamed(flow, "one"), flow.DraftRevision, Steps("[1]"), Token)).ShouldNotBeNull();
        var named = (await fixture.Flows.SaveAsync(saved with { Name = "Another name" }, saved.DraftRevision, Token)).ShouldNotBeNull();
        named.DraftRevision.ShouldBe(saved.DraftRevision + 1);
        (await Find(named)).ShouldBe("[1]");
    }

    [Fact]
    public async Task Of_a_deleted_flow_they_wait_for_it_to_come_back()
    {
        var flow = await fixture.Flows.CreateAsync(fixture.NewFlow(), Token);
        var saved = (await History.SaveAsync(Renamed(flow, "one"), flow.DraftRevision, Steps("[1]"), Token)).ShouldNotBeNull();
        await fixture.Flows.DeleteAsync(flow.Id, Token);
        (await History.SaveAsync(saved, saved.DraftRevision, Steps("[2]"), Token)).ShouldBeNull();
        (await Find(saved)).ShouldBe("[1]");
    }
}
