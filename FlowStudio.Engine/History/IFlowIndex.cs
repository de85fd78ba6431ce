using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.History;

/// <summary>In what order flows are listed.</summary>
public enum FlowOrder
{
    /// <summary>Whose newest run is the newest comes first; flows that never ran come last.</summary>
    LastRun,

    Name,

    /// <summary>What was saved last comes first.</summary>
    Updated,
}

/// <summary>Which flows to list. What is left out does not narrow the list.</summary>
public sealed record FlowQuery
{
    /// <summary>Text in name, description, endpoint name, tags, or the types of the draft's components.</summary>
    public string? Text { get; init; }

    /// <summary>Component types that count as having <see cref="Text"/>: those whose title has it, say.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    public string? Tag { get; init; }

    /// <summary>Only flows whose newest run failed or took too long.</summary>
    public bool Failing { get; init; }

    /// <summary>Only flows that a schedule starts, be it paused.</summary>
    public bool Scheduled { get; init; }

    public FlowOrder Order { get; init; }
}

/// <summary>A flow as lists show it: without its document.</summary>
/// <param name="ComponentTypes">The types of the draft's nodes, each once, in the order of the nodes.</param>
/// <param name="LastRun">The newest run, or null when it never ran.</param>
/// <param name="Scheduled">Whether it has a schedule, be it paused.</param>
/// <param name="NextFire">When a schedule starts it next; null when none does.</param>
public sealed record FlowListing(Guid Id, string Name, string Description, string? EndpointName, IReadOnlyList<string> Tags, bool Enabled, WebhookAccess WebhookAccess,
    int DraftRevision, int? LiveVersion, IReadOnlyList<string> ComponentTypes, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, Run? LastRun,
    bool Scheduled, DateTimeOffset? NextFire);

/// <summary>A page of flows.</summary>
public sealed record FlowListingPage(IReadOnlyList<FlowListing> Items, string? NextCursor);

/// <summary>How many flows there are, in all and by what one filters for.</summary>
/// <param name="Tags">The tags in use with how many flows have each, the most used first.</param>
public sealed record FlowCounts(int All, int Failing, int Scheduled, IReadOnlyList<(string Tag, int Count)> Tags)
{
    /// <summary>Tags that are counted; nobody chooses from more.</summary>
    public const int MaxTags = 100;
}

/// <summary>Lists of flows with what they did lately. No document is read, however many flows there are.</summary>
public interface IFlowIndex
{
    /// <summary>A page; <paramref name="cursor"/> is what the page before gave for the same query. One statement.</summary>
    /// <param name="limit">1 to 500.</param>
    /// <exception cref="FormatException">The cursor is not one of ours, or belongs to another order.</exception>
    Task<FlowListingPage> ListAsync(FlowQuery query, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>Counts over all flows. Four statements.</summary>
    Task<FlowCounts> CountAsync(CancellationToken cancellationToken);

    /// <summary>Name and endpoint name of every flow: what is taken.</summary>
    Task<IReadOnlyList<(Guid Id, string Name, string? EndpointName)>> NamesAsync(CancellationToken cancellationToken);
}
