using System.Security.Cryptography;
using System.Text;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>Where a replay begins.</summary>
public enum ReplayFrom
{
    /// <summary>At the start: everything is done again, with new idempotency keys.</summary>
    Start,

    /// <summary>Where the run failed: what was done is kept, and what is done again has the same idempotency keys.</summary>
    Failed,
}

/// <summary>What a replay runs.</summary>
public enum ReplayVersion
{
    /// <summary>What the run ran.</summary>
    Same,

    /// <summary>The flow's live version now, or its draft when nothing is published.</summary>
    Latest,
}

/// <summary>A wish to run a run again.</summary>
/// <param name="IdempotencyKey">≤ 256 characters; the same wish with the same key within 24 hours gives the first replay again.</param>
public sealed record ReplayRequest(Guid RunId, ReplayFrom From, ReplayVersion Version, string? IdempotencyKey = null);

/// <summary>Runs runs again.</summary>
public interface IRunReplay
{
    /// <summary>Starts a new run with the input, call and session of one that has ended. A session that the caller did not name is a new one, unless steps are kept.</summary>
    ValueTask<IntakeResult> ReplayAsync(ReplayRequest request, CancellationToken cancellationToken);
}

/// <inheritdoc/>
sealed class RunReplay(IRunIntake intake, IRunStore store, IFlowStore flows, INodeShapes shapes, IRunCallbacks callbacks) : IRunReplay
{
    /// <inheritdoc/>
    public async ValueTask<IntakeResult> ReplayAsync(ReplayRequest request, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(request.RunId, cancellationToken) is not { } run)
            return new(IntakeOutcome.NoSuchRun) { Code = "run_not_found", Message = $"There is no run {request.RunId}." };
        if (!RunNames.IsFinal(run.Status))
            return Cannot("run_not_ended", $"The run is still {RunNames.Of(run.Status)}. Wait for its end, or cancel it, and replay it then.");
        if (request.From is ReplayFrom.Failed && run.Status is RunStatus.Succeeded)
            return Cannot("nothing_failed", "The run succeeded, so there is no failed step to go on from. Replay it from the start.");
        var ran = await flows.FindVersionAsync(run.FlowVersionId, cancellationToken);
        var (runnable, problem) = await FlowAsync(run, ran, request, cancellationToken);
        if (runnable is null)
            return problem;
        var history = RunHistory.Fold(await store.AllEventsAsync(run.Id, cancellationToken));
        var isFromFailed = request.From is ReplayFrom.Failed;
        return await intake.StartAsync(new RunRequest
        {
            Flow = runnable,
            Trigger = RunTrigger.Replay,
            Input = history.Input,
            Call = history.Call,
            SessionId = history.SessionId,
            IdempotencyKey = request.IdempotencyKey,
            BodyHash = request.IdempotencyKey is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes($"replay {request.RunId} {request.From} {request.Version}")),
            // Who waited for the run's end waits for this one's. What a dialect made of the run is its own, and not repeated.
            Callbacks = [.. (await callbacks.TargetsOfAsync(run.Id, cancellationToken)).Where(t => t is { Source: not CallbackSource.Flow, Kind: CallbackTarget.NativeKind, QuestionId: null })],
            Replay = new ReplaySource(
                run.Id,
                history.Origin ?? run.Trigger,
                isFromFailed ? run.RootRunId : null,
                isFromFailed ? run.ThreadId : null,
                isFromFailed && ran is not null ? KeptSteps.Of(history, ran.Document, runnable.Version.Id == ran.Id ? ran.Document : runnable.Version.Document, shapes) : []),
        }, cancellationToken);
    }

    async ValueTask<(RunnableFlow? Flow, IntakeResult Problem)> FlowAsync(Run run, FlowVersion? ran, ReplayRequest request, CancellationToken cancellationToken)
    {
        if (await flows.ResolveAsync(run.FlowId.ToString(), draft: false, cancellationToken) is not { } now)
            return (null, Cannot("flow_version_gone", "The flow that this run ran was deleted, so it cannot run again."));
        if (request is { Version: ReplayVersion.Latest, From: ReplayFrom.Start })
            return (now, None);
        if (ran is null)
            return (null, Cannot("flow_version_gone", "The version that this run ran is not stored any more. Replay it from the start with the latest version."));
        return (request.Version is ReplayVersion.Latest ? now : new RunnableFlow(now.Flow, ran, Stored: true), None);
    }

    static IntakeResult None { get; } = new(IntakeOutcome.Accepted);

    static IntakeResult Cannot(string code, string message) => new(IntakeOutcome.CannotReplay) { Code = code, Message = message };
}
