using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Shared;

/// <summary>What only the browser can do, for one circuit: see <c>shell/studio.ts</c>. The module is loaded at first use.</summary>
public sealed class BrowserTools(IJSRuntime js) : IAsyncDisposable
{
    Task<IJSObjectReference>? module;

    /// <summary>Where the module is; the layout knows, as only components know the addresses of assets.</summary>
    public string ModuleUrl { get; set; } = "./studio.js";

    /// <summary>The IANA name of the browser's time zone.</summary>
    public async Task<string> TimeZoneAsync() => await (await ModuleAsync()).InvokeAsync<string>("timeZone");

    /// <summary>Puts text on the clipboard; false when the browser refused.</summary>
    public async Task<bool> CopyAsync(string text) => await (await ModuleAsync()).InvokeAsync<bool>("copy", text);

    /// <summary>Offers text as a file to save.</summary>
    public async Task DownloadAsync(string name, string mediaType, string text) => await (await ModuleAsync()).InvokeVoidAsync("download", name, mediaType, text);

    public async Task OpenModalAsync(ElementReference dialog) => await (await ModuleAsync()).InvokeVoidAsync("openModal", dialog);

    public async Task CloseModalAsync(ElementReference dialog) => await (await ModuleAsync()).InvokeVoidAsync("closeModal", dialog);

    /// <summary>Keeps a scrolled list at its end; the object's <c>resume</c> goes back to it and <c>dispose</c> lets go. Calls <c>FollowChanged(bool)</c>.</summary>
    public async Task<IJSObjectReference> FollowAsync<T>(ElementReference list, DotNetObjectReference<T> watcher)
        where T : class => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("follow", list, watcher);

    /// <summary>Marks the page while files are dragged over it, until the object's <c>dispose</c>.</summary>
    public async Task<IJSObjectReference> MarkDraggingAsync() => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("markDragging");

    Task<IJSObjectReference> ModuleAsync() => module ??= js.InvokeAsync<IJSObjectReference>("import", ModuleUrl).AsTask();

    public async ValueTask DisposeAsync()
    {
        if (module is not { IsCompletedSuccessfully: true })
            return;
        try
        {
            await (await module).DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone, and its module with it.
        }
    }
}
