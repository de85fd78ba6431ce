using FlowStudio.Engine.Components;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.Palette;

/// <summary>
/// The components, by category, to be searched, dragged, double-clicked or chosen with the keys. On a narrow page it hides behind a button and
/// lies over the canvas.
/// </summary>
public sealed partial class ComponentPalette : IAsyncDisposable
{
    ElementReference root;
    ElementReference field;
    IJSObjectReference? keys;
    DotNetObjectReference<ComponentPalette>? self;
    IReadOnlyList<PaletteGroup> shownGroups = [];
    string words = "";
    int at = -1;
    bool open;

    /// <summary>Raised with the type of a component that is to be added where the reader looks.</summary>
    [Parameter] public EventCallback<string> Add { get; set; }

    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected

    List<ComponentDescriptor> Shown { get; set; } = [];

    ComponentDescriptor? Active => at >= 0 && at < Shown.Count ? Shown[at] : null;

    protected override void OnInitialized() => Search("");

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        self = DotNetObjectReference.Create(this);
        try
        {
            keys = await Browser.PaletteAsync(root, self);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    /// <summary>Shows the palette where it is hidden, and puts the cursor into its search field.</summary>
    public async Task FocusAsync()
    {
        if (!open)
        {
            open = true;
            StateHasChanged();
        }
        try
        {
            await field.FocusAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone.
        }
    }

    /// <summary>Called by the browser: the pointer went down elsewhere while the palette lay over the canvas, or Escape was pressed in it.</summary>
    [JSInvokable]
    public void Leave()
    {
        open = false;
        StateHasChanged();
    }

    static string EntryId(ComponentDescriptor entry) => $"palette-entry-{entry.Type}";

    async Task ToggleAsync()
    {
        if (open)
            open = false;
        else
            await FocusAsync();
    }

    void Search(string? given)
    {
        var typed = given ?? "";
        words = typed;
        shownGroups = PaletteSearch.Find(Catalog.All, typed);
        Shown = [.. shownGroups.SelectMany(g => g.Entries)];
        // What is typed is looked for: the best is ready for Enter. Nothing typed, nothing chosen.
        at = typed.Trim().Length > 0 && Shown.Count > 0 ? Shown.IndexOf(PaletteSearch.Best(Shown, typed)) : -1;
    }

    async Task OnKeyAsync(KeyboardEventArgs e)
    {
        switch (e.Key)
        {
            case "ArrowDown":
                at = Math.Min(at + 1, Shown.Count - 1);
                break;
            case "ArrowUp":
                at = Math.Max(at - 1, Math.Min(0, Shown.Count - 1));
                break;
            case "Home" when e.CtrlKey:
                at = Shown.Count > 0 ? 0 : -1;
                break;
            case "End" when e.CtrlKey:
                at = Shown.Count - 1;
                break;
            case "Enter" when Active is { } entry:
                await AddAsync(entry);
                // The focus goes to what was added; who comes back looks for something else.
                Search("");
                break;
        }
    }

    Task AddAsync(ComponentDescriptor entry)
    {
        at = Shown.IndexOf(entry);
        return Add.InvokeAsync(entry.Type);
    }

    async Task ClearAsync()
    {
        Search("");
        await FocusAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (keys is not null)
        {
            try
            {
                await keys.InvokeVoidAsync("dispose");
                await keys.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The tab is gone.
            }
        }
        self?.Dispose();
    }
}
