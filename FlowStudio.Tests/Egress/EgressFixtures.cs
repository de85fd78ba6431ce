using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using FlowStudio.Engine.Egress;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Egress;

/// <summary>A web server on a free loopback port; every request gets what the delegate writes.</summary>
sealed class LoopbackSite : IAsyncDisposable
{
    readonly WebApplication app;

    LoopbackSite(WebApplication app) => this.app = app;

    public int Port => new Uri(app.Urls.First()).Port;
    public string Url => $"http://127.0.0.1:{Port}";

    public static async Task<LoopbackSite> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MinResponseDataRate = null;
        });
        var built = builder.Build();
        built.Run(answer);
        await built.StartAsync();
        return new LoopbackSite(built);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

/// <summary>A bare listener: counts connections, and writes whatever bytes a test wants where HTTP servers would refuse.</summary>
sealed class RawListener : IAsyncDisposable
{
    readonly TcpListener listener;
    readonly CancellationTokenSource stop = new();
    readonly Func<NetworkStream, CancellationToken, Task> serve;
    readonly List<Task> connections = [];
    readonly Task accepting;
    int accepted;

    public RawListener(Func<NetworkStream, CancellationToken, Task>? serve = null, IPAddress? address = null, int port = 0)
    {
        this.serve = serve ?? ((_, _) => Task.CompletedTask);
        listener = new TcpListener(address ?? IPAddress.Loopback, port);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }
    public int Accepted => Volatile.Read(ref accepted);
    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Answers the first request of each connection with these bytes and closes.</summary>
    public static RawListener Answering(string answer) => new(async (stream, cancellationToken) =>
    {
        await ReadHeadAsync(stream, cancellationToken);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), cancellationToken);
    });

    public static async Task<string> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var buffer = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, cancellationToken) > 0)
            head.Append((char)buffer[0]);
        return head.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        // In this order: a listener that is stopped between two accepts would refuse the next one.
        await accepting;
        listener.Stop();
        await Task.WhenAll(connections);
        stop.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                Interlocked.Increment(ref accepted);
                connections.Add(ServeAsync(client));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException && stop.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await serve(client.GetStream(), stop.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or AuthenticationException)
            {
                // The client left, or the test is over; what the client saw is what tests look at.
            }
        }
    }
}

static class Calls
{
    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A client that may call loopback, and whose every other name would have to come from DNS.</summary>
    public static GuardedHttp OnLoopback(Action<EgressOptions>? change = null, ILocalBins? bins = null)
    {
        var options = new EgressOptions { AllowLoopback = true };
        change?.Invoke(options);
        return new GuardedHttp(options, TimeProvider.System, bins);
    }

    public static GuardedRequest Get(string url) => new("GET", url);

    public static KeyValuePair<string, string> Header(string name, string value) => new(name, value);

    public static async Task<EgressException> FailsAsync(this GuardedHttp http, GuardedRequest request) =>
        await Should.ThrowAsync<EgressException>(() => http.SendAsync(request, Ct));
}
