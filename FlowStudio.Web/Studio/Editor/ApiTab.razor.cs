using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;
using FlowStudio.Web.Studio.Editor.FlowSettings;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>How others start this flow: the program that does it, who may, and who did.</summary>
public sealed partial class ApiTab : IAsyncDisposable
{
    const int MostCalls = 10, PathsShown = 5;
    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    static readonly IReadOnlyList<(SnippetMode Value, string Text)> Modes =
        [(SnippetMode.Start, "Start"), (SnippetMode.Wait, "Wait"), (SnippetMode.Stream, "Stream"), (SnippetMode.Poll, "Poll"), (SnippetMode.Cron, "Cron"),
        (SnippetMode.Agent, "DocsGPT")];

    static readonly IReadOnlyList<(SnippetLanguage Value, string Text)> Languages =
        [(SnippetLanguage.Curl, "curl"), (SnippetLanguage.Python, "Python"), (SnippetLanguage.JavaScript, "JS"), (SnippetLanguage.CSharp, "C#")];

    /// <summary>Who may call, as the settings tab offers it too.</summary>
    internal static readonly IReadOnlyList<(string Value, string Text)> Accesses =
    [
        (nameof(WebhookAccess.Token), "Anyone with the token"), (nameof(WebhookAccess.ApiKey), "Anyone with an API key"),
        (nameof(WebhookAccess.Signed), "Anyone who signs the call"), (nameof(WebhookAccess.Open), "Anyone who reaches the address"),
    ];

    readonly CancellationTokenSource gone = new();
    SettingsForm form = null!; // made when the page is, from what was injected
    RunChanges? changes;
    Called? called;
    IReadOnlyList<WebhookCallRow> calls = [];
    Flow? read;
    string body = "{}";
    SentRequest? answer;
    JsonElement? answerJson;
    Guid? answeredRun;
    Run? answeredNow;
    SnippetMode mode;
    SnippetLanguage language;
    bool revealed;
    bool agentRevealed;
    bool sending;
    bool adding;

    [Parameter, EditorRequired] public required Flow Flow { get; set; }

    /// <summary>The document that is being edited: what is added here is a step of it.</summary>
    [Parameter] public EditorState? State { get; set; }

    /// <summary>The flow as it is after a change made here.</summary>
    [Parameter] public EventCallback<Flow> FlowSaved { get; set; }

