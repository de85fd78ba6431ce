namespace FlowStudio.Engine.Runs;

/// <summary>A conversation, for lists of them.</summary>
/// <param name="Key">The session id it was begun with.</param>
/// <param name="Opening">The first 200 characters of its first message.</param>
public sealed record ThreadHead(Guid Id, string Key, string Opening, DateTimeOffset CreatedAt);

/// <summary>The conversations of flows.</summary>
public interface IChatThreads
{
    /// <summary>A flow's conversations whose session ids begin with a prefix, from the greatest id down.</summary>
    Task<IReadOnlyList<ThreadHead>> ListAsync(Guid flowId, string prefix, int limit, CancellationToken cancellationToken);

    /// <summary>Deletes a conversation with its messages; the runs that spoke in it stay.</summary>
    /// <returns>False when there is none.</returns>
    Task<bool> DeleteAsync(Guid threadId, CancellationToken cancellationToken);
}
