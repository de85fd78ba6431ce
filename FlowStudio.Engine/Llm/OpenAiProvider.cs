using System.Buffers;
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.ServerSentEvents;
using System.Text;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Secrets;
using OpenAI;
using OpenAI.Chat;

namespace FlowStudio.Engine.Llm;

/// <summary>
/// Any service that speaks OpenAI's chat completions: OpenAI, Ollama, vLLM, llama.cpp, Groq, Mistral, Gemini… The official package carries the call
/// (endpoint, key, pipeline); bodies are written and read here, because compatible services differ in ways its own types do not survive.
/// </summary>
public sealed class OpenAiProvider(GuardedHttp http, SecretRedactor redactor, TimeProvider time) : ILlmProvider
{
    public const string ProviderName = "openai";
    public const string DefaultBaseUrl = "https://api.openai.com/v1";

    /// <summary>Services and keys at work at the same time, in practice a handful.</summary>
    const int MaxClients = 64;

    /// <summary>Bytes of an error's body that are read.</summary>
    const int MaxErrorBytes = 64 * 1024;

    readonly BoundedCache<(Uri Endpoint, string? Key), ChatClient> clients = new(MaxClients);

    public string Name => ProviderName;

    public LlmDefaults? Defaults { get; } = new(DefaultBaseUrl, "OPENAI_BASE_URL", "OPENAI_API_KEY", "gpt-4o-mini") { NeedsKey = true };

    public async Task<LlmAnswer> CompleteAsync(LlmRequest request, Action<string>? onToken, CancellationToken cancellationToken)
    {
        var endpoint = Endpoint(request.BaseUrl ?? DefaultBaseUrl);
        var service = new LlmService(EgressErrors.Name(endpoint), request, redactor, time);
        var client = clients.Get((endpoint, request.ApiKey), http.Client, static (key, client) => NewClient(key.Endpoint, key.Key, client));
        var body = OpenAiWire.Write(request, stream: onToken is not null, ownService: endpoint.Host == "api.openai.com");
        using var content = BinaryContent.Create(BinaryData.FromBytes(body));
        var options = new RequestOptions { CancellationToken = cancellationToken, ErrorOptions = ClientErrorBehaviors.NoThrow, BufferResponse = false };
        try
        {
            var result = await client.CompleteChatAsync(content, options);
            using var response = result.GetRawResponse();
            if (onToken is not null && !response.IsError && IsStream(response))
                return await StreamAsync(response, service, request.Tools.Count > 0, onToken, cancellationToken);
            var answer = await ReadAsync(response, service, request.Tools.Count > 0, cancellationToken);
            if (answer.Text.Length > 0)
                onToken?.Invoke(answer.Text);
            return answer;
        }
        catch (EgressException e)
        {
            throw new LlmException(EgressCodes.Of(e.Kind), e.Message, retryable: e.IsTransient, inner: e);
        }
        catch (ClientResultException e)
        {
            throw service.Broken(e);
        }
    }

    static bool IsStream(PipelineResponse response) =>
        response.Headers.TryGetValue("Content-Type", out var type) && type?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) is true;

    static async Task<LlmAnswer> StreamAsync(PipelineResponse response, LlmService service, bool offersTools, Action<string> onToken, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var state = new OpenAiAnswers.State { ToolsOffered = offersTools };
        var events = SseParser.Create(response.ContentStream ?? Stream.Null, (_, data) => OpenAiAnswers.ReadChunk(data, state, service));
        await foreach (var item in events.EnumerateAsync(cancellationToken))
        {
            if (item.Data is { Length: > 0 } piece)
            {
                text.Append(piece);
                onToken(piece);
            }
            if (state.Done)
                break;
        }
        if (!state.Done && state.FinishReason is null)
            throw service.Cut(text.Length);
        return OpenAiAnswers.Checked(text.ToString(), state, service);
    }

    /// <summary>A whole answer, or what the service says that went wrong.</summary>
    static async Task<LlmAnswer> ReadAsync(PipelineResponse response, LlmService service, bool offersTools, CancellationToken cancellationToken)
    {
        var stream = response.ContentStream ?? Stream.Null;
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            // How much a whole answer may be, the guarded client decides.
            var limit = response.IsError ? MaxErrorBytes : int.MaxValue;
            var count = 0;
            for (int read; count < limit && (read = await stream.ReadAsync(buffer.AsMemory(count), cancellationToken)) > 0;)
            {
                count += read;
                if (count == buffer.Length)
                    buffer = Grow(buffer);
            }
            var body = buffer.AsMemory(0, count);
            return response.IsError ? throw service.Failed(response.Status, response.ReasonPhrase, name => response.Headers.TryGetValue(name, out var value) ? value : null, body) : OpenAiAnswers.ReadAnswer(body, service, offersTools);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    static Uri Endpoint(string baseUrl) =>
        Uri.TryCreate(baseUrl.Trim().TrimEnd('/'), UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
            ? endpoint
            : throw new LlmException("invalid_url", "The base URL is not an address.",
                "Write it with http:// or https:// in front, such as https://api.openai.com/v1 or http://localhost:11434/v1.");

    static ChatClient NewClient(Uri endpoint, string? key, HttpClient client)
    {
        var options = new OpenAIClientOptions
        {
            Endpoint = endpoint,
            Transport = new HttpClientPipelineTransport(client),
            // The runner repeats and limits, and shows both: a second layer below would multiply them unseen.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false },
        };
        // The model stands in each body; the client's own name for one is not used.
        if (key is { Length: > 0 })
            return new ChatClient("any", new ApiKeyCredential(key), options);
#pragma warning disable OPENAI001 // The only way to a client without a key.
        return new ChatClient("any", new NoKey(), options);
#pragma warning restore OPENAI001
    }

    /// <summary>Services on one's own machine often want no key.</summary>
    sealed class NoKey : AuthenticationPolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            ProcessNext(message, pipeline, currentIndex);

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            ProcessNextAsync(message, pipeline, currentIndex);
    }
}
