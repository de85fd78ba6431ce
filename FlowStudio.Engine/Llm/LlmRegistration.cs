using Microsoft.Extensions.DependencyInjection;

namespace FlowStudio.Engine.Llm;

/// <summary>Wires the model providers.</summary>
public static class LlmRegistration
{
    /// <summary>Every provider, as <see cref="ILlmProvider"/>. Needs <see cref="TimeProvider"/> and the guarded HTTP client.</summary>
    public static IServiceCollection AddLlm(this IServiceCollection services) => services
        .AddSingleton<ILlmProvider, DemoProvider>()
        .AddSingleton<OpenAiProvider>()
        .AddSingleton<ILlmProvider>(static s => s.GetRequiredService<OpenAiProvider>())
        .AddSingleton<ILlmProvider, AnthropicProvider>()
        .AddSingleton<ILlmProvider, OllamaProvider>();
}
