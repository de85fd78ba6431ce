using System.Text.Json;

namespace FlowStudio.Engine.Runs;

/// <summary>Which runs to list.</summary>
public sealed record RunFilter
{
    public Guid? FlowId { get; init; }

    public IReadOnlyList<RunStatus> Statuses { get; init; } = [];

    public IReadOnlyList<RunTrigger> Triggers { get; init; } = [];

    /// <summary>Created at or after; counts to the millisecond.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Created before; counts to the millisecond.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Words and "quoted phrases", all of which must be in an ended run's input, output, error or session; see <see cref="IRunStore.ListAsync"/>.</summary>
    public string? Text { get; init; }
}

/// <summary>A page of runs, newest first; without a cursor it is the last.</summary>
public sealed record RunPage(IReadOnlyList<Run> Items, string? NextCursor);

/// <summary>How many runs there are.</summary>
/// <param name="IsExact">False: so many, or more.</param>
public readonly record struct RunCount(int Count, bool IsExact)
{
    /// <summary>Nobody needs a larger number exactly, and counting takes as long as what is counted.</summary>
    public const int CountedUpTo = 10_000;

    /// <param name="found">Counted up to one more than <see cref="CountedUpTo"/>.</param>
    public static RunCount Of(int found) => new(Math.Min(found, CountedUpTo), found <= CountedUpTo);
}

/// <summary>A run with all it did.</summary>
public sealed record RunDetails(Run Run, JsonElement Input, JsonElement? Output, CallDetails? Call, IReadOnlyList<Step> Steps)
{
    /// <summary>The schedule that started it, and the time of it that it is for; null when none did.</summary>
    public (Guid ScheduleId, DateTimeOffset At)? Scheduled { get; init; }
}

/// <summary>The read side of history. Reads what is durable; a running run's newest events are in <see cref="RunEventHub"/> first.</summary>
public interface IRunStore
{
    /// <summary>A page, newest first; <paramref name="cursor"/> is what the page before gave.</summary>
    /// <exception cref="FormatException">The cursor is not one of ours.</exception>
    Task<RunPage> ListAsync(RunFilter filter, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>How many runs a filter has.</summary>
    Task<RunCount> CountAsync(RunFilter filter, CancellationToken cancellationToken);

    Task<Run?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Runs whose id begins and ends so, newest first: an id as somebody wrote it down, in part. Only the newest that begin so are looked at.</summary>
    /// <param name="start">Hexadecimal digits in lower case, without dashes; 32 at most.</param>
    /// <param name="end">Likewise; empty for any.</param>
    Task<IReadOnlyList<Run>> FindByIdPartsAsync(string start, string end, int limit, CancellationToken cancellationToken);

    /// <summary>The run with input, output and steps (folded from its stored events and the flow version it ran).</summary>
    Task<RunDetails?> FindDetailsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Stored events with a number above <paramref name="after"/>, in order, at most <paramref name="limit"/> records; empty when there are none.</summary>
    Task<IReadOnlyList<RunEvent>> EventsAsync(Guid id, long after, int limit, CancellationToken cancellationToken);

    /// <summary>The newest messages of a thread, oldest first.</summary>
    Task<IReadOnlyList<ThreadMessage>> MessagesAsync(Guid threadId, int limit, CancellationToken cancellationToken);

    /// <summary>A thread, or null.</summary>
    Task<ChatThread?> FindThreadAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The newest run of each of these flows, and how many each had since <paramref name="since"/>.</summary>
    Task<IReadOnlyDictionary<Guid, FlowActivity>> ActivityAsync(IReadOnlyCollection<Guid> flowIds, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Deletes an ended run with all it stored; false when it does not exist or has not ended.</summary>
    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);
}

/// <summary>A flow's recent runs, for lists.</summary>
/// <param name="RunsSince">Counted up to <see cref="CountedUpTo"/>, which then means that many or more.</param>
public sealed record FlowActivity(Run? LastRun, int RunsSince)
{
    /// <summary>A busy flow has millions of runs a day, and a list of flows must not count them.</summary>
    public const int CountedUpTo = 10_000;
}
