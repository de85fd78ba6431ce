using System.Globalization;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>A service that Langflow has models of, in FlowStudio's settings.</summary>
/// <param name="Name">As Langflow calls it.</param>
/// <param name="Provider">The provider here that speaks its language.</param>
/// <param name="BaseUrl">Where it answers, when that is not the provider's usual place.</param>
/// <param name="KeyVariable">The variable that usually has its key; null when it wants none.</param>
sealed record ModelService(string Name, string Provider, string? BaseUrl, string? KeyVariable);

/// <summary>Langflow's model services, and its older components of one service each.</summary>
static class ModelNames
{
    static readonly ModelService[] Services =
    [
        new("OpenAI", "openai", BaseUrl: null, "OPENAI_API_KEY"),
        new("Anthropic", "anthropic", BaseUrl: null, "ANTHROPIC_API_KEY"),
        new("Ollama", "ollama", BaseUrl: null, KeyVariable: null),
        new("Google Generative AI", "openai", "https://generativelanguage.googleapis.com/v1beta/openai", "GOOGLE_API_KEY"),
        new("Groq", "openai", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        new("Mistral", "openai", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
        new("DeepSeek", "openai", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
        new("xAI", "openai", "https://api.x.ai/v1", "XAI_API_KEY"),
        new("OpenRouter", "openai", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        new("NVIDIA", "openai", "https://integrate.api.nvidia.com/v1", "NVIDIA_API_KEY"),
        new("Perplexity", "openai", "https://api.perplexity.ai", "PERPLEXITY_API_KEY"),
        new("LM Studio", "openai", "http://localhost:1234/v1", KeyVariable: null),
        new("vLLM", "openai", "http://localhost:8000/v1", KeyVariable: null),
        new("Azure OpenAI", "openai", BaseUrl: null, "AZURE_OPENAI_API_KEY"),
        new("Cohere", "openai", "https://api.cohere.ai/compatibility/v1", "COHERE_API_KEY"),
        new("Hugging Face", "openai", "https://router.huggingface.co/v1", "HUGGINGFACEHUB_API_TOKEN"),
        new("SambaNova", "openai", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
        new("Novita AI", "openai", "https://api.novita.ai/v3/openai", "NOVITA_API_KEY"),
        new("AI/ML API", "openai", "https://api.aimlapi.com/v1", "AIML_API_KEY"),
        new("CometAPI", "openai", "https://api.cometapi.com/v1", "COMETAPI_KEY"),
    ];

    /// <summary>Components of one service, by type.</summary>
    public static IReadOnlyDictionary<string, string> ByComponent { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["OpenAIModel"] = "OpenAI",
        ["AnthropicModel"] = "Anthropic",
        ["OllamaModel"] = "Ollama",
        ["ChatOllamaModel"] = "Ollama",
        ["GoogleGenerativeAIModel"] = "Google Generative AI",
        ["GroqModel"] = "Groq",
        ["MistralModel"] = "Mistral",
        ["DeepSeekModelComponent"] = "DeepSeek",
        ["xAIModel"] = "xAI",
        ["OpenRouterComponent"] = "OpenRouter",
        ["NVIDIAModelComponent"] = "NVIDIA",
        ["PerplexityModel"] = "Perplexity",
        ["PerplexityComponent"] = "Perplexity",
        ["LMStudioModel"] = "LM Studio",
        ["VLLMModel"] = "vLLM",
        ["AzureOpenAIModel"] = "Azure OpenAI",
        ["CohereModel"] = "Cohere",
        ["HuggingFaceModel"] = "Hugging Face",
        ["SambaNovaModel"] = "SambaNova",
        ["NovitaModel"] = "Novita AI",
        ["AIMLModel"] = "AI/ML API",
        ["CometAPIModel"] = "CometAPI",
        // These speak languages of their own: the node keeps its place and its prompt, and the import says that another service has to be chosen.
        ["AmazonBedrockModel"] = "Amazon Bedrock",
        ["AmazonBedrockConverseModel"] = "Amazon Bedrock",
        ["VertexAiModel"] = "Vertex AI",
        ["IBMwatsonxModel"] = "IBM watsonx.ai",
        ["BaiduQianfanChatModel"] = "Baidu Qianfan",
    };

    /// <summary>The service of a name as files have it, in whatever case and with or without what follows it; null when none is known.</summary>
    public static ModelService? Find(string name) => Array.Find(Services, s => s.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? Array.Find(Services, s => Plain(name) is { Length: > 2 } plain && (Plain(s.Name).StartsWith(plain, StringComparison.Ordinal) || plain.StartsWith(Plain(s.Name), StringComparison.Ordinal)));

    static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLower(CultureInfo.InvariantCulture);
}
