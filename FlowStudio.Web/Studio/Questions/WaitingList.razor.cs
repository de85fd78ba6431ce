using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Questions;

/// <summary>The questions of all flows or of one, kept up to date while they are looked at.</summary>
public sealed partial class WaitingList : IDisposable
{
    const int PageSize = 50;

    /// <summary>What ends within this time is marked.</summary>
    static readonly TimeSpan Soon = TimeSpan.FromMinutes(15);

    readonly CancellationTokenSource gone = new();
    List<OpenQuestion> items = [];
    string? next;
    FlowNames? names;
    Guid? opened;
    Guid? shownFlow;
    bool read;
    bool loading = true;
    string? failure;

    /// <summary>Only those of this flow's runs; null: of all.</summary>
    [Parameter] public Guid? FlowId { get; set; }

    /// <summary>Whether each says whose it is.</summary>
    [Parameter] public bool ShowFlow { get; set; } = true;

    [Inject] internal IQuestions Questions { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal WaitingCount Waiting { get; init; } = null!; // injected
    [Inject] internal IFlowStore Flows { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ILogger<WaitingList> Logger { get; init; } = null!; // injected

    FlowNames Names => names ??= new(Flows);

    protected override void OnInitialized() => Waiting.Changed += OnChanged;

    protected override async Task OnParametersSetAsync()
    {
        if (read && shownFlow == FlowId)
            return;
        (read, shownFlow, items, next, opened, loading) = (true, FlowId, [], null, null, true);
        await ReloadAsync();
        if (items is [var only] && next is null)
            opened = only.Id;
    }

    void OnChanged() => _ = InvokeAsync(async () =>
    {
        if (gone.IsCancellationRequested)
            return;
        await ReloadAsync();
        StateHasChanged();
    });

    /// <summary>Reads as many as are shown, from the longest waiting on; what is open stays until it is closed, answered or not.</summary>
    async Task ReloadAsync()
    {
        var flow = FlowId;
        try
        {
            var page = await Questions.ListOldestAsync(flow, cursor: null, Math.Max(PageSize, items.Count), gone.Token);
            await Names.LearnAsync(page.Items.Select(q => q.FlowId), gone.Token);
            if (flow != FlowId)
                return;
            var kept = items.FindIndex(q => q.Id == opened);
            List<OpenQuestion> now = [.. page.Items];
            if (kept >= 0 && !now.Exists(q => q.Id == opened))
                now.Insert(Math.Min(kept, now.Count), items[kept]);
            (items, next, loading, failure) = (now, page.NextCursor, false, null);
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "questions", e);
            (loading, failure) = (false, e.Message);
        }
    }

    async Task MoreAsync()
    {
        if (next is not { } cursor)
            return;
        var page = await Questions.ListOldestAsync(FlowId, cursor, PageSize, gone.Token);
        await Names.LearnAsync(page.Items.Select(q => q.FlowId), gone.Token);
        var known = items.Select(q => q.Id).ToHashSet();
        items.AddRange(page.Items.Where(q => known.Add(q.Id)));
        next = page.NextCursor;
    }

    public void Dispose()
    {
        Waiting.Changed -= OnChanged;
        gone.Cancel();
        gone.Dispose();
    }
}
