using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>The flow on the canvas, with the run that is shown on it, the selected node beside it, and log, output and problems below.</summary>
public sealed partial class CanvasTab : IAsyncDisposable
{
    const string RunLogTab = "Run log", OutputTab = "Output", ProblemsTab = "Problems";

    CanvasIsland? island;
    RunLogPane? log;
    ElementReference frame;
    IJSObjectReference? resizer;
    FlowDocument? drawn;
    IReadOnlyList<FlowProblem> problems = [];
    string dock = RunLogTab;
    string tab = NodePanel.Settings;
    string? selectedId;

    [Parameter, EditorRequired] public required Flow Flow { get; set; }

    [Parameter, EditorRequired] public required FlowLive Live { get; set; }

    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal FlowValidator Validator { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected

    Node? Selected => selectedId is null ? null : Flow.Draft.Node(selectedId);

    /// <summary>What a model says just now.</summary>
    string? Speaking => Live.Shown?.Steps.LastOrDefault(s => s is { Status: StepStatus.Running, Streamed.Length: > 0 })?.Streamed;

    string Progress(RunProgress run) => run.StartedAt is { } start
        ? $"{RunWords.Of(run.Status)} {Times.Duration((run.FinishedAt ?? Time.GetUtcNow()) - start)}"
        : RunWords.Of(run.Status);

    /// <summary>Shows what a batch of events changed.</summary>
    public async Task ShowAsync()
    {
        await ShowStatesAsync(all: Live.TakeSwitched());
        if (log is not null)
            await log.RefreshAsync();
        StateHasChanged();
    }

    protected override void OnParametersSet()
    {
        if (ReferenceEquals(drawn, Flow.Draft))
            return;
        problems = Validator.Validate(Flow.Draft);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (island is not null && !ReferenceEquals(drawn, Flow.Draft))
        {
            drawn = Flow.Draft;
            await island.SendAsync(FlowGraphMapper.Graph(Flow.Draft, Catalog, Catalog.Look));
            await ShowStatesAsync(all: true);
        }
        if (!firstRender)
            return;
        try
        {
            resizer = await Browser.ResizeAsync(frame);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    async Task ShowStatesAsync(bool all)
    {
        if (island is null || Live.Shown is not { } run)
            return;
        var changed = run.TakeChanged();
        if (all || run.IsFinal)
            await island.SendAsync(new CanvasRunState(Replace: true, FlowGraphMapper.States(run, Flow.Draft.Nodes.Select(n => n.Id), Time.GetUtcNow())));
        else if (changed.Count > 0)
            await island.SendAsync(new CanvasRunState(Replace: false, FlowGraphMapper.States(run, changed, Time.GetUtcNow())));
    }

    void OnSelected(CanvasNodeSelected picked)
    {
        selectedId = picked.NodeId;
        if (picked.Show is CanvasShow.Output)
            tab = NodePanel.Output;
    }

    async Task PickAsync(string? nodeId)
    {
        selectedId = nodeId;
        if (island is not null)
            await island.SendAsync(new CanvasSelect(nodeId));
    }

    public async ValueTask DisposeAsync()
    {
        if (resizer is null)
            return;
        try
        {
            await resizer.InvokeVoidAsync("dispose");
            await resizer.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone.
        }
    }
}
