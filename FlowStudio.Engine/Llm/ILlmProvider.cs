namespace FlowStudio.Engine.Llm;

/// <summary>Something that completes text: one per kind of model service.</summary>
public interface ILlmProvider
{
    /// <summary>How settings name it; unique.</summary>
    string Name { get; }

    /// <summary>One completion, tried once: whoever calls decides about repeats.</summary>
    /// <param name="onToken">Gets each piece of the answer as it comes; null asks for the whole at once.</param>
    /// <exception cref="LlmException">No usable answer came; it says whether a repeat is worth it.</exception>
    Task<LlmAnswer> CompleteAsync(LlmRequest request, Action<string>? onToken, CancellationToken cancellationToken);
}

/// <summary>What a model is asked.</summary>
public sealed record LlmRequest
{
    public required string Model { get; init; }

    /// <summary>What the user says.</summary>
    public required string Input { get; init; }

    /// <summary>How the model shall behave; empty: nothing is said about it.</summary>
    public string System { get; init; } = "";

    /// <summary>0 to 2; null: the model's own.</summary>
    public double? Temperature { get; init; }

    /// <summary>Tokens of the answer at most; null: the model's own limit.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Asks for the same answer to the same question, where a service can.</summary>
    public long? Seed { get; init; }

    /// <summary>Asks for an answer that is a JSON object.</summary>
    public bool Json { get; init; }

    /// <summary>Null: none is sent.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Absolute; null: the provider's own.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>Without texts and key: this ends up in logs.</summary>
    public override string ToString() => $"Request to {Model}";
}

/// <summary>What a model answered.</summary>
/// <param name="InputTokens">As the service counts; 0 when it does not say.</param>
/// <param name="OutputTokens">As the service counts; 0 when it does not say.</param>
/// <param name="FinishReason">Why it stopped: <c>stop</c>, <c>length</c>…</param>
public sealed record LlmAnswer(string Text, long InputTokens, long OutputTokens, string FinishReason)
{
    /// <summary>The answer ends where the limit on tokens cut it.</summary>
    public bool IsCut => FinishReason == "length";
}

/// <summary>A model gave no usable answer.</summary>
/// <param name="code">Stable, for programs.</param>
/// <param name="message">What happened, with the service's own words where it has some; never the key.</param>
/// <param name="remedy">What to do; may be empty.</param>
/// <param name="retryable">Whether the same call may succeed later.</param>
/// <param name="retryAfter">How long the service asks to wait.</param>
public sealed class LlmException(string code, string message, string remedy = "", bool retryable = false, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    public string Code { get; } = code;

    public string Remedy { get; } = remedy;

    public bool Retryable { get; } = retryable;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}
