using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>
/// Starts runs for steps of other runs: exactly one per step. Which run belongs to a step is known by a key made from the step's idempotency
/// key, the flow and the input, so that it is found again after a crash and by a replay from the failed node. A run that did not succeed
/// is replaced by the next attempt of the step, once the step has seen it fail; so the number of the attempt, which a crash raises too, does not decide.
/// </summary>
sealed class ChildRuns(EngineOptions options, IFlowStore flows, IRunIntake intake, IRunStore store, IRunFamily family)
{
    /// <summary>Starts the step's run, or finds it.</summary>
    /// <exception cref="NodeException">It cannot be started.</exception>
    public async Task<(ChildRun Run, bool Started)> StartAsync(ActiveRun parent, NodeContext node, string flow, JsonElement input, CancellationToken cancellationToken)
    {
        var label = node.Node.Label;
        var runnable = await flows.ResolveAsync(flow, draft: false, cancellationToken)
            ?? throw new NodeException("flow_not_found", $"{label}: there is no flow {flow}.", "Give the id or the endpoint name of a flow in the node's settings.");
        var key = KeyOf(node.IdempotencyKey, runnable.Flow.Id, input);
        var known = await family.FindByKeyAsync(key, cancellationToken);
        // An older one that failed has been replaced since, because it was seen; an older one that succeeded, by a replay beside this one, serves.
        for (var i = 0; i < known.Count; i++)
        {
            if ((known[i].Status is RunStatus.Succeeded || (i == 0 && IsOwn(known[i], parent, node))) && await FindAsync(known[i].Id, cancellationToken) is { } found)
                return (found, false);
        }
        var depth = parent.Scope.Depth + 1;
        if (depth > options.Runner.MaxDepth)
        {
            throw new NodeException("too_deep", $"{label}: this run is already {parent.Scope.Depth} deep inside others, and {options.Runner.MaxDepth} is the most.",
                "See that flows which run each other come to an end, or raise FlowStudio:Runner:MaxDepth.");
        }
        var result = await intake.StartAsync(new RunRequest
        {
            Flow = runnable,
            Trigger = RunTrigger.Flow,
            Input = input,
            SessionId = parent.Scope.SessionId,
            Parent = new ParentStep(parent.Scope.RunId, depth, key),
        }, cancellationToken);
        if (result.Outcome is not IntakeOutcome.Accepted)
            throw Refusal(label, result);
        return (new ChildRun(result.RunId, runnable.Flow.Id, runnable.Flow.Name, RunStatus.Queued, JsonText.Null, Error: null), true);
    }

    /// <summary>A run as it is now; null when it is gone.</summary>
    public async Task<ChildRun?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } run)
            return null;
        var flow = await flows.FindAsync(run.FlowId, cancellationToken);
        var output = run.Status is RunStatus.Succeeded ? RunHistory.Fold(await store.AllEventsAsync(id, cancellationToken)).Output : null;
        return new ChildRun(run.Id, run.FlowId, flow?.Name ?? "", run.Status, output ?? JsonText.Null, run.Error);
    }

    /// <summary>Whether a run that has not succeeded is the one that this attempt wants.</summary>
    static bool IsOwn(Run known, ActiveRun parent, NodeContext node)
    {
        // What another run of the chain started is cut with that run, or belongs to a replay that is at work beside this one.
        if (known.ParentRunId != parent.Scope.RunId)
            return false;
        if (!RunNames.IsFinal(known.Status))
            return true;
        // It failed while nobody looked: the process was killed before the step could see it. Then this attempt sees it.
        return !parent.HasSeen(known.Id) && parent.History.Latest(new StepKey(node.Node.Id, StepKey.PathOf(node.Iteration)))?.Status is not StepStatus.Failed;
    }

    static NodeException Refusal(string label, IntakeResult result)
    {
        var later = result.Outcome is IntakeOutcome.QueueFull or IntakeOutcome.StorageUnavailable;
        return new NodeException(result.Code, $"{label}: {result.Message}", later ? "" : "Open that flow in the editor and mend it; then replay this run.", later, result.RetryAfter);
    }

    /// <summary>A UUIDv8 (RFC 9562 §5.8) of what the run stands for.</summary>
    static Guid KeyOf(string stepKey, Guid flowId, JsonElement input)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(stepKey));
        hash.AppendData([0]);
        hash.AppendData(flowId.ToByteArray(bigEndian: true));
        hash.AppendData(JsonText.Utf8(input));
        return ThreadIds.Uuid(hash.GetHashAndReset());
    }
}
