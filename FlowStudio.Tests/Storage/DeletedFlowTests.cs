using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

/// <summary>A flow that was deleted can be brought back for a while, as it was.</summary>
public sealed class DeletedFlowTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();

    static CancellationToken Token => StorageFixture.Token;

    FlowStore Flows => fixture.Flows;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    async Task<Flow> CreateAsync()
    {
        var flow = await Flows.CreateAsync(
            fixture.NewFlow("Orders", "orders") with { Description = "Takes orders", Tags = ["sales", "größe"], Enabled = false, Limits = new() { Retries = 2 }, OwnerId = "ann" }, Token);
        await Flows.PublishAsync(flow.Id, "first", expectedRevision: null, Token);
        fixture.Clock.Advance(TimeSpan.FromTicks(12_345_670));
        return (await Flows.SaveAsync(flow with { Draft = StorageFixture.Document("Bye {name}") }, expectedRevision: null, Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task It_comes_back_as_it_was_with_versions_and_token()
    {
        var flow = await CreateAsync();
        var rows = new VariableStore(fixture.Connections, fixture.Lane);
        var now = fixture.Clock.GetUtcNow();
        await rows.PutAsync(new(VariableScopes.WebhookToken, flow.Id.ToString(), Secret: true, [1], now, now), Token);
        var before = (await Flows.FindAsync(flow.Id, Token)).ShouldNotBeNull();
        await Flows.DeleteAsync(flow.Id, Token);

        var back = (await Flows.UndeleteAsync(flow.Id, Token)).ShouldNotBeNull();
        FlowJson.ToText(back.Draft).ShouldBe(FlowJson.ToText(before.Draft));
        back.Tags.ShouldBe(before.Tags);
        (back with { Draft = before.Draft, Tags = before.Tags }).ShouldBe(before);
        (await Flows.ListVersionsAsync(flow.Id, Token)).ShouldHaveSingleItem().Note.ShouldBe("first");
        (await rows.ListAsync(VariableScopes.WebhookToken, Token)).ShouldHaveSingleItem().Name.ShouldBe(flow.Id.ToString());
        (await Flows.ResolveAsync("orders", draft: false, Token)).ShouldNotBeNull().Version.Number.ShouldBe(1);
        (await Flows.UndeleteAsync(flow.Id, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task An_endpoint_name_that_was_taken_meanwhile_stays_with_its_new_owner()
    {
        var flow = await CreateAsync();
        await Flows.DeleteAsync(flow.Id, Token);
        await Flows.CreateAsync(fixture.NewFlow("Others", "orders"), Token);
        (await Flows.UndeleteAsync(flow.Id, Token)).ShouldNotBeNull().EndpointName.ShouldBeNull();
    }

    [Fact]
    public async Task What_was_deleted_long_ago_is_listed_for_purging_and_the_rest_is_not()
    {
        var old = await CreateAsync();
        var young = await Flows.CreateAsync(fixture.NewFlow("Young"), Token);
        await Flows.DeleteAsync(old.Id, Token);
        fixture.Clock.Advance(IFlowStore.DeletedKept + TimeSpan.FromSeconds(1));
        await Flows.DeleteAsync(young.Id, Token);
        (await Flows.ListDeletedAsync(fixture.Clock.GetUtcNow() - IFlowStore.DeletedKept, Token)).ShouldHaveSingleItem().ShouldBe(old.Id);
    }
}
