using FlowStudio.Engine.History;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Commands;

/// <summary>The command palette: what is typed is matched against every flow's name, the commands of shell and page, and the ids of runs.</summary>
public sealed partial class CommandPalette : IDisposable
{
    const int MostRuns = 5, MostRecent = 12;
    const string RecentKey = "flowstudio.recent";

    readonly CancellationTokenSource gone = new();
    ElementReference dialog;
    PaletteState state = PaletteState.Empty;
    IReadOnlyList<PaletteGroup> groups = [];
    string typed = "";
    bool open;
    bool reading;

    [Inject] internal CommandRegistry Registry { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IFlowIndex Flows { get; init; } = null!; // injected
    [Inject] internal IRunStore Runs { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal ILogger<CommandPalette> Logger { get; init; } = null!; // injected

    public async Task OpenAsync()
    {
        (open, typed) = (true, "");
        state = PaletteState.Empty with { Commands = Registry.All, Open = GoAsync };
        groups = state.Find("", []);
        StateHasChanged();
        try
        {
            // What is in the dialog is to be there when the browser opens it and looks for where the focus goes.
            await Task.Yield();
            await Browser.OpenModalAsync(dialog);
            var recent = await Browser.RecallAsync(RecentKey);
            state = state with { Flows = await Flows.NamesAsync(gone.Token), Recent = recent?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [] };
            await FindAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone.
        }
        catch (OperationCanceledException)
        {
            // As above.
        }
    }

    async Task OnInputAsync(ChangeEventArgs e)
    {
        typed = e.Value as string ?? "";
        await FindAsync();
    }

    async Task FindAsync()
    {
        var asked = typed;
        groups = state.Find(asked, []);
        if (PaletteState.RunId(asked) is not { } id)
            return;
        reading = true;
        try
        {
            var found = await Runs.FindByIdPartsAsync(id.Start, id.End, MostRuns, gone.Token);
            if (asked != typed)
                return;
            var names = state.Flows.ToDictionary(f => f.Id, f => f.Name);
            groups = state.Find(asked, [.. found.Select(r => state.RunItem(r.Id, $"{names.GetValueOrDefault(r.FlowId, "deleted flow")}, {RunWords.Of(r.Status)}"))]);
        }
        catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
        {
            // Flows and commands are still to be had.
            StudioLog.ReadFailed(Logger, "runs by id", e);
        }
        finally
        {
            reading = false;
        }
    }

    async Task RunAsync(PaletteItem item)
    {
        await Browser.CloseModalAsync(dialog);
        OnClosed();
        var recent = state.Recent.Where(k => k != item.Key).Prepend(item.Key).Take(MostRecent);
        await Browser.RememberAsync(RecentKey, string.Join('\n', recent));
        try
        {
            await item.Run();
        }
        catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
        {
            StudioLog.CommandFailed(Logger, item.Title, e);
            Toasts.Failed($"{item.Title}: {e.Message}");
        }
    }

    Task GoAsync(string address)
    {
        Navigation.NavigateTo(address);
        return Task.CompletedTask;
    }

    void OnClosed()
    {
        (open, typed, groups) = (false, "", []);
        StateHasChanged();
    }

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }
}
