namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>Names of models that people often choose, by provider: suggestions only, a service knows many more.</summary>
static class ModelNames
{
    static readonly IReadOnlyList<string> OpenAi = ["gpt-4o-mini", "gpt-4o", "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "o4-mini", "o3"];
    static readonly IReadOnlyList<string> Anthropic = ["claude-sonnet-5-5", "claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5", "claude-3-5-haiku-latest"];
    static readonly IReadOnlyList<string> Ollama = ["llama3.2", "llama3.1", "qwen2.5", "mistral", "gemma2", "phi3"];

    public static IReadOnlyList<string> Of(string provider) => provider switch { "openai" => OpenAi, "anthropic" => Anthropic, "ollama" => Ollama, _ => [] };
}
