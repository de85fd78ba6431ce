using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.Canvas;

/// <summary>
/// The flow as a picture, drawn in the browser. The page says what to show through <see cref="SendAsync"/>; a failure to load is shown, never swallowed.
/// </summary>
public sealed partial class CanvasIsland : IAsyncDisposable
{
    ElementReference root;
    CanvasBridge? bridge;
    string? failure;

    [Inject] internal IJSRuntime Js { get; init; } = null!; // set by the framework before anything runs
    [Inject] internal ILogger<CanvasIsland> Logger { get; init; } = null!; // as above

    /// <summary>The canvas said something; all but its errors, which are shown here.</summary>
    [Parameter] public EventCallback<FromCanvas> OnMessage { get; set; }

    protected override void OnInitialized() => bridge = new CanvasBridge(Js, OnMessageAsync, Logger);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender || bridge is null)
            return;
        try
        {
            await bridge.MountAsync("./" + Assets["canvas.js"], Assets["icons.svg"], root);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was loading.
        }
        catch (JSException e)
        {
            StudioLog.CanvasFailed(Logger, "The canvas could not be loaded.", e.Message);
            Fail(e.Message);
        }
    }

    /// <summary>Tells the canvas something; before it is ready the message waits.</summary>
    public async Task SendAsync(ToCanvas message)
    {
        if (bridge is null || failure is not null)
            return;
        try
        {
            await bridge.SendAsync(message);
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone; there is nobody to draw for.
        }
        catch (JSException e)
        {
            StudioLog.CanvasFailed(Logger, "The canvas did not take a message.", e.Message);
            Fail(e.Message);
        }
    }

    async Task OnMessageAsync(FromCanvas message)
    {
        if (message is CanvasError error)
            Fail(error.Detail is null ? error.Message : $"{error.Message} {error.Detail}");
        else
            await OnMessage.InvokeAsync(message);
    }

    void Fail(string reason)
    {
        failure = reason;
        StateHasChanged();
    }

    public async ValueTask DisposeAsync()
    {
        if (bridge is not null)
            await bridge.DisposeAsync();
    }
}
