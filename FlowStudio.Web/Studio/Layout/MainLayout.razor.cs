using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Layout;

public sealed partial class MainLayout
{
    ErrorBoundary? boundary;
    bool ready;

    [Inject] internal BrowserTools Browser { get; init; } = null!; // set by the framework before anything runs
    [Inject] internal LocalTimes Local { get; init; } = null!; // as above

    protected override void OnInitialized() => Browser.ModuleUrl = "./" + Assets["studio.js"];

    // A page that failed must not keep the next one from showing.
    protected override void OnParametersSet() => boundary?.Recover();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        try
        {
            // Pages print local times, so they wait for the zone: one short question over a circuit that has just opened.
            Local.Use(await Browser.TimeZoneAsync());
        }
        catch (JSDisconnectedException)
        {
            return;
        }
        ready = true;
        StateHasChanged();
    }

    void Recover() => boundary?.Recover();
}
