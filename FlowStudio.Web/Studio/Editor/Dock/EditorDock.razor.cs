using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.Dock;

/// <summary>The dock below the canvas; the page tells it by <see cref="RefreshAsync"/> when <see cref="Live"/> has more, ten times a second at most.</summary>
public sealed partial class EditorDock : IAsyncDisposable
{
    static readonly IReadOnlyList<(DockTab Key, string Name)> Tabs = [(DockTab.Log, "Run log"), (DockTab.Output, "Output"), (DockTab.Problems, "Problems")];

    ElementReference frame;
    RunLogPane? log;
    IJSObjectReference? browserSide;
    FlowDocument? checkedDocument;
    IReadOnlyList<FlowProblem> problems = [];
    DockTab tab;
    bool folded;

    [Parameter, EditorRequired] public required Flow Flow { get; set; }

    /// <summary>The flow as it is edited now.</summary>
    [Parameter, EditorRequired] public required FlowDocument Document { get; set; }

    [Parameter, EditorRequired] public required FlowLive Live { get; set; }

    /// <summary>A node is to be shown: its name in the log, or a problem, was pressed.</summary>
    [Parameter] public EventCallback<NodePick> NodePicked { get; set; }

    [Inject] internal FlowValidator Validator { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected

    /// <summary>Shows a tab, unfolding the dock.</summary>
    public async Task OpenAsync(DockTab which)
    {
        (tab, folded) = (which, false);
        await RememberAsync();
        StateHasChanged();
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

    protected override void OnParametersSet()
    {
        if (ReferenceEquals(checkedDocument, Document))
            return;
        checkedDocument = Document;
        problems = Validator.Validate(Document);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        try
        {
            browserSide = await Browser.DockAsync(frame);
            var kept = await browserSide.InvokeAsync<string?>("kept");
            if (kept?.Split(' ') is [var name, .. var rest] && Enum.TryParse(name, out DockTab was) && Tabs.Any(t => t.Key == was))
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

    async Task FoldAsync()
    {
        folded = !folded;
        await RememberAsync();
    }

    async Task RememberAsync()
    {
        if (browserSide is not null)
            await browserSide.InvokeVoidAsync("keep", folded ? $"{tab} folded" : tab.ToString());
    }

    public async ValueTask DisposeAsync()
    {
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
