using System.Text.Json;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Execution;

/// <summary>
/// Answers questions. A run at work takes the answer itself, in the order of its events, and goes on without leaving memory; one that lies in the database takes it
/// there, in one transaction: the event, the closed question, and the run back in the queue. Each way lets one answer through, and a run is in one place at a time.
/// </summary>
sealed class RunAnswers(IQuestionRows rows, IRunStore store, ActiveRuns active, RunTickets tickets, RunJournal journal, RunEventHub hub, SecretRedactor redactor, TimeProvider time) : IQuestions
{
    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    /// <inheritdoc/>
    public Task<IReadOnlyList<OpenQuestion>> OpenOfRunAsync(Guid runId, CancellationToken cancellationToken) => rows.OpenOfRunAsync(runId, time.GetUtcNow(), cancellationToken);

    /// <inheritdoc/>
    public Task<QuestionPage> ListAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken) =>
        rows.ListAsync(flowId, cursor, limit, oldestFirst: false, time.GetUtcNow(), cancellationToken);

    /// <inheritdoc/>
    public Task<QuestionPage> ListOldestAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken) =>
        rows.ListAsync(flowId, cursor, limit, oldestFirst: true, time.GetUtcNow(), cancellationToken);

    /// <inheritdoc/>
    public Task<int> CountAsync(CancellationToken cancellationToken) => rows.CountAsync(time.GetUtcNow(), cancellationToken);

    /// <inheritdoc/>
    public Task<QuestionState?> FindAsync(Guid id, CancellationToken cancellationToken) => rows.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public async Task<AnswerOutcome> AnswerAsync(Guid runId, Guid? questionId, JsonElement answer, Answerer by, CancellationToken cancellationToken)
    {
        var (asked, refusal) = await ChooseAsync(runId, questionId, cancellationToken);
        if (asked is null)
            return refusal;
        var (fits, problem) = asked.Question.Check(answer);
        if (fits is not { } value)
            return new AnswerOutcome.Invalid(problem ?? "");
        value = redactor.Redact(value);
        var who = redactor.Redact(by.Who.Trim());
        by = by with { Who = who.Length > Answerer.MaxWho ? who[..Answerer.MaxWho] : who };
        while (true)
        {
            if (asked.Until <= time.GetUtcNow())
                return TooLate(asked);
            if (await TryAsync(asked, value, by, cancellationToken) is { } outcome)
                return outcome;
            if (await rows.FindAsync(asked.Id, cancellationToken) is not { } state)
                return new AnswerOutcome.Unknown();
            if (state.Status is not QuestionStatus.Open)
                return Closed(state);
            // A worker took the run this very moment, or is about to let go: look again.
            await Task.Delay(Moment, time, cancellationToken);
        }
    }

    /// <summary>The question that is meant, or why there is none.</summary>
    async Task<(OpenQuestion? Asked, AnswerOutcome Refusal)> ChooseAsync(Guid runId, Guid? questionId, CancellationToken cancellationToken)
    {
        var unknown = new AnswerOutcome.Unknown();
        if (questionId is { } id)
        {
            if (await rows.FindAsync(id, cancellationToken) is not { } state || state.Asked.RunId != runId)
                return (null, unknown);
            return state.Status is QuestionStatus.Open ? (state.Asked, unknown) : (null, Closed(state));
        }
        var open = await OpenOfRunAsync(runId, cancellationToken);
        if (open is [var only])
            return (only, unknown);
        if (open.Count > 1)
            return (null, new AnswerOutcome.Which(open));
        if (await store.FindAsync(runId, cancellationToken) is not { } run)
            return (null, unknown);
        return (null, await rows.LastClosedAsync(runId, cancellationToken) is { Status: QuestionStatus.Answered } last ? Closed(last)
            : new AnswerOutcome.NotWaiting($"The run is {RunNames.Of(run.Status).Replace('_', ' ')} and waits for no answer."));
    }

    /// <summary>Null: look again.</summary>
    async Task<AnswerOutcome?> TryAsync(OpenQuestion asked, JsonElement answer, Answerer by, CancellationToken cancellationToken)
    {
        if (active.Find(asked.RunId) is not { } run)
            return await AnswerWhereItLiesAsync(asked, answer, by, cancellationToken);
        switch (run.TakeAnswer(asked.Id, answer, by, time.GetUtcNow()))
        {
            case AnswerTaken.Taken:
                await run.SaveAsync();
                if (!run.IsShut)
                    return new AnswerOutcome.Answered(asked);
                // What put the run away may have taken the answer along.
                await run.Released.Task;
                return await rows.FindAsync(asked.Id, CancellationToken.None) is { Status: QuestionStatus.Answered } ? new AnswerOutcome.Answered(asked) : null;
            case AnswerTaken.Shut:
                await run.Released.Task.WaitAsync(cancellationToken);
                return null;
            case AnswerTaken.Late:
                await run.SaveAsync();
                return null;
            case AnswerTaken.Gone:
                return await rows.FindAsync(asked.Id, cancellationToken) is { Status: QuestionStatus.Answered } state ? Closed(state) : NotWaited(asked);
            default:
                return null;
        }
    }

    async Task<AnswerOutcome?> AnswerWhereItLiesAsync(OpenQuestion asked, JsonElement answer, Answerer by, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(asked.RunId, cancellationToken) is not { } row)
            return new AnswerOutcome.Unknown();
        if (row.Status is not (RunStatus.Waiting or RunStatus.Queued))
            return null;
        var history = RunHistory.Fold(await store.AllEventsAsync(row.Id, cancellationToken));
        if (history.Latest(new StepKey(asked.NodeId, StepKey.PathOf(asked.Iteration))) is not { } step || step.QuestionId != asked.Id)
            return NotWaited(asked);
        var seq = RunWorker.NextSeq(history);
        var at = Micros.Of(time.GetUtcNow());
        var json = RunEventJson.Write(seq, fromSeq: null, at, RunEventTypes.NodeAnswered, asked.NodeId, asked.Iteration, step.Attempt, (asked.Id, answer, by), QuestionEvents.Answered);
        var entry = new AnswerEntry
        {
            RunId = row.Id,
            Events = new EventChunk(row.Id, seq, seq, [.. json, (byte)'\n']),
            Answer = new(asked.Id, QuestionStatus.Answered, at, answer, by),
        };
        if (!await journal.WriteAsync(entry))
            return null;
        hub.Publish(row.FlowId, new RunEvent(row.Id, seq, RunEventTypes.NodeAnswered, asked.NodeId, json));
        if (entry.Woken)
            await tickets.EnqueueAsync(row.Id, row.FlowId, CancellationToken.None);
        return new AnswerOutcome.Answered(asked);
    }

    static AnswerOutcome Closed(QuestionState state) => state is { Status: QuestionStatus.Answered, ClosedAt: { } at, By: { } by }
        ? new AnswerOutcome.AlreadyAnswered(state.Asked, at, by)
        : state.Asked.Until <= state.ClosedAt ? TooLate(state.Asked)
        : NotWaited(state.Asked);

    static AnswerOutcome.NotWaiting TooLate(OpenQuestion asked) => new(FormattableString.Invariant($"The time to answer {asked.NodeTitle} was over at {asked.Until:yyyy-MM-dd HH:mm:ss} UTC."));

    static AnswerOutcome.NotWaiting NotWaited(OpenQuestion asked) => new($"The run does not wait for an answer to {asked.NodeTitle} any more.");
}
