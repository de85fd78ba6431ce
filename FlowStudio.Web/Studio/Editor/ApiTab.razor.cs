using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Docs;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;
using FlowStudio.Web.Studio.Editor.FlowSettings;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>How others start this flow: the program that does it, who may, and who did.</summary>
public sealed partial class ApiTab : IAsyncDisposable
{
    const int MostCalls = 10, PathsShown = 5;

    /// <summary>Where the browser keeps what was looked at last.</summary>
    const string ChoiceKey = "flowstudio.snippet";

    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

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
    readonly Dictionary<SnippetKind, SnippetMode> lastModes = [];
    SnippetMode mode;
    SnippetLanguage language;
    TweakSheet tweaks = new([]);
    SigningSecret? completion;
    string receiver = WebhookCall.DefaultReceiver;
    bool revealed;
    bool agentRevealed;
    bool completionRevealed;
    bool recalled;
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
    [Inject] internal CompletionWebhooks Completions { get; init; } = null!; // injected
    [Inject] internal SecretRedactor Redactor { get; init; } = null!; // injected
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
    /// <param name="Chats">Whether it takes a message rather than a body.</param>
    /// <param name="OutputType">Which of its outputs a Langflow client wants.</param>
    /// <param name="Reply">An answer to what it asks; null when it asks nobody.</param>
    sealed record Called(int? Version, WebhookDoor Door, bool DraftHasWebhook, IReadOnlyList<string> Paths, bool Chats, string OutputType, string? Reply)
    {
        public bool HasWebhook => Door.IsOpen;

        /// <summary>The method that the snippets use.</summary>
        public string Method => Door.Allowed is [var first, ..] && !Door.Allowed.Contains(WebhookDoor.DefaultMethod) ? first : WebhookDoor.DefaultMethod;

        public AnswerTime Answer => Door.Find(Method)?.Answer ?? AnswerTime.AtOnce;
    }

    SnippetTopic Topic => SnippetTopics.Of(mode);

    SnippetKind Kind => Topic.Kind;

    /// <summary>What the webhook itself answers later has no links to follow the run by.</summary>
    IReadOnlyList<SnippetTopic> Offered => [.. SnippetTopics.Of(Kind).Where(t => called?.Answer is AnswerTime.AtOnce || t.Mode is not (SnippetMode.Stream or SnippetMode.Poll))];

    /// <summary>Where nobody is asked there is nothing to answer.</summary>
    IEnumerable<SnippetKind> Kinds => Enum.GetValues<SnippetKind>().Where(k => k is not SnippetKind.Answers || called?.Reply is not null);

    string About(SnippetTopic topic) => SnippetTopics.About(topic, called?.Answer ?? AnswerTime.AtOnce);

