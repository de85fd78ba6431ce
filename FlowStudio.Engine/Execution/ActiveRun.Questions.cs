using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>What became of an answer that was brought to a run at work.</summary>
enum AnswerTaken
{
    /// <summary>It counts, and is durable with the run's next save.</summary>
    Taken,

    /// <summary>The run is only being opened: ask again.</summary>
    NotYet,

    /// <summary>The run is being put away: wait for its release, then answer it where it lies.</summary>
    Shut,

    /// <summary>Another answer was first; it may not be durable yet.</summary>
    Late,

    /// <summary>No step waits for it any more.</summary>
    Gone,
}

/// <content>What its steps ask, and the answers that come while it is at work. A run that asks nothing has none of this.</content>
public sealed partial class ActiveRun
{
    Dictionary<Guid, Ask>? asks;
    HashSet<Guid>? unheard;
    QuestionWrites? unwritten;
    Door door;
    int answers;

    enum Door
    {
        NotYet,
        Open,
        Shut,
    }

    /// <summary>Where the run is told to stop; null for nowhere.</summary>
    internal RunInterrupts? Interrupts { get; init; }

    /// <summary>Told when somebody is to hear of a question.</summary>
    internal DeliverySignal? Deliveries { get; init; }

    /// <summary>Answers that have come in this life.</summary>
    internal int Answers => Volatile.Read(ref answers);

    /// <summary>Whether a question has not been handed to the journal.</summary>
    internal bool HasUnwritten => Volatile.Read(ref unwritten) is not null;

    /// <summary>Whether it may have open questions.</summary>
    internal bool HasAsked => asks is not null;

    /// <summary>Takes no more answers: it is being put away.</summary>
    internal bool IsShut
    {
        get
        {
            lock (gate)
                return door is Door.Shut;
        }
    }

    /// <summary>Takes answers from now on: that it is at work is durable.</summary>
    internal void OpenDoor()
    {
        lock (gate)
            door = Door.Open;
    }

    /// <summary>A step asks: its event and the question become durable together.</summary>
    internal DateTimeOffset AskWith(Guid id, string nodeId, string title, IReadOnlyList<int> iteration, int attempt, Question question, DateTimeOffset? until, Func<DateTimeOffset> writeEvent)
    {
        lock (gate)
        {
            var at = writeEvent();
            (asks ??= [])[id] = new Ask(nodeId, iteration, attempt, until);
            (unwritten ??= new()).Asked.Add(new OpenQuestion
            {
                Id = id,
                RunId = Scope.RunId,
                FlowId = Scope.FlowId,
                NodeId = nodeId,
                NodeTitle = title,
                Iteration = iteration,
                Question = question,
                AskedAt = at,
                Until = until,
            });
            return at;
        }
    }

    /// <summary>Takes an answer, in the order of the run's own events; the step that waits for it is woken.</summary>
    internal AnswerTaken TakeAnswer(Guid id, JsonElement answer, Answerer by, DateTimeOffset now)
    {
        TaskCompletionSource? told;
        lock (gate)
        {
            if (door is not Door.Open)
                return door is Door.Shut ? AnswerTaken.Shut : AnswerTaken.NotYet;
            if (asks?.GetValueOrDefault(id) is not { } ask)
                return AnswerTaken.Gone;
            if (ask.Status is QuestionStatus.Answered)
                return AnswerTaken.Late;
            if (ask.Status is QuestionStatus.Over || ask.Until <= now)
                return AnswerTaken.Gone;
            var at = Micros.Of(Log.Add(RunEventTypes.NodeAnswered, ask.NodeId, ask.Iteration, ask.Attempt, (id, answer, by), QuestionEvents.Answered));
            (ask.Status, ask.Answer, ask.By, ask.At) = (QuestionStatus.Answered, answer, by, at);
            (unwritten ??= new()).Closed.Add(new(id, QuestionStatus.Answered, at, answer, by));
            (unheard ??= []).Add(id);
            answers++;
            told = news;
            news = null;
        }
        told?.TrySetResult();
        return AnswerTaken.Taken;
    }

