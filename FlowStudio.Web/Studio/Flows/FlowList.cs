using FlowStudio.Engine.Components;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor;

namespace FlowStudio.Web.Studio.Flows;

/// <summary>
/// The list of flows, page by page. However many flows there are, a page costs four questions: the flows with their newest runs, how many there are of each
/// kind, and the sums of the last 24 hours, twice. No Blazor in it; used on one thread.
/// </summary>
public sealed class FlowList(IFlowIndex index, IRunRollups rollups, ComponentCatalog catalog, TimeProvider time)
{
    /// <summary>Flows of one page.</summary>
    public const int PageSize = 50;

    /// <summary>Rows that are read anew when something happened; those far below wait until they are loaded again.</summary>
    public const int MaxRefresh = 200;

    static readonly TimeSpan Day = TimeSpan.FromDays(1), Hour = TimeSpan.FromHours(1);

    string? cursor;
    int asked;

    public IReadOnlyList<FlowRow> Rows { get; private set; } = [];

    public FlowCounts? Counts { get; private set; }

    /// <summary>Whether there are flows below the last row.</summary>
    public bool More => cursor is not null;

    public FlowQuery Query { get; private set; } = new();

    /// <summary>Begins the list anew. When another query is asked for meanwhile, this one changes nothing.</summary>
    public async Task LoadAsync(FlowQuery query, CancellationToken cancellationToken)
    {
        var mine = ++asked;
        Query = query;
        var page = await index.ListAsync(WithTypes(query), cursor: null, PageSize, cancellationToken);
        var rows = await RowsAsync(page.Items, cancellationToken);
        var counts = await index.CountAsync(cancellationToken);
        if (mine == asked)
            (Rows, Counts, cursor) = (rows, counts, page.NextCursor);
    }

    /// <summary>Adds the next page.</summary>
    public async Task MoreAsync(CancellationToken cancellationToken)
    {
        if (cursor is not { } from)
            return;
        var mine = asked;
        var page = await index.ListAsync(WithTypes(Query), from, PageSize, cancellationToken);
        var rows = await RowsAsync(page.Items, cancellationToken);
        if (mine != asked || cursor != from)
            return;
        // What was moved up meanwhile is there already.
        var known = Rows.Select(r => r.Flow.Id).ToHashSet();
        (Rows, cursor) = ([.. Rows, .. rows.Where(r => !known.Contains(r.Flow.Id))], page.NextCursor);
    }

    /// <summary>Reads again what is shown.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var mine = asked;
        var limit = Math.Clamp(Rows.Count, PageSize, MaxRefresh);
        var page = await index.ListAsync(WithTypes(Query), cursor: null, limit, cancellationToken);
        var head = await RowsAsync(page.Items, cancellationToken);
        var counts = await index.CountAsync(cancellationToken);
        if (mine != asked)
            return;
        Counts = counts;
        if (page.NextCursor is null || Rows.Count <= limit)
        {
            (Rows, cursor) = (head, page.NextCursor);
            return;
        }
        var known = head.Select(r => r.Flow.Id).ToHashSet();
        Rows = [.. head, .. Rows.Skip(limit).Where(r => !known.Contains(r.Flow.Id))];
    }

    async Task<IReadOnlyList<FlowRow>> RowsAsync(IReadOnlyList<FlowListing> flows, CancellationToken cancellationToken)
    {
        // Flows that never ran have no sums.
        List<Guid> ran = [.. flows.Where(f => f.LastRun is not null).Select(f => f.Id)];
        var now = time.GetUtcNow();
        var (from, to) = (now - Day + Hour, now);
        var points = await rollups.ReadManyAsync(ran, from, to, Hour, cancellationToken);
        var sums = await rollups.SumManyAsync(ran, from, to, Hour, cancellationToken);
        var quiet = Quiet(from);
        return [.. flows.Select(f => new FlowRow(f, StartsOf(f), points.GetValueOrDefault(f.Id) ?? quiet, sums.GetValueOrDefault(f.Id)))];
    }

    /// <summary>A day of a flow that did nothing.</summary>
    static IReadOnlyList<RollupPoint> Quiet(DateTimeOffset from) =>
        [.. Enumerable.Range(0, 24).Select(i => new RollupPoint(from + (Hour * i), 0, 0, 0, 0, default, null, null, null))];

    /// <summary>People know components by their titles; the index knows types.</summary>
    FlowQuery WithTypes(FlowQuery query) => query.Text is { Length: > 0 } text
        ? query with { Types = [.. catalog.All.Where(c => c.Title.Contains(text, StringComparison.OrdinalIgnoreCase)).Select(c => c.Type)] }
        : query;

    /// <summary>"webhook", "chat".</summary>
    static string Word(string title) => title.Replace(" Input", "", StringComparison.Ordinal).ToLowerInvariant();

    List<FlowStart> StartsOf(FlowListing flow)
    {
        List<FlowStart> starts = [.. flow.ComponentTypes.Select(catalog.Look).OfType<ComponentLook>().Where(l => l.Descriptor.IsTrigger)
            .Select(l => new FlowStart(l.Icon, Word(l.Descriptor.Title)))];
        if (flow.Scheduled)
            starts.Insert(0, new("calendar-clock", "cron"));
        if (starts.Count == 0)
            starts.Add(new("terminal", "api"));
        return starts;
    }
}
