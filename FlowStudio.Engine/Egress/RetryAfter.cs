using System.Globalization;

namespace FlowStudio.Engine.Egress;

/// <summary>How long the other side asks to wait: the header <c>Retry-After</c>, in seconds or as a date (RFC 9110 §10.2.3).</summary>
static class RetryAfter
{
    /// <summary>The wait from now on, never negative; null when the header is missing or neither a number nor a date.</summary>
    public static TimeSpan? Parse(string? header, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(header))
            return null;
        if (double.TryParse(header, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(365).TotalSeconds));
        if (!DateTimeOffset.TryParse(header, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date))
            return null;
        var wait = date - time.GetUtcNow();
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
