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
    public async Task DownloadAsync(string name, string mediaType, string text) =>
        await (await ModuleAsync()).InvokeVoidAsync("download", name, mediaType, text);

    /// <summary>Presses a button whenever it comes into sight, until the object's <c>dispose</c>.</summary>
    public async Task<IJSObjectReference> PressInSightAsync(ElementReference button) => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("pressInSight", button);

    /// <summary>Clicks an element, as if its reader had: opens a file field's own dialog.</summary>
    public async Task ClickAsync(ElementReference element) => await (await ModuleAsync()).InvokeVoidAsync("click", element);

    /// <summary>Posts JSON to an address of this server and saves the answer as a file; why not, when it was refused.</summary>
    public async Task<string?> DownloadFromAsync(string address, string json, string name) =>
        await (await ModuleAsync()).InvokeAsync<string?>("downloadFrom", address, json, name);

    /// <summary>Keeps a small choice of this browser's reader for the next visit.</summary>
    public async Task RememberAsync(string key, string value) => await (await ModuleAsync()).InvokeVoidAsync("remember", key, value);

    /// <summary>What <see cref="RememberAsync"/> kept, or null.</summary>
    public async Task<string?> RecallAsync(string key) => await (await ModuleAsync()).InvokeAsync<string?>("recall", key);

    /// <summary>Shows or hides the names in the rail.</summary>
    public async ValueTask ToggleRailAsync() => await (await ModuleAsync()).InvokeVoidAsync("toggleRail");

    public async Task OpenModalAsync(ElementReference dialog) => await (await ModuleAsync()).InvokeVoidAsync("openModal", dialog);

    public async Task CloseModalAsync(ElementReference dialog) => await (await ModuleAsync()).InvokeVoidAsync("closeModal", dialog);

    /// <summary>Opens the list of a <see cref="Menu"/> at a place in the window, in CSS pixels.</summary>
    public async Task OpenMenuAsync(ElementReference menu, double x, double y) => await (await ModuleAsync()).InvokeVoidAsync("openMenu", menu, x, y);

    /// <summary>
    /// Keeps a scrolled list at its end; the object's <c>resume</c> goes back to it and <c>dispose</c> lets go. Calls <c>FollowChanged(bool)</c>.
    /// </summary>
    public async Task<IJSObjectReference> FollowAsync<T>(ElementReference list, DotNetObjectReference<T> watcher)
        where T : class => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("follow", list, watcher);

    /// <summary>
    /// Sends files, chosen in the field or dropped on the page, to the import at <paramref name="address"/>; calls <c>Importing()</c>, then
    /// <c>Imported(name, status, body)</c> for each.
    /// </summary>
    public async Task<IJSObjectReference> ImportFilesAsync<T>(ElementReference field, string address, DotNetObjectReference<T> importer)
        where T : class => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("importFiles", field, address, importer);

    /// <summary>
    /// Lets the dock's handle move its upper edge, and remembers where it was left. The object's <c>keep</c> and <c>kept</c> remember a word for it;
    /// <c>dispose</c> lets go.
    /// </summary>
    public async Task<IJSObjectReference> DockAsync(ElementReference dock) => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("dock", dock);

    /// <summary>Lets Enter send a chat's form, and keeps the end of what is said in view; until the object's <c>dispose</c>.</summary>
    public async Task<IJSObjectReference> ChatAsync(ElementReference form, ElementReference list) =>
        await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("chat", form, list);

    /// <summary>Lets the bars of a chart be hovered and dragged over; calls <c>BarsMarked(first, last)</c>, until the object's <c>dispose</c>.</summary>
    public async Task<IJSObjectReference> BrushAsync<T>(ElementReference chart, ElementReference overlay, DotNetObjectReference<T> marker)
        where T : class => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("brush", chart, overlay, marker);

    /// <summary>
    /// Calls from the browser, as a caller of the API would, and gives what came back. The answer comes as a stream, beside the circuit's messages, and is cut
    /// at <see cref="SentRequest.MaxLength"/>.
    /// </summary>
    /// <param name="signedIn">Whether to send along what the browser is signed in with, as the API wants; a webhook's caller has none.</param>
    public async Task<SentRequest> SendAsync(string method, string url, IReadOnlyDictionary<string, string> headers, string body, bool signedIn, CancellationToken cancellationToken)
    {
        var head = await (await ModuleAsync()).InvokeAsync<SentHead>("send", cancellationToken, method, url, headers, body, signedIn, SentRequest.MaxLength);
        if (head.Body is null)
            return new(head.Status, head.Problem ?? "", head.Milliseconds, Cut: false) { RunId = head.RunId };
        await using var reference = head.Body;
        await using var stream = await reference.OpenReadStreamAsync(SentRequest.MaxLength, cancellationToken);
        using var reader = new StreamReader(stream);
        return new(head.Status, await reader.ReadToEndAsync(cancellationToken), head.Milliseconds, head.Cut) { RunId = head.RunId };
    }

    /// <summary>
    /// Sends what stands in a field to the API as the value of a variable, past the circuit: the page's code never sees it. The field is emptied when it is kept.
    /// </summary>
    /// <returns>Why it was not kept; empty when it was.</returns>
    public async Task<string> KeepVariableAsync(ElementReference field, string name, bool secret)
    {
        var kept = await (await ModuleAsync()).InvokeAsync<KeptVariable>("keepVariable", field, StudioUrls.Variable(name), secret ? "secret" : "generic");
        return kept is { Status: 200 } ? "" : kept?.Problem is { Length: > 0 } problem ? problem : "The server gave no answer. Try again.";
    }

    /// <summary>
    /// Uploads files that are chosen in the field or dropped on the area; calls <c>Sending(number, name, size, sent)</c> while one is under way, and
    /// <c>Sent(number, id, problem)</c> at its end. Until the object's <c>dispose</c>.
    /// </summary>
    public async Task<IJSObjectReference> UploadFilesAsync<T>(ElementReference field, ElementReference area, DotNetObjectReference<T> watcher)
        where T : class => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("uploadFiles", field, area, StudioUrls.Upload, watcher);

    /// <summary>Helps the palette with its keys, until the object's <c>dispose</c>; calls <c>Leave()</c> when it lay over the canvas and is left.</summary>
    public async Task<IJSObjectReference> PaletteAsync<T>(ElementReference root, DotNetObjectReference<T> palette)
        where T : class => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("palette", root, palette);

    /// <summary>Lets the panels in this frame be hidden, shown and made wider, and remembers it; <c>open(name)</c> shows one, until <c>dispose</c>.</summary>
    public async Task<IJSObjectReference> PanelsAsync(ElementReference frame) => await (await ModuleAsync()).InvokeAsync<IJSObjectReference>("panels", frame);

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

/// <summary>The answer to a request that the browser sent; status 0 when none came, and then <paramref name="Body"/> says why.</summary>
/// <param name="Cut">Whether the body was longer than <see cref="MaxLength"/>.</param>
public sealed record SentRequest(int Status, string Body, double Milliseconds, bool Cut)
{
    /// <summary>Bytes of an answer that are shown.</summary>
    public const int MaxLength = 256 * 1024;

    /// <summary>The run whose own words the body is; null when the answer does not say.</summary>
    public Guid? RunId { get; init; }
}

/// <summary>An answer's status, and its body as it is fetched from the browser.</summary>
public sealed record SentHead(int Status, double Milliseconds, string? Problem, IJSStreamReference? Body, bool Cut, Guid? RunId = null);

/// <summary>How keeping a variable went; status 0 when no answer came.</summary>
sealed record KeptVariable(int Status, string Problem);
