namespace FlowStudio.Engine.Runs;

/// <summary>What the runs that ended within a stretch of time add up to.</summary>
/// <param name="At">When the stretch begins.</param>
/// <param name="P50">From start to end, waiting included, of the runs that were started; null when there were none. At most 6.3 % above the true value; likewise the others.</param>
public sealed record RollupPoint(DateTimeOffset At, long Succeeded, long Failed, long Canceled, long TimedOut, TokenUsage Tokens, TimeSpan? P50, TimeSpan? P95, TimeSpan? P99)
{
    public long Ended => Succeeded + Failed + Canceled + TimedOut;
}

/// <summary>
/// Sums over ended runs by time, for charts: every run is in them once, about a second after its end, and stays in them when it is deleted.
/// Hours are kept for ever, minutes for <see cref="MinutesKept"/>.
/// </summary>
public interface IRunRollups
{
    /// <summary>The most points of one answer.</summary>
    const int MaxPoints = 1500;

    /// <summary>How long single minutes are kept.</summary>
    static readonly TimeSpan MinutesKept = TimeSpan.FromDays(7);

    /// <summary>Stretches of <paramref name="step"/> (whole minutes) from the one that has <paramref name="from"/> in it to before <paramref name="to"/>, none left out; they begin at multiples of the step since 1970, in UTC.</summary>
    /// <param name="flowId">Null: all flows together.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is none, or there would be more than <see cref="MaxPoints"/>.</exception>
    Task<IReadOnlyList<RollupPoint>> ReadAsync(Guid? flowId, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken);

    /// <summary>All that <see cref="ReadAsync"/> would give, added up to one point: with the percentiles of the whole stretch, which those of its parts do not give.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is none.</exception>
    Task<RollupPoint> SumAsync(Guid? flowId, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken);

    /// <summary>What <see cref="SumAsync"/> gives, of many flows at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is none.</exception>
    Task<IReadOnlyDictionary<Guid, RollupPoint>> SumManyAsync(IReadOnlyCollection<Guid> flowIds, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken);

    /// <summary>What <see cref="ReadAsync"/> gives, of many flows at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is none, or there would be more than <see cref="MaxPoints"/> of a flow.</exception>
    Task<IReadOnlyDictionary<Guid, IReadOnlyList<RollupPoint>>> ReadManyAsync(IReadOnlyCollection<Guid> flowIds, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken);
}
