using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>What a step asked a person.</summary>
/// <param name="Id">Empty where a run is older than questions that can be answered one by one.</param>
public sealed record StepQuestion(Guid Id, Question Question, DateTimeOffset AskedAt, DateTimeOffset? Until)
{
    /// <summary>The answer, once there is one.</summary>
    public StepAnswer? Answer { get; init; }
}

/// <summary>An answer as the run took it.</summary>
public sealed record StepAnswer(JsonElement Value, Answerer By, DateTimeOffset At);

/// <summary>One attempt of one node, as a page shows it.</summary>
public sealed class StepView
{
    public required string NodeId { get; init; }

    public required IReadOnlyList<int> Iteration { get; init; }

    public required int Attempt { get; init; }

    public StepStatus Status { get; internal set; } = StepStatus.Running;

    public DateTimeOffset? StartedAt { get; internal set; }

    public DateTimeOffset? FinishedAt { get; internal set; }

    /// <summary>What it gave, by port, as one object; null until it succeeded.</summary>
    public JsonElement? Output { get; internal set; }

    public RunError? Error { get; internal set; }

    public TokenUsage Tokens { get; internal set; }

    /// <summary>What it waits for, in words; null when it does not.</summary>
    public string? WaitsFor { get; internal set; }

    /// <summary>Since when it waited for a time or an answer, and for nothing of its own; null when it did not.</summary>
    public DateTimeOffset? WaitingSince { get; internal set; }

    /// <summary>When its last wait ended with an answer; null when it did not, or waits again.</summary>
    public DateTimeOffset? WaitedUntil { get; internal set; }

    /// <summary>What it asked people, in order: an agent's step may ask more than once.</summary>
    public IReadOnlyList<StepQuestion> Questions { get; internal set; } = [];

    /// <summary>What it asks just now; null when it waits for no answer.</summary>
    public StepQuestion? Asks => Status is StepStatus.Waiting && Questions is [.., { Answer: null } last] ? last : null;

    /// <summary>The run that it waits for, or waited for.</summary>
    public Guid? ChildRunId { get; internal set; }

    /// <summary>The run that did it, when this one took it over.</summary>
    public Guid? ReusedFrom { get; internal set; }

    /// <summary>It did not run: its outputs are pinned in the flow.</summary>
    public bool Pinned { get; internal set; }

    /// <summary>What a model has said so far.</summary>
    public string Streamed => streamed.ToString();

    internal readonly StringBuilder streamed = new();
}

/// <summary>Where a run stands, added up from its events as they come; no Blazor in it. Numbers already seen are passed over.</summary>
public sealed class RunProgress(Guid runId)
{
    readonly List<StepView> steps = [];
    readonly Dictionary<StepKey, StepAttempts> byKey = [];
    readonly List<StepAttempts> outside = [];
    readonly List<StepAttempts> inside = [];
    readonly Dictionary<string, StepView> latestOfNode = new(StringComparer.Ordinal);
    readonly HashSet<string> touched = new(StringComparer.Ordinal);

    public Guid RunId { get; } = runId;

    public RunStatus Status { get; private set; } = RunStatus.Queued;

