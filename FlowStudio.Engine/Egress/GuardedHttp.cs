using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace FlowStudio.Engine.Egress;

/// <summary>
/// The one way out: every HTTP call of the product goes through here, so that no call can be pointed at what only the server can reach,
/// can wait for ever, or can fill the memory. One instance serves all; connections are pooled per host. No cookies, no proxy.
/// </summary>
public sealed class GuardedHttp : IDisposable
{
    /// <summary>The silence allowed in a body unless the call says otherwise.</summary>
    public static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromSeconds(60);

    internal const int MaxResponseHeadersKiB = 64;

    /// <summary>Stands for a bin of this server in messages.</summary>
    static readonly Uri RequestBin = new("http://request-bin");

    readonly EgressOptions options;
    readonly TimeProvider time;
    readonly ILocalBins? bins;
    readonly AddressGuard guard;
    readonly SocketsHttpHandler handler;
    readonly HttpMessageInvoker invoker;

    /// <param name="bins">Null: this server has no request bins, and every relative URL is refused.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message holds every problem.</exception>
    public GuardedHttp(EgressOptions options, TimeProvider time, ILocalBins? bins = null)
        : this(options, time, bins, resolve: null, dial: null)
    {
    }

    /// <summary>For tests, which bring their own name resolution and see what is dialled.</summary>
    internal GuardedHttp(
        EgressOptions options,
        TimeProvider time,
        ILocalBins? bins,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve,
        Func<IPEndPoint, CancellationToken, ValueTask<Stream>>? dial)
    {
        (this.options, this.time, this.bins) = (options, time, bins);
        guard = new AddressGuard(options);
        var connector = new GuardedConnector(guard, options.ConnectTimeout, time);
        if (resolve is not null || dial is not null)
            connector = new GuardedConnector(guard, options.ConnectTimeout, time) { Resolve = resolve ?? connector.Resolve, Dial = dial ?? connector.Dial };
#pragma warning disable RS0030 // This is the one place that may.
        handler = new SocketsHttpHandler
#pragma warning restore RS0030
        {
            ConnectCallback = (context, cancellationToken) => connector.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken),
            ConnectTimeout = options.ConnectTimeout,
            UseProxy = false, // a proxy would resolve and dial in our place
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that changes in DNS are seen
            MaxConnectionsPerServer = 4096, // no limit in practice; a stop to a runaway
            MaxResponseHeadersLength = MaxResponseHeadersKiB,
            MaxResponseDrainSize = 64 * 1024,
            ActivityHeadersPropagator = null, // who called is not told to third parties
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        };
        invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        Client = CreateClient(DefaultIdleTimeout);
    }

    /// <summary>
    /// For libraries that make their own requests, such as the OpenAI package: same rules, same connections, absolute URLs only. Failures are
    /// <see cref="EgressException"/>. It has no total time limit, because answers may be streams: pass a token.
    /// </summary>
    public HttpClient Client { get; }

    internal SocketsHttpHandler Handler => handler;

    /// <summary>A client like <see cref="Client"/> with another limit to silence. It shares the connections; disposing it costs nothing.</summary>
    public HttpClient CreateClient(TimeSpan idleTimeout)
    {
        var guarded = new GuardedClientHandler(handler, guard, options, idleTimeout, time);
#pragma warning disable RS0030 // This is the one place that may.
        return new HttpClient(guarded, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning restore RS0030
    }

    /// <summary>Why a URL would not be called, as far as that can be told before its name is looked up; null when it may be.</summary>
    public EgressException? Refuse(string url)
    {
        try
        {
            if (RequestRules.IsRelative(url))
                RequestRules.Bin(url);
            else if (guard.Check(RequestRules.Url(url)) is { } refusal)
                return new EgressException(refusal);
            return null;
        }
        catch (EgressException e)
        {
            return e;
        }
    }

    /// <summary>Makes one call and returns its answer, whatever its status.</summary>
    /// <exception cref="EgressException">The call was refused or failed; the message is fit to be shown.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled; a call's own timeout is an <see cref="EgressException"/>.</exception>
    public async Task<GuardedResponse> SendAsync(GuardedRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var method = RequestRules.Method(request.Method);
        RequestRules.Headers(request);
        if (RequestRules.IsRelative(request.Url))
            return await SendToBinAsync(request, RequestRules.Bin(request.Url), cancellationToken);

        var hop = new Hop(method, RequestRules.Url(request.Url), WithBody: request.Body is not null, Sensitive: true);
        using var deadline = new Deadline(request.Timeout, request.IdleTimeout, time, cancellationToken);
        Uri? from = null;
        for (var redirects = 0; ; redirects++)
        {
            try
            {
                if (guard.Check(hop.Url) is { } refusal)
                    throw new EgressException(refusal);
                using var message = Build(hop, redirected: from is not null, request);
                using var response = await invoker.SendAsync(message, deadline.Token);
                if (!request.FollowRedirects || RedirectRules.Next(hop, response.StatusCode, Location(response), redirects) is not { } next)
                    return await ReadAsync(response, hop.Url, request, deadline);
                (from, hop) = (hop.Url, next);
            }
            catch (Exception error)
            {
                // Asked in any case: the caller's cancellation comes before whatever it made fail.
                if (deadline.Ended(hop.Url) is { } ended && error is not EgressException)
                    throw ended;
                if (EgressErrors.From(error, hop.Url, options.ConnectTimeout) is not { } failure)
                    throw;
                throw from is null || failure.Kind is EgressFailure.RedirectLimit or EgressFailure.RedirectRefused
                    ? failure
                    : failure.After(EgressErrors.Name(from));
            }
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        invoker.Dispose();
        handler.Dispose();
    }

    async Task<GuardedResponse> SendToBinAsync(GuardedRequest request, string path, CancellationToken cancellationToken)
    {
        if (bins is null)
            throw new EgressException(new EgressRefusal("relative-url", "The address was not called: this server has no request bins. "
                + "Write the whole address with http:// or https:// in front.", Setting: null));
        using var deadline = new Deadline(request.Timeout, request.IdleTimeout, time, cancellationToken);
        try
        {
            return await bins.SendAsync(request with { Url = path }, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            if (deadline.Ended(RequestBin) is { } ended)
                throw ended;
            throw;
        }
    }

    HttpRequestMessage Build(Hop hop, bool redirected, GuardedRequest request)
    {
        var message = new HttpRequestMessage(hop.Method, hop.Url);
        if (hop.WithBody && request.Body is { } body)
            message.Content = new ReadOnlyMemoryContent(body);
        for (var i = 0; i < request.Headers.Count; i++)
        {
            var (name, value) = request.Headers[i];
            if (redirected && !RedirectRules.GoesAlong(hop, name))
                continue;
            // Add() would refuse values that are legal but unlike its own grammar (an unquoted ETag). What makes a value dangerous,
            // line breaks and NUL, RequestRules has refused by now.
            if (!message.Headers.TryAddWithoutValidation(name, value))
                (message.Content ??= new ReadOnlyMemoryContent(default)).Headers.TryAddWithoutValidation(name, value);
        }

        if (request.ContentType is { } type && message.Content is { } content && !content.Headers.NonValidated.Contains("Content-Type"))
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (!message.Headers.NonValidated.Contains("User-Agent"))
            message.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        return message;
    }

    static string? Location(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Location", out var values) ? values.FirstOrDefault() : null;

    async Task<GuardedResponse> ReadAsync(HttpResponseMessage response, Uri url, GuardedRequest request, Deadline deadline)
    {
        var limit = Math.Min(request.MaxResponseBytes ?? options.MaxResponseBytes, options.MaxResponseBytes);
        // HEAD answers name the length of a body that does not come.
        if (!request.CutResponse && response.Content.Headers.ContentLength > limit && response.RequestMessage?.Method != HttpMethod.Head)
            throw TooLarge(url, limit);
        return new GuardedResponse
        {
            Status = (int)response.StatusCode,
            Reason = response.ReasonPhrase ?? "",
            Headers = HeadersOf(response),
            Body = await BodyAsync(response.Content, url, limit, request.CutResponse, deadline),
            FinalUrl = url.AbsoluteUri,
        };
    }

    async Task<byte[]> BodyAsync(HttpContent content, Uri url, long limit, bool cut, Deadline deadline)
    {
        await using var stream = await content.ReadAsStreamAsync(deadline.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            for (var count = 0; ;)
            {
                deadline.BeforeRead();
                int read;
                try
                {
                    read = await stream.ReadAsync(buffer.AsMemory(count), deadline.Token);
                }
                catch (Exception error) when (EgressErrors.IsUnreadable(error))
                {
                    throw EgressErrors.Unreadable(url, error);
                }

                if (read is 0)
                    return buffer.AsSpan(0, count).ToArray();
                count += read;
                if (cut && count >= limit)
                    return buffer.AsSpan(0, (int)limit).ToArray();
                if (count > limit)
                    throw TooLarge(url, limit);
                if (count == buffer.Length)
                    buffer = Grow(buffer, (int)Math.Min(count * 2L, limit + 1));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    EgressException TooLarge(Uri url, long limit) => EgressErrors.TooLarge(url, limit, callsOwnLimit: limit < options.MaxResponseBytes);

    static byte[] Grow(byte[] buffer, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    static List<KeyValuePair<string, string>> HeadersOf(HttpResponseMessage response)
    {
        var all = new List<KeyValuePair<string, string>>();
        foreach (var headers in (ReadOnlySpan<HttpHeadersNonValidated>)[response.Headers.NonValidated, response.Content.Headers.NonValidated])
        {
            foreach (var (name, values) in headers)
            {
                foreach (var value in values)
                    all.Add(new KeyValuePair<string, string>(name, value));
            }
        }

        return all;
    }
}
