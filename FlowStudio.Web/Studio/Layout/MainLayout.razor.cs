using FlowStudio.Web.Studio.Commands;
using FlowStudio.Web.Studio.Questions;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Layout;

public sealed partial class MainLayout : IDisposable
{
    ErrorBoundary? boundary;
    CommandPalette? palette;
    IDisposable? commands;
    bool ready;

    [Inject] internal BrowserTools Browser { get; init; } = null!; // set by the framework before anything runs
    [Inject] internal LocalTimes Local { get; init; } = null!; // as above

    [Inject] internal CommandRegistry Registry { get; init; } = null!; // as above
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // as above
    [Inject] internal WaitingCount Waiting { get; init; } = null!; // as above
    [Inject] internal Themes Themes { get; init; } = null!; // as above

    protected override void OnInitialized()
    {
        Browser.ModuleUrl = "./" + Assets["studio.js"];
        commands = Registry.Register(Commands);
    }

    /// <summary>What can be done everywhere.</summary>
    IEnumerable<Command> Commands()
    {
        yield return new("new-flow", "New flow…", "plus", () => GoAsync(StudioUrls.NewFlow)) { Words = "create add blank starter template gallery" };
        yield return new("import", "Import flows…", "upload", () => GoAsync(StudioUrls.ImportFlows)) { Words = "file json zip open load" };
        foreach (var place in Place.All)
            yield return new($"go{place.Href}", $"Go to {place.Text}", place.Icon, () => GoAsync(place.Href)) { Group = "Go to" };
        yield return new("questions", Waiting.Count is > 0 and var count ? $"Questions waiting ({Times.Count(count)})" : "Questions waiting", "users", () => GoAsync(StudioUrls.Waiting))
        {
            Group = "Go to",
            Words = "ask a person answer approve approval pending human runs",
        };
        foreach (var (choice, text, icon) in Themes.All.Where(t => t.Choice != Themes.Choice))
            yield return new($"theme-{choice}", $"Theme: {text}", icon, () => Themes.UseAsync(choice)) { Group = "Appearance", Words = "colours appearance mode" };
        yield return new("rail", "Show or hide the names in the rail", "chevrons-right", () => Browser.ToggleRailAsync().AsTask()) { Group = "Appearance", Words = "sidebar collapse expand" };
    }

    Task GoAsync(string address)
    {
        Navigation.NavigateTo(address);
        return Task.CompletedTask;
    }

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

    public void Dispose() => commands?.Dispose();
}
