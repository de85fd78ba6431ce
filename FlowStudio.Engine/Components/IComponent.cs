namespace FlowStudio.Engine.Components;

/// <summary>What a node does. One instance per process, shared by all runs: keep no state.</summary>
public interface INodeExecutor
{
    /// <summary>Does the node's work once.</summary>
    /// <exception cref="NodeException">It failed; the error says whether a repeat is worth it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled: run canceled, time over, process stopping.</exception>
    ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken);
}

/// <summary>
/// A component: one class in one file and one icon (<c>&lt;ClassName&gt;.svg</c>) beside it. The catalog finds it; palette, inspector,
/// validation and API read the descriptor. Constructor parameters come from the services that components may know.
/// </summary>
public interface IComponent : INodeExecutor
{
    static abstract ComponentDescriptor Descriptor { get; }
}
