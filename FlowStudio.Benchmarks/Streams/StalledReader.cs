using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlowStudio.Benchmarks.Streams;

/// <summary>A client that asks for a run's stream and then does not read; what its system buffers for it is little.</summary>
sealed class StalledReader : IDisposable
{
    readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };

    public async Task OpenAsync(IPEndPoint server, string run, CancellationToken cancellationToken)
    {
        await socket.ConnectAsync(server, cancellationToken);
        // In HTTP/1.0 an answer is what comes until the connection closes.
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/runs/{run}/events HTTP/1.0\r\nHost: {server}\r\n\r\n"), cancellationToken);
    }

    /// <summary>Reads on, to the end.</summary>
    public async Task ReadAsync(FollowedRun run, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(socket);
        var head = new List<byte>();
        var one = new byte[1];
        while (!(head is [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n']) && await stream.ReadAsync(one, cancellationToken) == 1)
            head.Add(one[0]);
        await run.ReadAsync(stream, DateTimeOffset.MaxValue, cancellationToken);
    }

    public void Dispose() => socket.Dispose();
}
