using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowStudio.Web.Studio.Schedules;

/// <summary>The schedules of one flow: made, changed, paused, tried out; and what became of their times.</summary>
public sealed partial class ScheduleTab : IAsyncDisposable
{
    /// <summary>More than this many schedules of one flow are told apart by nobody; the rest is on the page of all.</summary>
    const int Most = 200;

    const int FirePage = 20;
    static readonly TimeSpan Breath = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource gone = new();
    List<ScheduleInfo>? items;
    ScheduleDraft? draft;
    List<ScheduleFire>? fires;
    string? moreFires;
    ITimer? tick;
    RunChanges? changes;
    Guid shownFlow;
    string? failure;
    bool busy;

    [Parameter, EditorRequired] public required Flow Flow { get; set; }

    [Inject] internal ISchedules Schedules { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal CompletionWebhooks Webhooks { get; init; } = null!; // injected
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal ILogger<ScheduleTab> Logger { get; init; } = null!; // injected

    protected override void OnInitialized()
    {
        Schedules.Changed += OnScheduleChanged;
        changes = new RunChanges(Hub, Time, Flow.Id, Breath, _ => InvokeAsync(RefreshAsync));
        changes.Start();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (shownFlow == Flow.Id)
            return;
        shownFlow = Flow.Id;
        (items, draft) = (null, null);
        await LoadAsync();
    }

    async Task LoadAsync()
    {
        try
        {
            failure = null;
            items = await ReadAsync();
            var wanted = QueryHelpers.ParseQuery(new Uri(Navigation.Uri).Query).TryGetValue("schedule", out var given) && Guid.TryParse(given, out var id) ? id : Guid.Empty;
            if ((items.Find(i => i.Schedule.Id == wanted) ?? items.FirstOrDefault()) is { } first)
                await ChooseAsync(first);
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "schedules", e);
            failure = e.Message;
        }
    }

    async Task<List<ScheduleInfo>> ReadAsync() => [.. (await Schedules.ListAsync(Flow.Id, cursor: null, Most, gone.Token)).Items];

    async Task NewAsync()
    {
        (fires, moreFires) = (null, null);
        draft = new(stored: null, Flow.Id, Local.Zone.Id, Time, Webhooks.Refuse);
        await CheckAsync();
    }

    async Task ChooseAsync(ScheduleInfo item)
    {
        draft = new(item.Schedule, Flow.Id, item.Schedule.Zone, Time, Webhooks.Refuse);
        (fires, moreFires) = (null, null);
        await CheckAsync();
        await ReadFiresAsync(FirePage);
    }

    async Task CheckAsync()
    {
        if (draft is null)
            return;
        await draft.CheckAsync(gone.Token);
        OnChanged();
    }

    /// <summary>What is shown as next has gone by when its time comes.</summary>
    void OnChanged()
    {
        tick?.Dispose();
        tick = null;
        if (draft?.Fires is not [var next, ..])
            return;
        var wait = next - Time.GetUtcNow() + TimeSpan.FromMilliseconds(20);
        if (wait < TimeSpan.FromDays(1))
            tick = Time.CreateTimer(_ => changes?.Nudge(), state: null, wait > Breath ? wait : Breath, Timeout.InfiniteTimeSpan);
    }

    async Task ReadFiresAsync(int count)
    {
        if (draft?.Stored is not { } stored)
            return;
        var page = await Schedules.FiresAsync(stored.Id, cursor: null, count, gone.Token);
        if (draft?.Stored?.Id == stored.Id)
            (fires, moreFires) = ([.. page.Items], page.NextCursor);
    }

    async Task LoadMoreAsync()
    {
        if (draft?.Stored is not { } stored || moreFires is null || fires is null)
            return;
        var page = await Schedules.FiresAsync(stored.Id, moreFires, FirePage * 2, gone.Token);
        fires.AddRange(page.Items);
        moreFires = page.NextCursor;
    }

    Task SaveAsync() => ActAsync(async () =>
    {
        if (draft is not { IsSound: true } saved)
            return;
        var schedule = saved.IsNew ? await Schedules.CreateAsync(saved.ToSchedule(), gone.Token) : await Schedules.UpdateAsync(saved.ToSchedule(), gone.Token);
        if (schedule is null)
        {
            Toasts.Failed("The schedule was deleted meanwhile.");
            await ReloadAsync(choose: null);
            return;
        }
        Toasts.Done(saved.IsNew ? "Schedule created." : "Schedule saved.");
        await ReloadAsync(schedule.Id);
    });

    async Task DiscardAsync()
    {
        if (items is not { Count: > 0 })
            draft = null;
        else
            await ChooseAsync(items.Find(i => i.Schedule.Id == draft?.Stored?.Id) ?? items[0]);
    }

    Task RunNowAsync() => ActAsync(async () =>
    {
        if (draft?.Stored is not { } stored)
            return;
        var result = await Schedules.RunNowAsync(stored.Id, gone.Token);
        if (result is { Outcome: IntakeOutcome.Accepted or IntakeOutcome.Repeated })
            Toasts.Done("Run started.", "Open it", StudioUrls.Run(result.RunId));
        else
            Toasts.Failed(result?.Message ?? "The schedule was deleted meanwhile.");
    });

    Task PauseAsync() => ActAsync(async () =>
    {
        if (draft?.Stored is { } stored && await Schedules.PauseAsync(stored.Id, !stored.Paused, gone.Token) is { } changed)
            await ReloadAsync(changed.Id);
    });

    Task DeleteAsync() => ActAsync(async () =>
    {
        if (draft?.Stored is not { } stored || await Schedules.DeleteAsync(stored.Id, gone.Token) is not { } deleted)
            return;
        Toasts.Undoable($"{deleted.Name} was deleted.", () => ActAsync(() => Schedules.CreateAsync(deleted, CancellationToken.None)));
        await ReloadAsync(choose: null);
    });

    async Task ActAsync(Func<Task> act)
    {
        busy = true;
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
        finally
        {
            busy = false;
        }
    }

    async Task ReloadAsync(Guid? choose)
    {
        items = await ReadAsync();
        var item = (choose is { } id ? items.Find(i => i.Schedule.Id == id) : null) ?? items.FirstOrDefault();
        if (item is not null)
            await ChooseAsync(item);
        else
            draft = null;
    }

    void OnScheduleChanged(ScheduleChange change)
    {
        if (change.FlowId == Flow.Id)
            changes?.Nudge();
    }

    /// <summary>Reads again what others changed; what is being edited stays.</summary>
    async Task RefreshAsync()
    {
        if (items is null || busy)
            return;
        try
        {
            items = await ReadAsync();
            if (draft?.Stored is { } stored)
            {
                var now = items.Find(i => i.Schedule.Id == stored.Id);
                if (now is null && !draft.IsChanged)
                    await ReloadAsync(choose: null);
                else if (now is not null && !draft.IsChanged && now.Schedule.UpdatedAt != stored.UpdatedAt)
                    draft = new(now.Schedule, Flow.Id, now.Schedule.Zone, Time, Webhooks.Refuse);
            }
            else if (draft is null && items.Count > 0)
            {
                await ChooseAsync(items[0]);
            }
            await CheckAsync();
            await ReadFiresAsync(Math.Max(FirePage, fires?.Count ?? 0));
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

    public async ValueTask DisposeAsync()
    {
        Schedules.Changed -= OnScheduleChanged;
        tick?.Dispose();
        await gone.CancelAsync();
        if (changes is not null)
            await changes.DisposeAsync();
        gone.Dispose();
    }
}
