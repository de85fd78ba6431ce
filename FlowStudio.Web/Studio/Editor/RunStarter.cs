using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What became of pressing Run: the run, or why there is none, in words.</summary>
public sealed record Started(Guid? RunId, string? Problem);

/// <summary>Starts a flow by hand, whole or in part, through the door every run takes. What is pinned counts here, and only here.</summary>
public sealed class RunStarter(IFlowStore flows, IRunIntake intake, ComponentCatalog catalog, TimeProvider time)
{
    /// <summary>The step path of a node in loops when no run tells another: the first item of each.</summary>
    static readonly IReadOnlyList<int> FirstItems = new int[16];

    /// <summary>Starts the draft as it is stored; <paramref name="input"/> is JSON, or nothing for the flow's own sample.</summary>
    public async Task<Started> StartAsync(Guid flowId, string input, CancellationToken cancellationToken)
    {
        if (!TryRead(input, out var json, out var problem))
            return new(null, problem);
        return await flows.FindAsync(flowId, cancellationToken) is { } flow
            ? await RunDraftAsync(flow, flow.Draft, json, session: null, cancellationToken)
            : new(null, "The flow does not exist any more.");
    }

    /// <summary>Starts the flow as it is edited now, saved or not.</summary>
    /// <param name="session">The conversation it belongs to; null makes it one of its own.</param>
    /// <param name="isPart">The document is a part of the flow, and its end is nobody else's business.</param>
    public async Task<Started> RunDraftAsync(Flow flow, FlowDocument document, JsonElement input, string? session, CancellationToken cancellationToken, bool isPart = false)
    {
        var version = FlowVersion.SnapshotOf(flow.Id, document, time.GetUtcNow());
        var result = await intake.StartAsync(new RunRequest { Flow = new RunnableFlow(flow, version, Stored: false), Trigger = RunTrigger.Studio, Input = input, SessionId = session, IsTrial = isPart }, cancellationToken);
        return result.Outcome is IntakeOutcome.Accepted or IntakeOutcome.Repeated ? new(result.RunId, null) : new(null, Words(result));
    }

    /// <summary>Runs a node and all that it depends on.</summary>
    public Task<Started> RunToHereAsync(Flow flow, FlowDocument document, string nodeId, JsonElement input, CancellationToken cancellationToken) =>
        RunPartAsync(flow, PartialFlow.UpTo(document, nodeId, catalog), input, cancellationToken);

    /// <summary>Runs a node alone, with what came to it in the run that is shown; a trigger with that run's own input.</summary>
    public Task<Started> RunNodeAsync(Flow flow, FlowDocument document, string nodeId, RunProgress? shown, CancellationToken cancellationToken)
    {
        var iteration = shown?.Latest(nodeId)?.Iteration ?? FirstItems;
        var part = PartialFlow.Only(document, nodeId, catalog, from => shown?.Latest(from.Node, iteration) is { Status: StepStatus.Succeeded or StepStatus.Running }
            ? new(Ran: true, StepInputs.Carried(shown, document, from, iteration))
            : default);
        return RunPartAsync(flow, part, shown?.Input ?? JsonText.Null, cancellationToken);
    }

    Task<Started> RunPartAsync(Flow flow, PartOfFlow part, JsonElement input, CancellationToken cancellationToken) =>
        part.Document is { } document ? RunDraftAsync(flow, document, input, session: null, cancellationToken, isPart: true) : Task.FromResult(new Started(null, part.Problem));

    /// <summary>Reads what was typed; empty is JSON null.</summary>
    public static bool TryRead(string input, out JsonElement json, out string? problem)
    {
        (json, problem) = (JsonText.Null, null);
        if (string.IsNullOrWhiteSpace(input))
            return true;
        try
        {
            json = JsonText.Parse(Encoding.UTF8.GetBytes(input));
            return true;
        }
        catch (JsonException e)
        {
            problem = $"This is not JSON: line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}. Texts need double quotes; the last item takes no comma.";
            return false;
        }
    }

    /// <summary>Why a run was not taken.</summary>
    public static string Words(IntakeResult result) => result.Outcome switch
    {
        IntakeOutcome.QueueFull => "Too many runs wait already. Try again in a moment.",
        IntakeOutcome.Paused => "The server takes no runs now: it is stopping, or an operator has paused it.",
        IntakeOutcome.FlowDisabled => "The flow is switched off.",
        IntakeOutcome.FlowInvalid when result.Problems.Where(p => p.Severity is ProblemSeverity.Error).ToList() is [var first, .. var rest] =>
            $"{first.Message} {first.Advice}{(rest.Count == 0 ? "" : $" ({rest.Count} more under Problems.)")}",
        _ => result.Message.Length > 0 ? result.Message : "The run was not accepted.",
    };
}
