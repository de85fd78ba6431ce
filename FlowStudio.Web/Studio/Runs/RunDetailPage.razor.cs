using System.Globalization;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>One run, while it runs and after: how it went over time, and what went in and out of each step.</summary>
public sealed partial class RunDetailPage : IAsyncDisposable
{
    CancellationTokenSource gone = new();
    Task? following;
    Guid shownId;
    Run? run;
    RunProgress? progress;
    RunLogState log = new();
    FlowDocument? document;
    WaterfallLayout layout = new([], []);
    string flowName = "";
    string? failure;
    string? followFailed;
    string? selected;
    IReadOnlyList<int> selectedIteration = [];
    int page;
    bool chosen;
    bool missing;
    bool flowExists;
    bool canceling;
    bool raw;

    [Parameter] public Guid Id { get; set; }

    [Inject] internal IRunStore Store { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IFlowStore Flows { get; init; } = null!; // injected
    [Inject] internal RunFeed Feed { get; init; } = null!; // injected
    [Inject] internal IRunControl Control { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ILogger<RunDetailPage> Logger { get; init; } = null!; // injected

    RunStatus Status
    {
        get
        {
            var stored = run?.Status ?? RunStatus.Queued;
            return progress is { LastSeq: > 0 } seen && (seen.IsFinal || !RunNames.IsFinal(stored)) ? seen.Status : stored;
        }
    }

    RunError? Error => progress?.Error ?? run?.Error;

    string? FailedAt => Status is RunStatus.Failed or RunStatus.TimedOut && Error?.NodeId is { } node ? TitleOf(node) : null;

    string Took => (progress?.StartedAt ?? run?.StartedAt) is { } start
        ? Times.Duration((progress?.FinishedAt ?? run?.FinishedAt ?? Time.GetUtcNow()) - start)
        : "";

    long Tokens => progress?.Steps.Sum(s => s.Tokens.Input + s.Tokens.Output) is > 0 and var counted ? counted : (run?.Tokens.Input + run?.Tokens.Output) ?? 0;

    protected override async Task OnParametersSetAsync()
    {
        if (shownId == Id)
            return;
        await StopAsync();
        shownId = Id;
        (gone, run, progress, log, selected, page, chosen, missing, failure, followFailed) = (new(), null, null, new(), null, 0, false, false, null, null);
        try
        {
            run = await Store.FindAsync(Id, gone.Token);
            if (run is null)
            {
                missing = true;
                return;
            }
            var flow = await Flows.FindAsync(run.FlowId, gone.Token);
            (flowExists, flowName) = (flow is not null, flow?.Name ?? $"Deleted flow {Times.ShortId(run.FlowId)}");
            document = (await Flows.FindVersionAsync(run.FlowVersionId, gone.Token))?.Document;
            log.Level = RunLogLevel.Everything;
            log.TitleOf = TitleOf;
            progress = new RunProgress(Id);
            Arrange();
            following = FollowAsync(progress, gone.Token);
        }
        catch (OperationCanceledException)
        {
            // Another run is asked for, or the page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "a run", e);
            failure = e.Message;
        }
    }

    async Task FollowAsync(RunProgress of, CancellationToken cancellationToken)
    {
        using var clock = new PeriodicTimer(TimeSpan.FromSeconds(1), Time);
        var ticking = TickAsync(clock, of);
        try
        {
            await foreach (var batch in RunBatches.Of(Feed.FollowAsync(Id, after: 0, cancellationToken), Time, cancellationToken))
            {
                await InvokeAsync(() =>
                {
                    foreach (var (runId, e) in batch)
                    {
                        log.Append(runId, e);
                        of.Apply(e);
                    }
                    Arrange();
                    StateHasChanged();
                });
            }
            if (await Store.FindAsync(Id, cancellationToken) is { } ended)
            {
                await InvokeAsync(() =>
                {
                    run = ended;
                    Arrange();
                    StateHasChanged();
                });
            }
        }
        catch (OperationCanceledException)
        {
            // Another run is asked for, or the page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.FollowFailed(Logger, "a run", e);
            await InvokeAsync(() =>
            {
                followFailed = e.Message;
                StateHasChanged();
            });
        }
        finally
        {
            clock.Dispose();
            await ticking;
        }
    }

    /// <summary>Bars of running steps grow though nothing happens.</summary>
    async Task TickAsync(PeriodicTimer clock, RunProgress of)
    {
        while (await clock.WaitForNextTickAsync())
        {
            if (of.IsFinal)
                continue;
            await InvokeAsync(() =>
            {
                Arrange();
                StateHasChanged();
            });
        }
    }

    void Arrange()
    {
        if (progress is null)
            return;
        if (!chosen && FailedInside(nodeId: null) is >= 0 and var failed)
            page = failed / WaterfallLayout.PageSize;
        layout = WaterfallLayout.Of(progress, document, TitleOf, Time.GetUtcNow(), page);
        // Until somebody chooses: what failed the run and not the loops around it, else what runs, else the last that gave something.
        if (!chosen && layout.Rows.Count > 0)
        {
            var row = layout.Rows.FirstOrDefault(r => r.Status is StepStatus.Failed && r.NodeId == Error?.NodeId)
                ?? layout.Rows.FirstOrDefault(r => r.Status is StepStatus.Failed)
                ?? layout.Rows.LastOrDefault(r => r.Status is StepStatus.Running or StepStatus.Waiting)
                ?? layout.Rows.LastOrDefault(r => r.Status is StepStatus.Succeeded)
                ?? layout.Rows[0];
            (selected, selectedIteration) = (row.NodeId, row.Iteration);
        }
    }

    /// <summary>Where among the steps inside of loops the last one stands that failed (of a node, or of all); -1 when none did.</summary>
    int FailedInside(string? nodeId)
    {
        var inside = progress?.Inside ?? [];
        for (var i = inside.Count - 1; Status is RunStatus.Failed && i >= 0; i--)
        {
            if (inside[i].All[^1] is { Status: StepStatus.Failed } step && (nodeId is null || step.NodeId == nodeId))
                return i;
        }
        return -1;
    }

    /// <summary>Shows the step that failed the run; in a loop, the item it failed at.</summary>
    void ShowFailed(string nodeId)
    {
        if (FailedInside(nodeId) is >= 0 and var failed && progress is not null)
        {
            Select(nodeId, progress.Inside[failed].All[^1].Iteration);
            Turn(failed / WaterfallLayout.PageSize);
        }
        else
        {
            Select(nodeId, []);
        }
    }

    /// <summary>Another page of the steps inside of loops.</summary>
    void Turn(int to)
    {
        (page, chosen) = (to, true);
        Arrange();
    }

    void Select(string nodeId, IReadOnlyList<int> iteration) => (selected, selectedIteration, chosen) = (nodeId, iteration, true);

    async Task CancelAsync()
    {
        canceling = true;
        try
        {
            if (await Control.CancelAsync(Id, gone.Token) is CancelOutcome.AlreadyEnded)
                Toasts.Done("The run had already ended.");
        }
        finally
        {
            canceling = false;
        }
    }

    string TitleOf(string nodeId) => Catalog.TitleOf(document, nodeId);

    ComponentLook? LookOf(string nodeId) => document?.Node(nodeId) is { } node ? Catalog.Look(node.Type) : null;

    static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.###}%");

    async Task StopAsync()
    {
        await gone.CancelAsync();
        if (following is not null)
            await following;
        following = null;
        gone.Dispose();
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