    [Inject] internal IFlowStore Flows { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IRunStore Store { get; init; } = null!; // injected
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal SecretVault Vault { get; init; } = null!; // injected
    [Inject] internal FlowSecrets Secrets { get; init; } = null!; // injected
    [Inject] internal ApiKeys Keys { get; init; } = null!; // injected
    [Inject] internal RefusedCalls Refused { get; init; } = null!; // injected
    [Inject] internal AnsweredCalls Answered { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal WebOptions Options { get; init; } = null!; // injected
    [Inject] internal ILogger<ApiTab> Logger { get; init; } = null!; // injected

    /// <summary>What a call runs, and what that reads.</summary>
    sealed record Called(int? Version, WebhookDoor Door, bool DraftHasWebhook, IReadOnlyList<string> Paths)
    {
        public bool HasWebhook => Door.IsOpen;

        /// <summary>The method that the snippets use.</summary>
        public string Method => Door.Allowed is [var first, ..] && !Door.Allowed.Contains(WebhookDoor.DefaultMethod) ? first : WebhookDoor.DefaultMethod;

        public AnswerTime Answer => Door.Find(Method)?.Answer ?? AnswerTime.AtOnce;
    }

    protected override void OnInitialized()
    {
        form = new SettingsForm(Flows);
        Refused.Changed += OnRefused;
        Vault.Changed += OnVaultChanged;
        Secrets.Changed += OnVaultChanged;
    }

    protected override async Task OnParametersSetAsync()
    {
        if (ReferenceEquals(read, Flow))
            return;
        read = Flow;
        form.Show(Flow);
        if (Flow.WebhookAccess is WebhookAccess.Token)
            await Vault.EnsureWebhookTokenAsync(Flow.Id, gone.Token);
        if (Flow.WebhookAccess is WebhookAccess.Signed)
            await Secrets.EnsureAsync(FlowSecretKind.Signing, Flow.Id, gone.Token);
        var runs = await Flows.ResolveAsync(Flow.Id.ToString(), draft: false, gone.Token);
        var document = runs?.Version.Document ?? Flow.Draft;
        called = new(runs?.Version.Number, WebhookDoor.Of(document), HasWebhook(Flow.Draft), SampleBody.PathsRead(document, Catalog.Find));
        body = SampleBody.Json(called.Paths, indented: false);
        if (!ShownModes.Any(m => m.Value == mode))
            mode = SnippetMode.Start;
        if (changes is not null || gone.IsCancellationRequested)
            return;
        changes = new RunChanges(Hub, Time, Flow.Id, RefreshInterval, _ => InvokeAsync(ReadCallsAsync));
        changes.Start();
        await ReadCallsAsync();
    }

    static bool HasWebhook(FlowDocument document) => document.Nodes.Any(static n => n is { Type: "Webhook", Disabled: false });

    /// <summary>The call as its reader's programs make it.</summary>
    WebhookCall Call(bool hideToken) => Call(Options.PublicUrl.Length > 0 ? Options.PublicUrl : Navigation.BaseUri, hideToken);

    WebhookCall Call(string baseUrl, bool hideToken)
    {
        var agent = Secrets.Find(FlowSecretKind.Agent, Flow.Id);
        var token = Flow.WebhookAccess is WebhookAccess.Signed ? Secrets.Find(FlowSecretKind.Signing, Flow.Id) : Vault.FindWebhookToken(Flow.Id);
        return new(baseUrl, Flow.EndpointName ?? Flow.Id.ToString(), Flow.WebhookAccess, hideToken && !revealed ? SecretField.Masked(token) : token, body,
            Options.Access.AsksForKey, Local.Zone.Id, hideToken && !agentRevealed ? SecretField.Masked(agent) : agent,
            called?.Method ?? WebhookDoor.DefaultMethod, called?.Answer ?? AnswerTime.AtOnce);
    }

    /// <summary>What the webhook itself answers later has no links to follow the run by.</summary>
    IEnumerable<(SnippetMode Value, string Text)> ShownModes => called?.Answer is AnswerTime.AtOnce ? Modes : Modes.Where(m => m.Value is not (SnippetMode.Stream or SnippetMode.Poll));

    async Task ChooseAsync(SnippetMode chosen)
    {
        // The token is made when somebody first wants it.
        if (chosen is SnippetMode.Agent)
            await Secrets.EnsureAsync(FlowSecretKind.Agent, Flow.Id, gone.Token);
        mode = chosen;
    }

    RenderFragment Code => builder =>
    {
        foreach (var part in SnippetColours.Of(Snippets.Of(Call(hideToken: true), mode, language), language))
        {
            if (part.Class is null)
            {
                builder.AddContent(0, part.Text);
                continue;
            }
            builder.OpenElement(1, "span");
            builder.AddAttribute(2, "class", part.Class);
            builder.AddContent(3, part.Text);
            builder.CloseElement();
        }
    };

    string AboutBody => called is not { Paths: { Count: > 0 } paths }
        ? "Any JSON will do as the body."
        : $"The body is made from what the flow reads: {string.Join(", ", paths.Take(PathsShown))}{(paths.Count > PathsShown ? "…" : "")}";

    static string Took(double milliseconds) => milliseconds is > 0 and < 10
        ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms") : Times.Duration(TimeSpan.FromMilliseconds(milliseconds));

    async Task SendAsync()
    {
        sending = true;
        (answeredRun, answeredNow) = (null, null);
        try
        {
            // To the address that this page came from: the public one may be another, and a page may call none but its own.
            var call = Call(Navigation.BaseUri, hideToken: false);
            var wait = mode is SnippetMode.Wait;
            var url = mode switch { SnippetMode.Wait => call.WaitUrl, SnippetMode.Agent => call.AgentUrl, _ => call.Url };
            var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Content-Type"] = "application/json" };
            if (url == call.Url)
                Prove(headers, call);
            var byWebhook = url == call.Url;
            answer = await Browser.SendAsync(byWebhook ? call.Method : WebhookDoor.DefaultMethod, url, headers, wait ? call.RunBody : byWebhook ? call.SentBody : call.Body, signedIn: wait, gone.Token);
            (answerJson, answeredRun) = Read(answer);
            answeredRun ??= answer.RunId;
            if (answeredRun is { } run)
                answeredNow = await Store.FindAsync(run, gone.Token);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The page is gone.
        }
        finally
        {
            sending = false;
        }
    }

    /// <summary>Adds to a webhook call what its access asks for.</summary>
    void Prove(Dictionary<string, string> headers, WebhookCall call)
    {
        if (call.WebhookToken is { } token)
            headers[WebhookCall.TokenHeader] = token;
        if (call.Access is WebhookAccess.ApiKey)
            headers[ApiKeyHeaders.HeaderName] = Keys.Lend();
        if (call.Access is not WebhookAccess.Signed)
            return;
        var (id, now) = ($"msg_{Ids.New(Time)}", Time.GetUtcNow());
        headers[CallSignature.IdHeader] = id;
        headers[CallSignature.TimeHeader] = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        headers[CallSignature.SignatureHeader] = WebhookSignature.Sign(id, now, Encoding.UTF8.GetBytes(call.SentBody), call.SigningSecret);
    }

    static (JsonElement? Json, Guid? RunId) Read(SentRequest answer)
    {
        if (answer.Status == 0 || answer.Cut)
            return (null, null);
        try
        {
            var json = JsonText.Parse(Encoding.UTF8.GetBytes(answer.Body));
            return (json, json.ValueKind is not JsonValueKind.Object || answer.Status >= 300 ? null : Id(json, "run_id") ?? Id(json, "task_id") ?? Id(json, "id"));
        }
        catch (JsonException)
        {
            return (null, null); // shown as the text it is
        }

        static Guid? Id(JsonElement json, string name) =>
            json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String && value.TryGetGuid(out var id) ? id : null;
    }

    async Task SaveAsync(FlowSetting setting, Func<Task<Flow?>> save)
    {
        try
        {
            if (await save() is { } saved)
                await FlowSaved.InvokeAsync(saved);
        }
        catch (FlowGoneException e)
        {
            Toasts.Failed(e.Message);
        }
    }

    async Task AddWebhookAsync()
    {
        if (State is { } edited)
        {
            edited.Do(new ReplaceDocument(FlowAdditions.WithWebhook(edited.Document), "Add Webhook"));
            SayAdded(edited.Flow);
            return;
        }
        adding = true;
        try
        {
            if (await FlowAdditions.AddWebhookAsync(Flows, Flow.Id, gone.Token) is not { } saved)
                Toasts.Failed("The flow has been deleted meanwhile.");
            else
            {
                await FlowSaved.InvokeAsync(saved);
                SayAdded(saved);
            }
        }
        catch (FlowConflictException e)
        {
            Toasts.Failed(e.Message);
        }
        finally
        {
            adding = false;
        }
    }

    void SayAdded(Flow flow) => Toasts.Done(flow.LiveVersion is null ? "A Webhook is in the flow now. Connect its Data on the canvas."
        : "A Webhook is in the draft now. Connect its Data on the canvas, and publish.", "To the canvas", StudioUrls.Flow(flow.Id));

    async Task ReadCallsAsync()
    {
        try
        {
            var runs = await Store.ListAsync(new RunFilter { FlowId = Flow.Id, Triggers = [RunTrigger.Webhook] }, cursor: null, MostCalls, gone.Token);
            calls = WebhookCallRow.Merge(runs.Items, Refused.Of(Flow.Id), MostCalls, run => Answered.Find(run.Id));
            if (answeredRun is { } run && answeredNow is not { FinishedAt: not null })
                answeredNow = await Store.FindAsync(run, gone.Token);
            StateHasChanged();
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What is shown stays; the next call tries again.
            StudioLog.ReadFailed(Logger, "calls", e);
        }
    }

    Task RotateAgentAsync(CancellationToken cancellationToken) => Secrets.RotateAsync(FlowSecretKind.Agent, Flow.Id, cancellationToken);

    void OnRefused(Guid flow)
    {
        if (flow == read?.Id)
            changes?.Nudge();
    }

    void OnVaultChanged() => _ = InvokeAsync(StateHasChanged);

    public async ValueTask DisposeAsync()
    {
        Refused.Changed -= OnRefused;
        Vault.Changed -= OnVaultChanged;
        Secrets.Changed -= OnVaultChanged;
        await gone.CancelAsync();
        if (changes is not null)
            await changes.DisposeAsync();
        gone.Dispose();
    }
}
