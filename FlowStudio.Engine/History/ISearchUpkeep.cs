namespace FlowStudio.Engine.History;

/// <summary>Keeps the full-text index of ended runs up to date; Storage implements it.</summary>
public interface ISearchUpkeep
{
    /// <summary>Takes runs that ended since the last time into the index, at most <paramref name="limit"/>; returns how many.</summary>
    Task<int> IndexAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Gives up the parts of the index that are mostly about deleted runs.</summary>
    Task SweepAsync(CancellationToken cancellationToken);
}
