using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Editor.Live;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Editor.Versions;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>
/// One flow: its canvas, its API, its runs. Lays out and listens; what the document is is decided in <see cref="EditorState"/>, what is stored in
/// <see cref="DraftSaver"/>, what runs in <see cref="FlowLive"/>.
/// </summary>
public sealed partial class EditorPage : IAsyncDisposable
{
    const string Canvas = "canvas", Api = "api", Runs = "runs", Schedule = "schedule", Settings = "settings";

    static readonly IReadOnlyList<(string Key, string Name)> Tabs = [(Canvas, "Canvas"), (Api, "API"), (Runs, "Runs"), (Schedule, "Schedule"), (Settings, "Settings")];

    CancellationTokenSource gone = new();
    Task? following;
    FlowLive live = new();
    EditorState state = null!; // made with the first flow, before anything is drawn
    DraftSaver? saver;
    CanvasTab? canvas;
    RunButton? runButton;
    PublishDialog? publish;
    bool problemsWanted;
    VersionsPanel? versions;
    ShortcutsSheet? shortcuts;
    Flow? flow;
    FlowVersion? liveVersion;
    FlowDiff? differences;
    FlowDocument? compared;
    UnfinishedCount? unfinished;
    Guid shownId;
    string? failure;
    bool missing;

    [Parameter] public Guid Id { get; set; }

    [Parameter] public string? Tab { get; set; }

    /// <summary>The node that a link from elsewhere, a failed run's say, wants to be looked at.</summary>
    [SupplyParameterFromQuery(Name = "node")] string? Node { get; set; }

