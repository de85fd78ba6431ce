using System.Globalization;
using FlowStudio.Engine.Components;

namespace FlowStudio.Engine.Execution;

/// <summary>When a failed attempt is repeated: exponential backoff with jitter, never sooner than the other side asked.</summary>
/// <param name="Retries">Repeats after the first attempt.</param>
public sealed record RetryPolicy(int Retries, TimeSpan FirstDelay, TimeSpan MaxDelay)
{
    /// <summary>The pause before the next attempt, or null when the error is final.</summary>
    /// <param name="attempt">The attempt that failed, from 1.</param>
    /// <param name="dice">0 to 1: where in the jitter of ± 20 % the pause falls.</param>
    public TimeSpan? DelayAfter(int attempt, NodeError error, double dice)
    {
        if (!error.Retryable || attempt > Retries)
            return null;
        var backoff = Math.Min(FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(attempt - 1, 30)), MaxDelay.TotalSeconds);
        var jittered = TimeSpan.FromSeconds(backoff * (0.8 + (0.4 * dice)));
        // What the other side asks for is the least; the jitter on top keeps a crowd from coming back at once.
        return error.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked + (jittered * 0.2) : jittered;
    }

    public override string ToString() => Retries == 0
        ? "no repeats"
        : string.Create(CultureInfo.InvariantCulture, $"up to {Retries} repeats, after {FirstDelay.TotalSeconds} s, then twice as long each time, {MaxDelay.TotalSeconds} s at most");
}
