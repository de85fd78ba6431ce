using System.Text.Json;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Questions;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Questions;

/// <summary>Shows a question and takes its answer; says so when somebody else was quicker.</summary>
public sealed partial class QuestionCard : IAsyncDisposable
{
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(15);

    readonly CancellationTokenSource gone = new();
    AnswerDraft draft = null!; // made with the first parameters
    (string Words, JsonElement? Answer)? done;
    ITimer? clock;
    Guid shown;
    bool busy;

    [Parameter, EditorRequired] public required OpenQuestion Open { get; set; }

    /// <summary>From where it is answered.</summary>
    [Parameter] public AnswerVia Via { get; set; } = AnswerVia.Studio;

    /// <summary>Without head and frame, where what surrounds it says who asks.</summary>
    [Parameter] public bool Bare { get; set; }

    /// <summary>At the end of its head, while it can be answered.</summary>
    [Parameter] public RenderFragment? Tools { get; set; }

    /// <summary>Whether the question's first line stands above it.</summary>
    [Parameter] public bool IsTitled { get; set; }

    /// <summary>The question waits no longer, whoever answered it.</summary>
    [Parameter] public EventCallback Settled { get; set; }

    [Inject] internal WaitingCount Waiting { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IQuestions Questions { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ILogger<QuestionCard> Logger { get; init; } = null!; // injected

    /// <summary>"ends in 12 min".</summary>
    string Left(DateTimeOffset until) => until <= Time.GetUtcNow() ? "the time is over" : $"ends {Local.Ahead(until)}";

    protected override void OnInitialized()
    {
        // How long ago it was asked, and how long there is left, changes though nothing happens.
        clock = Time.CreateTimer(_ => _ = InvokeAsync(StateHasChanged), state: null, Tick, Tick);
        Waiting.Changed += OnChanged;
    }

    protected override void OnParametersSet()
    {
        if (shown == Open.Id)
            return;
        (shown, done, busy) = (Open.Id, null, false);
        draft = new AnswerDraft(Open.Question);
    }

    /// <summary>Some question was asked or answered: perhaps this one, by somebody else.</summary>
    void OnChanged() => _ = InvokeAsync(LookAsync);

    async Task LookAsync()
    {
        if (busy || done is not null || gone.IsCancellationRequested)
            return;
        var asked = Open;
        try
        {
            var state = await Questions.FindAsync(asked.Id, gone.Token);
            if (busy || done is not null || asked.Id != Open.Id || state is null or { Status: QuestionStatus.Open })
                return;
            done = Ended(state);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (StorageException e)
        {
            // Whoever answers will be told.
            StudioLog.ReadFailed(Logger, "a question", e);
            return;
        }
        StateHasChanged();
        await Settled.InvokeAsync();
    }

    (string, JsonElement?) Ended(QuestionState state)
    {
        var at = state.ClosedAt is { } closed ? $" at {Local.Short(closed)}" : "";
        return state.Status is QuestionStatus.Answered
            ? ($"Answered {AnswerWords.By(state.By?.Who, state.By?.Via)}{at}.", state.Answer)
            : ($"Over{at}: the time had passed, or the run has ended.", null);
    }

    async Task SendAsync(bool approved)
    {
        if (busy || done is not null || draft.Take(approved) is not { } answer)
            return;
        var asked = Open;
        busy = true;
        try
        {
            var outcome = await Questions.AnswerAsync(asked.RunId, asked.Id, answer, new Answerer("", Via), gone.Token);
            if (asked.Id != Open.Id)
                return;
            Take(outcome, answer);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (StorageException e)
        {
            StudioLog.ReadFailed(Logger, "an answer", e);
            draft.Refuse($"The answer was not taken: {e.Message}");
        }
        finally
        {
            busy = false;
        }
        if (done is not null)
            await Settled.InvokeAsync();
    }

    void Take(AnswerOutcome outcome, JsonElement answer)
    {
        switch (outcome)
        {
            case AnswerOutcome.Answered:
                done = ($"Answered {AnswerWords.By("", Via)} at {Local.Short(Time.GetUtcNow())}.", answer);
                break;
            case AnswerOutcome.AlreadyAnswered other:
                done = ($"Answered {AnswerWords.By(other.By.Who, other.By.Via)} at {Local.Short(other.When)}, before you.", null);
                break;
            case AnswerOutcome.Invalid wrong:
                draft.Refuse(wrong.Message);
                break;
            case AnswerOutcome.NotWaiting over:
                done = (over.Why, null);
                break;
            default:
                done = ("The question is gone: the run was deleted.", null);
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Waiting.Changed -= OnChanged;
        if (clock is not null)
            await clock.DisposeAsync();
        await gone.CancelAsync();
        gone.Dispose();
    }
}
