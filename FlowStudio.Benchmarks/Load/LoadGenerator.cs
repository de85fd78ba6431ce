using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FlowStudio.Benchmarks.Load;

/// <summary>
/// Sends pre-encoded requests over kept-alive connections from one thread, one request at a time per connection, and measures each answer. What a
/// <see cref="Pace"/> decides is only when the next one goes out: closed and open loop are the same code.
/// </summary>
sealed class LoadGenerator(IPEndPoint target, IReadOnlyList<byte[]> requests)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs one load to its end on a thread of its own: when the pace is exhausted and every answer is there, or thirty seconds after its time.</summary>
    public Task<LoadResult> RunAsync(int connections, TimeSpan duration, Pace pace, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(() =>
        {
            using var load = new Load(target, requests, connections, duration, pace);
            return load.Run(cancellationToken);
        }, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public Task<LoadResult> ClosedAsync(int connections, TimeSpan duration, CancellationToken cancellationToken) =>
        RunAsync(connections, duration, new ClosedLoop(duration), cancellationToken);

    /// <summary>Exactly <paramref name="count"/> requests, as fast as the connections take them.</summary>
    public Task<LoadResult> CountAsync(int connections, long count, TimeSpan atMost, CancellationToken cancellationToken) =>
        RunAsync(connections, atMost, new ClosedLoop(atMost, count), cancellationToken);

    public Task<LoadResult> OpenAsync(int connections, double perSecond, TimeSpan duration, CancellationToken cancellationToken) =>
        RunAsync(connections, duration, new OpenLoop(perSecond, duration), cancellationToken);

    sealed class Connection(Socket socket)
    {
        public Socket Socket { get; set; } = socket;
        public byte[] Buffer { get; set; } = new byte[4096];
        public int Filled { get; set; }
        public long Intended { get; set; }
        public bool Busy { get; set; }
    }

    sealed class Load : IDisposable
    {
        readonly IPEndPoint target;
        readonly IReadOnlyList<byte[]> requests;
        readonly Pace pace;
        readonly long end;
        readonly Epoll epoll = new();
        readonly Connection[] connections;
        readonly Stack<int> idle = new();
        readonly LoadResult result = new();
        readonly long started;
        int nextRequest;
        int inFlight;
        long lastAnswer;

        public Load(IPEndPoint target, IReadOnlyList<byte[]> requests, int count, TimeSpan duration, Pace pace)
        {
            (this.target, this.requests, this.pace) = (target, requests, pace);
            end = duration.Ticks * TimeSpan.NanosecondsPerTick;
            connections = new Connection[count];
            for (var key = count - 1; key >= 0; key--)
            {
                connections[key] = new Connection(Connect(key));
                idle.Push(key);
            }
            started = Stopwatch.GetTimestamp();
        }

        long Now => (long)((Stopwatch.GetTimestamp() - started) * (1e9 / Stopwatch.Frequency));

        public LoadResult Run(CancellationToken cancellationToken)
        {
            Span<int> ready = stackalloc int[64];
            var giveUp = end + (Patience.Ticks * TimeSpan.NanosecondsPerTick);
            for (var now = Now; ; now = Now)
            {
                cancellationToken.ThrowIfCancellationRequested();
                while (idle.Count > 0 && pace.TryTake(now, out var intended))
                    Send(idle.Pop(), intended);
                if (now >= giveUp || (inFlight == 0 && pace.Exhausted(now)))
                    break;
                var next = idle.Count > 0 && pace.NextDue is { } due ? due : now < end ? end : giveUp;
                // A quarter of a second at most, so that cancelling is prompt.
                var count = epoll.Wait(Math.Clamp(next - now, 0, 250_000_000), ready);
                for (var index = 0; index < count; index++)
                    Receive(ready[index]);
            }
            result.Unanswered = inFlight;
            result.Duration = TimeSpan.FromMicroseconds(Math.Min(end, Math.Max(lastAnswer, 1)) / 1000.0);
            return result;
        }

        Socket Connect(int key)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(target);
            socket.Blocking = false;
            epoll.Add(socket, key);
            return socket;
        }

        void Reconnect(int key)
        {
            var connection = connections[key];
            epoll.Remove(connection.Socket);
            connection.Socket.Dispose();
            connection.Socket = Connect(key);
            connection.Filled = 0;
        }

        void Send(int key, long intended)
        {
            var connection = connections[key];
            ReadOnlySpan<byte> rest = requests[nextRequest];
            nextRequest = (nextRequest + 1) % requests.Count;
            connection.Intended = intended;
            connection.Busy = true;
            inFlight++;
            result.Sent++;
            // A request fits the socket's empty send buffer; the loop is for the case that it doesn't.
            while (!rest.IsEmpty)
            {
                var sent = connection.Socket.Send(rest, SocketFlags.None, out var error);
                if (error is not (SocketError.Success or SocketError.WouldBlock))
                {
                    Fail(key);
                    return;
                }
                rest = rest[sent..];
            }
        }

        void Receive(int key)
        {
            var connection = connections[key];
            if (connection.Filled == connection.Buffer.Length)
            {
                var larger = new byte[connection.Buffer.Length * 2];
                connection.Buffer.CopyTo(larger, 0);
                connection.Buffer = larger;
            }
            var received = connection.Socket.Receive(connection.Buffer.AsSpan(connection.Filled), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return;
            if (error != SocketError.Success || received == 0)
            {
                Fail(key);
                return;
            }
            connection.Filled += received;
            var taken = HttpResponse.TryRead(connection.Buffer.AsSpan(0, connection.Filled), out var status, out var closes);
            if (taken == 0)
                return;
            if (!connection.Busy || taken != connection.Filled)
                throw new FormatException($"{target} sent {connection.Filled - taken} bytes more than one answer to one request.");
            connection.Filled = 0;
            Answered(connection, status);
            if (closes)
                Reconnect(key);
            idle.Push(key);
        }

        void Answered(Connection connection, int status)
        {
            var now = Now;
            connection.Busy = false;
            inFlight--;
            lastAnswer = now;
            result.ByStatus[status] = result.ByStatus.GetValueOrDefault(status) + 1;
            if (status is < 200 or >= 300)
                return;
            result.Latency.Record(now - connection.Intended);
            if (now <= end)
                result.SucceededInTime++;
        }

        /// <summary>The peer is gone: a request it owed an answer for counts as broken. A server may also close an idle connection, which costs nothing.</summary>
        void Fail(int key)
        {
            var connection = connections[key];
            var wasBusy = connection.Busy;
            connection.Busy = false;
            Reconnect(key);
            if (!wasBusy)
                return;
            inFlight--;
            result.Failed++;
            idle.Push(key);
        }

        public void Dispose()
        {
            foreach (var connection in connections)
                connection.Socket.Dispose();
            epoll.Dispose();
        }
    }
}
