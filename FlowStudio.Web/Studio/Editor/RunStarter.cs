using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What became of pressing Run: the run, or why there is none, in words.</summary>
public sealed record Started(Guid? RunId, string? Problem);

/// <summary>Starts a flow by hand, through the door every run takes.</summary>
public sealed class RunStarter(IFlowStore flows, IRunIntake intake)
{
    /// <summary>Starts the draft; <paramref name="input"/> is JSON, or nothing for the flow's own sample.</summary>
    public async Task<Started> StartAsync(Guid flowId, string input, CancellationToken cancellationToken)
    {
        if (!TryRead(input, out var json, out var problem))
            return new(null, problem);
        if (await flows.ResolveAsync(flowId.ToString(), draft: true, cancellationToken) is not { } flow)
            return new(null, "The flow does not exist any more.");
        var result = await intake.StartAsync(new RunRequest { Flow = flow, Trigger = RunTrigger.Studio, Input = json }, cancellationToken);
        return result.Outcome is IntakeOutcome.Accepted or IntakeOutcome.Repeated ? new(result.RunId, null) : new(null, Words(result));
    }

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
        IntakeOutcome.FlowInvalid when result.Problems is [var only] => $"{only.Message} {only.Advice}",
        IntakeOutcome.FlowInvalid when result.Problems is [var first, ..] => $"{first.Message} {first.Advice} ({result.Problems.Count - 1} more under Problems.)",
        _ => result.Message.Length > 0 ? result.Message : "The run was not accepted.",
    };
}
