using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.Live;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>One flow: its canvas, its API, its runs. Lays out and listens; what to show is decided in <see cref="FlowLive"/> and the tabs.</summary>
public sealed partial class EditorPage : IAsyncDisposable
{
    const string Canvas = "canvas", Api = "api", Runs = "runs", Settings = "settings";

    static readonly IReadOnlyList<(string Key, string Name)> Tabs = [(Canvas, "Canvas"), (Api, "API"), (Runs, "Runs"), (Settings, "Settings")];

    CancellationTokenSource gone = new();
    Task? following;
    FlowLive live = new();
    CanvasTab? canvas;
    RunDialog? dialog;
    Flow? flow;
    Guid shownId;
    string? failure;
    bool missing;
    bool stopping;

    [Parameter] public Guid Id { get; set; }

    [Parameter] public string? Tab { get; set; }

    [Inject] internal IFlowStore Flows { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal LiveRuns Live { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal IRunControl Control { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal ILogger<EditorPage> Logger { get; init; } = null!; // injected

    string Shown => Tab is Api or Runs or Settings ? Tab : Canvas;

    protected override void OnInitialized() => Flows.Changed += OnFlowChanged;

    protected override async Task OnParametersSetAsync()
    {
        if (shownId == Id)
            return;
        await EndAsync();
        shownId = Id;
        (gone, live, flow, missing, failure) = (new(), new(), null, false, null);
        try
        {
            flow = await Flows.FindAsync(Id, gone.Token);
            missing = flow is null;
            live.TitleOf = id => Catalog.TitleOf(flow?.Draft, id);
            if (flow is not null)
                following = FollowAsync(Id, live, gone.Token);
        }
        catch (OperationCanceledException)
        {
            // Another flow is asked for, or the page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "a flow", e);
            failure = e.Message;
        }
    }

    async Task FollowAsync(Guid flowId, FlowLive of, CancellationToken cancellationToken)
    {
        try
        {
            await Live.FollowAsync(flowId, of, async change =>
            {
                await InvokeAsync(change);
                await DrawAsync();
            }, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Another flow is asked for, or the page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.FollowFailed(Logger, "a flow's runs", e);
            Toasts.Failed($"This page no longer shows new runs: {e.Message} Load it again.");
        }
    }

    Task DrawAsync() => InvokeAsync(async () =>
    {
        if (canvas is not null)
            await canvas.ShowAsync();
        StateHasChanged();
    });

    void OnFlowChanged(Guid id)
    {
        if (id != Id)
            return;
        _ = InvokeAsync(async () =>
        {
            try
            {
                var changed = await Flows.FindAsync(id, gone.Token);
                if (id == Id)
                    (flow, missing) = (changed, changed is null);
                StateHasChanged();
            }
            catch (OperationCanceledException)
            {
                // The page is gone.
            }
        });
    }

    async Task OnAccepted((Flow Flow, Guid RunId) accepted)
    {
        live.Show(accepted.RunId);
        await DrawAsync();
    }

    async Task StopAsync(Guid runId)
    {
        stopping = true;
        try
        {
            if (await Control.CancelAsync(runId, gone.Token) is CancelOutcome.AlreadyEnded)
                Toasts.Done("The run had already ended.");
        }
        finally
        {
            stopping = false;
        }
    }

    async Task EndAsync()
    {
        await gone.CancelAsync();
        if (following is not null)
            await following;
        following = null;
        gone.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Flows.Changed -= OnFlowChanged;
        await EndAsync();
    }
}
