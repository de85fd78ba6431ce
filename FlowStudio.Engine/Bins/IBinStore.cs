namespace FlowStudio.Engine.Bins;

/// <summary>A request that a bin caught.</summary>
/// <param name="Id">UUIDv7: later requests sort later.</param>
/// <param name="Bin">The bin's name; a bin exists as long as it holds requests.</param>
/// <param name="Path">The path as it was asked for.</param>
/// <param name="Query">The query as it was sent, without the question mark; empty when there was none.</param>
/// <param name="Headers">In the order they came; a name may come several times.</param>
public sealed record BinRequest(
    Guid Id,
    string Bin,
    string Method,
    string Path,
    string Query,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    byte[] Body,
    string? ContentType,
    DateTimeOffset At);

/// <summary>A bin and what it holds.</summary>
/// <param name="LastAt">When it last caught something.</param>
/// <param name="Count">Requests it holds, 100 at most.</param>
public sealed record BinSummary(string Bin, DateTimeOffset LastAt, int Count);

/// <summary>The server's own request bins: named places that keep the last 100 requests sent to them, to look at.</summary>
public interface IBinStore
{
    /// <summary>Keeps a request and forgets the bin's oldest beyond 100; completes when it is durable.</summary>
    Task AddAsync(BinRequest request, CancellationToken cancellationToken);

    /// <summary>A bin's requests, newest first.</summary>
    Task<IReadOnlyList<BinRequest>> ListAsync(string bin, int limit, CancellationToken cancellationToken);

    /// <summary>All bins, the one that caught something last first.</summary>
    Task<IReadOnlyList<BinSummary>> BinsAsync(CancellationToken cancellationToken);

    /// <summary>Forgets all requests of a bin; returns how many there were.</summary>
    Task<int> ClearAsync(string bin, CancellationToken cancellationToken);

    /// <summary>Raised for every request once it is durable; for open pages.</summary>
    event Action<BinRequest>? Caught;
}
