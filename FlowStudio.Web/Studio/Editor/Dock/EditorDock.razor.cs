using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.Dock;

/// <summary>The dock below the canvas; the page tells it by <see cref="RefreshAsync"/> when <see cref="Live"/> has more, ten times a second at most.</summary>
public sealed partial class EditorDock : IAsyncDisposable
{
    /// <summary>Where the open tab puts its tools: the bar has the room.</summary>
    public static readonly object Tools = new();

    const int RunsToChoose = 20;

    static readonly IReadOnlyList<(DockTab Key, string Name)> Tabs =
        [(DockTab.Log, "Run log"), (DockTab.Output, "Output"), (DockTab.Chat, "Chat"), (DockTab.Problems, "Problems")];

    readonly CancellationTokenSource gone = new();
    readonly EventCallback<string> picked;
    ElementReference frame;
    RunLogPane? log;
    IJSObjectReference? browserSide;
    ITimer? clock;
    IReadOnlyList<Run> runs = [];
    DateTimeOffset runsAt;
    DockTab tab;
    bool folded;
    bool chosen;

    public EditorDock() => picked = EventCallback.Factory.Create<string>(this, id => NodePicked.InvokeAsync(new NodePick(id)));

    [Parameter, EditorRequired] public required EditorState State { get; set; }

    [Parameter, EditorRequired] public required FlowLive Live { get; set; }

    /// <summary>A node is to be shown: its name in the log, or a problem, was pressed.</summary>
    [Parameter] public EventCallback<NodePick> NodePicked { get; set; }

    /// <summary>Another run is shown: what the canvas says of it is to be drawn.</summary>
    [Parameter] public EventCallback RunChosen { get; set; }

    [Inject] internal IRunStore Store { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected

    /// <summary>Shows a tab, unfolding the dock.</summary>
    public async Task OpenAsync(DockTab which)
    {
        (tab, folded, chosen) = (which, false, true);
        StateHasChanged();
        await RememberAsync();
    }

    /// <summary>Shows what a batch of events changed.</summary>
    public async Task RefreshAsync()
    {
        if (log is not null)
            await log.RefreshAsync();
        StateHasChanged();
    }

    string Progress(RunProgress run) => run.StartedAt is { } start
        ? $"{RunWords.Of(run.Status)} {Times.Duration((run.FinishedAt ?? Time.GetUtcNow()) - start)}"
        : RunWords.Of(run.Status);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        clock = Time.CreateTimer(_ => Tick(), state: null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        try
        {
            browserSide = await Browser.DockAsync(frame);
            // What was chosen before the browser was asked counts more than what it remembers.
            var kept = chosen ? null : await browserSide.InvokeAsync<string?>("kept");
            if (chosen)
                await RememberAsync();
            else if (kept?.Split(' ') is [var name, .. var rest] && Enum.TryParse(name, out DockTab was) && Tabs.Any(t => t.Key == was))
            {
                (tab, folded) = (was, rest is ["folded"]);
                StateHasChanged();
            }
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    /// <summary>A run that waits, or works without a word, gets longer all the same.</summary>
    void Tick()
    {
        if (!gone.IsCancellationRequested)
            _ = InvokeAsync(() =>
            {
                if (Live.Shown is { IsFinal: false })
                    StateHasChanged();
            });
    }

    /// <summary>Before the list of runs opens; a press brings focus and pointer.</summary>
    async Task LoadRunsAsync()
    {
        var now = Time.GetUtcNow();
        if (now - runsAt < TimeSpan.FromSeconds(1))
            return;
        runsAt = now;
        try
        {
            runs = (await Store.ListAsync(new RunFilter { FlowId = State.Flow.Id }, cursor: null, RunsToChoose, gone.Token)).Items;
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    async Task ChooseAsync(Guid? runId)
    {
        Live.Choose(runId);
        await RunChosen.InvokeAsync();
    }

    async Task FoldAsync()
    {
        (folded, chosen) = (!folded, true);
        await RememberAsync();
    }

    async Task RememberAsync()
    {
        if (browserSide is not null)
            await browserSide.InvokeVoidAsync("keep", folded ? $"{tab} folded" : tab.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (clock is not null)
            await clock.DisposeAsync();
        await gone.CancelAsync();
        gone.Dispose();
        if (browserSide is null)
            return;
        try
        {
            await browserSide.InvokeVoidAsync("dispose");
            await browserSide.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone.
        }
    }
}
