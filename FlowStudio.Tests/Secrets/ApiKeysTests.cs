using System.Collections.Concurrent;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Secrets;

public sealed class ApiKeysTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    readonly ManualTime time = new();
    readonly KeyRows rows = new();
    readonly LogLines<ApiKeys> log = new();

    ApiKeys Open() => new(rows, time, log);

    [Fact]
    public async Task A_key_opens_until_it_is_revoked_and_outlives_a_restart()
    {
        using var keys = Open();
        var made = await keys.CreateAsync("one", Cancel);
        keys.Use(made.Key).ShouldBeTrue();
        keys.Use(made.Key.AsSpan()[..^1]).ShouldBeFalse();
        keys.Use(made.Key + "x").ShouldBeFalse();
        keys.Use("").ShouldBeFalse();
        keys.Use(new string('x', 100_000)).ShouldBeFalse();
        rows.All.ShouldHaveSingleItem().Hash.Length.ShouldBe(32);
        using var again = Open();
        again.Use(made.Key).ShouldBeFalse();
        await again.LoadAsync(Cancel);
        again.Use(made.Key).ShouldBeTrue();
        (await again.RevokeAsync(made.Info.Id, Cancel)).ShouldBeTrue();
        (await again.RevokeAsync(made.Info.Id, Cancel)).ShouldBeFalse();
        again.Use(made.Key).ShouldBeFalse();
        string.Join('\n', log.Lines).ShouldNotContain(made.Key);
    }

    [Fact]
    public async Task Its_last_use_is_seen_at_once_and_written_once_a_minute()
    {
        using var keys = Open();
        var made = await keys.CreateAsync("busy", Cancel);
        keys.Find(made.Info.Id)?.LastUsedAt.ShouldBeNull();
        for (var i = 0; i < 100; i++)
            keys.Use(made.Key).ShouldBeTrue();
        rows.Touched.Count.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(59));
        keys.Use(made.Key);
        rows.Touched.Count.ShouldBe(1);
        keys.Find(made.Info.Id)?.LastUsedAt.ShouldBe(time.GetUtcNow());
        time.Advance(TimeSpan.FromSeconds(1));
        Parallel.For(0, 50, _ => keys.Use(made.Key));
        rows.Touched.Count.ShouldBe(2);
        await keys.RenameAsync(made.Info.Id, "still busy", Cancel);
        keys.List().ShouldHaveSingleItem().ShouldBe(new ApiKeyInfo(made.Info.Id, "still busy", made.Info.Prefix, made.Info.CreatedAt, time.GetUtcNow()));
    }

    [Fact]
    public async Task A_use_that_cannot_be_written_is_a_use_all_the_same()
    {
        using var keys = Open();
        var made = await keys.CreateAsync("full", Cancel);
        rows.Failure = new StorageException("storage_full", "The disk is full.");
        keys.Use(made.Key).ShouldBeTrue();
        log.Lines.ShouldContain(l => l.Contains("The disk is full.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lent_key_opens_for_a_minute_and_is_on_no_list()
    {
        using var keys = Open();
        var lent = keys.Lend();
        keys.Use(lent).ShouldBeTrue();
        keys.List().ShouldBeEmpty();
        rows.All.ShouldBeEmpty();
        time.Advance(TimeSpan.FromSeconds(59));
        keys.Use(lent).ShouldBeTrue();
        time.Advance(TimeSpan.FromSeconds(2));
        keys.Use(lent).ShouldBeFalse();
        await keys.LoadAsync(Cancel);
        keys.Use(lent).ShouldBeFalse();
    }

    [Fact]
    public async Task There_are_only_so_many()
    {
        using var keys = Open();
        for (var i = 0; i < ApiKeys.MaxKeys; i++)
            await keys.CreateAsync($"key {i}", Cancel);
        (await Should.ThrowAsync<ApiKeyException>(() => keys.CreateAsync("one more", Cancel))).Code.ShouldBe("too_many_keys");
        await keys.RevokeAsync(keys.List()[0].Id, Cancel);
        (await keys.CreateAsync("one more", Cancel)).Info.Name.ShouldBe("one more");
    }

    [Fact]
    public async Task A_flow_has_one_secret_of_a_kind_that_can_be_replaced()
    {
        var fixture = new VaultFixture();
        using var secrets = new FlowSecrets(fixture.Rows, fixture.Protector, time, new LogLines<FlowSecrets>());
        var (flow, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        secrets.Find(FlowSecretKind.Signing, flow).ShouldBeNull();
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => secrets.EnsureAsync(FlowSecretKind.Signing, flow, Cancel)));
        made.Distinct().ShouldHaveSingleItem().ShouldMatch("^whsec_[A-Za-z0-9]{40}$");
        Convert.FromBase64String(made[0]["whsec_".Length..]).Length.ShouldBe(30);
        var agent = await secrets.EnsureAsync(FlowSecretKind.Agent, flow, Cancel);
        await secrets.EnsureAsync(FlowSecretKind.Agent, other, Cancel);
        secrets.FindAgent(agent).ShouldBe(flow);
        secrets.FindAgent(made[0]).ShouldBeNull();
        var next = await secrets.RotateAsync(FlowSecretKind.Agent, flow, Cancel);
        secrets.FindAgent(agent).ShouldBeNull();
        secrets.FindAgent(next).ShouldBe(flow);

        using var again = new FlowSecrets(fixture.Rows, fixture.Protector, time, new LogLines<FlowSecrets>());
        await again.LoadAsync(Cancel);
        again.FindAgent(next).ShouldBe(flow);
        again.Find(FlowSecretKind.Signing, flow).ShouldBe(made[0]);
        await again.ForgetAsync(flow, Cancel);
        again.FindAgent(next).ShouldBeNull();

        fixture.Protector.LoseKey();
        var told = new LogLines<FlowSecrets>();
        using var blind = new FlowSecrets(fixture.Rows, fixture.Protector, time, told);
        await blind.LoadAsync(Cancel);
        blind.FindAgent(next).ShouldBeNull();
        told.Lines.Count.ShouldBe(3);
        (await blind.EnsureAsync(FlowSecretKind.Agent, flow, Cancel)).ShouldNotBe(next);
    }

    [Theory]
    [InlineData("fsk_0123456789abcdefghijABCDEFGHIJ-_0123456789A", "API_KEY")]
    [InlineData("agt_0123456789abcdefghijABCDEFGHIJ-_0123456789A", "AGENT_TOKEN")]
    [InlineData("whsec_0123456789abcdefghijABCDEFGHIJ0123456789", "SIGNING_SECRET")]
    public void What_the_server_makes_is_told_by_its_shape(string secret, string mark)
    {
        var redactor = VaultFixture.RedactorOf(("OTHER", "something else"));
        redactor.Redact($"it is {secret}.").ShouldBe($"it is ***{mark}***.");
        foreach (var before in new[] { "", "x", "xy" })
            redactor.Redact(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{before}{secret} and more"))).ShouldContain($"***{mark}***");
        redactor.Redact(secret[..^5]).ShouldBe(secret[..^5]);
    }

    /// <summary>Rows in memory; can be told to fail.</summary>
    sealed class KeyRows : IApiKeyRows
    {
        readonly ConcurrentDictionary<Guid, ApiKeyRow> rows = new();

        public StorageException? Failure { get; set; }

        public ConcurrentQueue<(Guid Id, DateTimeOffset At)> Touched { get; } = new();

        public ICollection<ApiKeyRow> All => rows.Values;

        public Task<IReadOnlyList<ApiKeyRow>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ApiKeyRow>>([.. rows.Values]);

        public Task AddAsync(ApiKeyRow row, CancellationToken cancellationToken)
        {
            rows[row.Id] = row;
            return Task.CompletedTask;
        }

        public Task<bool> RenameAsync(Guid id, string name, CancellationToken cancellationToken)
        {
            if (!rows.TryGetValue(id, out var row))
                return Task.FromResult(false);
            rows[id] = row with { Name = name };
            return Task.FromResult(true);
        }

        public Task TouchAsync(Guid id, DateTimeOffset at, CancellationToken cancellationToken)
        {
            if (Failure is not null)
                return Task.FromException(Failure);
            Touched.Enqueue((id, at));
            return Task.CompletedTask;
        }

        public Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(rows.TryRemove(id, out _));
    }
}
