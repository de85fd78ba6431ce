using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.Web.Virtualization;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>Runs that match a query, newest first, older ones as they are scrolled to, kept up to date while they are looked at.</summary>
public sealed partial class RunsTable : IAsyncDisposable
{
    const int PageSize = 50;
    const int MostPagesAtOnce = 4;
    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    readonly RunListState state = new();
    readonly RunSelection selection = new();
    readonly CancellationTokenSource gone = new();
    readonly SemaphoreSlim older = new(1);
    CancellationTokenSource? reading;
    Virtualize<Run>? rows;
    RunBulkDialog? dialog;
    RunChanges? changes;
    ITimer? second;
    FlowNames? names;
    RunQuery? shown;
    RunCount? count;
    bool loading = true;
    bool refreshing;
    bool isStale;
    string? failure;
    string? olderFailed;

    [Parameter, EditorRequired] public required RunQuery Query { get; set; }

    /// <summary>Whether there is a column for the flow.</summary>
    [Parameter] public bool ShowFlow { get; set; } = true;

    /// <summary>Whether what happens is left out until this ends.</summary>
    [Parameter] public bool IsPaused { get; set; }

    /// <summary>What to say when nothing matches.</summary>
    [Parameter, EditorRequired] public required RenderFragment Empty { get; set; }

    /// <summary>How many runs match; null until it is known.</summary>
    [Parameter] public EventCallback<RunCount?> Counted { get; set; }

