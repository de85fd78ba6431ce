using System.Text.Json;

namespace FlowStudio.Engine.Llm;

/// <summary>Something that completes text: one per kind of model service.</summary>
public interface ILlmProvider
{
    /// <summary>How settings name it; unique.</summary>
    string Name { get; }

    /// <summary>What is usual for it; null: it needs no service, and knows one model only.</summary>
    LlmDefaults? Defaults { get; }

    /// <summary>One completion, tried once: whoever calls decides about repeats.</summary>
    /// <param name="onToken">Gets each piece of the answer as it comes; null asks for the whole at once.</param>
    /// <exception cref="LlmException">No usable answer came; it says whether a repeat is worth it.</exception>
    Task<LlmAnswer> CompleteAsync(LlmRequest request, Action<string>? onToken, CancellationToken cancellationToken);
}

/// <summary>What a provider's settings are when nobody says anything.</summary>
/// <param name="BaseUrl">The address of its usual service.</param>
/// <param name="BaseUrlVariable">The variable that names another one.</param>
/// <param name="KeyVariable">The variable with the usual service's key; null: it has none.</param>
/// <param name="Model">A model that does for most things.</param>
public sealed record LlmDefaults(string BaseUrl, string BaseUrlVariable, string? KeyVariable, string Model)
{
    /// <summary>The usual service answers nobody without a key.</summary>
    public bool NeedsKey { get; init; }
}

/// <summary>What a model is asked.</summary>
public sealed record LlmRequest
{
    public required string Model { get; init; }

    /// <summary>What the user says, when that is all there is to say; else see <see cref="Messages"/>.</summary>
    public string Input { get; init; } = "";

    /// <summary>The chat so far, oldest first, ending with the user or a tool; empty: <see cref="Input"/> is the one message.</summary>
    public IReadOnlyList<LlmMessage> Messages { get; init; } = [];

    /// <summary>What the model may call instead of answering.</summary>
    public IReadOnlyList<LlmTool> Tools { get; init; } = [];

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

    /// <summary>
    /// The JSON schema that the answer shall fulfil, where a service can hold the model to it; null: any. A hint: the caller checks the answer, and
    /// says in <see cref="System"/> what it wants.
    /// </summary>
    public JsonElement? Schema { get; init; }

    /// <summary>Null: none is sent.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Absolute; null: the provider's own.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>The whole chat: <see cref="Messages"/>, or <see cref="Input"/> as one.</summary>
    internal IReadOnlyList<LlmMessage> Chat => Messages.Count > 0 ? Messages : [new(LlmRole.User, Input)];

    /// <summary>Without texts and key: this ends up in logs.</summary>
    public override string ToString() => $"Request to {Model}";
}

/// <summary>What a model answered.</summary>
/// <param name="InputTokens">As the service counts; 0 when it does not say.</param>
/// <param name="OutputTokens">As the service counts; 0 when it does not say.</param>
/// <param name="FinishReason">Why it stopped: <c>stop</c>, <c>length</c>…</param>
public sealed record LlmAnswer(string Text, long InputTokens, long OutputTokens, string FinishReason)
{
    /// <summary>What the model wants to be called before it goes on; empty: it has answered.</summary>
    public IReadOnlyList<LlmToolCall> ToolCalls { get; init; } = [];

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
