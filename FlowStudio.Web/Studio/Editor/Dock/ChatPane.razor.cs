using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.Dock;

/// <summary>The playground of a flow with a Chat Input. Each message is a run of the draft, in the session that is open.</summary>
public sealed partial class ChatPane : IAsyncDisposable
{
    /// <summary>Characters of one message: it comes by the page's own connection, whose messages are small.</summary>
    const int MaxText = 8_000;

    readonly CancellationTokenSource gone = new();
    ChatState state = null!; // made with the first parameters
    ElementReference list;
    ElementReference form;
    IJSObjectReference? browserSide;
    Modal? confirm;
    ThreadHead? deleting;
    Guid shownFlow;
    string draft = "";
    bool loading;
    bool busy;
    bool stopping;

    [Parameter, EditorRequired] public required Flow Flow { get; set; }

    /// <summary>The flow as it is edited now: this is what runs.</summary>
    [Parameter, EditorRequired] public required FlowDocument Document { get; set; }

    /// <summary>Where a Chat Input can be added; null when the flow cannot be edited.</summary>
    [Parameter] public EditorState? Edits { get; set; }

    [Parameter] public EventCallback<NodePick> NodePicked { get; set; }

    /// <summary>A message began a run.</summary>
    [Parameter] public EventCallback<Guid> RunStarted { get; set; }

    [Inject] internal IChatThreads Threads { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IRunStore Store { get; init; } = null!; // injected
    [Inject] internal RunFeed Feed { get; init; } = null!; // injected
    [Inject] internal IRunControl Control { get; init; } = null!; // injected
    [Inject] internal RunStarter Starter { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal BrowserTools Browser { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal ILogger<ChatPane> Logger { get; init; } = null!; // injected

    string FlowName => Flow.Name;

    /// <summary>What the flow wants to know before it goes on.</summary>
    IReadOnlyList<OpenQuestion> Asks => state.Asks(id => Catalog.TitleOf(Document, id));

    /// <summary>What the flow does before anything is said.</summary>
    string Doing => state.Answering?.Steps.LastOrDefault(s => s.Status is StepStatus.Running or StepStatus.Waiting) is { } step
        ? $"{Catalog.TitleOf(Document, step.NodeId)}…"
        : "Starting…";

    protected override async Task OnParametersSetAsync()
    {
        if (shownFlow == Flow.Id)
            return;
        shownFlow = Flow.Id;
        state = new ChatState(Flow.Id, Threads, Store, Time) { MayAsk = Document.Nodes.Any(n => n.Type == AskPerson.Descriptor.Type) };
        loading = true;
        await TryAsync(() => state.LoadAsync(gone.Token));
        loading = false;
        await GoOnAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // The form is there only while the flow has a Chat Input.
        if (browserSide is not null || !ChatState.CanChat(Document) || form.Context is null)
            return;
        try
        {
            browserSide = await Browser.ChatAsync(form, list);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    void AddInput()
    {
        var left = Document.Nodes.Count == 0 ? new Position(0, 0) : new Position(Document.Nodes.Min(n => n.Position.X) - 280, Document.Nodes.Min(n => n.Position.Y));
        if (Edits?.Do(new AddNode(ChatInput.Descriptor.Type, left)).Refusal is { } why)
            Toasts.Failed(why);
    }

    void Begin() => state.Begin();

    async Task OpenAsync(string session)
    {
        await TryAsync(() => state.OpenAsync(session, gone.Token));
        await GoOnAsync();
    }

    /// <summary>An answer that was on its way when the chat was closed is followed again.</summary>
    async Task GoOnAsync()
    {
        if (state.Unfinished is not { } run)
            return;
        state.Await(run);
        // What was said before is shown now, whenever the answer comes.
        StateHasChanged();
        await AnswerAsync(() => Task.FromResult<Guid?>(run));
    }

    async Task AskDeleteAsync(ThreadHead thread)
    {
        deleting = thread;
        if (confirm is not null)
            await confirm.OpenAsync();
    }

    async Task DeleteAsync()
    {
        if (confirm is not null)
            await confirm.CloseAsync();
        if (deleting is { } thread)
            await TryAsync(() => state.DeleteAsync(thread, gone.Token));
    }

    async Task SendAsync()
    {
        var text = draft.Trim();
        if (busy || text.Length == 0)
            return;
        draft = "";
        await AskAsync(text);
    }

    /// <summary>Says once more what was said last.</summary>
    Task RetryAsync() => state.Lines.LastOrDefault(l => l is { IsUser: true, Between: false }) is { } last ? AskAsync(last.Text) : Task.CompletedTask;

    Task AskAsync(string text) => AnswerAsync(async () =>
    {
        var started = await Starter.RunDraftAsync(Flow, Document, ChatState.Input(text), state.Session, gone.Token);
        if (started.RunId is not { } run)
        {
            state.Refuse(text, started.Problem ?? "The run was not accepted.");
            return null;
        }
        state.Ask(run, text);
        await RunStarted.InvokeAsync(run);
        return run;
    });

    /// <summary>Follows a run to its end.</summary>
    async Task AnswerAsync(Func<Task<Guid?>> begin)
    {
        busy = true;
        try
        {
            await TryAsync(async () =>
            {
                if (await begin() is not { } run)
                    return;
                await foreach (var batch in RunBatches.Of(Feed.FollowAsync(run, after: 0, gone.Token), Time, gone.Token))
                {
                    state.Apply(batch);
                    StateHasChanged();
                }
                await state.EndAsync(run, gone.Token);
            });
        }
        finally
        {
            busy = stopping = false;
        }
    }

    async Task StopAsync()
    {
        if (state.Answering is not { } answering)
            return;
        stopping = true;
        await TryAsync(() => Control.CancelAsync(answering.RunId, gone.Token));
    }

    async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "a chat", e);
            Toasts.Failed($"The chat could not go on: {e.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        gone.Dispose();
        if (browserSide is null)
            return;
        try
        {
            await browserSide.InvokeVoidAsync("dispose");
            await browserSide.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone.
        }
    }
}
