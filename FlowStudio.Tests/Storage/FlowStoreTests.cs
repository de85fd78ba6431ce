using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class FlowStoreTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();

    static CancellationToken Token => StorageFixture.Token;

    FlowStore Flows => fixture.Flows;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    Task<Flow> Create(string name = "Greeter", string? endpoint = null) => Flows.CreateAsync(fixture.NewFlow(name, endpoint), Token);

    async Task<RunnableFlow> Resolve(string key, bool draft = false) => (await Flows.ResolveAsync(key, draft, Token)).ShouldNotBeNull();

    public static TheoryData<string> Documents => new(
        """{"schema":1,"nodes":[],"edges":[],"notes":[],"viewport":null}""",
        """{"schema":1,"nodes":[{"id":"a","type":"Prompt","title":"Grüße 你好 \uD83C\uDF89","position":{"x":-1.25,"y":1E+20},"settings":{"z":1,"a":"é\"\\\n<>&'+","m":{"variable":"KEY","format":"Bearer {value}"}},"disabled":true,"timeout":0.5,"retries":2,"later":{"b":[1,2.50,null]}}],"edges":[{"from":{"node":"a","port":"x"},"to":{"node":"a","port":"y"},"colour":"red"}],"notes":[{"id":"n","text":"# Hi","position":{"x":0,"y":0},"width":10}],"viewport":{"x":1,"y":2,"zoom":0.75},"future":[true,{"k":"v"}]}""");

    [Theory, MemberData(nameof(Documents))]
    public async Task A_document_comes_back_byte_for_byte(string json)
    {
        var document = FlowJson.Parse(json);
        var flow = await Flows.CreateAsync(fixture.NewFlow() with { Draft = document }, Token);
        FlowJson.ToText(document).ShouldBe(json);
        FlowJson.ToText((await Flows.FindAsync(flow.Id, Token)).ShouldNotBeNull().Draft).ShouldBe(json);
        var version = (await Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token)).ShouldNotBeNull();
        FlowJson.ToText((await Flows.FindVersionAsync(version.Id, Token)).ShouldNotBeNull().Document).ShouldBe(json);
        version.Hash.ShouldBe(FlowJson.Hash(document));
    }

    [Fact]
    public async Task What_was_created_is_found_with_all_its_settings()
    {
        var flow = fixture.NewFlow("Orders", "orders") with
        {
            Description = "Takes orders",
            Tags = ["sales", "größe"],
            Enabled = false,
            WebhookAccess = WebhookAccess.Open,
            Limits = new() { RunTimeout = 1.5, MaxConcurrentRuns = 3, Retries = 0, KeepDays = 30.5, KeepRuns = 1000 },
            OwnerId = "ann",
        };
        var created = await Flows.CreateAsync(flow, Token);
        var found = (await Flows.FindAsync(flow.Id, Token)).ShouldNotBeNull();
        FlowJson.ToText(found.Draft).ShouldBe(FlowJson.ToText(created.Draft));
        found.Tags.ShouldBe(flow.Tags);
        (found.Name, found.Description, found.EndpointName, found.Enabled, found.WebhookAccess, found.Limits, found.OwnerId)
            .ShouldBe((flow.Name, flow.Description, flow.EndpointName, flow.Enabled, flow.WebhookAccess, flow.Limits, flow.OwnerId));
        (found.DraftRevision, found.LiveVersion, found.CreatedAt, found.UpdatedAt).ShouldBe((1, null, fixture.Clock.GetUtcNow(), fixture.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task A_save_raises_the_revision_and_keeps_what_is_not_the_callers()
    {
        var flow = await Create();
        await Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token);
        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        var saved = (await Flows.SaveAsync(flow with { Name = "Renamed", LiveVersion = 99, CreatedAt = default, DraftRevision = 50 }, expectedRevision: 1, Token)).ShouldNotBeNull();
        (saved.Name, saved.DraftRevision, saved.LiveVersion, saved.CreatedAt, saved.UpdatedAt).ShouldBe(("Renamed", 2, 1, flow.CreatedAt, fixture.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task A_save_on_an_old_revision_is_refused_and_changes_nothing()
    {
        var flow = await Create();
        await Flows.SaveAsync(flow with { Name = "First" }, expectedRevision: 1, Token);
        var conflict = await Should.ThrowAsync<FlowConflictException>(() => Flows.SaveAsync(flow with { Name = "Second" }, expectedRevision: 1, Token));
        conflict.Code.ShouldBe("stale_revision");
        (await Flows.FindAsync(flow.Id, Token)).ShouldNotBeNull().Name.ShouldBe("First");
        (await Flows.SaveAsync(flow with { Name = "Forced" }, expectedRevision: null, Token)).ShouldNotBeNull().DraftRevision.ShouldBe(3);
    }

    [Fact]
    public async Task Of_saves_at_once_on_one_revision_exactly_one_wins()
    {
        var flow = await Create();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                await Flows.SaveAsync(flow with { Name = $"Saver {i}" }, expectedRevision: 1, Token);
                return 1;
            }
            catch (FlowConflictException)
            {
                return 0;
            }
        }));
        outcomes.Sum().ShouldBe(1);
    }

    [Fact]
    public async Task What_is_not_there_is_null_or_false()
    {
        var nobody = Guid.CreateVersion7();
        (await Flows.FindAsync(nobody, Token)).ShouldBeNull();
        (await Flows.SaveAsync(fixture.NewFlow(), expectedRevision: null, Token)).ShouldBeNull();
        (await Flows.PublishAsync(nobody, note: null, expectedRevision: null, Token)).ShouldBeNull();
        (await Flows.RestoreAsync(nobody, 1, Token)).ShouldBeNull();
        (await Flows.DeleteAsync(nobody, Token)).ShouldBeFalse();
        (await Flows.FindVersionAsync(nobody, 0, Token)).ShouldBeNull();
        (await Flows.FindVersionAsync(nobody, Token)).ShouldBeNull();
        (await Flows.ResolveAsync(nobody.ToString(), draft: false, Token)).ShouldBeNull();
        (await Flows.ResolveAsync("nobody", draft: false, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task An_endpoint_name_belongs_to_one_flow_and_case_tells_apart()
    {
        var first = await Create("First", "orders");
        await Create("Second", "Orders");
        (await Should.ThrowAsync<FlowConflictException>(() => Create("Third", "orders"))).Code.ShouldBe("endpoint_name_taken");
        var third = await Create("Third");
        var conflict = await Should.ThrowAsync<FlowConflictException>(() => Flows.SaveAsync(third with { EndpointName = "Orders" }, expectedRevision: null, Token));
        conflict.Message.ShouldContain("Second");
        // Its own name is no conflict, and no name can be had by many.
        (await Flows.SaveAsync(first with { Name = "Still first" }, expectedRevision: null, Token)).ShouldNotBeNull();
        await Create("Fourth");
    }

    [Fact]
    public async Task Pages_go_by_name_whatever_its_case_and_have_each_flow_once()
    {
        string[] names = ["b", "A", "a", "C", "B", "a", "_", "Ä", "ä"];
        foreach (var name in names)
            await Create(name);
        var seen = new List<Flow>();
        string? cursor = null;
        do
        {
            var page = await Flows.ListAsync(search: null, cursor, limit: 2, Token);
            page.Items.Count.ShouldBeInRange(1, 2);
            seen.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        seen.Select(f => f.Id).Distinct().Count().ShouldBe(names.Length);
        seen.Select(f => f.Name.ToLowerInvariant()).Take(7).ShouldBe(["_", "a", "a", "a", "b", "b", "c"]);
        (await Flows.ListAsync(search: null, cursor: null, limit: names.Length, Token)).NextCursor.ShouldBeNull();
    }

    [Theory]
    [InlineData("ORDER", "Order taker")]
    [InlineData("grüsse", null)]
    [InlineData("GRÜẞE", "Grüße")]
    [InlineData("GRÜ", "Grüße")]
    [InlineData("mailing", "Grüße")]
    [InlineData("hello-x", "Grüße")]
    [InlineData("says hi", "Order taker")]
    [InlineData("100%", "Discount 100% off_all")]
    [InlineData("f_a", "Discount 100% off_all")]
    [InlineData("o%r", null)]
    [InlineData("\\", null)]
    public async Task A_search_looks_into_name_description_endpoint_and_tags(string search, string? found)
    {
        await Flows.CreateAsync(fixture.NewFlow("Order taker") with { Description = "Says hi" }, Token);
        await Flows.CreateAsync(fixture.NewFlow("Grüße", "hello-x") with { Tags = ["mailing"] }, Token);
        await Flows.CreateAsync(fixture.NewFlow("Discount 100% off_all"), Token);
        (await Flows.ListAsync(search, cursor: null, limit: 10, Token)).Items.Select(f => f.Name).ShouldBe(found is null ? [] : [found]);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("not base64!")]
    [InlineData("")]
    public async Task A_cursor_of_nobodys_is_refused(string cursor) =>
        (await Should.ThrowAsync<FormatException>(() => Flows.ListAsync(search: null, cursor, limit: 10, Token))).Message.ShouldContain("cursor");

    [Fact]
    public async Task Publishing_makes_numbered_versions_and_nothing_when_nothing_changed()
    {
        var flow = await Create();
        var first = (await Flows.PublishAsync(flow.Id, "first", expectedRevision: 1, Token)).ShouldNotBeNull();
        (first.Number, first.Note).ShouldBe((1, "first"));
        var told = 0;
        Flows.Changed += _ => told++;
        (await Flows.PublishAsync(flow.Id, "again", expectedRevision: null, Token)).ShouldNotBeNull().Id.ShouldBe(first.Id);
        told.ShouldBe(0);

        await Flows.SaveAsync(flow with { Draft = StorageFixture.Document("Bye") }, expectedRevision: null, Token);
        (await Should.ThrowAsync<FlowConflictException>(() => Flows.PublishAsync(flow.Id, note: null, expectedRevision: 1, Token))).Code.ShouldBe("stale_revision");
        (await Flows.PublishAsync(flow.Id, note: null, expectedRevision: 2, Token)).ShouldNotBeNull().Number.ShouldBe(2);
        // Back to what version 1 was: a version of its own, for the live one is another.
        await Flows.SaveAsync(flow, expectedRevision: null, Token);
        (await Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token)).ShouldNotBeNull().Number.ShouldBe(3);
        (await Flows.ListVersionsAsync(flow.Id, Token)).Select(v => v.Number).ShouldBe([3, 2, 1]);
        (await Flows.FindAsync(flow.Id, Token)).ShouldNotBeNull().LiveVersion.ShouldBe(3);
        FlowJson.ToText((await Flows.FindVersionAsync(flow.Id, 2, Token)).ShouldNotBeNull().Document).ShouldContain("Bye");
        (await Flows.FindVersionAsync(flow.Id, 4, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_restored_version_is_the_draft_again_and_the_live_one_stays()
    {
        var flow = await Create();
        await Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token);
        await Flows.SaveAsync(flow with { Draft = StorageFixture.Document("Bye") }, expectedRevision: null, Token);
        var restored = (await Flows.RestoreAsync(flow.Id, 1, Token)).ShouldNotBeNull();
        FlowJson.ToText(restored.Draft).ShouldBe(FlowJson.ToText(flow.Draft));
        (restored.DraftRevision, restored.LiveVersion).ShouldBe((3, 1));
        (await Flows.RestoreAsync(flow.Id, 7, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_deleted_flow_takes_versions_and_token_along_and_frees_its_name()
    {
        var flow = await Create("Orders", "orders");
        var other = await Create();
        var version = (await Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token)).ShouldNotBeNull();
        await Flows.FindVersionAsync(version.Id, Token);
        var rows = new VariableStore(fixture.Connections, fixture.Lane);
        var now = fixture.Clock.GetUtcNow();
        await rows.PutAsync(new(VariableScopes.WebhookToken, flow.Id.ToString(), Secret: true, [1], now, now), Token);
        await rows.PutAsync(new(VariableScopes.WebhookToken, other.Id.ToString(), Secret: true, [2], now, now), Token);
        await Resolve("orders");

        (await Flows.DeleteAsync(flow.Id, Token)).ShouldBeTrue();
        (await Flows.FindAsync(flow.Id, Token)).ShouldBeNull();
        (await Flows.ResolveAsync("orders", draft: false, Token)).ShouldBeNull();
        (await Flows.ResolveAsync(flow.Id.ToString(), draft: true, Token)).ShouldBeNull();
        (await Create("New orders", "orders")).EndpointName.ShouldBe("orders");

        (await Flows.PurgeAsync(flow.Id, Token)).ShouldBeTrue();
        (await Flows.FindVersionAsync(version.Id, Token)).ShouldBeNull();
        (await rows.ListAsync(VariableScopes.WebhookToken, Token)).ShouldHaveSingleItem().Name.ShouldBe(other.Id.ToString());
        (await Flows.UndeleteAsync(flow.Id, Token)).ShouldBeNull();
        (await Flows.PurgeAsync(other.Id, Token)).ShouldBeFalse();
        (await Flows.FindAsync(other.Id, Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Triggers_run_the_draft_until_something_is_live()
    {
        var flow = await Create("Orders", "orders");
        var draft = await Resolve("orders");
        (draft.Version.Number, draft.Stored, draft.Version.Hash).ShouldBe((null, false, FlowJson.Hash(flow.Draft)));

        var live = (await Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token)).ShouldNotBeNull();
        await Flows.SaveAsync(flow with { Draft = StorageFixture.Document("Bye") }, expectedRevision: null, Token);
        var runs = await Resolve("orders");
        (runs.Version.Id, runs.Version.Number, runs.Stored).ShouldBe((live.Id, 1, true));
        FlowJson.ToText((await Resolve(flow.Id.ToString(), draft: true)).Version.Document).ShouldContain("Bye");
        (await Flows.FindVersionAsync(flow.Id, 0, Token)).ShouldNotBeNull().Number.ShouldBeNull();
    }

    [Fact]
    public async Task A_flow_is_found_by_any_spelling_of_its_id_and_by_its_exact_name()
    {
        var flow = await Create("Orders", "orders");
        foreach (var key in (string[])[flow.Id.ToString(), flow.Id.ToString("N"), flow.Id.ToString().ToUpperInvariant(), "orders"])
            (await Resolve(key)).Flow.Id.ShouldBe(flow.Id);
        (await Flows.ResolveAsync("Orders", draft: false, Token)).ShouldBeNull();
        (await Flows.ResolveAsync("", draft: false, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_hit_gives_the_same_object_and_allocates_nothing()
    {
        var flow = await Create("Orders", "orders");
        var first = await Resolve("orders");
        var id = flow.Id.ToString();
        Measure();
        Measure().ShouldBeLessThan(1000);

        long Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                var hit = Flows.ResolveAsync((i & 1) == 0 ? "orders" : id, draft: false, CancellationToken.None);
                if (!hit.IsCompletedSuccessfully || !ReferenceEquals(hit.Result, first))
                    throw new ShouldAssertException("Not from memory.");
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public async Task Every_write_is_seen_by_the_next_call_and_told()
    {
        var told = new List<Guid>();
        Flows.Changed += told.Add;
        var flow = await Create("Orders", "orders");
        await Resolve("orders");
        await Flows.SaveAsync(flow with { Name = "Renamed", EndpointName = "bills" }, expectedRevision: null, Token);
        (await Flows.ResolveAsync("orders", draft: false, Token)).ShouldBeNull();
        (await Resolve("bills")).Flow.Name.ShouldBe("Renamed");
        await Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, Token);
        (await Resolve("bills")).Version.Number.ShouldBe(1);
        await Flows.RestoreAsync(flow.Id, 1, Token);
        (await Resolve("bills")).Flow.DraftRevision.ShouldBe(3);
        await Flows.DeleteAsync(flow.Id, Token);
        told.ShouldBe(Enumerable.Repeat(flow.Id, 5));
    }

    /// <summary>A state that was read before a write must not be remembered after it, however reading and writing overlap.</summary>
    [Fact]
    public async Task An_old_state_is_never_remembered()
    {
        var flow = await Create("0", "orders");
        var cache = new FlowCache(fixture.Connections);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await cache.ResolveAsync("orders", draft: false, Token);
                await Task.Yield();
            }
        }, Token)).ToList();
        for (var i = 1; i <= 150; i++)
        {
            await fixture.Lane.WriteAsync(
                db =>
                {
                    db.Flows.Single(f => f.Id == flow.Id).Name = $"{i}";
                    db.SaveChanges();
                    // Empties the memory before the commit: readers fill it with the old state while the disk is written.
                    cache.Forget(flow.Id);
                    return true;
                },
                Token);
            cache.Forget(flow.Id);
            (await cache.ResolveAsync("orders", draft: false, Token)).ShouldNotBeNull().Flow.Name.ShouldBe($"{i}");
        }
        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_draft_that_ran_is_stored_once_per_content()
    {
        var flow = await Create("Orders", "orders");
        var first = await Resolve("orders");
        await fixture.AcceptAsync(flow.Id, version: first.Version);
        Flows.MarkStored(flow.Id, first.Version.Id);
        (await Resolve("orders")).Stored.ShouldBeTrue();
        (await Resolve("orders")).Version.Id.ShouldBe(first.Version.Id);

        // A new name is no new content.
        await Flows.SaveAsync(flow with { Name = "Renamed" }, expectedRevision: null, Token);
        var renamed = await Resolve("orders");
        (renamed.Stored, renamed.Version.Id).ShouldBe((true, first.Version.Id));

        await Flows.SaveAsync(flow with { Draft = StorageFixture.Document("Bye") }, expectedRevision: null, Token);
        var other = await Resolve("orders");
        (other.Stored, other.Version.Id == first.Version.Id).ShouldBe((false, false));
        await Flows.SaveAsync(flow, expectedRevision: null, Token);
        (await Resolve("orders")).Version.Id.ShouldBe(first.Version.Id);
        (await fixture.ScalarAsync("SELECT count(*) FROM flow_versions")).ShouldBe(1L);
        (await Flows.FindVersionAsync(first.Version.Id, Token)).ShouldNotBeNull().Hash.ShouldBe(first.Version.Hash);
    }

    [Fact]
    public async Task A_snapshot_not_stored_yet_has_the_same_id_whenever_it_is_asked_for()
    {
        var flow = await Create("Orders", "orders");
        var first = await Resolve("orders");
        await Flows.SaveAsync(flow with { Name = "Renamed" }, expectedRevision: null, Token);
        (await Resolve("orders")).Version.Id.ShouldBe(first.Version.Id);
        // Another flow with the same document has a snapshot of its own.
        await Create("Copy", "copy");
        (await Resolve("copy")).Version.Id.ShouldNotBe(first.Version.Id);
        first.Version.Id.Version.ShouldBe(8);
    }
}
