using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Flows;

/// <summary>All flows with what they did lately, kept up to date; import and export of files.</summary>
public sealed partial class FlowsPage : IAsyncDisposable
{
    const int PageSize = 200;
    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource gone = new();
    Task? following;
    List<FlowRow>? rows;
    RunDialog? dialog;
    ElementReference field;
    DotNetObjectReference<FlowsPage>? self;
    IJSObjectReference? import;
    bool importing;
    string search = "";
    string? failure;
    bool more;

    [Inject] internal IFlowStore Flows { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IRunStore Store { get; init; } = null!; // injected
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal ILogger<FlowsPage> Logger { get; init; } = null!; // injected

    /// <summary>A flow in the list, with the components that start it.</summary>
    sealed record FlowRow(Flow Flow, IReadOnlyList<ComponentLook> Starts, FlowActivity? Activity);

    protected override async Task OnInitializedAsync()
    {
        Flows.Changed += OnFlowChanged;
        await ReadAsync();
        following = FollowAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        try
        {
            self = DotNetObjectReference.Create(this);
            import = await Browser.ImportFilesAsync(field, StudioUrls.Import, self);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    async Task ReadAsync()
    {
        try
        {
            var page = await Flows.ListAsync(search.Length == 0 ? null : search, cursor: null, PageSize, gone.Token);
            var activity = await Store.ActivityAsync([.. page.Items.Select(f => f.Id)], Time.GetUtcNow().AddDays(-1), gone.Token);
            var found = page.Items.Select(f => new FlowRow(f, StartsOf(f), activity.GetValueOrDefault(f.Id)));
            rows = [.. found.OrderByDescending(r => r.Activity?.LastRun?.CreatedAt ?? DateTimeOffset.MinValue)];
            (more, failure) = (page.NextCursor is not null, null);
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

    /// <summary>"Succeeded 4 min ago"; null for a run that has not ended, whose status says it all.</summary>
    string? Ended(Run run) => RunNames.IsFinal(run.Status) ? $"{RunWords.Of(run.Status)} {Local.Ago(run.FinishedAt ?? run.CreatedAt)}" : null;

    string Took(FlowRow row) => row.Activity?.LastRun is { StartedAt: not null } run ? RunWords.Took(run, Time.GetUtcNow()) : "–";

    List<ComponentLook> StartsOf(Flow flow) =>
        [.. flow.Draft.Nodes.Select(n => n.Type).Distinct(StringComparer.Ordinal)
            .Select(Catalog.Look).OfType<ComponentLook>().Where(l => l.Descriptor.IsTrigger)];

    async Task FollowAsync()
    {
        try
        {
            using var watch = Hub.WatchAll(flowId: null);
            var settle = false;
            while (settle || await watch.Events.WaitToReadAsync(gone.Token))
            {
                var changed = false;
                while (watch.Events.TryRead(out var happened))
                    changed |= happened.Type.StartsWith("run.", StringComparison.Ordinal);
                if (changed || settle)
                    await InvokeAsync(RefreshAsync);
                // Once more a second later: an event may be a moment ahead of the store.
                settle = changed;
                await Task.Delay(RefreshInterval, Time, gone.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    async Task RefreshAsync()
    {
        await ReadAsync();
        StateHasChanged();
    }

    void OnFlowChanged(Guid id) => _ = InvokeAsync(RefreshAsync);

    Task SearchAsync(string text)
    {
        search = text;
        return ReadAsync();
    }

    /// <summary>Called by the browser when files were chosen or dropped.</summary>
    [JSInvokable]
    public void Importing()
    {
        importing = true;
        StateHasChanged();
    }

    /// <summary>Called by the browser for each file, with the import's answer.</summary>
    [JSInvokable]
    public void Imported(string name, int status, string body)
    {
        importing = false;
        var (ids, problem) = ImportAnswer.Read(name, status, body);
        if (problem is not null)
            Toasts.Failed(problem);
        else if (ids is [var only])
            Toasts.Done($"{name} is imported.", "Open", StudioUrls.Flow(only));
        else
            Toasts.Done(ids.Count == 0 ? $"{name} is imported." : $"{ids.Count} flows are imported from {name}.");
        StateHasChanged();
    }

    void OnAccepted((Flow Flow, Guid RunId) accepted) => Toasts.Done($"{accepted.Flow.Name} runs.", "Open the run", StudioUrls.Run(accepted.RunId));

    public async ValueTask DisposeAsync()
    {
        Flows.Changed -= OnFlowChanged;
        await gone.CancelAsync();
        if (following is not null)
            await following;
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
