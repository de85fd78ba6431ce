namespace FlowStudio.Engine.Callbacks;

/// <summary>How runs' ends are told: <c>FlowStudio:Callbacks</c>.</summary>
public sealed class CallbackOptions
{
    /// <summary>Messages on their way at the same time, to all receivers together. Default 64, 1 to 1,000.</summary>
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>Messages on their way at the same time to one receiving server. Default 4, 1 to 100.</summary>
    public int MaxPerEndpoint { get; set; } = 4;

    /// <summary>Seconds within which a receiver must have answered. Default 20; 1 to 120.</summary>
    public double TimeoutSeconds { get; set; } = 20;

    internal IEnumerable<string> Validate() => ((string?[])
    [
        EngineOptions.OutOfRange("Callbacks:MaxConcurrent", MaxConcurrent, 1, 1000, "a number"),
        EngineOptions.OutOfRange("Callbacks:MaxPerEndpoint", MaxPerEndpoint, 1, 100, "a number"),
        EngineOptions.OutOfRange("Callbacks:TimeoutSeconds", TimeoutSeconds, 1, 120, "seconds"),
    ]).OfType<string>();
}
