namespace FlowStudio.Engine.Callbacks;

/// <summary>
/// What is known of one receiving server: what is on its way to it, and whether it is held to be down. After a failure it gets one message at a time, and
/// after <see cref="OpensAfter"/> in a row none for a while, then one to try. So a dead server costs little, and one that comes back is not overrun.
/// </summary>
sealed class EndpointState
{
    public const int OpensAfter = 5;

    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    TimeSpan pause = FirstPause;

    /// <summary>Messages on their way.</summary>
    public HashSet<Guid> InFlight { get; } = [];

    /// <summary>Failures in a row.</summary>
    public int Failures { get; private set; }

    /// <summary>Nothing is sent before; null when it is not held to be down.</summary>
    public DateTimeOffset? ClosedUntil { get; private set; }

    /// <summary>How many more may be sent now.</summary>
    public int Free(int most, DateTimeOffset now)
    {
        if (ClosedUntil > now)
            return 0;
        return Math.Max(0, (Failures == 0 ? most : 1) - InFlight.Count);
    }

    /// <summary>An attempt is through.</summary>
    /// <param name="alive">The server answered for itself, whatever it thought of the message.</param>
    /// <returns>Whether it is held to be down from now on.</returns>
    public bool Came(bool alive, DateTimeOffset now)
    {
        if (alive)
        {
            (Failures, ClosedUntil, pause) = (0, null, FirstPause);
            return false;
        }
        if (++Failures < OpensAfter)
            return false;
        ClosedUntil = now + pause;
        pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        return true;
    }
}
