namespace FlowStudio.Engine.History;

/// <summary>Ended runs that may go.</summary>
/// <param name="FlowId">Of one flow, or null: of any.</param>
/// <param name="Before">Made before this id.</param>
/// <param name="EndedBefore">Ended before this time.</param>
public sealed record Expired(Guid? FlowId, Guid Before, DateTimeOffset EndedBefore);

/// <summary>Finds and deletes what history need not keep; Storage implements it.</summary>
public interface IRetentionUpkeep
{
    /// <summary>The flows that have runs, deleted flows among them.</summary>
    Task<IReadOnlyList<Guid>> FlowsAsync(CancellationToken cancellationToken);

    /// <summary>The oldest of the newest <paramref name="keep"/> runs, of a flow or of all; null when there are not more.</summary>
    Task<Guid?> OldestKeptAsync(Guid? flowId, int keep, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the oldest of them above <paramref name="after"/>, at most <paramref name="limit"/>, with all they stored, in one turn of the write lane.
    /// Runs whose caller or parent may still ask for them stay.
    /// </summary>
    /// <returns>How many went, and where to go on; null when there are no more.</returns>
    Task<(int Deleted, Guid? Next)> DeleteAsync(Expired expired, Guid after, int limit, CancellationToken cancellationToken);
}
