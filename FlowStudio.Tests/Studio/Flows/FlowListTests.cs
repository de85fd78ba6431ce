using FlowStudio.Engine.History;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage;
using FlowStudio.Tests.Components;
using FlowStudio.Tests.Storage;
using FlowStudio.Web.Studio.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Flows;

/// <summary>The list of flows over a database: what a page costs, and what it shows while things happen.</summary>
public sealed class FlowListTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();
    readonly Counted index;
    readonly CountedSums sums;
    readonly FlowList list;

    public FlowListTests()
    {
        index = new(new FlowIndex(fixture.Connections));
        sums = new(new RunRollups(fixture.Connections, fixture.Lane));
        list = new(index, sums, NodeTest.Catalog, fixture.Clock);
    }

    static CancellationToken Token => StorageFixture.Token;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task A_page_of_ten_thousand_flows_costs_four_questions_and_reads_no_document()
    {
        await FillAsync(10_000);
        await list.LoadAsync(new(), Token);
        list.Counts.ShouldNotBeNull().All.ShouldBe(10_000);
        list.Rows.Count.ShouldBe(FlowList.PageSize);
        list.More.ShouldBeTrue();
        (index.Questions, sums.Questions, sums.MostFlows).ShouldBe((2, 2, 0));
        await list.MoreAsync(Token);
        list.Rows.Count.ShouldBe(2 * FlowList.PageSize);
        list.Rows.Select(r => r.Flow.Id).Distinct().Count().ShouldBe(2 * FlowList.PageSize);
        (index.Questions, sums.Questions).ShouldBe((3, 4));
        await list.RefreshAsync(Token);
        (index.Questions, sums.Questions).ShouldBe((5, 6));
        await list.LoadAsync(new() { Text = "flow 777", Order = FlowOrder.Name }, Token);
        list.Rows.Select(r => r.Flow.Name).ShouldBe(["Flow 777", .. Enumerable.Range(0, 10).Select(i => $"Flow 777{i}")]);
    }

    [Fact]
    public async Task The_sums_are_asked_for_the_page_s_flows_at_once_and_only_for_those_that_ran()
    {
        await FillAsync(100);
        await list.LoadAsync(new() { Order = FlowOrder.Name }, Token);
        foreach (var row in list.Rows.Take(3).ToList())
            await fixture.EndAsync(await fixture.AcceptAsync(row.Flow.Id), RunStatus.Succeeded);
        var before = sums.Questions;
        await list.RefreshAsync(Token);
        (sums.Questions - before, sums.MostFlows).ShouldBe((2, 3));
    }

    [Fact]
    public async Task What_ran_moves_up_and_the_rows_far_below_stay()
    {
        await FillAsync(400);
        await list.LoadAsync(new(), Token);
        while (list.More)
            await list.MoreAsync(Token);
        var last = list.Rows[^1].Flow;
        await fixture.EndAsync(await fixture.AcceptAsync(last.Id), RunStatus.Failed);
        await list.RefreshAsync(Token);
        list.Rows[0].Flow.Id.ShouldBe(last.Id);
        list.Rows[0].Flow.LastRun.ShouldNotBeNull().Status.ShouldBe(RunStatus.Failed);
        list.Rows.Count(r => r.Flow.Id == last.Id).ShouldBe(1);
        list.Rows.Count.ShouldBeGreaterThanOrEqualTo(399);
        list.Counts.ShouldNotBeNull().Failing.ShouldBe(1);
    }

    [Fact]
    public async Task A_deleted_flow_goes_and_a_new_one_comes_with_the_next_look()
    {
        await FillAsync(3);
        await list.LoadAsync(new() { Order = FlowOrder.Name }, Token);
        await fixture.Flows.DeleteAsync(list.Rows[0].Flow.Id, Token);
        await fixture.Flows.CreateAsync(fixture.NewFlow("Another"), Token);
        await list.RefreshAsync(Token);
        list.Rows.Select(r => r.Flow.Name).ShouldBe(["Another", "Flow 2", "Flow 3"]);
        list.Rows[0].Starts.Select(s => s.Word).ShouldBe(["webhook"]);
    }

    [Fact]
    public async Task An_answer_that_was_overtaken_changes_nothing()
    {
        await FillAsync(2);
        index.Hold = new TaskCompletionSource();
        var slow = list.LoadAsync(new() { Text = "flow 1" }, Token);
        var held = index.Hold;
        index.Hold = null;
        await list.LoadAsync(new() { Text = "flow 2" }, Token);
        held.SetResult();
        await slow;
        list.Rows.ShouldHaveSingleItem().Flow.Name.ShouldBe("Flow 2");
    }

    /// <summary>So many flows, in one statement; none has a document that could be read.</summary>
    Task FillAsync(int count) => fixture.ExecuteAsync(
        $"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
        INSERT INTO flows (id, name, description, tags, enabled, webhook_access, limits, draft, component_types, draft_revision, created_at, updated_at)
        SELECT randomblob(16), 'Flow ' || i, '', '[]', 1, 'token', '{"{}"}', 'none', '["Webhook"]', 1, i, i FROM n
        """);

    sealed class Counted(IFlowIndex inner) : IFlowIndex
    {
        public int Questions { get; private set; }

        public TaskCompletionSource? Hold { get; set; }

        public async Task<FlowListingPage> ListAsync(FlowQuery query, string? cursor, int limit, CancellationToken cancellationToken)
        {
            Questions++;
            if (Hold is { } hold)
                await hold.Task;
            return await inner.ListAsync(query, cursor, limit, cancellationToken);
        }

        public Task<FlowCounts> CountAsync(CancellationToken cancellationToken)
        {
            Questions++;
            return inner.CountAsync(cancellationToken);
        }

        public Task<IReadOnlyList<(Guid Id, string Name, string? EndpointName)>> NamesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    sealed class CountedSums(IRunRollups inner) : IRunRollups
    {
        public int Questions { get; private set; }

        public int MostFlows { get; private set; }

        public Task<IReadOnlyDictionary<Guid, RollupPoint>> SumManyAsync(IReadOnlyCollection<Guid> flowIds, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken)
        {
            (Questions, MostFlows) = (Questions + 1, Math.Max(MostFlows, flowIds.Count));
            return inner.SumManyAsync(flowIds, from, to, step, cancellationToken);
        }

        public Task<IReadOnlyDictionary<Guid, IReadOnlyList<RollupPoint>>> ReadManyAsync(IReadOnlyCollection<Guid> flowIds, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken)
        {
            (Questions, MostFlows) = (Questions + 1, Math.Max(MostFlows, flowIds.Count));
            return inner.ReadManyAsync(flowIds, from, to, step, cancellationToken);
        }

        public Task<IReadOnlyList<RollupPoint>> ReadAsync(Guid? flowId, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<RollupPoint> SumAsync(Guid? flowId, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
