using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>
/// A part of a node's work that is a step of its own: it has its time limit, repeats and events like any step, and once finished it is never done
/// again, whatever happens to the process. An agent's turns are such parts, and its calls of tools.
/// </summary>
/// <param name="Node">The node that the step belongs to, with the settings it runs with.</param>
/// <param name="Iteration">The step's own path: that of the step it is a part of, and a number or two behind it.</param>
public sealed record NodePart(Node Node, ComponentDescriptor Descriptor, INodeExecutor Executor, IReadOnlyList<int> Iteration)
{
    /// <summary>Values by input port.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Inputs { get; init; } = new Dictionary<string, IReadOnlyList<JsonElement>>(StringComparer.Ordinal);

    /// <summary>The output ports that are wanted.</summary>
    public IReadOnlyCollection<string> Outputs { get; init; } = [];

    /// <summary>
    /// A step of the same node that is taken only when this one is over. Where it has finished, and this one has not (a replay keeps what succeeded), this
    /// one failed then, and is not begun again.
    /// </summary>
    public StepKey? Before { get; init; }

    /// <summary>A failure is a result like others, and stays one after a restart; otherwise the part is then tried again.</summary>
    public bool KeepsFailure { get; init; }
}

/// <summary>How a part came out: what it gave, why it failed, or what it waits for.</summary>
public sealed record PartResult(IReadOnlyList<PortValue> Outputs, NodeError? Error = null, NodeWait? Wait = null);

/// <summary>A node that another one may call.</summary>
/// <param name="Ports">Its inputs, those its settings make among them.</param>
/// <param name="Bound">What edges bring to its inputs.</param>
public sealed record NodeTool(
    Node Node,
    ComponentDescriptor Descriptor,
    INodeExecutor Executor,
    IReadOnlyList<InputPort> Ports,
    IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Bound);

/// <summary>Work that is no component's: one function.</summary>
sealed class FunctionExecutor(Func<NodeContext, CancellationToken, ValueTask<NodeResult>> work) : INodeExecutor
{
    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken) => work(node, cancellationToken);
}
