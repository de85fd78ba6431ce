namespace FlowStudio.Engine.Flows;

/// <summary>Flows and their versions. Every write goes through the one write lane.</summary>
public interface IFlowStore
{
    /// <summary>A page of flows, by name, then id. <paramref name="cursor"/> is what the page before gave.</summary>
    /// <exception cref="FormatException">The cursor is not one of ours.</exception>
    Task<FlowPage> ListAsync(string? search, string? cursor, int limit, CancellationToken cancellationToken);

    Task<Flow?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The flow's version by number; 0 means the draft as a version not yet stored.</summary>
    Task<FlowVersion?> FindVersionAsync(Guid flowId, int number, CancellationToken cancellationToken);

    /// <summary>The version or snapshot with this id: what a run ran.</summary>
    Task<FlowVersion?> FindVersionAsync(Guid versionId, CancellationToken cancellationToken);

    /// <summary>Published versions, newest first, without documents' bodies being parsed twice.</summary>
    Task<IReadOnlyList<FlowVersion>> ListVersionsAsync(Guid flowId, CancellationToken cancellationToken);

    /// <summary>Stores a new flow.</summary>
    /// <exception cref="FlowConflictException">The endpoint name is taken.</exception>
    Task<Flow> CreateAsync(Flow flow, CancellationToken cancellationToken);

    /// <summary>Replaces draft, name and settings, and raises the revision.</summary>
    /// <param name="expectedRevision">The draft's revision as last seen; null to overwrite whatever is there.</param>
    /// <exception cref="FlowConflictException">The draft has moved on, or the endpoint name is taken.</exception>
    /// <returns>The stored flow, or null when it does not exist.</returns>
    Task<Flow?> SaveAsync(Flow flow, int? expectedRevision, CancellationToken cancellationToken);

    /// <summary>Makes the draft, without what is pinned in it, the next numbered version and the live one; when it equals the live version nothing changes.</summary>
    /// <returns>The live version, or null when the flow does not exist.</returns>
    Task<FlowVersion?> PublishAsync(Guid id, string? note, int? expectedRevision, CancellationToken cancellationToken);

    /// <summary>Makes the document of a published version the draft again.</summary>
    Task<Flow?> RestoreAsync(Guid id, int number, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the flow: from now on nothing finds or runs it, and its names are free. For <see cref="DeletedKept"/> it can be brought back; then it goes for
    /// good, with its versions and its webhook token. Its runs stay in history.
    /// </summary>
    /// <returns>False when there is no such flow.</returns>
    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>How long a deleted flow can be brought back.</summary>
    static readonly TimeSpan DeletedKept = TimeSpan.FromHours(1);

    /// <summary>Brings a deleted flow back as it was, with versions and token; without its endpoint name, if another flow has taken that meanwhile.</summary>
    /// <returns>The flow, or null when it was not deleted or is gone for good.</returns>
    Task<Flow?> UndeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The flows that were deleted before a time and are not yet gone for good.</summary>
    Task<IReadOnlyList<Guid>> ListDeletedAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Deletes for good what <see cref="DeleteAsync"/> left of a deleted flow; false when it is not deleted.</summary>
    Task<bool> PurgeAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// What a trigger runs: by id or endpoint name; from memory when it has not changed. <paramref name="draft"/> asks for the draft
    /// even when something is live. Nothing in it is pinned.
    /// </summary>
    ValueTask<RunnableFlow?> ResolveAsync(string idOrEndpointName, bool draft, CancellationToken cancellationToken);

    /// <summary>The draft's snapshot has its row now: <see cref="ResolveAsync"/> says so from now on.</summary>
    void MarkStored(Guid flowId, Guid versionId);

    /// <summary>Raised after a flow was written, with its id; for caches and open pages.</summary>
    event Action<Guid>? Changed;
}

/// <summary>A flow with the version that a trigger would run now.</summary>
/// <param name="Flow">The flow as it is now.</param>
/// <param name="Version">The live version, or the draft's snapshot; stored when its first run is accepted.</param>
/// <param name="Stored">Whether <paramref name="Version"/> has a row already.</param>
public sealed record RunnableFlow(Flow Flow, FlowVersion Version, bool Stored)
{
    WebhookDoor? door;

    /// <summary>How calls of the webhook are taken; read at the first, because what is called often stays in memory.</summary>
    public WebhookDoor Webhook
    {
        get
        {
            var known = door;
            return known is not null && ReferenceEquals(known.Document, Version.Document) ? known : door = WebhookDoor.Of(Version.Document);
        }
    }
}

/// <summary>A page of flows.</summary>
public sealed record FlowPage(IReadOnlyList<Flow> Items, string? NextCursor);

/// <summary>A write that would undo somebody else's, or take a taken name.</summary>
public sealed class FlowConflictException(string code, string message) : Exception(message)
{
    /// <summary><c>stale_revision</c> or <c>endpoint_name_taken</c>.</summary>
    public string Code { get; } = code;
}

/// <summary>What every store can do with its pages.</summary>
public static class FlowStoreReading
{
    const int PageSize = 500;

    /// <summary>Every flow, by name, for what is written or sent whole.</summary>
    public static async Task<List<Flow>> AllAsync(this IFlowStore flows, CancellationToken cancellationToken)
    {
        var all = new List<Flow>();
        string? cursor = null;
        do
        {
            var page = await flows.ListAsync(search: null, cursor, PageSize, cancellationToken);
            all.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return all;
    }
}
