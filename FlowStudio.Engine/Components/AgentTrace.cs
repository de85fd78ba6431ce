using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>What the agents of a run did on their way to an answer, read from the run's steps.</summary>
/// <param name="Calls">In the order of the turns that asked for them.</param>
/// <param name="Thought">What they said in turns that called tools, one paragraph each; empty when they said nothing.</param>
public sealed record AgentTrace(IReadOnlyList<AgentCall> Calls, string Thought)
{
    /// <param name="steps">All steps of the run, those within agents too.</param>
    public static AgentTrace Of(IReadOnlyList<Step> steps)
    {
        var calls = new List<AgentCall>();
        var thoughts = new List<string>();
        var byPath = steps.Where(s => s.Iteration.Count > 1).ToLookup(s => StepKey.PathOf(s.Iteration), StringComparer.Ordinal);
        foreach (var turn in steps.Where(s => s.Type == Agent.Descriptor.Type && s.Status is StepStatus.Succeeded))
        {
            if (turn.Output is not [{ Key: AgentTurn.Port, Value: var value }])
                continue;
            var said = AgentTurn.Read(value);
            if (said.ToolCalls.Count > 0 && said.Text.Length > 0)
                thoughts.Add(said.Text);
            for (var k = 0; k < said.ToolCalls.Count; k++)
            {
                var call = said.ToolCalls[k];
                // Agents that stand side by side have the same paths: the tool's name tells whose step it is.
                var step = byPath[StepKey.PathOf([.. turn.Iteration, k])]
                    .LastOrDefault(s => s.NodeId != turn.NodeId && call.Name.StartsWith(AgentTool.NameOf(s.Title), StringComparison.OrdinalIgnoreCase));
                calls.Add(new(call.Id, call.Name, call.Arguments, step));
            }
        }
        return new(calls, string.Join("\n\n", thoughts));
    }
}

/// <summary>A tool that an agent had called.</summary>
/// <param name="Name">The tool, as the model calls it.</param>
/// <param name="Arguments">JSON, or whatever the model said instead.</param>
/// <param name="Step">The tool's step; null when there is no such tool, or too many calls at once.</param>
public sealed record AgentCall(string Id, string Name, string Arguments, Step? Step)
{
    /// <summary>Whether the tool gave a result.</summary>
    public bool Succeeded => Step is { Status: StepStatus.Succeeded };

    /// <summary>What the tool gave, as text, or why it gave nothing.</summary>
    public string Result => Step switch
    {
        null => "There is no such tool.",
        { Error: { } error } => error.Message,
        { Output: [{ Value: var value }, ..] } => JsonText.OfMessage(value),
        _ => "",
    };
}
