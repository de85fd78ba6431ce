using FlowStudio.Engine.Components;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>Parts of a node's work that are steps of their own.</summary>
sealed partial class NodeInvoker
{
    /// <summary>Does a part, unless it was done before: in this life of the run, or in an earlier one.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled.</exception>
    public async ValueTask<PartResult> PartAsync(ActiveRun run, NodePart part, CancellationToken cancellationToken)
    {
        var key = new StepKey(part.Node.Id, StepKey.PathOf(part.Iteration));
        NodeResume? resumed = null;
        var attempts = 0;
        if (run.Parts.TryGetValue(key, out var known))
        {
            if (known.Wait is not { } wait)
            {
                if (known.Error is null || part.KeepsFailure)
                    return ResultOf(known);
            }
            else if (wait.OfParts)
            {
                resumed = known.Waiting;
            }
            else if (known.Waiting is { } waiting)
            {
                resumed = run.EndOf(waiting, time.GetUtcNow());
                if (resumed is null)
                    return ResultOf(known);
            }
            attempts = known.Attempt;
        }
        else
        {
            var past = StepPast.Of(run, key);
            attempts = past.Attempts;
            switch (past.Kind)
            {
                case PastKind.Succeeded:
                    return new PartResult(past.Outputs);
                case PastKind.Failed when part.KeepsFailure:
                    return new PartResult([], new NodeError(past.Error?.Code ?? "", past.Error?.Message ?? "", past.Error?.Remedy ?? ""));
                case PastKind.Open when part.Before is { } after && StepPast.Of(run, after).Kind is PastKind.Succeeded:
                    return new PartResult([], new NodeError("failed_before", $"{part.Node.Label} failed in the run that this one replays."));
                case PastKind.Waits when past.Wait is { } still:
                    var outcome = new NodeOutcome([], new NodeWait(still.Until, Question: null, still.RunId) { QuestionId = still.QuestionId }, still.Since) { Attempt = attempts };
                    run.Parts[key] = outcome;
                    return ResultOf(outcome);
                case PastKind.Resumes:
                    resumed = past.Wait;
                    break;
            }
        }
        var node = new PlanNode(-1, part.Node, part.Descriptor, part.Executor, []) { ConnectedOutputs = part.Outputs };
        var came = await InvokeAsync(run, node, part.Iteration, new PortInputs([.. part.Inputs]), resumed, attempts, cancellationToken);
        // Durable before anything relies on it, and before the process may be cut while others of these parts are still at work.
        if (part.Descriptor.Effects is Effects.External && came.Wait is null && (came.Error is null || part.KeepsFailure))
            await run.SaveAsync();
        // It can be answered at once, though others of these parts may be at work for long.
        if (came.Wait?.QuestionId is not null)
            await run.SaveAsync();
        run.Parts[key] = came;
        cancellationToken.ThrowIfCancellationRequested();
        return ResultOf(came);
    }

    static PartResult ResultOf(NodeOutcome outcome) =>
        new(outcome.Outputs, outcome.Error is { } error ? new NodeError(error.Code, error.Message, error.Remedy) : null, outcome.Wait);
}
