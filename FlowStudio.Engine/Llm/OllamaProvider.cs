namespace FlowStudio.Engine.Llm;

/// <summary>Ollama, which runs models on one's own machine: it speaks OpenAI's protocol; what differs is where it is and what to do when it is not.</summary>
public sealed class OllamaProvider(OpenAiProvider openAi) : ILlmProvider
{
    public const string ProviderName = "ollama";
    public const string DefaultBaseUrl = "http://localhost:11434/v1";

    public string Name => ProviderName;

    public LlmDefaults? Defaults { get; } = new(DefaultBaseUrl, "OLLAMA_BASE_URL", KeyVariable: null, "llama3.2");

    public async Task<LlmAnswer> CompleteAsync(LlmRequest request, Action<string>? onToken, CancellationToken cancellationToken)
    {
        var baseUrl = WithVersion(request.BaseUrl ?? DefaultBaseUrl);
        try
        {
            return await openAi.CompleteAsync(request with { BaseUrl = baseUrl }, onToken, cancellationToken);
        }
        catch (LlmException e) when (e.Code == "connect_failed")
        {
            throw new LlmException(e.Code, $"Ollama is not reachable at {baseUrl}: {e.Message}",
                $"Start it with: ollama serve. Fetch the model once with: ollama pull {request.Model}. When it runs elsewhere, give its address as base URL.",
                e.Retryable, inner: e);
        }
        catch (LlmException e) when (e.Code == "http_status" && e.Message.Contains("not found", StringComparison.OrdinalIgnoreCase))
        {
            throw new LlmException(e.Code, e.Message, $"Fetch the model with: ollama pull {request.Model}. What there is lists: ollama list.", e.Retryable, inner: e);
        }
    }

    /// <summary>Ollama's own settings name the address without the path of this protocol.</summary>
    static string WithVersion(string baseUrl) =>
        Uri.TryCreate(baseUrl, UriKind.Absolute, out var url) && url.AbsolutePath is "/" or "" ? baseUrl.TrimEnd('/') + "/v1" : baseUrl;
}
