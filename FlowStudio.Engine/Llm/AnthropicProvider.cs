using System.Net.ServerSentEvents;
using System.Text.Json;
using Anthropic;
using Anthropic.Core;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Llm;

/// <summary>
/// Anthropic's models. The official package carries the call (address, key, version); bodies are written and read here, as for OpenAI: what a proxy
/// or a gateway answers must become a clear error, not a broken type.
/// JSON is asked for in words: this protocol has no switch for it that every model knows, and newer models refuse an answer begun for them.
/// </summary>
public sealed class AnthropicProvider(GuardedHttp http, SecretRedactor redactor, TimeProvider time) : ILlmProvider
{
    public const string ProviderName = "anthropic";
    public const string DefaultBaseUrl = "https://api.anthropic.com";

    /// <summary>Services and keys at work at the same time, in practice a handful.</summary>
    const int MaxClients = 64;

    static readonly Dictionary<string, JsonElement> Nothing = [];

    readonly BoundedCache<(Uri Endpoint, string? Key), AnthropicClientWithRawResponse> clients = new(MaxClients);

    public string Name => ProviderName;

    public LlmDefaults? Defaults { get; } = new(DefaultBaseUrl, "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "claude-sonnet-5-5") { NeedsKey = true };

    public async Task<LlmAnswer> CompleteAsync(LlmRequest request, Action<string>? onToken, CancellationToken cancellationToken)
    {
        var endpoint = Endpoint(request.BaseUrl ?? DefaultBaseUrl);
        var service = new LlmService(EgressErrors.Name(endpoint), request, redactor, time) { Address = "that of Anthropic or of a service that speaks its protocol" };
        var client = clients.Get((endpoint, request.ApiKey), http.Client, static (key, client) => NewClient(key.Endpoint, key.Key, client));
        var call = new HttpRequest<MessageCreateParams>
        {
            Method = HttpMethod.Post,
            Params = MessageCreateParams.FromRawUnchecked(Nothing, Nothing, AnthropicWire.Write(request, stream: onToken is not null)),
        };
        try
        {
            using var response = await client.Execute(call, cancellationToken);
            await using var body = await response.ReadAsStream(cancellationToken);
            if (onToken is not null && IsStream(response))
                return await StreamAsync(body, service, onToken, cancellationToken);
            var answer = AnthropicWire.ReadAnswer(await ReadAsync(body, int.MaxValue, cancellationToken), service);
            if (answer.Text.Length > 0)
                onToken?.Invoke(answer.Text);
            return answer;
        }
        catch (RefusedCall e)
        {
            throw service.Failed(e.Status, e.Phrase, e.Header, e.Body);
        }
        catch (Exception e) when (FindEgress(e) is { } egress)
        {
            throw new LlmException(EgressCodes.Of(egress.Kind), egress.Message, retryable: egress.IsTransient, inner: e);
        }
        catch (AnthropicException e)
        {
            throw service.Broken(e);
        }
    }

    static EgressException? FindEgress(Exception? e)
    {
        while (e is not null and not EgressException)
            e = e.InnerException;
        return e as EgressException;
    }

    static bool IsStream(HttpResponse response) =>
        string.Equals(response.RawMessage.Content.Headers.ContentType?.MediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase);

    static async Task<LlmAnswer> StreamAsync(Stream body, LlmService service, Action<string> onToken, CancellationToken cancellationToken)
    {
        var state = new AnthropicWire.State();
        var events = SseParser.Create(body, (_, data) => AnthropicWire.ReadEvent(data, state, service));
        await foreach (var item in events.EnumerateAsync(cancellationToken))
        {
            if (item.Data is { Length: > 0 } piece)
                onToken(piece);
            if (state.Done)
                break;
        }
        if (!state.Done && state.StopReason is null)
            throw service.Cut(state.Text.Length);
        return state.Answer(service);
    }

    static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream body, int limit, CancellationToken cancellationToken)
    {
        // How much a whole answer may be, the guarded client decides.
        using var whole = new MemoryStream();
        var buffer = new byte[4096];
        for (int read; whole.Length < limit && (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
            whole.Write(buffer, 0, read);
        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }

    /// <summary>The package adds <c>/v1/messages</c> itself.</summary>
    static Uri Endpoint(string baseUrl)
    {
        var trimmed = baseUrl.Trim().TrimEnd('/');
        if (trimmed.EndsWith("/v1", StringComparison.OrdinalIgnoreCase))
            trimmed = trimmed[..^3];
        return Uri.TryCreate(trimmed, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
            ? endpoint
            : throw new LlmException("invalid_url", "The base URL is not an address.", $"Write it with http:// or https:// in front, such as {DefaultBaseUrl}.");
    }

    static AnthropicClientWithRawResponse NewClient(Uri endpoint, string? key, HttpClient client) => new(new ClientOptions
    {
        HttpClient = client,
        BaseUrl = endpoint.AbsoluteUri.TrimEnd('/'),
        // Given even when there is none: the package would take the environment's, which may not be meant for this service.
        ApiKey = key,
        AuthToken = null,
        // The runner repeats and limits, and shows both: a second layer below would multiply them unseen.
        MaxRetries = 0,
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        Handlers = [new RefusalReader()],
    });

    /// <summary>An answer that is not 2xx, before the package makes an exception of it that has lost the headers.</summary>
    sealed class RefusedCall(HttpResponseMessage response, ReadOnlyMemory<byte> body) : Exception
    {
        public int Status { get; } = (int)response.StatusCode;

        public string? Phrase { get; } = response.ReasonPhrase;

        public ReadOnlyMemory<byte> Body { get; } = body;

        public string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
    }

    sealed class RefusalReader : DelegatingHandler
    {
        /// <summary>Bytes of an error's body that are read.</summary>
        const int MaxErrorBytes = 64 * 1024;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
            {
                await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
                throw new RefusedCall(response, await ReadAsync(body, MaxErrorBytes, cancellationToken));
            }
        }
    }
}
