using System.Text.Json;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.Canvas;

/// <summary>
/// Both ways between one canvas and its page. Messages sent before the canvas is ready wait for it. Belongs to its circuit's renderer thread.
/// </summary>
public sealed class CanvasBridge(IJSRuntime js, Func<FromCanvas, Task> receive, ILogger logger) : IAsyncDisposable
{
    /// <summary>Bytes; a flow of two thousand nodes copied whole is less.</summary>
    const long MaxMessage = 16_000_000;

    readonly List<ToCanvas> waiting = [];
    DotNetObjectReference<CanvasBridge>? self;
    IJSObjectReference? module;
    ElementReference element;
    bool ready;
    int heard;

    /// <summary>Loads the island and mounts it; throws <see cref="JSException"/> when the browser could not.</summary>
    public async Task MountAsync(string moduleUrl, string iconsUrl, ElementReference target)
    {
        element = target;
        module = await js.InvokeAsync<IJSObjectReference>("import", moduleUrl);
        self = DotNetObjectReference.Create(this);
        await module.InvokeVoidAsync("mount", element, self, iconsUrl);
    }

    public async Task SendAsync(ToCanvas message)
    {
        if (ready && module is not null)
            await module.InvokeVoidAsync("update", element, JsonSerializer.Serialize(message, CanvasJson.Default.ToCanvas), heard);
        else
            waiting.Add(message);
    }

    /// <summary>
    /// Called by the island, which numbers what it says: every message to it names the last one heard here, so that it knows which of its own doings
    /// a graph already has in it. A message that is none is an error in the log, not an exception in the circuit.
    /// </summary>
    [JSInvokable]
    public async Task Receive(int number, string json)
    {
        heard = number;
        FromCanvas? message;
        try
        {
            message = JsonSerializer.Deserialize(json, CanvasJson.Default.FromCanvas);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            StudioLog.UnknownCanvasMessage(logger, json.Length > 500 ? json[..500] : json, e);
            return;
        }
        switch (message)
        {
            case null:
                StudioLog.UnknownCanvasMessage(logger, json, exception: null);
                return;
            case CanvasReady:
                ready = true;
                foreach (var late in waiting)
                    await SendAsync(late);
                waiting.Clear();
                break;
            case CanvasError error:
                StudioLog.CanvasFailed(logger, error.Message, error.Detail);
                break;
        }
        await receive(message);
    }

    /// <summary>As <see cref="Receive"/>, for what is too long for one message of the circuit.</summary>
    [JSInvokable]
    public async Task ReceiveLarge(int number, IJSStreamReference message)
    {
        await using (message)
        {
            await using var stream = await message.OpenReadStreamAsync(MaxMessage);
            using var reader = new StreamReader(stream);
            await Receive(number, await reader.ReadToEndAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        ready = false;
        if (module is not null)
        {
            try
            {
                await module.InvokeVoidAsync("unmount", element);
                await module.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The tab is gone, and the canvas with it.
            }
        }
        self?.Dispose();
    }
}
