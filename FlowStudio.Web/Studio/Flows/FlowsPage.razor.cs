using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Studio.Commands;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Flows;

/// <summary>All flows with what they did lately, kept up to date; and what can be done with them as a whole.</summary>
public sealed partial class FlowsPage : IAsyncDisposable
{
    const string ViewKey = "flowstudio.flows.view", OrderKey = "flowstudio.flows.order";
    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource gone = new();
    readonly HashSet<Guid> selection = [];
    RunChanges? changes;
    FlowList list = null!; // OnInitialized
    RunDialog? dialog;
    NewFlowDialog? gallery;
    TagDialog? tagging;
    ImportDialog? imports;
    ForeignExportDialog? export;
    ElementReference field;
    DotNetObjectReference<FlowsPage>? self;
    IJSObjectReference? import;
    string? wanted;
    bool importing;
    bool cards;
    FlowOrder order;
    FlowScope scope;
    string? tag;
    string search = "";
    string? failure;

    [Inject] internal IFlowStore Flows { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IFlowIndex Index { get; init; } = null!; // injected
    [Inject] internal IRunRollups Rollups { get; init; } = null!; // injected
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal FlowActs Acts { get; init; } = null!; // injected
    [Inject] internal IFirstVisit FirstVisit { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal ILogger<FlowsPage> Logger { get; init; } = null!; // injected

    /// <summary>The list as it is shown.</summary>
    internal FlowList Listed => list;

    protected override async Task OnInitializedAsync()
    {
        list = new(Index, Rollups, Catalog, Time);
        if (FirstVisit.Take() is { } first)
        {
            Navigation.NavigateTo(StudioUrls.Flow(first));
            return;
        }
        // Sums follow the ends of runs by a second.
        changes = new RunChanges(Hub, Time, flowId: null, RefreshInterval, _ => InvokeAsync(RefreshAsync)) { Times = 3 };
        Flows.Changed += OnFlowChanged;
        Navigation.LocationChanged += OnLocationChanged;
        try
        {
            cards = await Browser.RecallAsync(ViewKey) == "cards";
            order = Enum.TryParse<FlowOrder>(await Browser.RecallAsync(OrderKey), out var kept) && Enum.IsDefined(kept) ? kept : FlowOrder.LastRun;
        }
        catch (JSDisconnectedException)
        {
            return;
        }
        await LoadAsync();
        changes.Start();
    }

    // "/?new" and "/?import": from the command palette, wherever the reader was. A page without parameters is not given them anew when only the query changes.
    protected override void OnParametersSet() => TakeAsked();

    void OnLocationChanged(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(() =>
    {
        TakeAsked();
        StateHasChanged();
    });

    void TakeAsked()
    {
        // On the way to another page the address is already that page's.
        if (Navigation.ToBaseRelativePath(Navigation.Uri) is not ['?', .. { Length: > 0 } asked])
            return;
        // Kept until it is done: going on to the plain address comes here again, and may do so before anything was drawn.
        wanted = asked;
        Navigation.NavigateTo(StudioUrls.Flows, replace: true);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        try
        {
            if (firstRender)
            {
                self = DotNetObjectReference.Create(this);
                import = await Browser.ImportFilesAsync(field, StudioUrls.Import, self);
            }
            var asked = wanted;
            wanted = null;
            if (asked == "new" && gallery is not null)
                await gallery.OpenAsync();
            else if (asked == "import")
                await Browser.ClickAsync(field);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    /// <summary>What the command palette offers here.</summary>
    IEnumerable<Command> Commands()
    {
        yield return new("flows-view", cards ? "Show flows as a table" : "Show flows as cards", cards ? "list" : "layout-grid", () => ViewAsync(!cards)) { Group = "This page" };
        foreach (var choice in Enum.GetValues<FlowOrder>().Where(o => o != order))
            yield return new($"flows-order-{choice}", $"Order flows: {OrderWords(choice)}", "list-filter", () => OrderAsync(choice)) { Group = "This page", Words = "sort" };
        if (list.Rows.Count > 0 && selection.Count < list.Rows.Count)
            yield return new("flows-select", "Select all flows that are listed", "list-checks", () => Redraw(() => SelectAll(all: true))) { Group = "This page" };
        if (selection.Count == 0)
            yield break;
        yield return new("flows-export", $"Export {selection.Count} selected flows", "download", ExportSelectedAsync) { Group = "This page" };
        yield return new("flows-delete", $"Delete {selection.Count} selected flows", "trash-2", () => DeleteAsync([.. selection])) { Group = "This page" };
    }

    FlowQuery Query => new() { Text = search.Length == 0 ? null : search, Tag = tag, Failing = scope is FlowScope.Failing, Scheduled = scope is FlowScope.Scheduled, Order = order };

    string NoMatch => (search.Length, tag, scope) switch
    {
        ( > 0, null, FlowScope.All) => $"Nothing has “{search}” in its name, description, tags or components.",
        (0, null, FlowScope.Failing) => "No flow's last run failed.",
        (0, null, FlowScope.Scheduled) => "No flow has a schedule. Open one, then Schedule, to have it started by time.",
        _ => "No flow is all that at once.",
    };

    static IEnumerable<(FlowScope Scope, string Text, int Count)> Scopes(FlowCounts counts) =>
        [(FlowScope.All, "All", counts.All), (FlowScope.Failing, "Failing", counts.Failing), (FlowScope.Scheduled, "Scheduled", counts.Scheduled)];

    static List<(string Value, string Text)> TagChoices(FlowCounts counts) => [.. counts.Tags.Select(t => (t.Tag, $"{t.Tag} ({t.Count})"))];

    static string OrderWords(FlowOrder order) => order switch
    {
        FlowOrder.Name => "By name",
        FlowOrder.Updated => "Last saved first",
        _ => "Last run first",
    };

    async Task LoadAsync()
    {
        try
        {
            await list.LoadAsync(Query, gone.Token);
            failure = null;
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "flows", e);
            failure = e.Message;
        }
    }

    async Task MoreAsync()
    {
        try
        {
            await list.MoreAsync(gone.Token);
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    async Task RefreshAsync()
    {
        if (failure is not null)
            return;
        try
        {
            await list.RefreshAsync(gone.Token);
            StateHasChanged();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What is shown stays; the next change tries again.
            StudioLog.ReadFailed(Logger, "flows", e);
        }
    }

    void OnFlowChanged(Guid id) => changes?.Nudge();

    Task SearchAsync(string text)
    {
        search = text;
        return LoadAsync();
    }

    Task ScopeAsync(FlowScope chosen)
    {
        scope = chosen;
        return LoadAsync();
    }

    Task TagAsync(string chosen)
    {
        tag = chosen.Length == 0 ? null : chosen;
        return LoadAsync();
    }

    Task ShowAllAsync()
    {
        (search, tag, scope) = ("", null, FlowScope.All);
        return LoadAsync();
    }

    async Task OrderAsync(FlowOrder chosen)
    {
        order = chosen;
        await Browser.RememberAsync(OrderKey, chosen.ToString());
        await LoadAsync();
        StateHasChanged();
    }

    async Task ViewAsync(bool asCards)
    {
        cards = asCards;
        await Browser.RememberAsync(ViewKey, asCards ? "cards" : "table");
        StateHasChanged();
    }

    void SelectAll(bool all)
    {
        selection.Clear();
        if (all)
            selection.UnionWith(list.Rows.Select(r => r.Flow.Id));
    }

    Task Redraw(Action change)
    {
        change();
        StateHasChanged();
        return Task.CompletedTask;
    }

    Task ActAsync((FlowAct Act, FlowRow Row) wish) => TryAsync(() => wish.Act switch
    {
        FlowAct.Run => RunAsync(wish.Row),
        FlowAct.Switch => SwitchAsync([wish.Row.Flow.Id], !wish.Row.Flow.Enabled),
        FlowAct.Duplicate => DuplicateAsync(wish.Row),
        FlowAct.ExportForeign => export?.OpenAsync(wish.Row.Flow.Id) ?? Task.CompletedTask,
        FlowAct.Delete => DeleteAsync([wish.Row.Flow.Id]),
        _ => Redraw(() =>
        {
            if (!selection.Remove(wish.Row.Flow.Id))
                selection.Add(wish.Row.Flow.Id);
        }),
    });

    async Task RunAsync(FlowRow row)
    {
        if (dialog is null)
            return;
        if (await Flows.FindAsync(row.Flow.Id, gone.Token) is { } flow)
            await dialog.OpenAsync(flow);
        else
            Toasts.Failed($"{row.Flow.Name} was deleted meanwhile.");
    }

    async Task DuplicateAsync(FlowRow row)
    {
        if (await Acts.DuplicateAsync(row.Flow.Id, gone.Token) is { } copy)
            Toasts.Done($"{copy.Name} is made.", "Open", StudioUrls.Flow(copy.Id));
        else
            Toasts.Failed($"{row.Flow.Name} was deleted meanwhile.");
        await RefreshAsync();
    }

    async Task SwitchAsync(IReadOnlyCollection<Guid> ids, bool enabled)
    {
        var changed = await Acts.SwitchAsync(ids, enabled, gone.Token);
        if (ids.Count > 1)
            Toasts.Done($"{Flowed(changed)} turned {(enabled ? "on" : "off")}.");
        await RefreshAsync();
    }

    Task SwitchSelectedAsync(bool enabled) => TryAsync(() => SwitchAsync([.. selection], enabled));

    Task TagSelectedAsync((string Tag, bool Add) chosen) => TryAsync(async () =>
    {
        var changed = await Acts.TagAsync([.. selection], chosen.Tag, chosen.Add, gone.Token);
        Toasts.Done(chosen.Add ? $"{Flowed(changed)} tagged {chosen.Tag}." : $"{Flowed(changed)} no longer tagged {chosen.Tag}.");
        await RefreshAsync();
    });

    Task DeleteAsync(IReadOnlyCollection<Guid> ids) => TryAsync(async () =>
    {
        var name = ids.Count == 1 ? list.Rows.FirstOrDefault(r => r.Flow.Id == ids.First())?.Flow.Name : null;
        var deleted = await Acts.DeleteAsync(ids, gone.Token);
        selection.ExceptWith(ids);
        if (deleted.Count > 0)
            Toasts.Undoable(name is not null ? $"{name} is deleted. Its runs stay." : $"{Flowed(deleted.Count)} deleted. The runs stay.", () => UndeleteAsync(deleted));
        await RefreshAsync();
    });

    /// <summary>Also from another page: the notice outlives this one.</summary>
    async Task UndeleteAsync(IReadOnlyList<Guid> ids)
    {
        var back = await Acts.UndeleteAsync(ids, CancellationToken.None);
        if (back is [var only])
            Toasts.Done($"{only.Name} is back.", "Open", StudioUrls.Flow(only.Id));
        else
            Toasts.Done($"{Flowed(back.Count)} back.");
    }

    async Task ExportSelectedAsync()
    {
        if (await Browser.DownloadFromAsync(StudioUrls.ExportMany, JsonSerializer.Serialize(new { ids = selection }), "flows.zip") is { } problem)
            Toasts.Failed($"The flows could not be exported: {problem}");
    }

    async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            StateHasChanged();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is FlowConflictException or Engine.Journal.StorageException)
        {
            Toasts.Failed(e.Message);
        }
    }

    static string Flowed(int count) => count == 1 ? "1 flow is" : $"{Times.Count(count)} flows are";

    /// <summary>Called by the browser when files were chosen or dropped.</summary>
    [JSInvokable]
    public void Importing()
    {
        importing = true;
        StateHasChanged();
    }

    /// <summary>Called by the browser for each file, with the import's answer.</summary>
    [JSInvokable]
    public async Task Imported(string name, int status, string body)
    {
        importing = false;
        var answer = ImportAnswer.Read(name, status, body);
        if (answer.Problem is { } problem)
            Toasts.Failed(problem);
        else if (imports is not null && await imports.OpenAsync(answer.Ids, gone.Token))
            StateHasChanged();
        else if (answer.Ids is [var only])
            Toasts.Done($"{name} is imported.", "Open", StudioUrls.Flow(only));
        else
            Toasts.Done(answer.Count == 0 ? $"{name} is imported." : $"{Flowed(answer.Count)} imported from {name}.");
        await RefreshAsync();
    }

    void OnAccepted((Flow Flow, Guid RunId) accepted) => Toasts.Done($"{accepted.Flow.Name} runs.", "Open the run", StudioUrls.Run(accepted.RunId));

    public async ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        Flows.Changed -= OnFlowChanged;
        await gone.CancelAsync();
        if (changes is not null)
            await changes.DisposeAsync();
        if (import is not null)
        {
            try
            {
                await import.InvokeVoidAsync("dispose");
                await import.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The tab is gone.
            }
        }
        self?.Dispose();
        gone.Dispose();
    }
}
