using FlowStudio.Engine;
using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;
using FlowStudio.Web.Studio.Layout;
using FlowStudio.Web.Studio.Shared;
using FlowStudio.Web.Telemetry;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Settings;

/// <summary>What the server and this browser are set to. What is set where the server starts is shown with the key that sets it.</summary>
public sealed partial class SettingsPage : IDisposable
{
    static readonly (string Id, string Text)[] Sections =
        [("providers", "Model providers"), ("keys", "API keys"), ("retention", "Retention"), ("appearance", "Appearance"), ("bins", "Request bins"), ("about", "About")];

    readonly CancellationTokenSource gone = new();
    IReadOnlyList<BinSummary>? bins;
    HealthView? health;

    [Inject] internal EngineOptions Options { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal AccessOptions Access { get; init; } = null!; // injected
    [Inject] internal DataFolder Folder { get; init; } = null!; // injected
    [Inject] internal Health Health { get; init; } = null!; // injected
    [Inject] internal IBinStore Bins { get; init; } = null!; // injected
    [Inject] internal IEnumerable<ILlmProvider> Providers { get; init; } = null!; // injected
    [Inject] internal Themes Themes { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected

    static string Kept => IFlowStore.DeletedKept.TotalHours is 1 ? "an hour" : $"{IFlowStore.DeletedKept.TotalHours:0} hours";

    /// <summary>The demo model first: it needs nothing.</summary>
    IEnumerable<ILlmProvider> Known => Providers.OrderBy(p => p.Defaults is null ? 0 : 1);

    protected override async Task OnInitializedAsync()
    {
        Themes.Changed += OnThemeChanged;
        try
        {
            bins = await Bins.BinsAsync(gone.Token);
            await LookAsync();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    async Task LookAsync() => health = await Health.SeeAsync(gone.Token);

    void OnThemeChanged(object? sender, EventArgs e) => _ = InvokeAsync(StateHasChanged);

    public void Dispose()
    {
        Themes.Changed -= OnThemeChanged;
        gone.Cancel();
        gone.Dispose();
    }
}