    [Inject] internal IFlowStore Flows { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IDraftHistory History { get; init; } = null!; // injected
    [Inject] internal DraftEditors Editors { get; init; } = null!; // injected
    [Inject] internal IRunStore Store { get; init; } = null!; // injected
    [Inject] internal LiveRuns Live { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ILogger<EditorPage> Logger { get; init; } = null!; // injected

    string Shown => Tab is Api or Runs or Schedule or Settings ? Tab : Canvas;

    string? PublishCount => differences switch
    {
        null => null,
        { Count: 1 } => "1 change",
        _ => $"{Times.Count(differences.Count)} changes",
    };

    string PublishHint => differences switch
    {
        null => "Nothing is published yet: webhooks, the API and schedules run the draft",
        _ => $"What differs from the live version {flow?.LiveVersion}, and publish it",
    };

    protected override void OnInitialized() => Flows.Changed += OnFlowChanged;

    protected override async Task OnParametersSetAsync()
    {
        if (shownId == Id)
            return;
        await EndAsync();
        shownId = Id;
        (gone, live, flow, missing, failure, liveVersion, differences, compared) = (new(), new(), null, false, null, null, null, null);
        state = new EditorState(Catalog);
        try
        {
            if (await Flows.FindAsync(Id, gone.Token) is not { } found)
            {
                missing = true;
                return;
            }
            var (done, undone) = await History.FindAsync(Id, found.DraftRevision, gone.Token) is { } kept ? KeptSteps.Read(kept) : ([], []);
            state.Open(found, done, undone);
            if (Node is { } node && found.Draft.Node(node) is not null)
                state.Select(node);
            saver = new DraftSaver(state, Flows, History, Editors, Time, Logger, InvokeAsync);
            saver.Deleted += OnDeleted;
            flow = found;
            await CompareAsync();
            state.Changed += OnStateChanged;
            live.TitleOf = id => Catalog.TitleOf(state.Document, id);
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

    /// <summary>Shows what runs did, in the parts that show runs: the page itself is not drawn for it.</summary>
    Task DrawAsync() => InvokeAsync(async () =>
    {
        runButton?.Note();
        unfinished?.Note();
        if (canvas is not null)
            await canvas.ShowAsync();
    });

    void OnStateChanged(EditorChange change)
    {
        flow = state.Flow;
        if ((change & (EditorChange.Document | EditorChange.Flow)) == EditorChange.None)
            return;
        _ = InvokeAsync(async () =>
        {
            await CompareAsync();
            StateHasChanged();
        });
    }

    /// <summary>Somebody wrote the flow, perhaps this page: the saver knows.</summary>
    void OnFlowChanged(Guid id)
    {
        if (id == Id && saver is { } of)
            _ = InvokeAsync(of.CatchUpAsync);
        else if (id == Id && missing)
            _ = InvokeAsync(ReopenAsync);
    }

    /// <summary>A deleted flow was brought back.</summary>
    async Task ReopenAsync()
    {
        shownId = Guid.Empty;
        await OnParametersSetAsync();
        StateHasChanged();
    }

    void OnDeleted() => _ = InvokeAsync(async () =>
    {
        await EndAsync();
        gone = new();
        (flow, missing) = (null, true);
        StateHasChanged();
    });

    /// <summary>What publishing would change; null while nothing is published.</summary>
    async Task CompareAsync()
    {
        if (state.Flow.LiveVersion is not { } number)
        {
            (liveVersion, differences) = (null, null);
            return;
        }
        try
        {
            if (liveVersion?.Number != number)
                (liveVersion, compared) = (await Flows.FindVersionAsync(Id, number, gone.Token), null);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        if (liveVersion is null || ReferenceEquals(compared, state.Document))
            return;
        compared = state.Document;
        differences = FlowDiff.Between(liveVersion.Document, compared, Catalog);
    }

    async Task RenameAsync(string name)
    {
        if (saver is not null && await saver.SaveAsync(f => f with { Name = name }) is { } problem)
            Toasts.Failed(problem);
    }

    async Task<string?> PublishAsync(string? note)
    {
        if (saver is null)
            return null;
        await saver.SaveAsync();
        if (state.Unsaved)
            return $"The draft is not saved: {saver.Reason}.";
        try
        {
            if (await Flows.PublishAsync(Id, note, state.Flow.DraftRevision, gone.Token) is not { } published)
                return "The flow does not exist any more.";
            Toasts.Done($"Version {published.Number} is live.");
            return null;
        }
        catch (Exception e) when (e is FlowConflictException or StorageException)
        {
            return e.Message;
        }
    }

    void ShowProblems()
    {
        problemsWanted = true;
        if (Shown != Canvas)
            Navigation.NavigateTo(StudioUrls.Flow(Id));
        StateHasChanged();
    }

    /// <summary>The list is on the canvas' page, which may have to come first.</summary>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!problemsWanted || canvas is null || Shown != Canvas)
            return;
        problemsWanted = false;
        await canvas.ShowProblemsAsync();
    }

    async Task OnAskedAsync(CanvasAct act)
    {
        switch (act)
        {
            case CanvasAct.Undo:
                Undo();
                break;
            case CanvasAct.Redo:
                Redo();
                break;
            case CanvasAct.Save:
                await SaveAsync();
                break;
            case CanvasAct.Run when runButton is not null:
                await runButton.RunAsync();
                break;
            case CanvasAct.Help when shortcuts is not null:
                await shortcuts.OpenAsync();
                break;
        }
    }

    void Undo()
    {
        if (state.History.UndoName is { } name && !state.Undo())
            Toasts.Failed($"{name} cannot be undone: what it changed was changed again by somebody else.");
    }

    void Redo()
    {
        if (state.History.RedoName is { } name && !state.Redo())
            Toasts.Failed($"{name} cannot be done again: what it changes was changed by somebody else.");
    }

    async Task SaveAsync()
    {
        if (saver is null)
            return;
        await saver.SaveAsync();
        if (saver.Standing is SaveStanding.Saved)
            Toasts.Done("Saved. Drafts are also saved by themselves, a moment after each change.");
    }

    async Task OnAcceptedAsync(Guid runId)
    {
        live.Show(runId);
        await DrawAsync();
    }

    /// <summary>Nobody leaves edits behind that could not be saved without having been told.</summary>
    async Task OnLeavingAsync(LocationChangingContext context)
    {
        if (saver is null || context.TargetLocation.Contains(StudioUrls.Flow(Id), StringComparison.OrdinalIgnoreCase))
            return;
        await saver.SaveAsync();
        if (!saver.AtRisk)
            return;
        context.PreventNavigation();
        Toasts.Failed(saver.Conflict is null
            ? $"Your last changes are not saved: {saver.Reason}. Try again, or close the tab to leave without them."
            : "Choose first which draft stays: mine or theirs.");
    }

    async Task EndAsync()
    {
        await gone.CancelAsync();
        if (following is not null)
            await following;
        following = null;
        if (saver is not null)
        {
            saver.Deleted -= OnDeleted;
            state.Changed -= OnStateChanged;
            await saver.DisposeAsync();
            saver = null;
        }
        gone.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Flows.Changed -= OnFlowChanged;
        await EndAsync();
    }
}
