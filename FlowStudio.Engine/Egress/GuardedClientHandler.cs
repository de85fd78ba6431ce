using System.Net;

namespace FlowStudio.Engine.Egress;

/// <summary>
/// What libraries that bring their own requests go through: judges each URL, caps each body and its silences, and throws
/// <see cref="EgressException"/> for every failure. The total time is the caller's token, because answers may be streams.
/// </summary>
sealed class GuardedClientHandler(HttpMessageHandler inner, AddressGuard guard, EgressOptions options, TimeSpan idleTimeout, TimeProvider time)
    : DelegatingHandler(inner)
{
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Outgoing calls are asynchronous: use SendAsync.");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var url = request.RequestUri ?? throw new InvalidOperationException("The request has no URL.");
        RequestRules.Absolute(url);
        RequestRules.Headers(request);
        if (guard.Check(url) is { } refusal)
            throw new EgressException(refusal);
        if (!request.Headers.NonValidated.Contains("User-Agent"))
            request.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            response.Content = new GuardedContent(response.Content, url, options, idleTimeout, time);
            return response;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            if (EgressErrors.From(error, url, options.ConnectTimeout) is { } failure)
                throw failure;
            throw;
        }
    }
}

/// <summary>A body that ends with <see cref="EgressException"/> when it grows too large or falls silent.</summary>
sealed class GuardedContent : HttpContent
{
    readonly HttpContent inner;
    readonly Uri url;
    readonly EgressOptions options;
    readonly TimeSpan idleTimeout;
    readonly TimeProvider time;

    public GuardedContent(HttpContent inner, Uri url, EgressOptions options, TimeSpan idleTimeout, TimeProvider time)
    {
        (this.inner, this.url, this.options, this.idleTimeout, this.time) = (inner, url, options, idleTimeout, time);
        foreach (var (name, values) in inner.Headers.NonValidated)
            Headers.TryAddWithoutValidation(name, values);
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new GuardedStream(await inner.ReadAsStreamAsync(cancellationToken), url, options, idleTimeout, time);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var body = await CreateContentReadStreamAsync(cancellationToken);
        await body.CopyToAsync(stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = inner.Headers.ContentLength ?? 0;
        return inner.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}

sealed class GuardedStream(Stream inner, Uri url, EgressOptions options, TimeSpan idleTimeout, TimeProvider time) : Stream
{
    long seen;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var deadline = new Deadline(Timeout.InfiniteTimeSpan, idleTimeout, time, cancellationToken);
        deadline.BeforeRead();
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, deadline.Token);
        }
        catch (Exception error) when (EgressErrors.IsUnreadable(error))
        {
            throw EgressErrors.Unreadable(url, error);
        }
        catch (Exception error)
        {
            if ((deadline.Ended(url) ?? EgressErrors.From(error, url, options.ConnectTimeout)) is { } failure)
                throw failure;
            throw;
        }

        seen += read;
        return seen <= options.MaxResponseBytes ? read : throw EgressErrors.TooLarge(url, options.MaxResponseBytes, callsOwnLimit: false);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Outgoing calls are asynchronous: use ReadAsync.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
