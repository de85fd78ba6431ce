using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Layout;

/// <summary>Light, dark, or as the system says: chosen in the browser and kept there (<c>shell/theme.ts</c>).</summary>
public sealed class Themes(IJSRuntime js)
{
    /// <summary>The choices with their words and icons.</summary>
    public static IReadOnlyList<(string Choice, string Text, string Icon)> All { get; } =
        [("light", "Light", "sun"), ("dark", "Dark", "moon"), ("system", "As the system", "monitor")];

    /// <summary>Raised when <see cref="Choice"/> is another.</summary>
    public event EventHandler? Changed;

    public string Choice { get; private set; } = "system";

    /// <summary>Asks the browser what was chosen there.</summary>
    public async Task LoadAsync()
    {
        try
        {
            var kept = await js.InvokeAsync<string>("flowStudioTheme.get");
            Choose(kept);
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone.
        }
    }

    public async Task UseAsync(string choice)
    {
        await js.InvokeVoidAsync("flowStudioTheme.set", choice);
        Choose(choice);
    }

    void Choose(string? choice)
    {
        if (choice == Choice || !All.Any(t => t.Choice == choice))
            return;
        Choice = choice ?? Choice;
        Changed?.Invoke(this, EventArgs.Empty);
    }
}
