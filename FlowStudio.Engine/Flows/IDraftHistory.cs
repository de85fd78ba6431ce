namespace FlowStudio.Engine.Flows;

/// <summary>
/// What was done to a flow's draft, kept with it, so that an editor can take it back after a restart. The steps are the editor's own text; here they are
/// only kept beside the revision they lead to. Of each flow one history is kept: that of the last save.
/// </summary>
public interface IDraftHistory
{
    /// <summary>The steps that lead to this revision of the draft; null when there are none, or when the draft was changed otherwise since.</summary>
    Task<byte[]?> FindAsync(Guid flowId, int revision, CancellationToken cancellationToken);

    /// <summary>Saves a flow as <see cref="IFlowStore.SaveAsync"/> does, and the steps with it: both or neither.</summary>
    /// <exception cref="FlowConflictException">The draft has moved on, or the endpoint name is taken.</exception>
    /// <returns>The stored flow, or null when it does not exist.</returns>
    Task<Flow?> SaveAsync(Flow flow, int? expectedRevision, byte[] steps, CancellationToken cancellationToken);
}
