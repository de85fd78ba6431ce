namespace FlowStudio.Engine.Callbacks;

/// <summary>
/// When a message that was not taken is sent again (Standard Webhooks): after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, each ± 10 %, so
/// that what failed together does not come back together. Never sooner than the receiver asked for.
/// </summary>
public static class RetrySchedule
{
    /// <summary>A receiver that asks for more is asked again after a day.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>The pauses after the first attempt, the second, and so on.</summary>
    public static IReadOnlyList<TimeSpan> Pauses { get; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>The pause after an attempt; null when it was the last.</summary>
    /// <param name="tries">Attempts made, from 1.</param>
    /// <param name="asked">What the receiver's <c>Retry-After</c> asks for.</param>
    /// <param name="dice">0 to 1: where in the jitter the pause falls.</param>
    public static TimeSpan? After(int tries, TimeSpan? asked, double dice)
    {
        if (tries < 1 || tries > Pauses.Count)
            return null;
        var pause = Pauses[tries - 1] * (0.9 + (0.2 * dice));
        if (asked is not { } wanted)
            return pause;
        var heeded = wanted < Longest ? wanted : Longest;
        return heeded > pause ? heeded : pause;
    }
}
