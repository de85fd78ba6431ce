using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Editor.Dock;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>The flow on the canvas, with the run that is shown on it, the selected node beside it, and log, output and problems below.</summary>
public sealed partial class CanvasTab
{
    CanvasIsland? island;
    EditorDock? dock;
    FlowDocument? drawn;
    string tab = NodePanel.Settings;
    string? selectedId;

    [Parameter, EditorRequired] public required Flow Flow { get; set; }

    [Parameter, EditorRequired] public required FlowLive Live { get; set; }

    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected

    Node? Selected => selectedId is null ? null : Flow.Draft.Node(selectedId);

    /// <summary>Shows what a batch of events changed.</summary>
    public async Task ShowAsync()
    {
        await ShowStatesAsync(all: Live.TakeSwitched());
        if (dock is not null)
            await dock.RefreshAsync();
        StateHasChanged();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (island is not null && !ReferenceEquals(drawn, Flow.Draft))
        {
            drawn = Flow.Draft;
            await island.SendAsync(FlowGraphMapper.Graph(Flow.Draft, Catalog, Catalog.Look));
            await ShowStatesAsync(all: true);
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

    void OnCanvas(FromCanvas message)
    {
        switch (message)
        {
            case CanvasSelected picked:
                selectedId = picked.Nodes.Count == 1 ? picked.Nodes[0] : null;
                break;
            case CanvasOpen open:
                selectedId = open.NodeId;
                if (open.Show is CanvasShow.Output)
                    tab = NodePanel.Output;
                break;
        }
    }

    async Task PickAsync(string? nodeId)
    {
        selectedId = nodeId;
        if (island is not null)
            await island.SendAsync(new CanvasSelect(nodeId));
    }
}
