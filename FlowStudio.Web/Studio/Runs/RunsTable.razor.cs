using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>Runs that match a query, newest first, kept up to date while they are looked at.</summary>
public sealed partial class RunsTable : IAsyncDisposable
{
    const int PageSize = 50;
    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    readonly RunListState state = new();
    readonly CancellationTokenSource gone = new();
    CancellationTokenSource? reading;
    Task? following;
    FlowNames? names;
    RunQuery? shown;
    RunCount count;
    bool loading = true;
    bool loadingMore;
    string? failure;

    [Parameter, EditorRequired] public required RunQuery Query { get; set; }

    /// <summary>Keep the column of the flow even when only one flow is shown.</summary>
    [Parameter] public bool ShowFlow { get; set; }

    /// <summary>What to say when nothing matches.</summary>
    [Parameter, EditorRequired] public required RenderFragment Empty { get; set; }

    [Inject] internal IRunStore Store { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal IFlowStore Flows { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal ILogger<RunsTable> Logger { get; init; } = null!; // injected

    FlowNames NamesOfFlows => names ??= new(Flows);

    string Named(Run run) => $"Run of {NamesOfFlows[run.FlowId]}, {RunWords.Of(run.Status)}, {Local.Full(run.CreatedAt)}";

    protected override async Task OnParametersSetAsync()
    {
        if (shown == Query)
            return;
        shown = Query;
        following ??= FollowAsync();
        await ReloadAsync();
    }

    async Task ReloadAsync()
    {
        if (reading is not null)
            await reading.CancelAsync();
        reading = CancellationTokenSource.CreateLinkedTokenSource(gone.Token);
        var (query, token) = (Query, reading.Token);
        loading = state.Runs.Count == 0;
        try
        {
            var page = await Store.ListAsync(query.Filter, cursor: null, PageSize, token);
            await NamesOfFlows.LearnAsync(page.Items.Select(r => r.FlowId), token);
            count = await Store.CountAsync(query.Filter, token);
            state.Reset(page);
            (loading, failure) = (false, null);
        }
        catch (OperationCanceledException)
        {
            // A newer query took its place, or the page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "runs", e);
            (loading, failure) = (false, e.Message);
        }
    }

    async Task LoadMoreAsync()
    {
        loadingMore = true;
        try
        {
            var page = await Store.ListAsync(Query.Filter, state.NextCursor, PageSize, gone.Token);
            await NamesOfFlows.LearnAsync(page.Items.Select(r => r.FlowId), gone.Token);
            state.Append(page);
        }
        finally
        {
            loadingMore = false;
        }
    }

    /// <summary>Reads again what changed, once a second at most: lists show states, not every step to them.</summary>
    async Task FollowAsync()
    {
        try
        {
            using var watch = Hub.WatchAll(flowId: null);
            HashSet<Guid> before = [];
            while (before.Count > 0 || await watch.Events.WaitToReadAsync(gone.Token))
            {
                HashSet<Guid> now = [];
                while (watch.Events.TryRead(out var happened))
                {
                    if (happened.Type.StartsWith("run.", StringComparison.Ordinal))
                        now.Add(happened.RunId);
                }
                // What changed a second ago is read once more: an event may be a moment ahead of the store.
                if (now.Union(before).ToList() is { Count: > 0 } ids)
                    await InvokeAsync(() => RefreshAsync(ids));
                before = now;
                await Task.Delay(RefreshInterval, Time, gone.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    async Task RefreshAsync(IReadOnlyList<Guid> ids)
    {
        if (loading || failure is not null)
            return;
        var query = Query;
        try
        {
            var page = await Store.ListAsync(query.Filter, cursor: null, PageSize, gone.Token);
            await NamesOfFlows.LearnAsync(page.Items.Select(r => r.FlowId), gone.Token);
            var counted = await Store.CountAsync(query.Filter, gone.Token);
            if (query != Query)
                return;
            count = counted;
            state.Refresh(page);
            var onPage = page.Items.Select(r => r.Id).ToHashSet();
            foreach (var id in ids.Where(id => !onPage.Contains(id) && state.Shows(id)).Take(PageSize))
            {
                if (await Store.FindAsync(id, gone.Token) is { } run)
                    state.Replace(run);
            }
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

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        if (following is not null)
            await following;
        reading?.Dispose();
        gone.Dispose();
    }
}
