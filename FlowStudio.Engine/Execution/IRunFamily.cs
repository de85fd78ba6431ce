namespace FlowStudio.Engine.Execution;

/// <summary>Runs and the runs they started; Storage implements it.</summary>
public interface IRunFamily
{
    /// <summary>The runs that stand for a key (<see cref="ParentStep.Key"/>), newest first.</summary>
    Task<IReadOnlyList<Runs.Run>> FindByKeyAsync(Guid key, CancellationToken cancellationToken);

    /// <summary>The runs that a run has started and that have not ended.</summary>
    Task<IReadOnlyList<Guid>> UnfinishedChildrenAsync(Guid parent, CancellationToken cancellationToken);

    /// <summary>Those of the runs that have ended, or are gone.</summary>
    Task<IReadOnlyList<Guid>> EndedAsync(IReadOnlyCollection<Guid> runs, CancellationToken cancellationToken);
}
