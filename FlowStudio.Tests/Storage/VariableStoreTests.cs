using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class VariableStoreTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();
    readonly VariableStore rows;

    public VariableStoreTests() => rows = new(fixture.Connections, fixture.Lane);

    static CancellationToken Token => StorageFixture.Token;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    VariableRow Row(string name, params byte[] value) => new(VariableScopes.Variable, name, Secret: true, value, fixture.Clock.GetUtcNow(), fixture.Clock.GetUtcNow());

    [Fact]
    public async Task Rows_of_a_scope_come_by_name_with_every_byte()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        await rows.PutAsync(Row("B", all), Token);
        await rows.PutAsync(Row("A"), Token);
        await rows.PutAsync(Row("C", 1) with { Scope = VariableScopes.WebhookToken, Secret = false }, Token);
        var listed = await rows.ListAsync(VariableScopes.Variable, Token);
        listed.Select(r => r.Name).ShouldBe(["A", "B"]);
        listed[0].Value.ShouldBeEmpty();
        listed[1].Value.ShouldBe(all);
        listed[1].ShouldBeEquivalentTo(Row("B", all));
        (await rows.ListAsync(VariableScopes.WebhookToken, Token)).ShouldHaveSingleItem().Secret.ShouldBeFalse();
        (await rows.ListAsync("other", Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_put_replaces_all_but_the_time_of_creation()
    {
        await rows.PutAsync(Row("KEY", 1), Token);
        var created = fixture.Clock.GetUtcNow();
        fixture.Clock.Advance(TimeSpan.FromHours(1));
        await rows.PutAsync(Row("KEY", 2, 3) with { Secret = false }, Token);
        var row = (await rows.ListAsync(VariableScopes.Variable, Token)).ShouldHaveSingleItem();
        row.Value.ShouldBe([2, 3]);
        (row.Secret, row.CreatedAt, row.UpdatedAt).ShouldBe((false, created, fixture.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task A_delete_says_whether_there_was_one()
    {
        await rows.PutAsync(Row("KEY", 1), Token);
        (await rows.DeleteAsync(VariableScopes.WebhookToken, "KEY", Token)).ShouldBeFalse();
        (await rows.DeleteAsync(VariableScopes.Variable, "KEY", Token)).ShouldBeTrue();
        (await rows.DeleteAsync(VariableScopes.Variable, "KEY", Token)).ShouldBeFalse();
        (await rows.ListAsync(VariableScopes.Variable, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Names_differ_by_case()
    {
        await rows.PutAsync(Row("key", 1), Token);
        await rows.PutAsync(Row("KEY", 2), Token);
        (await rows.ListAsync(VariableScopes.Variable, Token)).Count.ShouldBe(2);
    }
}