    public DateTimeOffset? AcceptedAt { get; private set; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    public JsonElement? Input { get; private set; }

    public JsonElement? Output { get; private set; }

    public RunError? Error { get; private set; }

    /// <summary>Every attempt, in the order in which they began.</summary>
    public IReadOnlyList<StepView> Steps => steps;

    /// <summary>The steps outside of loops and agents, in the order in which they began.</summary>
    public IReadOnlyList<StepAttempts> Outside => outside;

    /// <summary>The steps inside of loops and agents: there may be many thousand.</summary>
    public IReadOnlyList<StepAttempts> Inside => inside;

    public long LastSeq { get; private set; }

    public bool IsFinal => RunNames.IsFinal(Status);

    /// <summary>
    /// The newest attempt of a node, over all iterations; null when it was not reached. The turns of an agent lie deeper than its own step, and do not
    /// stand for it.
    /// </summary>
    public StepView? Latest(string nodeId) => latestOfNode.GetValueOrDefault(nodeId);

    /// <summary>The newest attempt of a node in an iteration, or in the nearest one around it.</summary>
    public StepView? Latest(string nodeId, IReadOnlyList<int> iteration)
    {
        for (var depth = iteration.Count; depth >= 0; depth--)
        {
            if (byKey.TryGetValue(new StepKey(nodeId, StepKey.PathOf([.. iteration.Take(depth)])), out var step))
                return step.All[^1];
        }
        return Latest(nodeId);
    }

    /// <summary>Every attempt of a node in one iteration.</summary>
    public IReadOnlyList<StepView> AttemptsOf(string nodeId, IReadOnlyList<int> iteration) =>
        byKey.TryGetValue(new StepKey(nodeId, StepKey.PathOf(iteration)), out var attempts) ? attempts.All : [];

    /// <summary>The nodes whose state changed since this was last asked.</summary>
    public IReadOnlyList<string> TakeChanged()
    {
        var changed = touched.ToList();
        touched.Clear();
        return changed;
    }

    /// <summary>The questions of the run that wait for an answer, in the order in which they were asked.</summary>
    /// <param name="titleOf">What people call a node.</param>
    public IReadOnlyList<OpenQuestion> OpenQuestions(Guid flowId, Func<string, string> titleOf) =>
    [
        .. steps.Where(static s => s.Asks is { Id: var id } && id != Guid.Empty).Select(s => QuestionOf(s, flowId, titleOf)).OfType<OpenQuestion>().OrderBy(static q => q.AskedAt),
    ];

    /// <summary>What a step asks just now; null when nothing that can be answered.</summary>
    public OpenQuestion? QuestionOf(StepView step, Guid flowId, Func<string, string> titleOf) => step.Asks is { } asks && asks.Id != Guid.Empty
        ? new OpenQuestion
        {
            Id = asks.Id,
            RunId = RunId,
            FlowId = flowId,
            NodeId = step.NodeId,
            NodeTitle = titleOf(step.NodeId),
            Iteration = step.Iteration,
            Question = asks.Question,
            AskedAt = asks.AskedAt,
            Until = asks.Until,
        }
        : null;

    /// <summary>Adds an event; false when it was known.</summary>
    public bool Apply(RunEventView e)
    {
        if (e.Seq <= LastSeq)
            return false;
        LastSeq = e.Seq;
        switch (e.Type)
        {
            case RunEventTypes.RunAccepted:
                AcceptedAt = e.At;
                Input = e.Data.TryGetProperty("input", out var input) ? input : null;
                break;
            case RunEventTypes.RunStarted:
                StartedAt ??= e.At;
                Status = RunStatus.Running;
                break;
            case RunEventTypes.RunResumed:
                Status = RunStatus.Running;
                break;
            case RunEventTypes.RunWaiting:
                Status = RunStatus.Waiting;
                break;
            case RunEventTypes.RunInterrupted:
                Status = RunStatus.Queued;
                break;
            case RunEventTypes.RunFinished:
                Finish(e);
                break;
            case RunEventTypes.NodeStarted:
                if (!GoesOn(e))
                    Begin(e);
                break;
            case RunEventTypes.NodeSkipped:
                Begin(e).Status = StepStatus.Skipped;
                break;
            case RunEventTypes.NodeFinished:
                Succeed(Current(e), e);
                break;
            case RunEventTypes.NodeFailed or RunEventTypes.NodeRetrying:
                var failed = Current(e);
                (failed.Status, failed.FinishedAt, failed.Error, failed.WaitsFor) = (StepStatus.Failed, e.At, ReadError(e), null);
                break;
            case RunEventTypes.NodeWaiting:
                var waiting = Current(e);
                (waiting.Status, waiting.WaitsFor, waiting.ChildRunId) = (StepStatus.Waiting, Wait(e), Id(e, "run_id"));
                if (waiting.ChildRunId is null && !e.Data.TryGetProperty("parts", out _))
                    (waiting.WaitingSince, waiting.WaitedUntil) = (waiting.WaitingSince ?? e.At, null);
                if (AskedBy(e) is { } asked)
                    waiting.Questions = [.. waiting.Questions.Where(q => q.Id != asked.Id), asked];
                break;
            case RunEventTypes.NodeAnswered:
                Answer(Current(e), e);
                break;
            case RunEventTypes.Token:
                AddToken(Current(e), e);
                break;
        }
        return true;
    }

    void Finish(RunEventView e)
    {
        FinishedAt = e.At;
        Status = RunNames.Status(e.Text("status") ?? "") ?? RunStatus.Failed;
        Output = e.Data.TryGetProperty("output", out var output) && output.ValueKind is not JsonValueKind.Null ? output : null;
        Error = ReadError(e);
        // What was running when the run ended (canceled, timed out) will not say so itself.
        foreach (var step in steps.Where(s => s.Status is StepStatus.Running or StepStatus.Waiting))
        {
            (step.Status, step.FinishedAt, step.WaitsFor) = (Status == RunStatus.Succeeded ? StepStatus.Succeeded : StepStatus.Failed, e.At, null);
            touched.Add(step.NodeId);
        }
    }

    StepView Begin(RunEventView e)
    {
        var step = new StepView { NodeId = e.NodeId ?? "", Iteration = e.Iteration, Attempt = e.Attempt, StartedAt = e.At };
        steps.Add(step);
        if (!byKey.TryGetValue(Key(e), out var attempts))
        {
            byKey[Key(e)] = attempts = new(byKey.Count, []);
            (step.Iteration.Count == 0 ? outside : inside).Add(attempts);
        }
        attempts.All.Add(step);
        if (!latestOfNode.TryGetValue(step.NodeId, out var shown) || step.Iteration.Count <= shown.Iteration.Count)
            latestOfNode[step.NodeId] = step;
        touched.Add(step.NodeId);
        return step;
    }

    /// <summary>A step that was stopped before it began is there already.</summary>
    bool GoesOn(RunEventView e)
    {
        if (!byKey.TryGetValue(Key(e), out var attempts) || attempts.All[^1] is not { Output: null, FinishedAt: null, Questions: [.., { Question.Kind: QuestionKind.Interrupt }] } step || step.Attempt != e.Attempt)
            return false;
        step.Status = StepStatus.Running;
        touched.Add(step.NodeId);
        return true;
    }

    StepView Current(RunEventView e)
    {
        if (!byKey.TryGetValue(Key(e), out var attempts) || attempts.All[^1] is not { } step || step.Attempt != e.Attempt)
            return Begin(e);
        touched.Add(step.NodeId);
        return step;
    }

    /// <summary>What it asks is answered: the step is about to go on.</summary>
    static void Answer(StepView step, RunEventView e)
    {
        var id = Id(e, "question_id");
        var said = new StepAnswer(e.Data.TryGetProperty("answer", out var answer) ? answer : JsonText.Null,
            new Answerer(e.Text("by") ?? "", Answerer.ViaOf(e.Text("via") ?? "") ?? AnswerVia.Api), e.At);
        step.Questions = [.. step.Questions.Select(q => q.Id == id ? q with { Answer = said } : q)];
        // A run that was told to stop after a node had that node's output before it asked.
        (step.Status, step.WaitsFor, step.WaitedUntil) = (step.FinishedAt is null ? StepStatus.Running : StepStatus.Succeeded, null, e.At);
    }

    static StepQuestion? AskedBy(RunEventView e) => e.Data.TryGetProperty("question", out var question) && question.ValueKind is not JsonValueKind.Null
        ? new(Id(e, "question_id") ?? Guid.Empty, Question.Read(question), e.At, e.Data.TryGetProperty("until", out var until) && until.TryGetDateTimeOffset(out var time) ? time : null)
        : null;

    static void Succeed(StepView step, RunEventView e)
    {
        (step.Status, step.FinishedAt, step.WaitsFor) = (StepStatus.Succeeded, e.At, null);
        step.Output = e.Data.TryGetProperty("output", out var output) ? output : null;
        step.ReusedFrom = Id(e, "reused_from");
        step.Pinned = e.Data.TryGetProperty("pinned", out var pinned) && pinned.ValueKind is JsonValueKind.True;
        if (step.ReusedFrom is not null || step.Pinned)
            step.StartedAt = step.FinishedAt = null;
        if (e.Data.TryGetProperty("tokens", out var tokens) && tokens.ValueKind is JsonValueKind.Object)
            step.Tokens = new(Number(tokens, "input"), Number(tokens, "output"));
    }

    static void AddToken(StepView step, RunEventView e)
    {
        var text = e.Text("text") ?? "";
        var offset = e.Data.TryGetProperty("offset", out var at) && at.TryGetInt64(out var number) ? number : step.streamed.Length;
        var known = (int)Math.Clamp(step.streamed.Length - offset, 0, text.Length);
        step.streamed.Append(text, known, text.Length - known);
    }

    static string Wait(RunEventView e) => e.Data.TryGetProperty("question", out var question) && question.ValueKind is not JsonValueKind.Null
        ? "an answer"
        : Id(e, "run_id") is { } run ? $"the end of run {Times.ShortId(run)}"
        : e.Text("until") is { } until ? $"the time {until}" : "what it called";

    static Guid? Id(RunEventView e, string name) => Guid.TryParse(e.Text(name), out var id) ? id : null;

    static RunError? ReadError(RunEventView e) => e.Data.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object
        ? new(Word(error, "code"), Word(error, "message"), error.TryGetProperty("node_id", out var node) ? node.GetString() : e.NodeId, Word(error, "remedy"))
        : null;

    static string Word(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) ? JsonText.Of(value) : "";

    static long Number(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.TryGetInt64(out var number) ? number : 0;

    static StepKey Key(RunEventView e) => new(e.NodeId ?? "", StepKey.PathOf(e.Iteration));
}

/// <summary>All attempts of one step.</summary>
/// <param name="Order">How many other steps of the run began before it.</param>
public sealed record StepAttempts(int Order, List<StepView> All);
