using System.Globalization;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Schedules;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Editor.FlowSettings;

/// <summary>A flow's settings, each saved as it is changed; and its end.</summary>
public sealed partial class SettingsTab
{
    SettingsForm form = null!; // made when the page is, from what was injected
    IReadOnlyList<string> lost = [];
    Modal? confirm;
    Studio.Flows.ForeignExportDialog? foreignExport;
    bool revealed;
    bool deleting;

    [Parameter, EditorRequired] public required Flow Flow { get; set; }

    /// <summary>The flow as it is after a change made here.</summary>
    [Parameter] public EventCallback<Flow> FlowSaved { get; set; }

    [Inject] internal IFlowStore Flows { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal ISchedules Schedules { get; init; } = null!; // injected
    [Inject] internal SecretVault Vault { get; init; } = null!; // injected
    [Inject] internal EngineOptions Options { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal IEnumerable<Api.IForeignFlows> Foreign { get; init; } = null!; // injected

    static string Hours => IFlowStore.DeletedKept.TotalHours is 1 ? "an hour" : $"{Plain(IFlowStore.DeletedKept.TotalHours)} hours";

    protected override void OnInitialized() => form = new SettingsForm(Flows);

    protected override void OnParametersSet() => form.Show(Flow);

    static string Plain(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    async Task SaveAsync(FlowSetting setting, Func<Task<Flow?>> save)
    {
        try
        {
            if (await save() is not { } saved)
                return;
            await FlowSaved.InvokeAsync(saved);
        }
        catch (FlowGoneException e)
        {
            Toasts.Failed(e.Message);
        }
    }

    Task EnableAsync() =>
        SaveAsync(FlowSetting.Enabled, () => form.ChangeAsync(FlowSetting.Enabled, Flow.Enabled ? "off" : "on", CancellationToken.None));

    async Task AskAsync()
    {
        var versions = (await Flows.ListVersionsAsync(Flow.Id, CancellationToken.None)).Count;
        var schedules = await Schedules.CountAsync(Flow.Id, CancellationToken.None);
        lost =
        [
            .. versions > 0 ? [Counted(versions, "version")] : Array.Empty<string>(),
            .. schedules > 0 ? [Counted(schedules, "schedule")] : Array.Empty<string>(),
            .. Vault.FindWebhookToken(Flow.Id) is null ? Array.Empty<string>() : ["its webhook token"],
        ];
        await confirm!.OpenAsync(); // drawn before its button is
    }

    async Task DeleteAsync()
    {
        deleting = true;
        var (id, name) = (Flow.Id, Flow.Name);
        var gone = await Flows.DeleteAsync(Flow.Id, CancellationToken.None);
        if (confirm is not null)
            await confirm.CloseAsync();
        if (gone)
            Toasts.Undoable($"{name} is deleted.", () => BringBackAsync(id, name));
        else
            Toasts.Failed("It had been deleted already.");
        Navigation.NavigateTo(StudioUrls.Flows);
    }

    /// <summary>Asked for from another page: this one is gone by then.</summary>
    async Task BringBackAsync(Guid id, string name)
    {
        if (await Flows.UndeleteAsync(id, CancellationToken.None) is null)
            Toasts.Failed($"{name} cannot be brought back any more.");
        else
            Navigation.NavigateTo(StudioUrls.Flow(id));
    }

    static string Counted(int count, string what) => $"{Times.Count(count)} {what}{(count == 1 ? "" : "s")}";

    static string Listed(IReadOnlyList<string> things) =>
        things.Count == 1 ? things[0] : $"{string.Join(", ", things.Take(things.Count - 1))} and {things[^1]}";
}
