using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Charts;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>The numbers and bars above a list of runs, from the sums over ended runs; never on the way to the list's first picture.</summary>
public sealed partial class RunsOverview : IAsyncDisposable
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>The sums follow the runs by about a second.</summary>
    static readonly TimeSpan Behind = TimeSpan.FromSeconds(3);

    readonly CancellationTokenSource gone = new();
    RunChanges? changes;
    ITimer? clock;
    (Guid? Flow, RunSpan Span)? shown;
    ChartSpan? chart;
    IReadOnlyList<RollupPoint> points = [];
    RollupPoint? sum;
    string? failure;
    bool isReading;
    bool isStale;
    bool isSettled;

    /// <summary>Null: all flows together.</summary>
    [Parameter] public Guid? FlowId { get; set; }

    [Parameter, EditorRequired] public required RunSpan Span { get; set; }

    /// <summary>The status that the list is limited to.</summary>
    [Parameter] public RunStatus? Only { get; set; }

    /// <summary>Whether what happens is left out until this ends.</summary>
    [Parameter] public bool IsPaused { get; set; }

    /// <summary>A stretch of the chart was marked.</summary>
    [Parameter] public EventCallback<(DateTimeOffset From, DateTimeOffset To)> Brushed { get; set; }

    /// <summary>The marked stretch is to be left.</summary>
    [Parameter] public EventCallback Widened { get; set; }

    [Inject] internal IRunRollups Rollups { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ILogger<RunsOverview> Logger { get; init; } = null!; // injected

    long Failed => sum is null ? 0 : sum.Failed + sum.TimedOut;

    string FailedHint => sum is null ? "" : $"{Times.Count(sum.Failed)} failed, {Times.Count(sum.TimedOut)} timed out, {Times.Count(sum.Canceled)} canceled";

    protected override void OnParametersSet()
    {
        if (shown == (FlowId, Span) && !(isStale && !IsPaused))
            return;
        (shown, isSettled) = ((FlowId, Span), false);
        _ = ReadAsync();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (!firstRender)
            return;
        changes = new RunChanges(Hub, Time, flowId: null, Interval, _ => InvokeAsync(() => NoteAsync(moved: true)));
        changes.Start();
    }

    /// <param name="moved">Runs did, and not only the clock.</param>
    Task NoteAsync(bool moved)
    {
        isSettled = !moved;
        if (IsPaused)
        {
            isStale = true;
            return Task.CompletedTask;
        }
        return ReadAsync();
    }

    /// <summary>Reads on another thread: the database answers without awaiting, and the page has other things to draw meanwhile.</summary>
    async Task ReadAsync()
    {
        if (isReading || gone.IsCancellationRequested)
        {
            isStale = true;
            return;
        }
        (isReading, isStale) = (true, false);
        var (flow, span, cancellationToken) = (FlowId, Span, gone.Token);
        try
        {
            var next = span.ChartAt(Time.GetUtcNow());
            var (bars, whole) = await Task.Run(
                async () => (await Rollups.ReadAsync(flow, next.From, next.To, next.Step, cancellationToken), await Rollups.SumAsync(flow, next.From, next.To, next.SumStep, cancellationToken)),
                cancellationToken);
            if (shown == (flow, span))
                (chart, points, sum, failure) = (next, bars, whole, null);
            else
                isStale = true;
            Arm(next);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "the sums over runs", e);
            failure = e.Message;
        }
        finally
        {
            isReading = false;
        }
        StateHasChanged();
        if (isStale && !IsPaused)
            await ReadAsync();
    }

    /// <summary>A chart that ends now moves on when its last bar is over, though nothing happens; and what moved is looked at once more.</summary>
    void Arm(ChartSpan next)
    {
        clock?.Dispose();
        clock = null;
        if (!next.IsLive || gone.IsCancellationRequested)
            return;
        var over = next.Step - TimeSpan.FromTicks((next.To - DateTimeOffset.UnixEpoch).Ticks % next.Step.Ticks);
        var due = isSettled || over < Behind ? over + TimeSpan.FromMilliseconds(50) : Behind;
        clock = Time.CreateTimer(_ => _ = InvokeAsync(() => NoteAsync(moved: false)), state: null, due, Timeout.InfiniteTimeSpan);
    }

    public async ValueTask DisposeAsync()
    {
        clock?.Dispose();
        await gone.CancelAsync();
        if (changes is not null)
            await changes.DisposeAsync();
        gone.Dispose();
    }
}
