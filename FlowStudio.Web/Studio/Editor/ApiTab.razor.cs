using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>How others start this flow: the command that does it, who may, and who did.</summary>
public sealed partial class ApiTab : IAsyncDisposable
{
    const int Calls = 10;
    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource gone = new();
    Task? following;
    Modal? confirm;
    IReadOnlyList<string> paths = [];
    IReadOnlyList<Run> calls = [];
    Flow? read;
    string body = "{}";
    string? token;
    SentRequest? answer;
    JsonElement? answerJson;
    Guid? answeredRun;
    bool hasWebhook;
    bool revealed;
    bool sending;

    [Parameter, EditorRequired] public required Flow Flow { get; set; }

    /// <summary>The flow as it is after a change made here.</summary>
    [Parameter] public EventCallback<Flow> FlowSaved { get; set; }

    [Inject] internal IFlowStore Flows { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IRunStore Store { get; init; } = null!; // injected
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal SecretVault Vault { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected

    protected override async Task OnParametersSetAsync()
    {
        if (ReferenceEquals(read, Flow))
            return;
        read = Flow;
        hasWebhook = Flow.Draft.Nodes.Any(n => n.Type == "Webhook");
        paths = SampleBody.PathsRead(Flow.Draft, Catalog.Find);
        body = SampleBody.Json(paths, indented: false);
        if (Flow.WebhookAccess is WebhookAccess.Token)
            token = await Vault.EnsureWebhookTokenAsync(Flow.Id, gone.Token);
        await ReadCallsAsync();
        following ??= FollowAsync(Flow.Id);
    }

    WebhookCall Call(bool hideToken) =>
        new(Navigation.BaseUri, Flow.EndpointName ?? Flow.Id.ToString(), Flow.WebhookAccess, hideToken ? Masked(token) : token, body);

    string AboutBody => paths.Count == 0
        ? "Any JSON will do as the body."
        : $"The body is made from what the flow reads: {string.Join(", ", paths.Take(5))}{(paths.Count > 5 ? "…" : "")}";

    static string Masked(string? token) => token is { Length: > 8 } ? $"{token[..8]}…" : "…";

    async Task SendAsync()
    {
        sending = true;
        try
        {
            var call = Call(hideToken: false);
            var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Content-Type"] = "application/json" };
            if (call is { Access: WebhookAccess.Token, Token: { } secret })
                headers[WebhookCall.TokenHeader] = secret;
            answer = await Browser.SendAsync(call.Url, headers, call.Body);
            (answerJson, answeredRun) = Read(answer);
        }
        finally
        {
            sending = false;
        }
    }

    static (JsonElement? Json, Guid? RunId) Read(SentRequest answer)
    {
        if (answer.Status == 0)
            return (null, null);
        try
        {
            var json = JsonText.Parse(Encoding.UTF8.GetBytes(answer.Body));
            var named = json.ValueKind is JsonValueKind.Object && json.TryGetProperty("run_id", out var run) && run.ValueKind is JsonValueKind.String ? run.GetString() : null;
            return (json, Guid.TryParse(named, out var id) ? id : null);
        }
        catch (JsonException)
        {
            return (null, null); // shown as the text it is
        }
    }

    async Task ChangeAccessAsync(ChangeEventArgs e)
    {
        if (!Enum.TryParse<WebhookAccess>(e.Value as string, out var access) || access == Flow.WebhookAccess)
            return;
        try
        {
            if (await Flows.SaveAsync(Flow with { WebhookAccess = access }, Flow.DraftRevision, gone.Token) is { } saved)
            {
                await FlowSaved.InvokeAsync(saved);
                Toasts.Done(access is WebhookAccess.Open ? "Anyone who reaches the address may call now." : "Calls need the token now.");
            }
        }
        catch (FlowConflictException conflict)
        {
            Toasts.Failed($"{conflict.Message} The page now shows the newest; change it again.");
            if (await Flows.FindAsync(Flow.Id, gone.Token) is { } newest)
                await FlowSaved.InvokeAsync(newest);
        }
    }

    async Task RotateAsync()
    {
        token = await Vault.RotateWebhookTokenAsync(Flow.Id, gone.Token);
        if (confirm is not null)
            await confirm.CloseAsync();
        Toasts.Done("The token is replaced. Give the new one to your callers.");
    }

    async Task ReadCallsAsync() =>
        calls = (await Store.ListAsync(new RunFilter { FlowId = Flow.Id, Triggers = [RunTrigger.Webhook] }, cursor: null, Calls, gone.Token)).Items;

    async Task FollowAsync(Guid flowId)
    {
        try
        {
            using var watch = Hub.WatchAll(flowId);
            var settle = false;
            while (settle || await watch.Events.WaitToReadAsync(gone.Token))
            {
                var changed = false;
                while (watch.Events.TryRead(out var happened))
                    changed |= happened.Type.StartsWith("run.", StringComparison.Ordinal);
                if (changed || settle)
                {
                    await InvokeAsync(async () =>
                    {
                        await ReadCallsAsync();
                        StateHasChanged();
                    });
                }
                // Once more a second later: an event may be a moment ahead of the store.
                settle = changed;
                await Task.Delay(RefreshInterval, Time, gone.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        if (following is not null)
            await following;
        gone.Dispose();
    }
}
