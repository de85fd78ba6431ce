using System.Data.Common;

namespace FlowStudio.Engine.Schedules;

/// <summary>Rings for a schedule when its next time has come. Knows nothing of expressions: who is rung for sets the next alarm.</summary>
public interface IAlarms
{
    /// <summary>Rings from now on, for what is due already at once. What it remembers beyond <paramref name="due"/> it forgets.</summary>
    /// <param name="ring">Handles what is due of a schedule; may be called early, late, twice, and for several schedules at once.</param>
    Task StartAsync(IReadOnlyDictionary<Guid, DateTimeOffset> due, Func<Guid, CancellationToken, Task> ring, CancellationToken cancellationToken);

    /// <summary>Sets a schedule's one alarm, in place of the one it had; null takes it away.</summary>
    Task SetAsync(Guid scheduleId, DateTimeOffset? at, CancellationToken cancellationToken);

    /// <summary>Rings no more; returns when no ring is being handled.</summary>
    Task StopAsync();
}

/// <summary>The file that alarms are kept in, beside the main database. What is in there can always be made anew.</summary>
public interface IAlarmFile
{
    DbProviderFactory Provider { get; }

    string ConnectionString { get; }

    /// <summary>Makes the file when there is none.</summary>
    void Prepare();

    /// <summary>Deletes it.</summary>
    void Discard();
}
