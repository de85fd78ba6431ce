using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace FlowStudio.Web.Studio.Settings;

/// <summary>Makes, lists and revokes API keys.</summary>
public sealed partial class KeysSection : IDisposable
{
    readonly CancellationTokenSource gone = new();
    IReadOnlyList<ApiKeyInfo> keys = [];
    Modal? making;
    Modal? confirm;
    NewApiKey? made;
    ApiKeyInfo? asked;
    string name = "";
    string? problem;
    bool busy;

    [Inject] internal ApiKeys Keys { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal AccessOptions Access { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected

    protected override void OnInitialized()
    {
        Keys.Changed += OnChanged;
        keys = Keys.List();
    }

    Task NewAsync()
    {
        (made, name, problem) = (null, "", null);
        return making!.OpenAsync(); // drawn before its button is
    }

    Task OnKeyAsync(KeyboardEventArgs e) => e.Key == "Enter" && !busy ? MakeAsync() : Task.CompletedTask;

    async Task MakeAsync()
    {
        (busy, problem) = (true, null);
        try
        {
            made = await Keys.CreateAsync(name, gone.Token);
        }
        catch (Exception e) when (e is ApiKeyException or StorageException)
        {
            problem = e.Message;
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        finally
        {
            busy = false;
        }
    }

    /// <summary>Forgets the key: nothing here holds it any longer than it is shown.</summary>
    async Task DoneAsync()
    {
        await making!.CloseAsync(); // it is open
        made = null;
    }

    Task AskAsync(ApiKeyInfo key)
    {
        asked = key;
        return confirm!.OpenAsync(); // drawn before its button is
    }

    async Task RevokeAsync()
    {
        if (asked is not { } key)
            return;
        busy = true;
        try
        {
            var revoked = await Keys.RevokeAsync(key.Id, gone.Token);
            await confirm!.CloseAsync(); // it is open
            Toasts.Done(revoked ? $"The key {key.Name} is revoked." : $"The key {key.Name} had been revoked already.");
        }
        catch (StorageException e)
        {
            Toasts.Failed(e.Message);
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        finally
        {
            busy = false;
        }
    }

    void OnChanged() => _ = InvokeAsync(() =>
    {
        keys = Keys.List();
        StateHasChanged();
    });

    public void Dispose()
    {
        Keys.Changed -= OnChanged;
        gone.Cancel();
        gone.Dispose();
    }
}
