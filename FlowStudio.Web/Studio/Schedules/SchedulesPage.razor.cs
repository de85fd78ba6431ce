using System.Collections.Concurrent;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web.Virtualization;

namespace FlowStudio.Web.Studio.Schedules;

/// <summary>All schedules, by name, kept up to date while they are looked at.</summary>
public sealed partial class SchedulesPage : IAsyncDisposable
{
    const int PageSize = 100;
    static readonly TimeSpan Breath = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource gone = new();
    readonly ConcurrentDictionary<Guid, bool> changed = [];
    readonly List<ScheduleInfo> known = [];
    readonly SemaphoreSlim reading = new(1, 1);
    Virtualize<ScheduleInfo>? rows;
    FlowNames? names;
    RunChanges? changes;
    string? cursor;
    string? failure;
    bool loading = true;
    bool readToTheEnd;
    int count;

    [Inject] internal ISchedules Schedules { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IFlowStore Flows { get; init; } = null!; // injected
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal ILogger<SchedulesPage> Logger { get; init; } = null!; // injected

    FlowNames NamesOfFlows => names ??= new(Flows);

    protected override async Task OnInitializedAsync()
    {
        Schedules.Changed += OnScheduleChanged;
        changes = new RunChanges(Hub, Time, flowId: null, Breath, runs => InvokeAsync(() => RefreshAsync(runs)));
        changes.Start();
        await ReloadAsync();
    }

    async Task ReloadAsync()
    {
        try
        {
            count = await Schedules.CountAsync(flowId: null, gone.Token);
            known.Clear();
            (cursor, readToTheEnd) = (null, false);
            await ReadToAsync(PageSize, gone.Token);
            (loading, failure) = (false, null);
            if (rows is not null)
                await rows.RefreshDataAsync();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "schedules", e);
            (loading, failure) = (false, e.Message);
        }
    }

    /// <summary>Pages follow each other: what is shown further down is read on the way there.</summary>
    async Task ReadToAsync(int wanted, CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken);
        try
        {
            while (known.Count < wanted && !readToTheEnd)
            {
                var page = await Schedules.ListAsync(flowId: null, cursor, PageSize, cancellationToken);
                await NamesOfFlows.LearnAsync(page.Items.Select(i => i.Schedule.FlowId), cancellationToken);
                known.AddRange(page.Items);
                (cursor, readToTheEnd) = (page.NextCursor, page.NextCursor is null);
            }
        }
        finally
        {
            reading.Release();
        }
    }

    async ValueTask<ItemsProviderResult<ScheduleInfo>> ProvideAsync(ItemsProviderRequest request)
    {
        try
        {
            await ReadToAsync(request.StartIndex + request.Count, request.CancellationToken);
        }
        catch (Exception e) when (e is StorageException or System.Data.Common.DbException)
        {
            StudioLog.ReadFailed(Logger, "schedules", e);
            Toasts.Failed($"More schedules could not be read: {e.Message}");
        }
        return new(known.Skip(request.StartIndex).Take(request.Count), readToTheEnd ? known.Count : Math.Max(count, known.Count));
    }

    void Open(Schedule schedule) => Navigation.NavigateTo(StudioUrls.Schedule(schedule.FlowId, schedule.Id));

    Task PauseAsync(Schedule schedule) => ActAsync(async () =>
    {
        if (await Schedules.PauseAsync(schedule.Id, !schedule.Paused, gone.Token) is null)
            Toasts.Failed($"{schedule.Name} was deleted meanwhile.");
    });

    Task RunNowAsync(Schedule schedule) => ActAsync(async () =>
    {
        var result = await Schedules.RunNowAsync(schedule.Id, gone.Token);
        if (result is { Outcome: IntakeOutcome.Accepted or IntakeOutcome.Repeated })
            Toasts.Done("Run started.", "Open it", StudioUrls.Run(result.RunId));
        else
            Toasts.Failed(result?.Message ?? $"{schedule.Name} was deleted meanwhile.");
    });

    Task DeleteAsync(Schedule schedule) => ActAsync(async () =>
    {
        if (await Schedules.DeleteAsync(schedule.Id, gone.Token) is { } deleted)
            Toasts.Undoable($"{deleted.Name} was deleted.", () => ActAsync(() => Schedules.CreateAsync(deleted, CancellationToken.None)));
    });

    async Task ActAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is ScheduleException or CronException or StorageException)
        {
            Toasts.Failed(e.Message);
        }
    }

    void OnScheduleChanged(ScheduleChange change)
    {
        changed[change.ScheduleId] = true;
        changes?.Nudge();
    }

    /// <summary>Only what changed is read again; a new one, or one of another name, puts all in another order.</summary>
    /// <param name="runs">Runs that moved: where a schedule started one last, its result may be another.</param>
    async Task RefreshAsync(IReadOnlyCollection<Guid> runs)
    {
        if (loading || failure is not null)
            return;
        foreach (var item in known.Where(i => i.LastFire?.RunId is { } run && runs.Contains(run)))
            changed[item.Schedule.Id] = true;
        if (changed.IsEmpty)
            return;
        try
        {
            foreach (var id in changed.Keys.ToList())
            {
                changed.TryRemove(id, out _);
                var at = known.FindIndex(i => i.Schedule.Id == id);
                var now = await Schedules.FindAsync(id, gone.Token);
                if (at >= 0 && now is not null && now.Schedule.Name == known[at].Schedule.Name)
                    known[at] = now;
                else if (at >= 0 || await Schedules.CountAsync(flowId: null, gone.Token) != count)
                {
                    // Gone, new, or of another name; one further down than was read changes nothing here.
                    changed.Clear();
                    await ReloadAsync();
                    break;
                }
            }
            if (rows is not null)
                await rows.RefreshDataAsync();
            StateHasChanged();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What is shown stays; the next change tries again.
            StudioLog.ReadFailed(Logger, "schedules", e);
        }
    }

    string Hover(DateTimeOffset at) => $"{Local.Full(at)}\n{at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)} UTC";

    public async ValueTask DisposeAsync()
    {
        Schedules.Changed -= OnScheduleChanged;
        await gone.CancelAsync();
        if (changes is not null)
            await changes.DisposeAsync();
        reading.Dispose();
        gone.Dispose();
    }
}
