namespace FlowStudio.Engine.Schedules;

/// <summary>Schedules and their history in the main database. Every write takes its turn in the write lane.</summary>
public interface IScheduleRows
{
    /// <inheritdoc cref="ISchedules.ListAsync"/>
    Task<SchedulePage> ListAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken);

    /// <inheritdoc cref="ISchedules.CountAsync"/>
    Task<int> CountAsync(Guid? flowId, CancellationToken cancellationToken);

    /// <inheritdoc cref="ISchedules.FindAsync"/>
    Task<ScheduleInfo?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <inheritdoc cref="ISchedules.NextFiresAsync"/>
    Task<IReadOnlyDictionary<Guid, DateTimeOffset>> NextFiresAsync(IReadOnlyCollection<Guid> flowIds, CancellationToken cancellationToken);

    /// <summary>The next time of every schedule that has one.</summary>
    Task<IReadOnlyDictionary<Guid, DateTimeOffset>> DueTimesAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<Schedule>> OfFlowAsync(Guid flowId, CancellationToken cancellationToken);

    /// <summary>False when the flow does not exist.</summary>
    Task<bool> AddAsync(Schedule schedule, CancellationToken cancellationToken);

    /// <summary>Changes the stored schedule in one turn of the lane; null when it does not exist.</summary>
    Task<Schedule?> ChangeAsync(Guid id, Func<Schedule, Schedule> change, CancellationToken cancellationToken);

    /// <summary>Deletes it and leaves its history, for the case that it comes back; what it was, or null.</summary>
    Task<Schedule?> DeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <inheritdoc cref="ISchedules.FiresAsync"/>
    Task<FirePage> FiresAsync(Guid id, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>The schedule's runs that have not ended.</summary>
    Task<IReadOnlyList<Guid>> UnfinishedRunsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The oldest fire that waits, and how many do.</summary>
    Task<(ScheduleFire? Oldest, int Count)> WaitingAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Schedules of which a fire waits.</summary>
    Task<IReadOnlyList<Guid>> WithWaitingAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Adds lines to the history (a time that has one keeps it, unless it waits) and sets the next time, in one transaction. The next time is set only while it
    /// is still <paramref name="from"/>: a schedule that was changed meanwhile has one of its own.
    /// </summary>
    /// <param name="keep">Lines that are kept of the schedule; null leaves all.</param>
    Task AdvanceAsync(Guid id, IReadOnlyList<ScheduleFire> fires, DateTimeOffset? from, DateTimeOffset? next, int? keep, CancellationToken cancellationToken);

    /// <summary>Deletes the history of schedules that are no more.</summary>
    Task SweepAsync(CancellationToken cancellationToken);
}
