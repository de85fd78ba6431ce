using FlowStudio.Engine.Components;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>Where earlier lives of a run left a step.</summary>
enum PastKind
{
    /// <summary>Never begun, or cut in the middle of an attempt: it runs, its attempts counted on from <see cref="StepPast.Attempts"/>.</summary>
    Open,

    /// <summary>Its outputs are known: it never runs again.</summary>
    Succeeded,

    Skipped,

    /// <summary>Its last attempt failed for good.</summary>
    Failed,

    /// <summary>It waits, and neither its time nor its answer has come, nor has the run ended that it waits for.</summary>
    Waits,

    /// <summary>It waited, and what it waited for has come: it runs with <see cref="StepPast.Wait"/>.</summary>
    Resumes,
}

/// <summary>What earlier lives of a run did at a step, and so what is left to do there; the same rules for nodes, iterations and an agent's calls.</summary>
/// <param name="Attempts">Attempts that have begun; 0 when none.</param>
/// <param name="Wait">What it waits for, or how its wait ended.</param>
/// <param name="StartedAt">When its newest attempt began; null when none has.</param>
readonly record struct StepPast(PastKind Kind, int Attempts, NodeResume? Wait, DateTimeOffset? StartedAt)
{
    readonly StepState? state;

    StepPast(PastKind kind, StepState state, NodeResume? wait = null)
        : this(kind, state.Attempt, wait, state.StartedAt) => this.state = state;

    /// <summary>What it gave, when it succeeded.</summary>
    public IReadOnlyList<PortValue> Outputs => state is null ? [] : [.. state.Output.Select(o => new PortValue(o.Key, o.Value))];

    /// <summary>Why it failed, when it did.</summary>
    public RunError? Error => state?.Error;

    public TokenUsage Tokens => state?.Tokens ?? default;

    /// <summary>The run has stopped after it, and was let go on.</summary>
    public bool WentOnAfter => state is { Status: StepStatus.Succeeded, StopsAfter: true };

    /// <summary>Reads a step's past from the run's history.</summary>
    public static StepPast Of(ActiveRun run, StepKey key)
    {
        if (run.History.Latest(key) is not { } past)
            return default;
        switch (past.Status)
        {
            case StepStatus.Succeeded:
                return new(PastKind.Succeeded, past);
            case StepStatus.Skipped:
                return new(PastKind.Skipped, past);
            case StepStatus.Failed when past.Final:
                return new(PastKind.Failed, past);
            case StepStatus.Waiting:
                var wait = WaitOf(run, past);
                // Parts of it may have ended while the run slept: it looks at them anew.
                var end = past.Answer is not null || past.WaitsForParts ? wait : run.EndOf(wait, run.Now);
                return new(end is null ? PastKind.Waits : PastKind.Resumes, past, end ?? wait);
            default:
                return new(PastKind.Open, past);
        }
    }

    static NodeResume WaitOf(ActiveRun run, StepState past) => new(past.WaitingSince ?? run.Now, past.WaitUntil, past.Answer, past.ChildRunId)
    {
        QuestionId = past.QuestionId,
        By = past.AnsweredBy is { } who ? new Answerer(who, Answerer.ViaOf(past.AnsweredVia ?? "") ?? AnswerVia.Api) : null,
        AnsweredAt = past.AnsweredAt,
        Stop = past.StopsBefore ? InterruptWhen.Before : past.StopsAfter ? InterruptWhen.After : null,
    };
}
