using System.Collections.Frozen;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Components;

/// <summary>Asks a model one short question, to see whether its settings work before a flow relies on them.</summary>
public sealed class ModelTest(IEnumerable<ILlmProvider> providers, IVariables variables, SecretRedactor redactor, TimeProvider time)
{
    const string Question = "Answer with the one word: OK";

    /// <summary>How long the model may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    readonly FrozenDictionary<string, ILlmProvider> providers = providers.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);

    /// <summary>One call with these model settings, as an LLM node has them; settings that are none of a model's are passed over.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled.</exception>
    public async Task<ModelTestResult> RunAsync(JsonElement settings, CancellationToken cancellationToken)
    {
        var node = new Node { Id = "test", Type = LlmCall.Descriptor.Type, Settings = new(ModelSettings.Of(settings)) };
        var (name, model) = (NodeSettings.Text(node, ModelSettings.Provider), NodeSettings.Text(node, ModelSettings.Model));
        string? key = null;
        var started = time.GetTimestamp();
        if (NodeSettings.Problems(node, LlmCall.Descriptor, out _).FirstOrDefault() is { } problem)
            return Failed(new NodeError(problem.Code, problem.Message, problem.Advice));
        using var limit = new CancellationTokenSource(Limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var (provider, request) = ModelSettings.Request(new NodeReader(node, variables.Find), providers);
            (name, model, key) = (provider.Name, request.Model, request.ApiKey);
            var answer = await provider.CompleteAsync(request with { Input = Question }, onToken: null, linked.Token);
            return new(Ok: true, name, model, Shown(answer.Text), time.GetElapsedTime(started), new TokenUsage(answer.InputTokens, answer.OutputTokens), Error: null);
        }
        catch (LlmException e)
        {
            return Failed(new NodeError(e.Code, e.Message, e.Remedy));
        }
        catch (NodeException e)
        {
            return Failed(e.Error);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Failed(new NodeError("timeout", $"No answer within {Words.Of(Limit)}.", "See whether the service is up and the address right. A model on your own machine may take this long to load: try again."));
        }

        ModelTestResult Failed(NodeError error) =>
            new(Ok: false, Shown(name), Shown(model), Text: null, time.GetElapsedTime(started), default, error with { Message = Shown(error.Message, 1000), Remedy = Shown(error.Remedy, 1000) });

        // What a service says may hold the key that it was sent.
        string Shown(string text, int length = 200) => Excerpt.Of(redactor.Redact(text), length, key is { Length: > 0 } ? [key] : null);
    }
}

/// <summary>How a test of a model came out.</summary>
/// <param name="Text">The beginning of what the model said; null when it failed.</param>
public sealed record ModelTestResult(bool Ok, string Provider, string Model, string? Text, TimeSpan Duration, TokenUsage Tokens, NodeError? Error);
