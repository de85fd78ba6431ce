using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage;
using FlowStudio.Engine.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

/// <summary>Lists of flows: what they show, in which order, page by page.</summary>
public sealed class FlowIndexTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();
    readonly FlowIndex index;

    public FlowIndexTests() => index = new(fixture.Connections);

    static CancellationToken Token => StorageFixture.Token;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    async Task<Flow> AddAsync(string name, string? endpoint = null, string description = "", params string[] tags)
    {
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        return await fixture.Flows.CreateAsync(fixture.NewFlow(name, endpoint) with { Description = description, Tags = tags }, Token);
    }

    async Task<Run> RunAsync(Flow flow, RunStatus status)
    {
        var run = await fixture.AcceptAsync(flow.Id);
        await fixture.EndAsync(run, status);
        return run;
    }

    async Task<List<string>> NamesAsync(FlowQuery query, int limit = 2)
    {
        var names = new List<string>();
        string? cursor = null;
        do
        {
            var page = await index.ListAsync(query, cursor, limit, Token);
            page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
            names.AddRange(page.Items.Select(f => f.Name));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return names;
    }

    [Fact]
    public async Task A_flow_is_listed_with_what_it_is_made_of_and_what_it_did_last()
    {
        var flow = await AddAsync("Orders", "orders", "Takes orders", "sales", "größe");
        await RunAsync(flow, RunStatus.Failed);
        var last = await RunAsync(flow, RunStatus.Succeeded);
        await fixture.Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token);
        var listed = (await index.ListAsync(new(), cursor: null, 10, Token)).Items.ShouldHaveSingleItem();
        (listed.Id, listed.Name, listed.Description, listed.EndpointName, listed.Enabled, listed.WebhookAccess, listed.LiveVersion, listed.DraftRevision)
            .ShouldBe((flow.Id, "Orders", "Takes orders", "orders", true, WebhookAccess.Token, 1, 1));
        listed.Tags.ShouldBe(["sales", "größe"]);
        listed.ComponentTypes.ShouldBe(["Webhook", "DataToMessage", "ChatOutput", "Prompt"]);
        listed.CreatedAt.ShouldBe(flow.CreatedAt);
        var run = listed.LastRun.ShouldNotBeNull();
        (run.Id, run.Status, run.FlowId).ShouldBe((last.Id, RunStatus.Succeeded, flow.Id));
    }

    [Fact]
    public async Task Each_order_goes_on_from_page_to_page_without_a_hole_or_a_double()
    {
        var flows = new List<Flow>();
        foreach (var name in new[] { "delta", "Alpha", "charlie", "Bravo", "alpha", "echo", "Alpha" })
            flows.Add(await AddAsync(name));
        await RunAsync(flows[2], RunStatus.Succeeded);
        await RunAsync(flows[0], RunStatus.Failed);
        await RunAsync(flows[5], RunStatus.Succeeded);
        await fixture.Flows.SaveAsync(flows[3] with { Description = "saved last" }, expectedRevision: null, Token);
        foreach (var limit in new[] { 1, 2, 3, 7, 100 })
        {
            (await NamesAsync(new() { Order = FlowOrder.Name }, limit)).Select(n => n.ToLowerInvariant()).ShouldBe(["alpha", "alpha", "alpha", "bravo", "charlie", "delta", "echo"]);
            (await NamesAsync(new() { Order = FlowOrder.LastRun }, limit)).ShouldBe(["echo", "delta", "charlie", "Alpha", "alpha", "Bravo", "Alpha"]);
            (await NamesAsync(new() { Order = FlowOrder.Updated }, limit)).ShouldBe(["Bravo", "Alpha", "echo", "alpha", "charlie", "Alpha", "delta"]);
        }
    }

    [Fact]
    public async Task Search_looks_into_names_descriptions_tags_and_components()
    {
        await AddAsync("Orders", "shop-orders", "", "sales");
        await AddAsync("Digest", null, "Reads 100% of the feeds", "Grüße");
        var plain = await AddAsync("Plain");
        await fixture.Flows.SaveAsync(plain with { Draft = new FlowDocument { Nodes = [new() { Id = "x", Type = "WebSearch" }] } }, expectedRevision: null, Token);
        (await NamesAsync(new() { Text = "oRDers" })).ShouldBe(["Orders"]);
        (await NamesAsync(new() { Text = "shop-" })).ShouldBe(["Orders"]);
        (await NamesAsync(new() { Text = "100%" })).ShouldBe(["Digest"]);
        (await NamesAsync(new() { Text = "0%0" })).ShouldBeEmpty();
        (await NamesAsync(new() { Text = "grÜSSE" })).ShouldBeEmpty();
        (await NamesAsync(new() { Text = "GRÜ" })).ShouldBe(["Digest"]);
        (await NamesAsync(new() { Text = "websearch" })).ShouldBe(["Plain"]);
        (await NamesAsync(new() { Text = "no such words", Types = ["Webhook"], Order = FlowOrder.Name })).ShouldBe(["Digest", "Orders"]);
        (await NamesAsync(new() { Tag = "sales" })).ShouldBe(["Orders"]);
        (await NamesAsync(new() { Tag = "sal" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_flow_fails_while_its_newest_run_did()
    {
        var (bad, slow, mended) = (await AddAsync("Bad", null, "", "a", "b"), await AddAsync("Slow", null, "", "b"), await AddAsync("Mended"));
        await RunAsync(bad, RunStatus.Failed);
        await RunAsync(slow, RunStatus.TimedOut);
        await RunAsync(mended, RunStatus.Failed);
        await RunAsync(mended, RunStatus.Succeeded);
        (await NamesAsync(new() { Failing = true }, limit: 1)).ShouldBe(["Slow", "Bad"]);
        var counts = await index.CountAsync(Token);
        (counts.All, counts.Failing).ShouldBe((3, 2));
        counts.Tags.ShouldBe([("b", 2), ("a", 1)]);
    }

    [Fact]
    public async Task A_flow_with_a_schedule_says_when_it_is_started_next()
    {
        var (daily, paused, plain) = (await AddAsync("Daily"), await AddAsync("Paused"), await AddAsync("Plain"));
        var next = new DateTimeOffset(2026, 11, 22, 7, 0, 0, TimeSpan.Zero);
        foreach (var (flow, at) in new[] { (daily, next.AddDays(1)), (daily, next), (paused, (DateTimeOffset?)null) })
        {
            await fixture.Lane.WriteAsync(
                db =>
                {
                    db.Schedules.Add(new() { Id = Guid.CreateVersion7(), FlowId = flow.Id, Name = "s", NextAt = at });
                    return db.SaveChanges();
                },
                Token);
        }
        var listed = (await index.ListAsync(new() { Order = FlowOrder.Name }, cursor: null, 10, Token)).Items;
        listed.Select(f => (f.Name, f.Scheduled, f.NextFire)).ShouldBe([("Daily", true, next), ("Paused", true, null), ("Plain", false, null)]);
        (await NamesAsync(new() { Scheduled = true, Order = FlowOrder.Name })).ShouldBe(["Daily", "Paused"]);
        (await index.CountAsync(Token)).Scheduled.ShouldBe(2);
        await fixture.Flows.DeleteAsync(daily.Id, Token);
        (await index.CountAsync(Token)).Scheduled.ShouldBe(1);
        await fixture.Flows.PurgeAsync(daily.Id, Token);
        (await fixture.ScalarAsync("SELECT count(*) FROM schedules")).ShouldBe(1L);
    }

    [Fact]
    public async Task Types_follow_the_draft_also_when_a_version_is_restored()
    {
        var flow = await AddAsync("Orders");
        await fixture.Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token);
        await fixture.Flows.SaveAsync(flow with { Draft = new FlowDocument { Nodes = [new() { Id = "x", Type = "Delay" }, new() { Id = "y", Type = "Delay" }] } }, expectedRevision: null, Token);
        (await index.ListAsync(new(), cursor: null, 1, Token)).Items[0].ComponentTypes.ShouldBe(["Delay"]);
        await fixture.Flows.RestoreAsync(flow.Id, 1, Token);
        (await index.ListAsync(new(), cursor: null, 1, Token)).Items[0].ComponentTypes.ShouldContain("DataToMessage");
    }

    [Fact]
    public async Task A_cursor_of_another_order_is_refused()
    {
        await AddAsync("One");
        await AddAsync("Two");
        var page = await index.ListAsync(new() { Order = FlowOrder.Name }, cursor: null, 1, Token);
        await Should.ThrowAsync<FormatException>(() => index.ListAsync(new() { Order = FlowOrder.Updated }, page.NextCursor, 1, Token));
        await Should.ThrowAsync<FormatException>(() => index.ListAsync(new(), "nonsense!", 1, Token));
    }

    [Fact]
    public async Task No_list_reads_a_document()
    {
        // A document that cannot be read would fail whatever looks at it.
        var flow = await AddAsync("Orders", "orders", "", "sales");
        await fixture.ExecuteAsync("UPDATE flows SET draft = 'no document'");
        foreach (var order in Enum.GetValues<FlowOrder>())
            (await index.ListAsync(new() { Order = order, Text = "orders" }, cursor: null, 10, Token)).Items.ShouldHaveSingleItem().Id.ShouldBe(flow.Id);
        (await index.CountAsync(Token)).All.ShouldBe(1);
        (await index.NamesAsync(Token)).ShouldBe([(flow.Id, "Orders", "orders")]);
    }

    [Fact]
    public async Task The_newest_run_of_a_flow_is_one_step_in_an_index_however_many_it_has()
    {
        await using var reader = await fixture.Connections.OpenReaderAsync(Token);
        await using var plan = reader.Command("EXPLAIN QUERY PLAN " + FlowIndex.Statement(new()), ("@limit", 50));
        await using var rows = await plan.ExecuteReaderAsync(Token);
        var steps = new List<string>();
        while (await rows.ReadAsync(Token))
            steps.Add(rows.GetString(3));
        steps.ShouldContain(s => s.Contains("SEARCH r USING COVERING INDEX ix_runs_flow (flow_id=?)", StringComparison.Ordinal), string.Join('\n', steps));
        steps.ShouldNotContain(s => s.StartsWith("SCAN r", StringComparison.Ordinal));
    }
}
