using System.Text.Json;

namespace FlowStudio.Engine.Runs;

/// <summary>Which step: a node in an iteration of the loops around it (<c>""</c> outside of loops, else <c>3</c> or <c>3.0</c>).</summary>
public readonly record struct StepKey(string NodeId, string Path)
{
    public static string PathOf(IReadOnlyList<int> iteration) => iteration.Count == 0 ? "" : string.Join('.', iteration);
}

/// <summary>One attempt of a node, as its events tell.</summary>
public sealed class StepState
{
    public required string NodeId { get; init; }

    public required IReadOnlyList<int> Iteration { get; init; }

    public required int Attempt { get; init; }

    public StepStatus Status { get; set; } = StepStatus.Running;

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>By port, when it succeeded.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Output { get; set; } = [];

    public RunError? Error { get; set; }

    /// <summary>It failed and is not repeated.</summary>
    public bool Final { get; set; }

    public TokenUsage Tokens { get; set; }

    public DateTimeOffset? WaitUntil { get; set; }

    public JsonElement? Question { get; set; }

    public DateTimeOffset? WaitingSince { get; set; }

    /// <summary>What the question is known by.</summary>
    public Guid? QuestionId { get; set; }

    public JsonElement? Answer { get; set; }

    /// <summary>Who answered; empty when nobody said.</summary>
    public string? AnsweredBy { get; set; }

    /// <summary>By which way the answer came.</summary>
    public string? AnsweredVia { get; set; }

    public DateTimeOffset? AnsweredAt { get; set; }

    /// <summary>The run was told to stop before it, and did.</summary>
    public bool StopsBefore { get; set; }

    /// <summary>The run was told to stop after it, and did: its outputs are known, also while it waits.</summary>
    public bool StopsAfter { get; set; }

    /// <summary>Its work is done, though it may still wait to be let go on.</summary>
    public bool IsDone => Status is StepStatus.Succeeded || (Status is StepStatus.Waiting && StopsAfter);

    /// <summary>The run that it waits for, or waited for.</summary>
    public Guid? ChildRunId { get; set; }

    /// <summary>It waits for steps within it.</summary>
    public bool WaitsForParts { get; set; }

    /// <summary>The run that did it, when a replay took it over; null when this run did it itself.</summary>
    public Guid? ReusedFrom { get; set; }

    /// <summary>It did not run: its outputs are pinned in the flow.</summary>
    public bool Pinned { get; set; }
}

/// <summary>What a run's stored events add up to: where each node stands, and from where the run goes on after a restart.</summary>
public sealed class RunHistory
{
    readonly List<StepState> steps = [];
    readonly Dictionary<StepKey, StepState> latest = [];
    DateTimeOffset? workingSince;
    DateTimeOffset lastAt;

    RunHistory()
    {
    }

    /// <summary>Every attempt, in the order in which they began.</summary>
    public IReadOnlyList<StepState> Steps => steps;

    public JsonElement Input { get; private set; } = JsonText.Null;

    public CallDetails? Call { get; private set; }

    /// <summary>The caller's name for the thread; null when the run is its own.</summary>
    public string? SessionId { get; private set; }

    /// <summary>What started the run that was replayed, or the first of a chain; null when the run is no replay.</summary>
    public RunTrigger? Origin { get; private set; }

    /// <summary>The schedule that started the run, or null.</summary>
    public Guid? ScheduleId { get; private set; }

    /// <summary>The time of the schedule that the run is for, or null.</summary>
    public DateTimeOffset? ScheduledAt { get; private set; }

    /// <summary>Whether it has said what its caller is to be answered.</summary>
    public bool Responded { get; private set; }

    /// <summary>Nodes that the run was told to stop before, and those after; empty for none.</summary>
    public IReadOnlyList<string> InterruptBefore { get; private set; } = [];

    /// <inheritdoc cref="InterruptBefore"/>
    public IReadOnlyList<string> InterruptAfter { get; private set; } = [];

    /// <summary>Whether it has begun to work.</summary>
    public bool Began { get; private set; }

    public JsonElement? Output { get; private set; }

    /// <summary>The number of the last stored event; 0 when there is none.</summary>
    public long LastSeq { get; private set; }

    /// <summary>Whether the process that wrote the last event may have shown further ones that were never stored.</summary>
    public bool EndsOpen { get; private set; }

    /// <summary>How long the run has worked; waiting and standing still do not count.</summary>
    public TimeSpan Worked { get; private set; }

