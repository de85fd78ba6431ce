namespace FlowStudio.Engine.History;

/// <summary>Keeps the sums over ended runs up to date; Storage implements it.</summary>
public interface IRollupUpkeep
{
    /// <summary>Adds runs that ended since the last time, at most <paramref name="limit"/>; returns how many.</summary>
    Task<int> FoldAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Deletes minutes that began before a time, at most <paramref name="limit"/>; their hours stay. Returns how many.</summary>
    Task<int> PruneAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken);
}
