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

    /// <summary>Gives a conversation another key, and so another id; when there is one of that key already, its messages join them.</summary>
    /// <param name="change">What becomes of each message: it may name its session.</param>
    /// <returns>The messages that were moved, oldest first; empty when there were none.</returns>
    Task<IReadOnlyList<ThreadMessage>> RenameAsync(Guid threadId, ChatThread renamed, Func<ThreadMessage, ThreadMessage> change, CancellationToken cancellationToken);

    /// <summary>Changes a message.</summary>
    /// <returns>The message as it is then, and its conversation; null when there is no such message.</returns>
    Task<(ThreadMessage Message, ChatThread Thread)?> ChangeMessageAsync(Guid id, Func<ThreadMessage, ThreadMessage> change, CancellationToken cancellationToken);

    /// <summary>Deletes messages; those that are not there are passed over.</summary>
    Task DeleteMessagesAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);
}
