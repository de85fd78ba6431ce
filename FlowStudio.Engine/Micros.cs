namespace FlowStudio.Engine;

/// <summary>Times as the database keeps them: in whole microseconds.</summary>
static class Micros
{
    /// <summary>The same time wherever it is read.</summary>
    public static DateTimeOffset Of(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
}
