using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlowStudio.Tests.Api.Streams;

/// <summary>A client that reads the beginning of an answer and then nothing more, until it is told to; its own buffer is small.</summary>
sealed class SlowReader : IDisposable
{
    readonly Socket socket;
    readonly MemoryStream got = new();

    SlowReader(Socket socket) => this.socket = socket;

    /// <summary>Sends a request and reads until the answer has begun.</summary>
    public static async Task<SlowReader> OpenAsync(StudioServer server, string path, string? body = null)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 2048 };
        await client.ConnectAsync(IPAddress.Loopback, new Uri(server.Url).Port);
        // In HTTP/1.0 an answer is what comes until the connection closes.
        var request = body is null ? $"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"
            : $"POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
        await client.SendAsync(Encoding.UTF8.GetBytes(request));
        var reader = new SlowReader(client);
        while (!Encoding.UTF8.GetString(reader.got.ToArray()).Contains("\r\n\r\n", StringComparison.Ordinal))
            await reader.ReadAsync();
        return reader;
    }

    /// <summary>The whole body, now that it reads on, to the end of the connection.</summary>
    public async Task<string> RestAsync()
    {
        while (await ReadAsync() > 0)
        {
            // Until the server is done.
        }
        return Encoding.UTF8.GetString(got.ToArray()).Split("\r\n\r\n", 2)[1];
    }

    public void Dispose() => socket.Dispose();

    async Task<int> ReadAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[1024];
        var count = await socket.ReceiveAsync(buffer, patience.Token);
        got.Write(buffer, 0, count);
        return count;
    }
}
