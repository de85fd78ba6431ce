using System.Text;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>
/// A text that is written in the browser and told to the server when the typing pauses. What the server sets replaces only what differs, so that the
/// caret stays; its own echo is not sent back. Texts beyond a circuit message come as a stream.
/// </summary>
public sealed partial class CodeEditor : IAsyncDisposable
{
    /// <summary>The longest text that is taken, in bytes of UTF-8.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>The longest text of the plain field, in characters: it travels in one circuit message.</summary>
    const int PlainLimit = 8_000;

    ElementReference host;
    IJSObjectReference? module;
    IJSObjectReference? editor;
    DotNetObjectReference<CodeEditor>? self;
    CodeFacts? told;
    string known = "";
    bool failed;
    bool disposed;

    [Parameter, EditorRequired] public required string Text { get; set; }
    [Parameter] public EventCallback<string> TextChanged { get; set; }
    [Parameter] public CodeLanguage Language { get; set; }

    /// <summary>Words that a machine will read: in a font of one width.</summary>
    [Parameter] public bool Mono { get; set; }

    /// <summary>Its accessible name.</summary>
    [Parameter, EditorRequired] public required string Label { get; set; }

    /// <summary>Ids of elements that say more.</summary>
    [Parameter] public string? DescribedBy { get; set; }

    [Parameter] public string? Placeholder { get; set; }
    [Parameter] public bool ReadOnly { get; set; }
    [Parameter] public bool Invalid { get; set; }
    [Parameter] public IReadOnlyList<CodePath> Paths { get; set; } = [];
    [Parameter] public IReadOnlyList<CodeProblem> Problems { get; set; } = [];

    /// <summary>Lines that have room when it is empty.</summary>
    [Parameter] public int Rows { get; set; } = 3;

    [Inject] internal IJSRuntime Js { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal ILogger<CodeEditor> Logger { get; init; } = null!; // injected

    CodeFacts Facts => new(ReadOnly, Invalid, Paths, Problems);

    /// <summary>The text as the browser has it now.</summary>
    [JSInvokable]
    public Task Changed(string text)
    {
        known = text;
        return disposed ? Task.CompletedTask : TextChanged.InvokeAsync(text);
    }

    /// <summary>As <see cref="Changed"/>, for a text that is too long for a message.</summary>
    [JSInvokable]
    public async Task ChangedLarge(IJSStreamReference text)
    {
        await using (text)
        {
            if (text.Length > MaxBytes)
            {
                Toasts.Failed($"{Label}: the text is larger than {MaxBytes / 1024 / 1024} MB and was not taken. Keep it as a file, or shorten it.");
                return;
            }
            await using var stream = await text.OpenReadStreamAsync(MaxBytes);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            await Changed(await reader.ReadToEndAsync());
        }
    }

    /// <summary>Puts the caret into the text.</summary>
    public async Task FocusAsync()
    {
        if (editor is not null)
            await editor.InvokeVoidAsync("focus");
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (failed)
            return;
        try
        {
            if (firstRender)
                await MountAsync();
            else if (editor is not null)
                await TellAsync(editor);
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone.
        }
        catch (JSException e)
        {
            StudioLog.CodeEditorFailed(Logger, e.Message);
            Fail();
        }
    }

    async Task MountAsync()
    {
        self = DotNetObjectReference.Create(this);
        module = await Js.InvokeAsync<IJSObjectReference>("import", "./" + Assets["editor.js"]);
        if (disposed)
            return;
        (known, told) = (Text, Facts);
        var options = new CodeOptions(known, Language.ToString().ToLowerInvariant(), Label, DescribedBy, Placeholder);
        editor = module is null ? null : await module.InvokeAsync<IJSObjectReference>("mount", host, options, told, self);
        if (editor is null)
            Fail();
        else if (disposed)
            await LetGoAsync();
        else
            await TellAsync(editor);
    }

    async Task TellAsync(IJSObjectReference to)
    {
        if (Text != known)
            await to.InvokeVoidAsync("set", known = Text);
        if (!Facts.Same(told))
            await to.InvokeVoidAsync("update", told = Facts);
    }

    void Fail()
    {
        (failed, editor) = (true, null);
        StateHasChanged();
    }

    async Task LetGoAsync()
    {
        if (editor is not null)
        {
            // Whoever leaves a field by leaving its node meant what stands in it.
            if (await editor.InvokeAsync<string?>("dispose") is { } rest && rest != known)
                await TextChanged.InvokeAsync(rest);
            await editor.DisposeAsync();
        }
        if (module is not null)
            await module.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        disposed = true;
        try
        {
            await LetGoAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone, and the editor with it.
        }
        catch (JSException e)
        {
            StudioLog.CodeEditorFailed(Logger, e.Message);
        }
        self?.Dispose();
    }
}
