using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FlowStudio.Engine.Egress;

/// <summary>Turns what the platform throws into failures that people can act on. Names hosts, never paths or queries: those may hold secrets.</summary>
static class EgressErrors
{
    /// <summary>Host, and the port when it is not the scheme's own.</summary>
    public static string Name(Uri url)
    {
        var host = AddressGuard.HostOf(url);
        if (url.IsDefaultPort)
            return host;
        return host.Contains(':') ? $"[{host}]:{url.Port}" : $"{host}:{url.Port}";
    }

    public static string Words(TimeSpan time) => time >= TimeSpan.FromSeconds(1)
        ? $"{time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s"
        : $"{time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms";

    public static EgressException TooLarge(Uri url, long limit, bool callsOwnLimit)
    {
        var raise = callsOwnLimit ? "raise this call's limit" : $"let the administrator raise {EgressOptions.Section}:{nameof(EgressOptions.MaxResponseBytes)}";
        return new EgressException(
            EgressFailure.TooLarge,
            $"{Name(url)} sent more than {Bytes(limit)} (measured after decompression). Ask for less, such as one page of it, or {raise}.");
    }

    public static EgressException TimedOut(Uri url, TimeSpan timeout) =>
        new(
            EgressFailure.TimedOut,
            $"No answer from {Name(url)} within {Words(timeout)}. Raise the timeout of this call, or look at what keeps {Name(url)} busy.");

    public static EgressException Unfinished(Uri url, TimeSpan timeout) =>
        new(
            EgressFailure.TimedOut,
            $"{Name(url)} began to answer but had not finished after {Words(timeout)}. Raise the timeout of this call, or ask for less.");

    public static EgressException Idle(Uri url, TimeSpan idle) =>
        new(EgressFailure.Idle, $"{Name(url)} began to answer and then sent nothing for {Words(idle)}. Try again, or look at what keeps {Name(url)} busy.");

    public static EgressException DnsFailed(string host, Exception? error) =>
        new(EgressFailure.DnsFailed, $"No address is known for {host}. Check how the host name is spelled, and that this server can look names up.", error);

    public static EgressException ConnectTimedOut(string name, TimeSpan limit, Exception? error) =>
        new(
            EgressFailure.ConnectFailed,
            $"No connection to {name} within {Words(limit)}. Check that the host is up, and that a firewall lets this server reach it.", error);

    public static EgressException ConnectFailed(string name, Exception error) =>
        new(EgressFailure.ConnectFailed, (error as SocketException)?.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => $"{name} refused the connection. Check that the service runs, and that host and port are right.",
            SocketError.NetworkUnreachable or SocketError.HostUnreachable => $"There is no route to {name}. Check this server's network.",
            _ => $"No connection to {name}. Check that the host is up, and that host and port are right.",
        }, error);

    /// <summary>Null: not one of the ways in which a call fails.</summary>
    public static EgressException? From(Exception error, Uri url, TimeSpan connectTimeout)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is EgressException ours)
                return ours;
        }

        return error switch
        {
            // Neither the caller nor our own clock: what is left is the handler's connect timeout.
            OperationCanceledException => ConnectTimedOut(Name(url), connectTimeout, error),
            HttpRequestException http => FromHttp(http, url),
            HttpIOException { HttpRequestError: var kind } => Protocol(url, kind, error),
            IOException or AuthenticationException => Protocol(url, HttpRequestError.Unknown, error),
            _ => null,
        };
    }

    /// <summary>What the decompression streams throw for bytes they can't read: gzip and deflate the first, Brotli the second.</summary>
    public static bool IsUnreadable(Exception error) => error is InvalidDataException or (InvalidOperationException and not ObjectDisposedException);

    public static EgressException Unreadable(Uri url, Exception error) =>
        new(
            EgressFailure.Protocol,
            $"{Name(url)} sent a body that can't be decompressed as its Content-Encoding says. "
            + "Look at that server, or send the header Accept-Encoding: identity.",
            error);

    static EgressException FromHttp(HttpRequestException error, Uri url) => error.HttpRequestError switch
    {
        HttpRequestError.SecureConnectionError => new EgressException(
            EgressFailure.TlsFailed,
            $"No secure connection to {Name(url)}: {RequestRules.Printable((error.InnerException ?? error).Message).TrimEnd('.')}. Check its certificate, "
            + "that it is made for this host name, and that this port speaks https.",
            error),
        HttpRequestError.NameResolutionError => DnsFailed(AddressGuard.HostOf(url), error),
        HttpRequestError.ConnectionError => ConnectFailed(Name(url), error.InnerException ?? error),
        _ => Protocol(url, error.InnerException is HttpIOException io ? io.HttpRequestError : error.HttpRequestError, error),
    };

    static EgressException Protocol(Uri url, HttpRequestError kind, Exception error) => new(EgressFailure.Protocol, kind switch
    {
        HttpRequestError.ResponseEnded => $"{Name(url)} closed the connection before its answer was complete. Try again, or look at that server's log.",
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => $"What {Name(url)} sent is not an HTTP answer. "
            + "Check that host and port are right.",
        HttpRequestError.ConfigurationLimitExceeded => $"{Name(url)} sent more than {GuardedHttp.MaxResponseHeadersKiB} KiB of headers. Look at that server.",
        _ => $"The connection to {Name(url)} broke. Try again, or look at that server's log.",
    }, error);

    static string Bytes(long bytes) => bytes switch
    {
        >= 1024 * 1024 when bytes % (1024 * 1024) is 0 => $"{bytes / (1024 * 1024)} MiB",
        >= 1024 when bytes % 1024 is 0 => $"{bytes / 1024} KiB",
        _ => $"{bytes} bytes",
    };
}
