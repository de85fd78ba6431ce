using System.Globalization;

namespace FlowStudio.Engine;

/// <summary>Quantities as people say them.</summary>
public static class Words
{
    /// <summary><c>32 ms</c>, <c>1.6 s</c>, <c>5 min</c>, <c>2 h</c>, <c>30 days</c>.</summary>
    public static string Of(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0.#} days"),
    };
}