    public bool Finished { get; private set; }

    /// <summary>The newest attempt of a step, or null.</summary>
    public StepState? Latest(StepKey key) => latest.GetValueOrDefault(key);

    /// <summary>The newest attempt of each step, in the order in which they began.</summary>
    public IEnumerable<StepState> Newest => steps.Where(s => Latest(new(s.NodeId, StepKey.PathOf(s.Iteration))) == s);

    /// <summary>Adds up events in their order; tolerates types it does not know.</summary>
    public static RunHistory Fold(IEnumerable<RunEvent> events)
    {
        var history = new RunHistory();
        foreach (var happened in events)
        {
            // Tokens and log lines change nothing here, and there are many.
            if (happened.Type is RunEventTypes.Token or RunEventTypes.Log)
                history.LastSeq = happened.Seq;
            else
                history.Apply(happened.Read());
        }
        history.StopClock(history.lastAt);
        return history;
    }

    void Apply(RunEventView e)
    {
        LastSeq = e.Seq;
        if (e.Type == RunEventTypes.NodeAnswered)
        {
            // It may come while nobody works on the run: then it says nothing of how the last work ended, nor when.
            Answered(e);
            return;
        }
        lastAt = e.At;
        EndsOpen = e.Type is not (RunEventTypes.RunAccepted or RunEventTypes.RunWaiting or RunEventTypes.RunInterrupted or RunEventTypes.RunFinished);
        switch (e.Type)
        {
            case RunEventTypes.RunAccepted:
                Accepted(e.Data);
                break;
            case RunEventTypes.RunStarted:
                StopClock(lastAt);
                workingSince = e.At;
                Began = true;
                break;
            case RunEventTypes.RunResumed:
                workingSince = e.At;
                Began = true;
                break;
            case RunEventTypes.RunWaiting or RunEventTypes.RunInterrupted:
                StopClock(e.At);
                break;
            case RunEventTypes.RunFinished:
                StopClock(e.At);
                Finished = true;
                if (e.Data.TryGetProperty("output", out var output))
                    Output = output;
                break;
            case RunEventTypes.RunResponded:
                Responded = true;
                break;
            case RunEventTypes.NodeStarted:
                Start(e);
                break;
            case RunEventTypes.NodeSkipped:
                Begin(e).Status = StepStatus.Skipped;
                break;
            case RunEventTypes.NodeFinished:
                Finish(e);
                break;
            case RunEventTypes.NodeFailed or RunEventTypes.NodeRetrying:
                var failed = Current(e);
                failed.Status = StepStatus.Failed;
                failed.FinishedAt = e.At;
                failed.Error = Error(e);
                failed.Final = e.Type is RunEventTypes.NodeFailed;
                break;
            case RunEventTypes.NodeWaiting:
                Wait(e, Current(e));
                break;
        }
    }

    /// <summary>A step that the run stopped before is there already.</summary>
    void Start(RunEventView e)
    {
        if (Latest(Key(e)) is { Status: StepStatus.Waiting, StopsBefore: true } stopped && stopped.Attempt == e.Attempt)
            (stopped.Status, stopped.StartedAt) = (StepStatus.Running, e.At);
        else
            Begin(e);
    }

    static void Wait(RunEventView e, StepState step)
    {
        step.Status = StepStatus.Waiting;
        step.WaitingSince = e.At;
        step.WaitUntil = e.Data.TryGetProperty("until", out var until) && until.TryGetDateTimeOffset(out var time) ? time : null;
        step.Question = e.Data.TryGetProperty("question", out var question) ? question : null;
        step.QuestionId = e.Data.TryGetProperty("question_id", out var asked) && asked.TryGetGuid(out var questionId) ? questionId : null;
        (step.Answer, step.AnsweredBy, step.AnsweredVia, step.AnsweredAt) = (null, null, null, null);
        step.WaitsForParts = e.Data.TryGetProperty("parts", out _);
        step.ChildRunId = e.Data.TryGetProperty("run_id", out var child) && child.TryGetGuid(out var id) ? id : null;
        var when = question.ValueKind is JsonValueKind.Object ? Text(question, "when") : "";
        (step.StopsBefore, step.StopsAfter) = (when == "before", when == "after");
        if (step.StopsBefore)
            step.StartedAt = null;
    }