    /// <summary>Whether the browser can make the call itself.</summary>
    bool CanSend => mode is SnippetMode.Start or SnippetMode.Wait or SnippetMode.Stream or SnippetMode.Poll or SnippetMode.Agent or SnippetMode.Notify or SnippetMode.FlowRun;

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
        if (!recalled)
            await RecallAsync();
        if (Flow.WebhookAccess is WebhookAccess.Token)
            await Vault.EnsureWebhookTokenAsync(Flow.Id, gone.Token);
        if (Flow.WebhookAccess is WebhookAccess.Signed)
            await Secrets.EnsureAsync(FlowSecretKind.Signing, Flow.Id, gone.Token);
        var runs = await Flows.ResolveAsync(Flow.Id.ToString(), draft: false, gone.Token);
        var document = runs?.Version.Document ?? Flow.Draft;
        var now = new Called(runs?.Version.Number, WebhookDoor.Of(document), HasWebhook(Flow.Draft), SampleBody.PathsRead(document, Catalog.Find), Has(document, "ChatInput"),
            Has(document, "ChatOutput") ? "chat" : Has(document, "TextOutput") ? "text" : "debug", SampleAnswer.Of(document));
        body = SampleBody.Json(now.Paths, indented: false);
        var nodes = TweakSheet.NodesOf(document, Catalog.Find, Redactor.Redact);
        tweaks = called is null ? TweakSheet.First(nodes, now.Chats ? null : body) : tweaks.Over(nodes);
        called = now;
        if (!Kinds.Contains(Kind) || Offered.All(t => t.Mode != mode))
            mode = SnippetMode.Start;
        if (changes is not null || gone.IsCancellationRequested)
            return;
        changes = new RunChanges(Hub, Time, Flow.Id, RefreshInterval, _ => InvokeAsync(ReadCallsAsync));
        changes.Start();
        await ReadCallsAsync();
    }

    static bool HasWebhook(FlowDocument document) => Has(document, "Webhook");

    static bool Has(FlowDocument document, string type) => document.Nodes.Any(n => !n.Disabled && n.Type == type);

    /// <summary>The call as its reader's programs make it.</summary>
    WebhookCall Call(bool hideToken) => Call(Options.PublicUrl.Length > 0 ? Options.PublicUrl : Navigation.BaseUri, hideToken);

    WebhookCall Call(string baseUrl, bool hideToken)
    {
        var agent = Secrets.Find(FlowSecretKind.Agent, Flow.Id);
        var token = Flow.WebhookAccess is WebhookAccess.Signed ? Secrets.Find(FlowSecretKind.Signing, Flow.Id) : Vault.FindWebhookToken(Flow.Id);
        return new(baseUrl, Flow.EndpointName ?? Flow.Id.ToString(), Flow.WebhookAccess, hideToken && !revealed ? SecretField.Masked(token) : token, body,
            Options.Access.AsksForKey, Local.Zone.Id, hideToken && !agentRevealed ? SecretField.Masked(agent) : agent,
            called?.Method ?? WebhookDoor.DefaultMethod, called?.Answer ?? AnswerTime.AtOnce)
        {
            TakesChat = called is { Chats: true },
            Receiver = receiver.Length > 0 ? receiver : WebhookCall.DefaultReceiver,
            CompletionSecret = hideToken && !completionRevealed ? SecretField.Masked(completion?.Current) : completion?.Current,
            Tweaks = SampleBody.Spaced(tweaks.Json()),
            OutputType = called?.OutputType ?? "chat",
            Reply = called?.Reply ?? SampleAnswer.Yes,
        };
    }

    /// <summary>What was looked at last of this kind, or its first.</summary>
    SnippetMode LastOf(SnippetKind kind) => lastModes.TryGetValue(kind, out var last) ? last : SnippetTopics.Of(kind).First().Mode;

    async Task ChooseAsync(SnippetMode chosen, SnippetLanguage written)
    {
        await ShowAsync(chosen, written);
        try
        {
            await Browser.RememberAsync(ChoiceKey, $"{chosen} {written}");
        }
        catch (JSDisconnectedException)
        {
            // The page is gone.
        }
    }

    async Task ShowAsync(SnippetMode chosen, SnippetLanguage written)
    {
        var kind = SnippetTopics.Of(chosen).Kind;
        // A token or secret is made when somebody first wants it.
        if (kind is SnippetKind.DocsGpt)
            await Secrets.EnsureAsync(FlowSecretKind.Agent, Flow.Id, gone.Token);
        if (chosen is SnippetMode.Notify or SnippetMode.Receive or SnippetMode.GraphNotify)
            completion = await Completions.Secrets.EnsureAsync(Flow.Id, gone.Token);
        (mode, language) = (chosen, written);
        lastModes[kind] = chosen;
    }

    /// <summary>Begins with what the reader looked at last, whichever flow that was.</summary>
    async Task RecallAsync()
    {
        recalled = true;
        try
        {
            if ((await Browser.RecallAsync(ChoiceKey))?.Split(' ') is [var what, var how] && Enum.TryParse<SnippetMode>(what, out var kept) && Enum.IsDefined(kept)
                && Enum.TryParse<SnippetLanguage>(how, out var written) && Enum.IsDefined(written))
            {
                await ShowAsync(kept, written);
            }
        }
        catch (JSDisconnectedException)
        {
            // The page is gone.
        }
    }

    RenderFragment Code => builder =>
    {
        foreach (var part in SnippetColours.Of(Snippets.Of(Call(hideToken: true), mode, Topic.In(language)), Topic.In(language)))
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

    string? AboutBody => mode switch
    {
        SnippetMode.Receive or SnippetMode.Redeliver => null,
        SnippetMode.Answer or SnippetMode.GraphResume => "The answer is made from what the flow asks for.",
        SnippetMode.FlowRun or SnippetMode.FlowStream => tweaks.Count == 0 ? "Tick settings to change them for this call." : tweaks.Count == 1 ? "1 tweak" : $"{tweaks.Count} tweaks",
        _ when Kind is SnippetKind.LangGraph && called is { Chats: true } => "The message goes to the flow’s Chat Input.",
        _ => called is not { Paths: { Count: > 0 } paths }
            ? "Any JSON will do as the body."
            : $"The {(Call(hideToken: true).HasBody || Kind is not SnippetKind.Webhook ? "body" : "query")} is made from what the flow reads: {string.Join(", ", paths.Take(PathsShown).Select(Plain))}{(paths.Count > PathsShown ? "…" : "")}",
    };

    /// <summary>A key alone, without the brackets and quotes that a template needs.</summary>
    static string Plain(string path) => path is ['[', '"', .. var key, '"', ']'] ? key : path;

    static string Took(double milliseconds) => milliseconds is > 0 and < 10
        ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms") : Times.Duration(TimeSpan.FromMilliseconds(milliseconds));

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
            calls = WebhookCallRow.Merge(runs.Items, Refused.Of(Flow.Id), MostCalls, run => Answered.Find(run.Id) ?? (called?.Answer is AnswerTime.AtOnce ? StatusCodes.Status202Accepted : null));
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

    async Task RotateCompletionAsync(CancellationToken cancellationToken) => completion = await Completions.Secrets.RotateAsync(Flow.Id, cancellationToken);

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