    /// <summary>How a wait has ended by now; null while it has not. A question whose time is over is closed by that: an answer that comes later is late.</summary>
    internal NodeResume? EndOf(NodeResume wait, DateTimeOffset now)
    {
        if (wait.QuestionId is { } question)
            return EndOf(wait, question, now);
        if (wait.OfParts && Answers > wait.Heard)
            return wait;
        return IsOver(wait.Until, wait.RunId, now) ? wait : null;
    }

    /// <summary>A step goes on with the answer to its question.</summary>
    internal void Hear(Guid question)
    {
        lock (gate)
            unheard?.Remove(question);
    }

    /// <summary>The step that asked is left out: nobody waits for the answer.</summary>
    internal void Withdraw(Guid question, DateTimeOffset now)
    {
        lock (gate)
        {
            unheard?.Remove(question);
            if (asks?.GetValueOrDefault(question) is { Status: QuestionStatus.Open } ask)
                Close(question, ask, now);
        }
    }

    NodeResume? EndOf(NodeResume wait, Guid question, DateTimeOffset now)
    {
        lock (gate)
        {
            if (asks?.GetValueOrDefault(question) is not { } ask)
                return wait.Until <= now ? wait : null;
            if (ask.Status is QuestionStatus.Answered)
                return wait with { Answer = ask.Answer, By = ask.By, AnsweredAt = ask.At };
            if (!(wait.Until <= now))
                return null;
            if (ask.Status is QuestionStatus.Open)
                Close(question, ask, now);
            return wait;
        }
    }

    void Close(Guid question, Ask ask, DateTimeOffset now)
    {
        ask.Status = QuestionStatus.Over;
        (unwritten ??= new()).Closed.Add(new(question, QuestionStatus.Over, now));
    }

    /// <summary>The questions that an earlier life has asked and nobody has answered.</summary>
    void KnowQuestions()
    {
        foreach (var step in History.Newest)
        {
            if (step is { Status: StepStatus.Waiting, QuestionId: { } id, Answer: null })
                (asks ??= [])[id] = new Ask(step.NodeId, step.Iteration, step.Attempt, step.WaitUntil);
        }
    }

    /// <summary>What the journal has not been given. Called with the gate held.</summary>
    QuestionWrites? TakeQuestions()
    {
        var taken = unwritten;
        unwritten = null;
        return taken;
    }

    sealed class Ask(string nodeId, IReadOnlyList<int> iteration, int attempt, DateTimeOffset? until)
    {
        public string NodeId { get; } = nodeId;

        public IReadOnlyList<int> Iteration { get; } = iteration;

        public int Attempt { get; } = attempt;

        public DateTimeOffset? Until { get; } = until;

        public QuestionStatus Status { get; set; }

        public JsonElement? Answer { get; set; }

        public Answerer? By { get; set; }

        public DateTimeOffset? At { get; set; }
    }
}

/// <summary>Nodes that a run is told to stop at; <c>*</c> is every node.</summary>
sealed class RunInterrupts
{
    const string Every = "*";

    readonly HashSet<string> before;
    readonly HashSet<string> after;

    RunInterrupts(IReadOnlyList<string> before, IReadOnlyList<string> after) =>
        (this.before, this.after) = (before.ToHashSet(StringComparer.Ordinal), after.ToHashSet(StringComparer.Ordinal));

    /// <summary>Null when there are none.</summary>
    public static RunInterrupts? Of(IReadOnlyList<string> before, IReadOnlyList<string> after) => before.Count + after.Count == 0 ? null : new(before, after);

    public bool Before(string nodeId) => before.Contains(Every) || before.Contains(nodeId);

    public bool After(string nodeId) => after.Contains(Every) || after.Contains(nodeId);
}

/// <summary>What events about questions say.</summary>
static class QuestionEvents
{
    /// <summary><c>question_id</c>, <c>answer</c>, <c>by</c> and <c>via</c>.</summary>
    public static void Answered(Utf8JsonWriter json, (Guid Id, JsonElement Answer, Answerer By) e)
    {
        json.WriteString("question_id"u8, e.Id);
        json.WriteRaw("answer"u8, e.Answer);
        json.WriteString("by"u8, e.By.Who);
        json.WriteString("via"u8, Answerer.NameOf(e.By.Via));
    }
}
