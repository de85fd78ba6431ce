using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api;

/// <summary>A run as a poller sees it.</summary>
/// <param name="Status"><c>queued</c>, <c>running</c>, <c>waiting</c>, <c>succeeded</c>, <c>failed</c>, <c>canceled</c> or <c>timed_out</c>.</param>
/// <param name="FlowVersion">The published version's number; null when the draft ran.</param>
/// <param name="Input">What the run was started with; left out for callers without access to the API.</param>
/// <param name="Output">The run's result; null until there is one.</param>
/// <param name="WakeAt">When a waiting run goes on by itself.</param>
/// <param name="ParentRunId">The run that started this one as a step of its own.</param>
/// <param name="ScheduleId">The schedule that started it.</param>
/// <param name="ScheduledAt">The time of that schedule that it is for.</param>
/// <param name="Steps">One per attempt of a node; left out for callers without access to the API.</param>
/// <param name="Questions">What it waits for somebody to answer; absent when it is nothing.</param>
/// <param name="StepsLeftOut">How many steps inside of loops and agents are not among them; absent when all are there.</param>
sealed record RunView(
    Guid Id,
    Guid FlowId,
    int? FlowVersion,
    string Status,
    string Trigger,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Input,
    JsonElement? Output,
    RunErrorView? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? WakeAt,
    Guid ThreadId,
    Guid? ReplayOf,
    Guid? ParentRunId,
    TokensView Tokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<StepView>? Steps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? StepsLeftOut = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? ScheduleId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ScheduledAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<QuestionView>? Questions = null)
{
    /// <summary>Steps inside of loops and agents that are given unless all are asked for: a poller of a loop over many thousand items stays small.</summary>
    public const int MostInside = 1_000;

    /// <param name="details">The run.</param>
    /// <param name="whole">With input and steps.</param>
    /// <param name="allSteps">With every step, however many there are.</param>
    /// <param name="answerUrl">The address of a question's link; without it questions are left out.</param>
    public static RunView Of(RunDetails details, bool whole, bool allSteps = false, Func<Guid, string>? answerUrl = null)
    {
        var questions = answerUrl is null ? [] : QuestionView.OpenOf(details, answerUrl);
        var run = details.Run;
        var steps = !whole ? null : allSteps ? details.Steps : Shown(details.Steps);
        var leftOut = details.Steps.Count - steps?.Count;
        return new(run.Id, run.FlowId, run.FlowVersion, RunNames.Of(run.Status), RunNames.Of(run.Trigger), whole ? details.Input : null, details.Output,
            RunErrorView.Of(run.Error), run.CreatedAt, run.StartedAt,
            run.FinishedAt, run.Status is RunStatus.Waiting ? run.WakeAt : null, run.ThreadId, run.ReplayOf, run.ParentRunId, TokensView.Of(run.Tokens),
            steps is null ? null : [.. steps.Select(StepView.Of)], leftOut > 0 ? leftOut : null,
            details.Scheduled?.ScheduleId, details.Scheduled?.At, questions.Count > 0 ? questions : null);
    }

    /// <summary>In their order: all outside of loops and agents, and of those inside the failed ones and the first.</summary>
    static IReadOnlyList<Step> Shown(IReadOnlyList<Step> steps)
    {
        if (steps.Count <= MostInside)
            return steps;
        var failed = steps.Where(s => s.Iteration.Count > 0 && s.Status is StepStatus.Failed).Take(MostInside).ToHashSet(ReferenceEqualityComparer.Instance);
        var left = MostInside - failed.Count;
        return [.. steps.Where(s => s.Iteration.Count == 0 || failed.Contains(s) || left-- > 0)];
    }
}

/// <summary>A run as lists show it.</summary>
/// <param name="ResultPreview">The first 200 characters of the result.</param>
sealed record RunSummary(
    Guid Id,
    Guid FlowId,
    int? FlowVersion,
    string Status,
    string Trigger,
    string? ResultPreview,
    RunErrorView? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? WakeAt,
    Guid ThreadId,
    Guid? ReplayOf,
    Guid? ParentRunId,
    TokensView Tokens)
{
    public static RunSummary Of(Run run) => new(run.Id, run.FlowId, run.FlowVersion, RunNames.Of(run.Status), RunNames.Of(run.Trigger), run.ResultPreview,
        RunErrorView.Of(run.Error), run.CreatedAt, run.StartedAt,
        run.FinishedAt, run.Status is RunStatus.Waiting ? run.WakeAt : null, run.ThreadId, run.ReplayOf, run.ParentRunId, TokensView.Of(run.Tokens));
}

/// <summary>Why a run or a step did not succeed.</summary>
/// <param name="NodeId">The node that failed, or null.</param>
/// <param name="Remedy">What to do about it.</param>
sealed record RunErrorView(string Code, string Message, string? NodeId, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Remedy)
{
    public static RunErrorView? Of(RunError? error) =>
        error is null ? null : new(error.Code, error.Message, error.NodeId, error.Remedy.Length > 0 ? error.Remedy : null);
}

/// <summary>Tokens that models read and wrote.</summary>
sealed record TokensView(long Input, long Output)
{
    public static TokensView Of(TokenUsage tokens) => new(tokens.Input, tokens.Output);
}

/// <summary>One attempt of one node in one iteration.</summary>
/// <param name="Iteration">Which iteration of the loops around it; empty outside of loops.</param>
/// <param name="Status"><c>pending</c>, <c>running</c>, <c>waiting</c>, <c>succeeded</c>, <c>failed</c> or <c>skipped</c>.</param>
/// <param name="Reused">A replay took it over: it was not run again.</param>
/// <param name="ReusedFrom">The run that did it.</param>
/// <param name="Pinned">Its outputs are pinned in the flow: it was not run.</param>
/// <param name="ChildRunId">The run that it waits for, or waited for.</param>
/// <param name="Input">By port: what its incoming edges carried.</param>
/// <param name="Output">By port; empty until it succeeded.</param>
/// <param name="Question">What it asked somebody.</param>
/// <param name="QuestionId">What the question is known by.</param>
/// <param name="Answer">The answer, once there is one.</param>
/// <param name="AnsweredBy">Who answered; empty when nobody said.</param>
/// <param name="AnsweredVia">By which way: <c>studio</c>, <c>chat</c>, <c>link</c>, <c>api</c> or <c>langgraph</c>.</param>
sealed record StepView(
    string NodeId,
    string Title,
    string Type,
    IReadOnlyList<int> Iteration,
    int Attempt,
    string Status,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    IReadOnlyDictionary<string, JsonElement> Input,
    IReadOnlyDictionary<string, JsonElement> Output,
    RunErrorView? Error,
    TokensView Tokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? ChildRunId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Reused,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? ReusedFrom,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Pinned,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Question = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? QuestionId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Answer = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AnsweredBy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AnsweredVia = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? AnsweredAt = null)
{
    public static StepView Of(Step step) => new(step.NodeId, step.Title, step.Type, step.Iteration, step.Attempt, RunNames.Of(step.Status), step.StartedAt,
        step.FinishedAt, Ports(step.Input), Ports(step.Output),
        RunErrorView.Of(step.Error), TokensView.Of(step.Tokens), step.ChildRunId, step.ReusedFrom is not null, step.ReusedFrom, step.Pinned,
        step.Question, step.QuestionId, step.Answer, step.AnsweredBy, step.AnsweredVia, step.AnsweredAt);

    static OrderedDictionary<string, JsonElement> Ports(IReadOnlyList<KeyValuePair<string, JsonElement>> ports) => new(ports, StringComparer.Ordinal);
}