    [Inject] internal IRunStore Store { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal IFlowStore Flows { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal ILogger<RunsTable> Logger { get; init; } = null!; // injected

    FlowNames NamesOfFlows => names ??= new(Flows);

    string Named(Run run) => $"run of {NamesOfFlows[run.FlowId]}, {RunWords.Of(run.Status)}, {Local.Full(run.CreatedAt)}";

    /// <summary>Where the list that is full goes on.</summary>
    string OlderUrl
    {
        get
        {
            var query = Query with { Span = new RunSpan(null, Query.Span.At(Time.GetUtcNow()).From, state.Runs[^1].CreatedAt) };
            return ShowFlow || query.Flow is not { } flow ? query.Url : query.UrlIn(flow);
        }
    }

    static string Tone(Run run) => run.Status is RunStatus.Failed ? "bad" : "dim";

    protected override async Task OnParametersSetAsync()
    {
        if (shown == Query)
        {
            if (!IsPaused && isStale)
                await RefreshAsync([]);
            return;
        }
        shown = Query;
        selection.Clear();
        if (changes is null)
        {
            changes = new RunChanges(Hub, Time, flowId: null, RefreshInterval, ids => InvokeAsync(() => RefreshAsync(ids)));
            changes.Start();
        }
        await ReloadAsync();
    }

    async Task ReloadAsync()
    {
        if (reading is not null)
            await reading.CancelAsync();
        reading = CancellationTokenSource.CreateLinkedTokenSource(gone.Token);
        var (query, token) = (Query, reading.Token);
        loading = state.Runs.Count == 0;
        refreshing = true;
        try
        {
            // The database answers without awaiting; elsewhere, the page stays awake meanwhile.
            var page = await Task.Run(() => Store.ListAsync(query.FilterAt(Time.GetUtcNow()), cursor: null, PageSize, token), token);
            await NamesOfFlows.LearnAsync(page.Items.Select(r => r.FlowId), token);
            state.Reset(page);
            (loading, refreshing, failure, olderFailed, isStale) = (false, false, null, null, false);
            await DrawAsync();
            await CountAsync(query, token);
        }
        catch (OperationCanceledException)
        {
            // A newer query took its place, or the page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "runs", e);
            (loading, refreshing, failure) = (false, false, e.Message);
        }
    }

    /// <summary>The number comes when it is known: counting takes as long as what is counted.</summary>
    async Task CountAsync(RunQuery query, CancellationToken cancellationToken)
    {
        var counted = await Task.Run(() => Store.CountAsync(query.FilterAt(Time.GetUtcNow()), cancellationToken), cancellationToken);
        if (query != Query)
            return;
        count = counted;
        await Counted.InvokeAsync(counted);
    }

    async Task DrawAsync()
    {
        Tick();
        if (rows is not null)
            await rows.RefreshDataAsync();
        StateHasChanged();
    }

    /// <summary>Gives the rows in view, and reads older runs when the view comes to the end of those that were read.</summary>
    async ValueTask<ItemsProviderResult<Run>> ProvideAsync(ItemsProviderRequest request)
    {
        if (request.StartIndex + request.Count > state.Runs.Count && state.CanReadOlder && olderFailed is null)
            await ReadOlderAsync(request);
        var from = Math.Min(request.StartIndex, state.Runs.Count);
        var items = state.Runs.Skip(from).Take(request.Count).ToList();
        return new(items, state.Runs.Count + (state.CanReadOlder && olderFailed is null ? 1 : 0));
    }

    async Task ReadOlderAsync(ItemsProviderRequest request)
    {
        await older.WaitAsync(request.CancellationToken);
        try
        {
            for (var i = 0; i < MostPagesAtOnce && request.StartIndex + request.Count > state.Runs.Count && state.CanReadOlder; i++)
            {
                var (query, cursor) = (Query, state.NextCursor);
                var page = await Task.Run(() => Store.ListAsync(query.FilterAt(Time.GetUtcNow()), cursor, PageSize, gone.Token), gone.Token);
                await NamesOfFlows.LearnAsync(page.Items.Select(r => r.FlowId), gone.Token);
                if (query != Query || cursor != state.NextCursor)
                    return;
                state.Append(page);
            }
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
        {
            StudioLog.ReadFailed(Logger, "older runs", e);
            olderFailed = e.Message;
        }
        finally
        {
            older.Release();
        }
        // The foot may have changed: it is not a part of the rows.
        StateHasChanged();
    }

    Task AgainAsync()
    {
        olderFailed = null;
        return DrawAsync();
    }

    /// <summary>Reads again what changed; without ids, whatever may have.</summary>
    async Task RefreshAsync(IReadOnlyCollection<Guid> ids)
    {
        isStale = IsPaused;
        if (loading || failure is not null || IsPaused)
            return;
        var query = Query;
        try
        {
            var filter = query.FilterAt(Time.GetUtcNow());
            var page = await Task.Run(() => Store.ListAsync(filter, cursor: null, PageSize, gone.Token), gone.Token);
            await NamesOfFlows.LearnAsync(page.Items.Select(r => r.FlowId), gone.Token);
            if (query != Query)
                return;
            state.Refresh(page);
            var onPage = page.Items.Select(r => r.Id).ToHashSet();
            var further = ids.Count > 0 ? ids.Where(state.Shows) : state.Runs.Where(r => !RunNames.IsFinal(r.Status)).Select(r => r.Id);
            foreach (var id in further.Where(id => !onPage.Contains(id)).Take(PageSize).ToList())
            {
                var run = await Store.FindAsync(id, gone.Token);
                state.Replace(id, run is not null && (filter.Statuses.Count == 0 || filter.Statuses.Contains(run.Status)) ? run : null);
            }
            await DrawAsync();
            await CountAsync(query, gone.Token);
            StateHasChanged();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What is shown stays; the next change tries again.
            StudioLog.ReadFailed(Logger, "runs", e);
        }
    }

    /// <summary>While a run of the list works, the time it takes grows though nothing happens.</summary>
    void Tick()
    {
        var running = state.Runs.Take(PageSize).Any(r => r is { StartedAt: not null, FinishedAt: null });
        if (running && second is null && !gone.IsCancellationRequested)
        {
            second = Time.CreateTimer(_ => _ = InvokeAsync(StateHasChanged), state: null, RefreshInterval, RefreshInterval);
        }
        else if (!running)
        {
            second?.Dispose();
            second = null;
        }
    }

    void Select(Run run, MouseEventArgs e) => selection.Toggle(run.Id, e.ShiftKey, [.. state.Runs.Select(r => r.Id)]);

    void SelectShown(ChangeEventArgs e)
    {
        if (e.Value is true)
            selection.All([.. state.Runs.Select(r => r.Id)]);
        else
            selection.Clear();
    }

    void Picked() => StateHasChanged();

    /// <summary>Something was done to many: what was deleted goes at once.</summary>
    async Task DoneAsync(IReadOnlySet<Guid> deleted)
    {
        state.Remove(deleted);
        selection.Forget(deleted);
        if (selection.IsAll)
            selection.Clear();
        await ReloadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (second is not null)
            await second.DisposeAsync();
        await gone.CancelAsync();
        if (changes is not null)
            await changes.DisposeAsync();
        reading?.Dispose();
        gone.Dispose();
        older.Dispose();
    }
}
