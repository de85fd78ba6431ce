using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>One run, while it runs and after: how it went over time, and what went in and out of each step; also of the runs that it started.</summary>
public sealed partial class RunDetailPage : IAsyncDisposable
{
    readonly Dictionary<Guid, RunFollow> children = [];

    /// <summary>What the run asked while it was looked at; what is answered stays, and says so.</summary>
    readonly List<OpenQuestion> questions = [];
    WaterfallFolds folds = new();
    RunFollow? run;
    RunPicker? picker;
    Modal? deleting;
    ITimer? second;
    Guid shownId;
    WaterfallLayout layout = new([], []);
    string? failure;
    Guid selectedRun;
    string? selected;
    IReadOnlyList<int> selectedIteration = [];
    bool chosen;
    bool missing;
    bool canceling;
    bool onCanvas;

    [Parameter] public Guid Id { get; set; }

    [Inject] internal IRunStore Store { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IFlowStore Flows { get; init; } = null!; // injected
    [Inject] internal RunFeed Feed { get; init; } = null!; // injected
    [Inject] internal IRunControl Control { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ILogger<RunDetailPage> Logger { get; init; } = null!; // injected

    string? FailedAt => run is { Status: RunStatus.Failed or RunStatus.TimedOut, Error.NodeId: { } node } ? run.TitleOf(node) : null;

    string Took => run?.StartedAt is { } start ? Times.Duration((run.FinishedAt ?? Time.GetUtcNow()) - start) : "";

    protected override async Task OnParametersSetAsync()
    {
        if (shownId == Id)
            return;
        await StopAsync();
        questions.Clear();
        shownId = Id;
        (folds, selected, selectedRun, chosen, missing, failure) = (new(), null, Id, false, false, null);
        var next = NewFollow(Id);
        run = next;
        try
        {
            missing = !await next.OpenAsync();
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "a run", e);
            failure = e.Message;
            run = null;
            return;
        }
        if (run == next && !missing)
            Arrange();
    }

    RunFollow NewFollow(Guid id) => new(id, new(Store, Flows, Feed, Catalog, Time, Logger), change => InvokeAsync(() =>
    {
        change();
        Arrange();
        StateHasChanged();
    }));

    RunFollow? FollowOf(Guid id) => id == Id ? run : children.GetValueOrDefault(id);

    void Arrange()
    {
        if (run is not { Run: not null } shown)
            return;
        layout = WaterfallLayout.Of(shown.Rows, folds, Time.GetUtcNow(), id => children.GetValueOrDefault(id) is { Run: not null } child ? child.Rows : null);
        questions.AddRange(shown.Progress.OpenQuestions(shown.Run.FlowId, shown.TitleOf).Where(q => !questions.Exists(known => known.Id == q.Id)));
        Tick(!shown.IsFinal);
        var steps = layout.Rows.Where(static r => r is { IsGroup: false, More: 0 }).ToList();
        if (chosen || steps.Count == 0)
            return;
        // Until somebody chooses: what failed the run and not the loops around it, else what runs, else the last that gave something.
        var row = steps.LastOrDefault(r => r.Status is StepStatus.Failed && r.NodeId == shown.Error?.NodeId)
            ?? steps.Find(r => r.Status is StepStatus.Failed)
            ?? steps.FindLast(r => r.Status is StepStatus.Running or StepStatus.Waiting)
            ?? steps.FindLast(r => r.Status is StepStatus.Succeeded)
            ?? steps[0];
        (selectedRun, selected, selectedIteration) = (row.RunId, row.NodeId, row.Iteration);
    }

    /// <summary>Bars of running steps grow though nothing happens.</summary>
    void Tick(bool runs)
    {
        if (!runs)
        {
            second?.Dispose();
            second = null;
        }
        else
        {
            second ??= Time.CreateTimer(
                _ => _ = InvokeAsync(() =>
                {
                    Arrange();
                    StateHasChanged();
                }),
                state: null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Shows the step that failed the run; in a loop, the item it failed at.</summary>
    void ShowFailed(string nodeId)
    {
        onCanvas = false;
        var step = run?.Progress.Steps.LastOrDefault(s => s.NodeId == nodeId && s.Status is StepStatus.Failed);
        Select(Id, nodeId, step?.Iteration ?? []);
    }

    void Select(Guid runId, string nodeId, IReadOnlyList<int> iteration) => (selectedRun, selected, selectedIteration, chosen) = (runId, nodeId, iteration, true);

    Task PickAsync(WaterfallRow row)
    {
        if (row.IsGroup)
            return FoldAsync(row);
        Select(row.RunId, row.NodeId, row.Iteration);
        return Task.CompletedTask;
    }

    /// <summary>Shows what lies in a row, or hides it; a run that a step started is read when it is first to be seen.</summary>
    async Task FoldAsync(WaterfallRow row)
    {
        if (row.Open is not { } open)
            return;
        folds.Set(row.Key, !open);
        if (!open && row.ChildRunId is { } id && !children.ContainsKey(id))
        {
            var child = NewFollow(id);
            children[id] = child;
            if (!await child.OpenAsync())
                Toasts.Failed("The run that this step started was deleted.");
        }
        Arrange();
    }

    Task CopyIdAsync() => Browser.CopyAsync(Id.ToString());

    async Task CancelAsync()
    {
        canceling = true;
        try
        {
            if (await Control.CancelAsync(Id, CancellationToken.None) is CancelOutcome.AlreadyEnded)
                Toasts.Done("The run had already ended.");
        }
        finally
        {
            canceling = false;
        }
    }

    async Task DeleteAsync()
    {
        if (await Store.DeleteAsync(Id, CancellationToken.None))
        {
            Toasts.Done("The run was deleted.");
            Navigation.NavigateTo(StudioUrls.Runs);
        }
        else
        {
            Toasts.Failed("The run is gone already, or goes on again.");
        }
    }

    async Task StopAsync()
    {
        if (second is not null)
            await second.DisposeAsync();
        second = null;
        foreach (var child in children.Values)
            await child.DisposeAsync();
        children.Clear();
        if (run is not null)
            await run.DisposeAsync();
        run = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
