using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;

namespace FlowStudio.Engine.Components;

/// <summary>
/// Which model is asked and how: the settings that every component shares which asks one, and what they come to. Their values travel as a Model from
/// an LLM to what takes one: the settings as they stand in the node, with names of variables instead of secrets.
/// </summary>
static class ModelSettings
{
    const int MaxMaxTokens = 10_000_000;

    static readonly (string, string[]) WithService = ("provider", [OpenAiProvider.ProviderName, AnthropicProvider.ProviderName, OllamaProvider.ProviderName]);

    public static readonly TextField Provider = Field.Choice("provider",
        "demo: built in, without network, for trying things out. openai: OpenAI, or any service that speaks its protocol. anthropic: Claude. "
        + "ollama: models on your own machine.",
        DemoProvider.ProviderName, OpenAiProvider.ProviderName, AnthropicProvider.ProviderName, OllamaProvider.ProviderName);

    public static readonly TextField Model = Field.Text("model_name",
        "The model's name as the service knows it. Empty: gpt-4o-mini, claude-sonnet-5-5 or llama3.2, whichever the provider has.") with
    {
        Title = "Model",
        Placeholder = "gpt-4o-mini",
        ShownWhen = WithService,
    };

    public static readonly TextField ApiKey = Field.Secret("api_key",
        "The name of the variable with the service's key. Empty: OPENAI_API_KEY or ANTHROPIC_API_KEY, for the provider's usual service; others get none.") with
    {
        Title = "API key",
        Placeholder = "OPENAI_API_KEY",
        ShownWhen = WithService,
    };

    public static readonly TextField BaseUrl = Field.Text("base_url",
        "The service's address. Empty: OPENAI_BASE_URL, ANTHROPIC_BASE_URL or OLLAMA_BASE_URL, else the provider's own.") with
    {
        Title = "Base URL",
        Placeholder = OpenAiProvider.DefaultBaseUrl,
        Advanced = true,
        ShownWhen = WithService,
    };

    public static readonly NumberField Temperature = Field.Number("temperature", "0 for the likeliest words, more for varied ones. Empty: the model's own.")
        .Between(0, 2) with
    {
        ShownWhen = WithService,
    };

    public static readonly NumberField MaxTokens = Field.Integer("max_tokens",
        "The longest answer, in tokens of about four letters. Empty or 0: the model's own limit.")
        .Between(0, MaxMaxTokens) with
    {
        Title = "Max tokens",
        Advanced = true,
        Unit = "tokens",
    };

    public static readonly NumberField Seed = Field.Integer("seed", "The same number asks for the same answer to the same question, where the service can.")
        .Between(int.MinValue, int.MaxValue) with
    {
        Advanced = true,
        ShownWhen = WithService,
    };

    /// <summary>A Model that goes before the node's own settings.</summary>
    public static readonly InputPort Input = new("model", PortType.Model) { Title = "Model", Help = "Goes before this node's own model settings." };

    static readonly Field[] All = [Provider, Model, ApiKey, BaseUrl, Temperature, MaxTokens, Seed];

    /// <summary>The node's model settings as a Model: as they stand, variables not looked up.</summary>
    public static JsonElement AsModel(Node node) => JsonText.Element(node, static (json, node) =>
    {
        json.WriteStartObject();
        foreach (var field in All)
        {
            var value = NodeSettings.Value(node, field);
            if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
                continue;
            json.WritePropertyName(field.Name);
            value.WriteTo(json);
        }
        json.WriteEndObject();
    });

    /// <summary>A request to the model at the port <see cref="Input"/>, else to that of the node's settings; what is asked is left to the caller.</summary>
    /// <exception cref="NodeException">A setting is wrong, or a key is missing.</exception>
    public static (ILlmProvider Provider, LlmRequest Request) Request(NodeContext node, IReadOnlyDictionary<string, ILlmProvider> providers) =>
        Request(node.Input(Input) is { ValueKind: JsonValueKind.Object } model ? node.WithSettings(Of(model)) : node, providers);

    /// <summary>Those of an object's properties that are model settings.</summary>
    public static IEnumerable<KeyValuePair<string, JsonElement>> Of(JsonElement model) =>
        model.EnumerateObject().Where(p => Array.Exists(All, f => f.Name == p.Name)).Select(p => KeyValuePair.Create(p.Name, p.Value));

    /// <summary>A request to the model of a node's settings.</summary>
    /// <exception cref="NodeException">A setting is wrong, or a key is missing.</exception>
    public static (ILlmProvider Provider, LlmRequest Request) Request(NodeReader node, IReadOnlyDictionary<string, ILlmProvider> providers)
    {
        var provider = providers[node.Get(Provider)];
        var request = new LlmRequest { Model = provider.Name, MaxTokens = node.Get(MaxTokens) is >= 1 and var max ? (int)max : null };
        if (provider.Defaults is not { } usual)
            return (provider, request);
        var service = ServiceUrl(node, usual, out var isOwn);
        return (provider, request with
        {
            Model = node.Get(Model) is { Length: > 0 } name ? name : usual.Model,
            Temperature = node.Get(Temperature) is var temperature && double.IsNaN(temperature) ? null : temperature,
            Seed = node.Get(Seed) is var seed && double.IsNaN(seed) ? null : (long)seed,
            BaseUrl = service,
            ApiKey = Key(node, usual, service, isOwn),
        });
    }

    /// <summary>A failure of the model as one of the node.</summary>
    public static NodeException Failure(NodeReader node, LlmException e) =>
        new(e.Code, $"{node.Node.Label}: {e.Message}", e.Remedy, e.Retryable, e.RetryAfter, e);

    /// <summary>The service's address.</summary>
    /// <param name="isOwn">
    /// The node names a service other than the environment's: the environment's key is not meant for it, and who edits a flow must not be able to
    /// send it elsewhere.
    /// </param>
    static string ServiceUrl(NodeReader node, LlmDefaults defaults, out bool isOwn)
    {
        var usual = node.FindVariable(defaults.BaseUrlVariable) is { Length: > 0 } fromEnvironment ? fromEnvironment : defaults.BaseUrl;
        var url = node.Get(BaseUrl) is { Length: > 0 } own ? own : usual;
        isOwn = !SameServer(url, usual);
        return url;
    }

    static bool SameServer(string url, string other) => Uri.TryCreate(url, UriKind.Absolute, out var a) && Uri.TryCreate(other, UriKind.Absolute, out var b)
        && Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    static string? Key(NodeReader node, LlmDefaults defaults, string service, bool isOwn)
    {
        if (node.Secret(ApiKey) is { Length: > 0 } own)
            return own;
        if (!isOwn && defaults.KeyVariable is { } variable && node.FindVariable(variable) is { Length: > 0 } usual)
            return usual;
        if (!defaults.NeedsKey || !SameServer(service, defaults.BaseUrl))
            return null;
        throw new NodeException("missing_key", $"{node.Node.Label}: {new Uri(defaults.BaseUrl).Host} wants a key, and there is none.",
            $"Keep the key under Variables as {defaults.KeyVariable} (or under another name, given as API key), set it in the server's environment, or choose demo.");
    }
}
