namespace FlowStudio.Engine.Egress;

/// <summary>An outgoing call, as a flow asks for it. Nothing in it is trusted; <see cref="GuardedHttp"/> checks it all.</summary>
/// <param name="Url">Absolute, http or https, without user name or password; or <c>/bin/…</c> for a request bin of this server.</param>
public sealed record GuardedRequest(string Method, string Url)
{
    /// <summary>In order; a name may stand more than once. Names of framing (Host, Content-Length, Transfer-Encoding…) are refused.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Null: no body.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Of <see cref="Body"/>; a <c>Content-Type</c> among <see cref="Headers"/> comes first.</summary>
    public string? ContentType { get; init; }

    /// <summary>From the call to the last byte, redirects included. Default 30 s; over 0, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest silence between two pieces of the body. Default 60 s; over 0, or infinite. Of no effect beyond <see cref="Timeout"/>.</summary>
    public TimeSpan IdleTimeout { get; init; } = GuardedHttp.DefaultIdleTimeout;

    /// <summary>At most ten, each judged as the first call was. Default false: a redirect is the answer.</summary>
    public bool FollowRedirects { get; init; }

    /// <summary>Bytes of the body after decompression. Null, or more than <see cref="EgressOptions.MaxResponseBytes"/>: that limit.</summary>
    public long? MaxResponseBytes { get; init; }

    /// <summary>What is beyond <see cref="MaxResponseBytes"/> is left unread; otherwise such an answer is a failure.</summary>
    public bool CutResponse { get; init; }

    /// <summary>Without URL, headers and body: they may hold secrets, and this text ends up in logs.</summary>
    public override string ToString() => $"{Method} request";
}