    void Answered(RunEventView e)
    {
        if (Latest(Key(e)) is not { Status: StepStatus.Waiting } step || !e.Data.TryGetProperty("question_id", out var asked) || !asked.TryGetGuid(out var id) || id != step.QuestionId)
            return;
        step.Answer = e.Data.TryGetProperty("answer", out var answer) ? answer : JsonText.Null;
        (step.AnsweredBy, step.AnsweredVia, step.AnsweredAt) = (e.Text("by"), e.Text("via"), Micros.Of(e.At));
        if (step.StopsAfter)
            step.Status = StepStatus.Succeeded;
    }

    void Accepted(JsonElement data)
    {
        if (data.TryGetProperty("input", out var input))
            Input = input;
        if (data.TryGetProperty("session_id", out var session))
            SessionId = session.GetString();
        if (data.TryGetProperty("origin", out var origin))
            Origin = RunNames.Trigger(origin.GetString() ?? "");
        InterruptBefore = Texts(data, "interrupt_before");
        InterruptAfter = Texts(data, "interrupt_after");
        if (data.TryGetProperty("schedule_id", out var schedule) && schedule.TryGetGuid(out var id))
            ScheduleId = id;
        if (data.TryGetProperty("scheduled_at", out var scheduled) && scheduled.TryGetDateTimeOffset(out var at))
            ScheduledAt = at;
        if (data.TryGetProperty("call", out var call) && call.ValueKind is JsonValueKind.Object)
        {
            Call = new(call.GetProperty("method").GetString() ?? "", Pairs(call, "headers"), Pairs(call, "query"))
            {
                Dialect = call.TryGetProperty("dialect", out var dialect) ? dialect.GetString() : null,
                Body = call.TryGetProperty("body", out var body) ? body.GetString() : null,
                IsBase64 = call.TryGetProperty("base64", out var packed) && packed.ValueKind is JsonValueKind.True,
            };
        }
    }

    StepState Begin(RunEventView e)
    {
        var step = new StepState { NodeId = e.NodeId ?? "", Iteration = e.Iteration, Attempt = e.Attempt, StartedAt = e.At };
        steps.Add(step);
        latest[Key(e)] = step;
        return step;
    }

    void Finish(RunEventView e)
    {
        var step = Current(e);
        step.Status = StepStatus.Succeeded;
        step.FinishedAt = e.At;
        if (e.Data.TryGetProperty("reused_from", out var from) && from.TryGetGuid(out var run))
        {
            // It took no time here, and what is taken over stands in the acceptance: nothing more can have been shown by then.
            step.ReusedFrom = run;
            step.StartedAt = step.FinishedAt = null;
            EndsOpen = false;
        }
        if (e.Data.TryGetProperty("pinned", out var pinned) && pinned.ValueKind is JsonValueKind.True)
        {
            step.Pinned = true;
            step.StartedAt = step.FinishedAt = null;
        }
        if (e.Data.TryGetProperty("output", out var output) && output.ValueKind is JsonValueKind.Object)
            step.Output = [.. output.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value))];
        if (e.Data.TryGetProperty("tokens", out var tokens))
            step.Tokens = new(tokens.GetProperty("input").GetInt64(), tokens.GetProperty("output").GetInt64());
    }

    StepState Current(RunEventView e) => Latest(Key(e)) is { } step && step.Attempt == e.Attempt ? step : Begin(e);

    void StopClock(DateTimeOffset at)
    {
        if (workingSince is { } since && at > since)
            Worked += at - since;
        workingSince = null;
    }

    static StepKey Key(RunEventView e) => new(e.NodeId ?? "", StepKey.PathOf(e.Iteration));

    static RunError? Error(RunEventView e) => e.Data.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object
        ? new(Text(error, "code"), Text(error, "message"), e.NodeId, Text(error, "remedy"))
        : null;

    static string Text(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) ? JsonText.Of(value) : "";

    static IReadOnlyList<string> Texts(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var texts) && texts.ValueKind is JsonValueKind.Array ? [.. texts.EnumerateArray().Select(JsonText.Of)] : [];

    static KeyValuePair<string, string>[] Pairs(JsonElement owner, string name) => owner.TryGetProperty(name, out var pairs) && pairs.ValueKind is JsonValueKind.Array
        ? [.. pairs.EnumerateArray().Where(p => p.GetArrayLength() == 2).Select(p => KeyValuePair.Create(JsonText.Of(p[0]), JsonText.Of(p[1])))]
        : [];
}
