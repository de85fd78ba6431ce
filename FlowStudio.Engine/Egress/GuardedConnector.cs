using System.Net;
using System.Net.Sockets;

namespace FlowStudio.Engine.Egress;

/// <summary>
/// Opens connections for <see cref="GuardedHttp"/>: resolves the name itself, once, has every address judged, and dials exactly those.
/// Whatever the name points to a moment later does not matter, which is what defeats DNS rebinding.
/// </summary>
sealed class GuardedConnector(AddressGuard guard, TimeSpan connectTimeout, TimeProvider time)
{
    /// <summary>Tests put their own in place.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <inheritdoc cref="Resolve"/>
    public Func<IPEndPoint, CancellationToken, ValueTask<Stream>> Dial { get; init; } = DialAsync;

    public async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = await AddressesAsync(host, cancellationToken);
        // One forbidden address forbids the name: a name that points both outside and inside is an attack or a mistake.
        foreach (var address in addresses)
        {
            if (guard.Check(host, port, address) is { } refusal)
                throw new EgressException(refusal);
        }

        var name = $"{host}:{port}";
        for (var i = 0; ; i++)
        {
            var last = i == addresses.Length - 1;
            try
            {
                return last
                    ? await Dial(new IPEndPoint(addresses[i], port), cancellationToken)
                    : await DialWithinAsync(connectTimeout / addresses.Length, addresses[i]);
            }
            catch (SocketException error) when (last)
            {
                throw EgressErrors.ConnectFailed(name, error);
            }
            catch (Exception error) when (!last && error is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // A dead address must not hide a living one; the last one's failure is the one that is told.
                continue;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Under the token that the handler knows; under another it would count as a failed connect.
                throw new OperationCanceledException(cancellationToken);
            }
        }

        async ValueTask<Stream> DialWithinAsync(TimeSpan share, IPAddress address)
        {
            using var limit = new CancellationTokenSource(share, time);
            // state is the source passed here, never null.
            await using var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
            return await Dial(new IPEndPoint(address, port), limit.Token);
        }
    }

    async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host.TrimEnd('.'), out var literal))
            return [literal];
        try
        {
            var addresses = await Resolve(host, cancellationToken);
            return addresses.Length > 0 ? addresses : throw EgressErrors.DnsFailed(host, error: null);
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            // ArgumentException: a name longer than DNS allows.
            throw EgressErrors.DnsFailed(host, error);
        }
    }

    static async ValueTask<Stream> DialAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
