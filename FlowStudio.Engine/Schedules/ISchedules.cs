using FlowStudio.Engine.Execution;

namespace FlowStudio.Engine.Schedules;

/// <summary>The schedules of all flows: what is in the main database is what fires.</summary>
public interface ISchedules
{
    /// <summary>Missed times that <see cref="MisfirePolicy.All"/> makes up for, and fires that wait for the run before them: the newest so many.</summary>
    const int MostAtOnce = 1000;

    /// <summary>A page, by name, then id: of one flow, or of all. <paramref name="cursor"/> is what the page before gave.</summary>
    /// <exception cref="FormatException">The cursor is not one of ours.</exception>
    Task<SchedulePage> ListAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>How many there are, of one flow or of all.</summary>
    Task<int> CountAsync(Guid? flowId, CancellationToken cancellationToken);

    Task<ScheduleInfo?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>When each of these flows is started next; without those that no schedule starts.</summary>
    Task<IReadOnlyDictionary<Guid, DateTimeOffset>> NextFiresAsync(IReadOnlyCollection<Guid> flowIds, CancellationToken cancellationToken);

    /// <summary>Stores a new schedule; id, times and the next fire are made here unless the id is given (a deleted one comes back).</summary>
    /// <exception cref="ScheduleException">Something in it is wrong.</exception>
    /// <exception cref="CronException">The expression is wrong.</exception>
    Task<Schedule> CreateAsync(Schedule schedule, CancellationToken cancellationToken);

    /// <summary>Replaces all but the flow; null when it does not exist. Another expression or zone counts from now on.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    Task<Schedule?> UpdateAsync(Schedule schedule, CancellationToken cancellationToken);

    /// <summary>Pauses or resumes; null when it does not exist. Times that went by while it was paused are not made up for.</summary>
    Task<Schedule?> PauseAsync(Guid id, bool paused, CancellationToken cancellationToken);

    /// <summary>Deletes it; its runs stay. Null when it did not exist. <see cref="CreateAsync"/> with what this returns undoes it.</summary>
    Task<Schedule?> DeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Starts a run now, paused or not, whatever else is at work; null when the schedule does not exist.</summary>
    Task<IntakeResult?> RunNowAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>A page of its history, newest first.</summary>
    /// <inheritdoc cref="ListAsync"/>
    Task<FirePage> FiresAsync(Guid id, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>Raised after a schedule was written, fired or deleted; for open pages.</summary>
    event Action<ScheduleChange>? Changed;
}

/// <summary>Which schedule changed.</summary>
public readonly record struct ScheduleChange(Guid ScheduleId, Guid FlowId);

/// <summary>A schedule that cannot be stored as asked.</summary>
/// <param name="code"><c>flow_not_found</c>, <c>invalid_time_zone</c>, <c>invalid_name</c>, <c>input_too_large</c> or <c>too_many_schedules</c>.</param>
/// <param name="field">The member that is wrong, as the API names it.</param>
public sealed class ScheduleException(string code, string field, string message) : Exception(message)
{
    public string Code { get; } = code;

    public string Field { get; } = field;
}
