using FlowStudio.Engine;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Editor.Dock;
using FlowStudio.Web.Studio.Editor.Inspector;
using FlowStudio.Web.Studio.Editor.Palette;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>
/// The flow on the canvas with all that lies around it: what the canvas says becomes edits, what the state says is drawn. A graph is sent when the document,
/// its history or its problems changed, and after a refusal, never for what the canvas said it selected.
/// </summary>
public sealed partial class CanvasTab : IAsyncDisposable
{
    CanvasIsland? island;
    ComponentPalette? palette;
    EditorDock? dock;
    InspectorPane? inspector;
    ElementReference frame;
    IJSObjectReference? panels;
    InspectorTab tab;
    long drawn = -1;
    bool selecting;
    bool disposed;

    [Parameter, EditorRequired] public required EditorState State { get; set; }

    [Parameter, EditorRequired] public required DraftSaver Saver { get; set; }

    [Parameter, EditorRequired] public required FlowLive Live { get; set; }

    /// <summary>A key or button of the canvas that is the editor's.</summary>
    [Parameter] public EventCallback<CanvasAct> Asked { get; set; }

    /// <summary>A part of the flow was started.</summary>
    [Parameter] public EventCallback<Guid> RunStarted { get; set; }

    [Inject] internal RunStarter Starter { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected

    /// <summary>Shows what a batch of events changed, in the parts that show runs.</summary>
    public async Task ShowAsync()
    {
        await ShowStatesAsync(all: Live.TakeSwitched());
        if (dock is not null)
            await dock.RefreshAsync();
        inspector?.Refresh();
    }

    /// <summary>Does on the canvas what one of its keys would do.</summary>
    public Task SendAsync(ToCanvas message) => island?.SendAsync(message) ?? Task.CompletedTask;

    /// <summary>Opens the list of what is wrong with the flow.</summary>
    public Task ShowProblemsAsync() => dock?.OpenAsync(DockTab.Problems) ?? Task.CompletedTask;

    protected override void OnInitialized() => State.Changed += OnStateChanged;

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        await SendAsync(FlowGraphMapper.Catalog(State.Catalog));
        await DrawAsync(appliedOffline: false);
        await ShowStatesAsync(all: true);
        if (!State.Selected.IsEmpty)
            await SendAsync(CanvasEdits.ToCanvas(State.Selected));
        try
        {
            panels = await Browser.PanelsAsync(frame);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    void OnStateChanged(EditorChange change) => _ = FollowAsync(change, byCanvas: selecting);

    Task FollowAsync(EditorChange change, bool byCanvas) => InvokeAsync(async () =>
    {
        if (disposed)
            return;
        if (change.HasFlag(EditorChange.Document) && drawn != State.Version)
        {
            await DrawAsync(appliedOffline: false);
            await ShowStatesAsync(all: true);
        }
        if (change.HasFlag(EditorChange.Selection) && !byCanvas)
            await SendAsync(CanvasEdits.ToCanvas(State.Selected));
        StateHasChanged();
    });

    async Task DrawAsync(bool appliedOffline)
    {
        drawn = State.Version;
        await SendAsync(FlowGraphMapper.Graph(State.Document, State.Catalog, State.Catalog.Look, new GraphStanding
        {
            FlowId = State.Flow.Id.ToString(),
            Revision = State.Fingerprint,
            Editable = true,
            Undo = State.History.UndoName,
            Redo = State.History.RedoName,
            AppliedOffline = appliedOffline,
            Problems = State.Problems,
        }));
    }

    async Task ShowStatesAsync(bool all)
    {
        if (Live.Shown is not { } run)
            return;
        var changed = run.TakeChanged();
        if (all || run.IsFinal)
            await SendAsync(new CanvasRunState(Replace: true, FlowGraphMapper.States(run, State.Document.Nodes.Select(n => n.Id), Time.GetUtcNow())));
        else if (changed.Count > 0)
            await SendAsync(new CanvasRunState(Replace: false, FlowGraphMapper.States(run, changed, Time.GetUtcNow())));
    }

    async Task OnCanvasAsync(FromCanvas message)
    {
        switch (message)
        {
            case CanvasSelected picked:
                Select(CanvasEdits.SelectionOf(picked.Nodes, picked.Notes, picked.Edges));
                break;
            case CanvasOpen open:
                Select(Selection.Of(open.NodeId));
                tab = open.Show is CanvasShow.Output ? InspectorTab.Output : InspectorTab.Settings;
                if (open.Show is CanvasShow.Problems && dock is not null)
                    await dock.OpenAsync(DockTab.Problems);
                break;
            case CanvasLooked looked:
                State.Look(new(looked.X, looked.Y, looked.Zoom));
                break;
            case CanvasAsked { Name: CanvasAct.Search } when palette is not null:
                await ShowPaletteAsync();
                break;
            case CanvasAsked asked:
                await Asked.InvokeAsync(asked.Name);
                break;
            case CanvasOffline offline:
                foreach (var refusal in await Saver.TakeOfflineAsync(offline.BaseRevision, [.. offline.Edits.Select(CanvasEdits.Of).OfType<Edit>()]))
                    Toasts.Failed($"Drawn offline, but not possible: {refusal}");
                await DrawAsync(appliedOffline: true);
                break;
            default:
                if (CanvasEdits.Of(message) is { } edit && Do(edit).Refusal is { } reason)
                    await SendAsync(new CanvasRefused(reason));
                break;
        }
    }

    /// <summary>What the canvas chose itself it need not be told.</summary>
    void Select(Selection what)
    {
        selecting = true;
        State.Select(what);
        selecting = false;
    }

    /// <summary>The canvas chooses what it added; told so once more, it would take the choice away from who has gone on to another node.</summary>
    EditOutcome Do(Edit edit)
    {
        selecting = true;
        var outcome = State.Do(edit);
        selecting = false;
        return outcome;
    }

    async Task ShowPaletteAsync()
    {
        if (panels is not null)
            await panels.InvokeVoidAsync("open", "palette");
        if (palette is not null)
            await palette.FocusAsync();
    }

    Task PickAsync(NodePick pick)
    {
        tab = InspectorTab.Settings;
        State.Select(pick.NodeId);
        return SendAsync(CanvasEdits.ToCanvas(State.Selected));
    }

    async Task RunNodeAsync(string nodeId) => await StartedAsync(await Starter.RunNodeAsync(State.Flow, State.Document, nodeId, Live.Shown, CancellationToken.None));

    async Task RunToHereAsync(string nodeId) =>
        await StartedAsync(await Starter.RunToHereAsync(State.Flow, State.Document, nodeId, Live.Shown?.Input ?? JsonText.Null, CancellationToken.None));

    async Task StartedAsync(Started started)
    {
        if (started.RunId is { } runId)
            await RunStarted.InvokeAsync(runId);
        else
            Toasts.Failed(started.Problem ?? "The run was not accepted.");
    }

    public async ValueTask DisposeAsync()
    {
        disposed = true;
        State.Changed -= OnStateChanged;
        if (panels is null)
            return;
        try
        {
            await panels.InvokeVoidAsync("dispose");
            await panels.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone.
        }
    }
}
