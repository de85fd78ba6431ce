namespace FlowStudio.Benchmarks.Load;

/// <summary>Decides when the next request is to be sent. Times are nanoseconds since the load began.</summary>
abstract class Pace
{
    /// <summary>Whether a request should go out now; <paramref name="intended"/> is the moment its latency counts from.</summary>
    public abstract bool TryTake(long now, out long intended);

    /// <summary>True when no further request will ever be taken.</summary>
    public abstract bool Exhausted(long now);

    /// <summary>When to look again although nothing was received; null: there is nothing to wait for but answers.</summary>
    public abstract long? NextDue { get; }
}

/// <summary>Closed loop: a connection that has its answer sends the next request at once, until the time or the number of requests is over.</summary>
sealed class ClosedLoop(TimeSpan duration, long limit = long.MaxValue) : Pace
{
    readonly long end = duration.Ticks * TimeSpan.NanosecondsPerTick;
    long taken;

    public override long? NextDue => null;

    public override bool TryTake(long now, out long intended)
    {
        intended = now;
        if (Exhausted(now))
            return false;
        taken++;
        return true;
    }

    public override bool Exhausted(long now) => now >= end || taken >= limit;
}

/// <summary>
/// Open loop: requests are due at fixed intervals whatever the server does. A request that waits for a free connection keeps the moment it was due, so
/// the time a stalled server makes others wait is counted for each of them and not left out.
/// </summary>
sealed class OpenLoop(double perSecond, TimeSpan duration) : Pace
{
    readonly long total = (long)(perSecond * duration.TotalSeconds);
    long taken;

    public override long? NextDue => taken < total ? DueAt(taken) : null;

    /// <summary>How many requests the whole load has.</summary>
    public long Total => total;

    public override bool TryTake(long now, out long intended)
    {
        intended = DueAt(taken);
        if (taken >= total || intended > now)
            return false;
        taken++;
        return true;
    }

    public override bool Exhausted(long now) => taken >= total;

    long DueAt(long number) => (long)(number * 1e9 / perSecond);
}
