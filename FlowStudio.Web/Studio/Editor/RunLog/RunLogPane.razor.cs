using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.RunLog;

/// <summary>
/// Draws a <see cref="RunLogState"/>; the dock tells it by <see cref="RefreshAsync"/> when there is more, ten times a second at most, and it is drawn then
/// and at its reader's acts, not with everything around it.
/// </summary>
public sealed partial class RunLogPane
{
    static readonly IReadOnlyList<(RunLogLevel, string)> Levels =
        [(RunLogLevel.Everything, "Everything"), (RunLogLevel.Normal, "What matters"), (RunLogLevel.Warnings, "Warnings")];

    readonly CancellationTokenSource gone = new();
    readonly ItemsProviderDelegate<RunLogLine> provide;
    ElementReference list;
    Virtualize<RunLogLine>? rows;
    DotNetObjectReference<RunLogPane>? self;
    IJSObjectReference? follower;
    RunLogState? drawn;
    FlowDocument? drawnDocument;
    RunLogLine? opened;
    JsonElement? detail;
    OpenQuestion? question;
    bool following = true;
    bool filtering;
    bool reading;
    bool isDue = true;

    public RunLogPane() => provide = Provide;

    [Parameter, EditorRequired] public required RunLogState State { get; set; }

    /// <summary>The flow as it is edited now: its nodes can be filtered by.</summary>
    [Parameter] public FlowDocument? Document { get; set; }

    /// <summary>The name of the file to save, without its ending.</summary>
    [Parameter] public string FileName { get; set; } = "run-log";

    /// <summary>A node's name was pressed.</summary>
    [Parameter] public EventCallback<string> NodePicked { get; set; }

    [Inject] internal IRunStore Store { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal RunEventHub Hub { get; init; } = null!; // injected
    [Inject] internal IQuestions Questions { get; init; } = null!; // injected

    bool IsFiltered => State.Level is not RunLogLevel.Normal || State.OnlyNode is not null || State.Search.Length > 0;

    string FilterWords
    {
        get
        {
            string?[] parts =
            [
                State.Level switch { RunLogLevel.Everything => "Everything", RunLogLevel.Warnings => "Warnings", _ => null },
                State.OnlyNode is { } node ? State.TitleOf(node) : null,
                State.Search.Length > 0 ? $"“{State.Search}”" : null,
            ];
            return string.Join(" · ", parts.OfType<string>()) is { Length: > 0 } words ? words : "All";
        }
    }

    /// <summary>Reads what is in sight anew; it is drawn with the dock.</summary>
    public async Task RefreshAsync()
    {
        isDue = true;
        if (rows is not null)
            await rows.RefreshDataAsync();
    }

    protected override void OnParametersSet()
    {
        isDue |= drawn != State || !ReferenceEquals(drawnDocument, Document);
        if (drawn is not null && drawn != State)
            CloseDetail();
        (drawn, drawnDocument) = (State, Document);
    }

    protected override bool ShouldRender()
    {
        var due = isDue;
        isDue = false;
        return due;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        self = DotNetObjectReference.Create(this);
        try
        {
            follower = await Browser.FollowAsync(list, self);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    /// <summary>Called by the browser when the reader leaves the end or comes back to it.</summary>
    [JSInvokable]
    public void FollowChanged(bool now)
    {
        following = now;
        Draw();
    }

    void Draw()
    {
        isDue = true;
        StateHasChanged();
    }

    ValueTask<ItemsProviderResult<RunLogLine>> Provide(ItemsProviderRequest request)
    {
        var shown = State.Shown;
        var from = Math.Min(request.StartIndex, shown.Count);
        var count = Math.Min(request.Count, shown.Count - from);
        var page = new RunLogLine[count];
        for (var i = 0; i < count; i++)
            page[i] = shown[from + i];
        return ValueTask.FromResult(new ItemsProviderResult<RunLogLine>(page, shown.Count));
    }

    static string Look(RunLogLine line) => (line.Level, line.BeginsRun) switch
    {
        (LogLevelName.Error, _) => "error",
        (LogLevelName.Warning, _) => "warn",
        (_, true) => "start",
        (LogLevelName.Debug, _) => "quiet",
        _ => "",
    };

    static (string Icon, string Word)? Weight(RunLogLine line) => line.Level switch
    {
        LogLevelName.Error => ("circle-alert", "Error"),
        LogLevelName.Warning => ("triangle-alert", "Warning"),
        _ => null,
    };

    void ToggleFilter()
    {
        filtering = !filtering;
        Draw();
    }

    void OnFilterKey(KeyboardEventArgs e)
    {
        if (e.Key == "Escape")
            ToggleFilter();
    }

    Task OnSearchAsync(ChangeEventArgs e) => SetAsync(() => State.Search = e.Value as string ?? "");

    Task ShowAllAsync() => SetAsync(() => (State.Level, State.OnlyNode, State.Search) = (RunLogLevel.Normal, null, ""));

    async Task SetAsync(Action filter)
    {
        filter();
        await RefreshAsync();
        StateHasChanged();
    }

    Task ClearAsync() => SetAsync(State.Clear);

    /// <summary>Shows a line's event beside the log: read anew, as the log keeps only what it shows.</summary>
    internal async Task OpenAsync(RunLogLine line)
    {
        (opened, detail, question, reading) = (line, null, null, true);
        Draw();
        try
        {
            var found = await FindAsync(line);
            if (opened == line)
                detail = found?.Read().Data;
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        reading = false;
        Draw();
    }

    /// <summary>Shows the question of a line beside the log, to be answered there.</summary>
    async Task AskAsync(RunLogLine line, Guid questionId)
    {
        (opened, detail, question, reading) = (line, null, null, true);
        Draw();
        try
        {
            var found = await Questions.FindAsync(questionId, gone.Token);
            if (opened == line)
                question = found?.Asked;
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        reading = false;
        Draw();
    }

    async Task<RunEvent?> FindAsync(RunLogLine line)
    {
        using (var recent = Hub.Watch(line.RunId))
        {
            if (recent.Tail.FirstOrDefault(e => e.Seq == line.Seq) is { } unsaved)
                return unsaved;
        }
        return await Store.EventsAsync(line.RunId, line.Seq - 1, 1, gone.Token) is [var stored, ..] ? stored : null;
    }

    void CloseDetail()
    {
        (opened, detail, question) = (null, null, null);
        Draw();
    }

    void OnDetailKey(KeyboardEventArgs e)
    {
        if (e.Key == "Escape")
            CloseDetail();
    }

    Task DownloadAsync() => Browser.DownloadAsync($"{FileName}.log", "text/plain;charset=utf-8", State.ToText(Local.ClockMs));

    async Task ResumeAsync()
    {
        following = true;
        Draw();
        if (follower is not null)
            await follower.InvokeVoidAsync("resume");
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        gone.Dispose();
        if (follower is not null)
        {
            try
            {
                await follower.InvokeVoidAsync("dispose");
                await follower.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The tab is gone.
            }
        }
        self?.Dispose();
    }
}
