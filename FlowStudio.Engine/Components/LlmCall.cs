using System.Collections.Frozen;
using System.Globalization;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>Asks a language model.</summary>
public sealed class LlmCall(IEnumerable<ILlmProvider> providers) : IComponent
{
    const string KeyVariable = "OPENAI_API_KEY";
    const string BaseUrlVariable = "OPENAI_BASE_URL";
    const int MaxMaxTokens = 10_000_000;

    static readonly (string, string[]) WithOpenAi = ("provider", [OpenAiProvider.ProviderName]);

    static readonly InputPort Input = new("input_value", PortType.Message) { Title = "Input", Required = true, Help = "What the model is asked." };
    static readonly InputPort System = new("system_message", PortType.Message) { Title = "System message", Help = "How the model shall behave." };

    static readonly TextField Provider = Field.Choice("provider",
        "demo: built in, without network, for trying things out. openai: OpenAI, or any service that speaks its protocol.",
        DemoProvider.ProviderName, OpenAiProvider.ProviderName);

    static readonly TextField Model = Field.Text("model_name", "The model's name as the service knows it.").Default("gpt-4o-mini") with
    {
        Title = "Model",
        ShownWhen = WithOpenAi,
    };

    static readonly TextField ApiKey = Field.Secret("api_key",
        "The name of the variable with the service's key. Empty: OPENAI_API_KEY, for OpenAI or the service of OPENAI_BASE_URL; others get none.") with
    {
        Title = "API key",
        Placeholder = KeyVariable,
        ShownWhen = WithOpenAi,
    };

    static readonly TextField BaseUrl = Field.Text("base_url", "The service's address, up to and with /v1. Empty: OPENAI_BASE_URL, else OpenAI.") with
    {
        Title = "Base URL",
        Placeholder = OpenAiProvider.DefaultBaseUrl,
        Advanced = true,
        ShownWhen = WithOpenAi,
    };

    static readonly TextField InputText = Field.Multiline("input_value", "What the model is asked, when nothing is connected to the input.") with
    {
        Title = "Input",
        Advanced = true,
    };

    static readonly TextField SystemText = Field.Multiline("system_message", "How the model shall behave, when nothing is connected to that input.") with
    {
        Title = "System message",
    };

    static readonly NumberField Temperature = Field.Number("temperature", "0 for the likeliest words, more for varied ones. Empty: the model's own.")
        .Between(0, 2) with
    {
        ShownWhen = WithOpenAi,
    };

    static readonly NumberField MaxTokens = Field.Integer("max_tokens",
        "The longest answer, in tokens of about four letters. Empty or 0: the model's own limit.")
        .Between(0, MaxMaxTokens) with
    {
        Title = "Max tokens",
        Advanced = true,
        Unit = "tokens",
    };

    static readonly SwitchField Stream = Field.Switch("stream", "Show the answer while it is being written.").Default(value: true) with { Advanced = true };

    static readonly SwitchField JsonMode = Field.Switch("json_mode", "Ask for an answer that is a JSON object; the prompt must say so too.")
        .Default(value: false) with
    {
        Title = "JSON mode",
        Advanced = true,
    };

    static readonly NumberField Seed = Field.Integer("seed", "The same number asks for the same answer to the same question, where the service can.")
        .Between(int.MinValue, int.MaxValue) with
    {
        Advanced = true,
        ShownWhen = WithOpenAi,
    };

    static readonly OutputPort Text = new("text_output", PortType.Message) { Title = "Message", Help = "What the model answered." };

    readonly FrozenDictionary<string, ILlmProvider> providers = providers.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);

    public static ComponentDescriptor Descriptor { get; } =
        new("LLM", "LLM", Category.Models, Effects.External, "Asks a language model, and passes its answer on.")
        {
            Inputs = [Input, System],
            Fields = [Provider, Model, ApiKey, BaseUrl, SystemText, Temperature, InputText, MaxTokens, Stream, JsonMode, Seed],
            Outputs = [Text],
            Highlights = ["provider", "model_name", "temperature"],
            Timeout = TimeSpan.FromSeconds(120),
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var provider = providers[node.Get(Provider)];
        var request = Request(node, provider);
        try
        {
            var answer = await provider.CompleteAsync(request, node.Get(Stream) ? node.Token : null, cancellationToken);
            node.Usage(new TokenUsage(answer.InputTokens, answer.OutputTokens));
            Tell(node, request, answer);
            return NodeResult.Of(Text, answer.Text);
        }
        catch (LlmException e)
        {
            throw new NodeException(e.Code, $"{node.Node.Label}: {e.Message}", e.Remedy, e.Retryable, e.RetryAfter, e);
        }
    }

    static void Tell(NodeContext node, LlmRequest request, LlmAnswer answer)
    {
        if (answer.IsCut)
        {
            var limit = request.MaxTokens is { } max ? max.ToString("N0", CultureInfo.InvariantCulture) + " " : "";
            node.Log(LogLevelName.Warning, $"The answer of {request.Model} ends where the limit of {limit}tokens cut it.");
            return;
        }
        node.Log(string.Create(CultureInfo.InvariantCulture, $"{request.Model} answered: {answer.InputTokens:N0} tokens in, {answer.OutputTokens:N0} out."));
    }

    static LlmRequest Request(NodeContext node, ILlmProvider provider)
    {
        var request = new LlmRequest
        {
            Model = "demo",
            Input = node.Text(Input, InputText),
            System = node.Text(System, SystemText),
            MaxTokens = node.Get(MaxTokens) is >= 1 and var max ? (int)max : null,
            Json = node.Get(JsonMode),
        };
        if (provider.Name != OpenAiProvider.ProviderName)
            return request;
        var service = ServiceUrl(node, out var isOwn);
        return request with
        {
            Model = node.Get(Model),
            Temperature = node.Get(Temperature) is var temperature && double.IsNaN(temperature) ? null : temperature,
            Seed = node.Get(Seed) is var seed && double.IsNaN(seed) ? null : (long)seed,
            BaseUrl = service,
            ApiKey = Key(node, service, isOwn),
        };
    }

    /// <summary>The service's address.</summary>
    /// <param name="isOwn">
    /// The node names a service other than the environment's: the environment's key is not meant for it, and who edits a flow must not be able to
    /// send it elsewhere.
    /// </param>
    static string ServiceUrl(NodeContext node, out bool isOwn)
    {
        var usual = node.FindVariable(BaseUrlVariable) is { Length: > 0 } fromEnvironment ? fromEnvironment : OpenAiProvider.DefaultBaseUrl;
        var url = node.Get(BaseUrl) is { Length: > 0 } own ? own : usual;
        isOwn = !(Uri.TryCreate(url, UriKind.Absolute, out var a) && Uri.TryCreate(usual, UriKind.Absolute, out var b)
            && Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0);
        return url;
    }

    static string? Key(NodeContext node, string service, bool isOwn)
    {
        if (node.Secret(ApiKey) is { Length: > 0 } own)
            return own;
        if (!isOwn && node.FindVariable(KeyVariable) is { Length: > 0 } usual)
            return usual;
        if (!service.StartsWith(OpenAiProvider.DefaultBaseUrl, StringComparison.OrdinalIgnoreCase))
            return null;
        throw new NodeException("missing_key", $"{node.Node.Label}: OpenAI wants a key, and there is none.",
            $"Keep the key under Variables as {KeyVariable} (or under another name, given as API key), set it in the server's environment, or choose demo.");
    }
}
