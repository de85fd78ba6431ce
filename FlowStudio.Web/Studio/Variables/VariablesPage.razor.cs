using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Variables;

/// <summary>All variables: what they are, where they are used, set, replaced and deleted. Values of secrets never come here.</summary>
public sealed partial class VariablesPage : IAsyncDisposable
{
    const int MostUses = 50, MostMissing = 5;

    /// <summary>Somebody who draws a flow saves it every second; where variables are used need not follow faster than this.</summary>
    static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    static readonly IReadOnlyList<(string Value, string Text)> Kinds = [("secret", "secret"), ("generic", "generic"), ("environment", "from the environment")];

    readonly CancellationTokenSource gone = new();
    readonly SemaphoreSlim written = new(1, 1); // the first look needs no news
    IReadOnlyList<VariableInfo> all = [];
    IReadOnlyList<VariableRow> rows = [];
    IReadOnlyList<(string Name, IReadOnlyList<VariableUse> Uses)> missing = [];
    ILookup<string, VariableUse>? uses;
    Task? following;
    VariableDialog? dialog;
    Modal? confirm;
    VariableRow? asked;
    string? opened;
    string search = "";
    string kind = "";

    [Inject] internal SecretVault Vault { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal VariableUses Index { get; init; } = null!; // injected
    [Inject] internal IFlowStore Flows { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ILogger<VariablesPage> Logger { get; init; } = null!; // injected

    string Counted => rows.Count == all.Count ? $"{Times.Count(all.Count)} variable{(all.Count == 1 ? "" : "s")}" : $"{Times.Count(rows.Count)} of {Times.Count(all.Count)}";

    protected override void OnInitialized()
    {
        Vault.Changed += OnVaultChanged;
        Flows.Changed += OnFlowWritten;
        all = Vault.List();
        following = FollowAsync();
    }

    /// <summary>Works out what is drawn.</summary>
    void Choose()
    {
        rows = VariableList.Rows(all.Where(IsOfKind), uses, search);
        missing = VariableList.Missing(all, uses);
    }

    bool IsOfKind(VariableInfo variable) => kind switch
    {
        "secret" => variable.Kind is VariableKind.Secret,
        "generic" => variable.Kind is VariableKind.Generic,
        "environment" => variable.EnvironmentKey is not null,
        _ => true,
    };

    void OnVaultChanged() => _ = InvokeAsync(() =>
    {
        all = Vault.List();
        StateHasChanged();
    });

    void OnFlowWritten(Guid id)
    {
        try
        {
            if (written.CurrentCount == 0)
                written.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // It is noted already, or the page is gone.
        }
    }

    /// <summary>Where variables are used: read once the page stands, and again after flows were written.</summary>
    async Task FollowAsync()
    {
        try
        {
            while (true)
            {
                await written.WaitAsync(gone.Token);
                var token = gone.Token;
                var found = await Task.Run(() => Index.FindAsync(token), token);
                await InvokeAsync(() =>
                {
                    uses = found;
                    StateHasChanged();
                });
                await Task.Delay(Settle, Time, gone.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.FollowFailed(Logger, "where variables are used", e);
            Toasts.Failed($"Where variables are used could not be read: {e.Message} Load the page again.");
        }
    }

    void OnKept((string Name, bool Replaced) kept) => Toasts.Done(kept.Replaced ? $"{kept.Name} is replaced. Runs use the new value from now on." : $"{kept.Name} is set.");

    async Task AskAsync(VariableRow row)
    {
        asked = row;
        await confirm!.OpenAsync(); // drawn before its button is
    }

    async Task DeleteAsync()
    {
        if (asked is not { Variable.Name: var name })
            return;
        var deleted = await Vault.DeleteAsync(name, gone.Token);
        await confirm!.CloseAsync(); // as above
        asked = null;
        if (deleted)
            Toasts.Done($"{name} is deleted.");
        else
            Toasts.Failed($"{name} had been deleted already.");
    }

    public async ValueTask DisposeAsync()
    {
        Vault.Changed -= OnVaultChanged;
        Flows.Changed -= OnFlowWritten;
        await gone.CancelAsync();
        if (following is not null)
            await following;
        written.Dispose();
        gone.Dispose();
    }
}
