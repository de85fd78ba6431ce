using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>
/// Answers as an OpenAI-compatible model, streamed or whole, after the delay its path names (<c>/d50/v1/chat/completions</c>: 50 ms), and counts posts to
/// <c>/log</c>. A path such as <c>/held10x15x1000/v1/chat/completions</c> is held until <c>/open</c>, and then says 15 tokens every 10 ms, 1,000 times. It sits on Kestrel without ASP.NET's hosting, routing or contexts, and its answers are bytes made once: it shares the cores with the server.
/// </summary>
sealed class StubServer : IHttpApplication<IFeatureCollection>
{
    public const string Command = "stub-server";
    const int AnswerTokens = 12;

    static readonly byte[] Whole = Encoding.UTF8.GetBytes(
        $$"""{"id":"chatcmpl-stub","object":"chat.completion","created":1,"model":"stub","choices":[{"index":0,"message":{"role":"assistant","content":"{{string.Concat(Words)}}"},"finish_reason":"stop"}],"usage":{{Usage}}}""");

    static readonly byte[] Streamed = Encoding.UTF8.GetBytes(string.Concat(
        [.. Words.Select(word => Chunk($$"""[{"index":0,"delta":{"role":"assistant","content":"{{word}}"},"finish_reason":null}]""", "null")),
            Chunk("""[{"index":0,"delta":{},"finish_reason":"stop"}]""", "null"), Chunk("[]", Usage), "data: [DONE]\n\n"]));

    readonly Lock gate = new();
    readonly HashSet<string> keys = [];
    long completions;
    long logs;
    long unexpected;
    long held;
    long staggered;
    TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    static IEnumerable<string> Words => Enumerable.Range(1, AnswerTokens).Select(number => $"word{number} ");

    /// <summary>What a held answer says in one token.</summary>
    public const string HeldToken = "as many letters as a model's answer has in a line or so of it, 64 ";

    static string Usage => $$"""{"prompt_tokens":40,"completion_tokens":{{AnswerTokens}},"total_tokens":{{40 + AnswerTokens}}}""";

    static string Chunk(string choices, string usage) =>
        $$"""data: {"id":"chatcmpl-stub","object":"chat.completion.chunk","created":1,"model":"stub","choices":{{choices}},"usage":{{usage}}}""" + "\n\n";

    /// <summary>Runs until SIGTERM, or until whoever started it is gone (its standard input ends).</summary>
    public static async Task RunAsync()
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stop.TrySetResult();
        });
        await using var server = await StartAsync();
        Console.WriteLine($"Listening on {server.Address}");
        // The console's reader has no asynchronous reading, whatever its methods are called: it gets a thread of its own.
        _ = Task.Factory.StartNew(() =>
        {
            Console.In.ReadToEnd();
            stop.TrySetResult();
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await stop.Task;
    }

    /// <summary>Starts on a free loopback port.</summary>
    public static async Task<StubHost> StartAsync()
    {
        var kestrel = new KestrelServer(Options.Create(new KestrelServerOptions { AddServerHeader = false }),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        var addresses = kestrel.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        addresses.Add("http://127.0.0.1:0");
        await kestrel.StartAsync(new StubServer(), CancellationToken.None);
        return new StubHost(kestrel, addresses.First());
    }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is held per request.
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var path = request.Path;
        if (path.EndsWith("/chat/completions", StringComparison.Ordinal))
        {
            var streams = await WantsStreamAsync(context);
            if (PaceOf(path) is { } pace)
            {
                await SpeakAsync(context, pace);
                return;
            }
            if (DelayOf(path) is { Ticks: > 0 } delay)
                await Task.Delay(delay);
            Interlocked.Increment(ref completions);
            await AnswerAsync(context, 200, streams ? "text/event-stream" : "application/json", streams ? Streamed : Whole);
        }
        else if (path is "/log")
        {
            await DrainAsync(context);
            Count(request.Headers["Idempotency-Key"].ToString());
            await AnswerAsync(context, 200, "application/json", "{\"logged\":true}"u8.ToArray());
        }
        else if (path is "/counts")
        {
            await AnswerAsync(context, 200, "application/json", JsonSerializer.SerializeToUtf8Bytes(Counts(), StubJson.Default.StubCounts));
        }
        else if (path is "/reset")
        {
            await DrainAsync(context);
            Reset();
            await AnswerAsync(context, 204, contentType: null, []);
        }
        else if (path is "/open" or "/close")
        {
            await DrainAsync(context);
            if (path is "/open")
                open.TrySetResult();
            else
                open = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await AnswerAsync(context, 204, contentType: null, []);
        }
        else
        {
            Interlocked.Increment(ref unexpected);
            await AnswerAsync(context, 404, "text/plain", Encoding.UTF8.GetBytes($"The stub has no {path}."));
        }
    }

    /// <summary>The delay that the path's first segment names: <c>/d50/…</c> is 50 ms.</summary>
    internal static TimeSpan DelayOf(string path) =>
        path.StartsWith("/d", StringComparison.Ordinal) &&
        int.TryParse(path.AsSpan(2, Math.Max(path.IndexOf('/', 1), 2) - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : TimeSpan.Zero;

    /// <summary>How a held answer goes: milliseconds between pieces, tokens in a piece, pieces; null when the path names none.</summary>
    internal static (int Milliseconds, int Tokens, int Pieces)? PaceOf(string path)
    {
        if (!path.StartsWith("/held", StringComparison.Ordinal))
            return null;
        var numbers = path[5..Math.Max(path.IndexOf('/', 5), 5)].Split('x');
        return (int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture), int.Parse(numbers[2], CultureInfo.InvariantCulture));
    }

    async Task SpeakAsync(IFeatureCollection context, (int Milliseconds, int Tokens, int Pieces) pace)
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = 200;
        response.Headers.ContentType = "text/event-stream";
        var writer = context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        var piece = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(
            Chunk($$"""[{"index":0,"delta":{"role":"assistant","content":"{{HeldToken}}"},"finish_reason":null}]""", "null"), pace.Tokens)));
        Interlocked.Increment(ref held);
        await open.Task;
        Interlocked.Decrement(ref held);
        // Answers are given at different moments, as they would be; not a thousand at once.
        await Task.Delay(TimeSpan.FromMilliseconds(Interlocked.Increment(ref staggered) * 7 % pace.Milliseconds));
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(pace.Milliseconds));
        for (var said = 0; said < pace.Pieces; said++)
        {
            await writer.WriteAsync(piece);
            await beat.WaitForNextTickAsync();
        }
        await writer.WriteAsync(Encoding.UTF8.GetBytes(
            $"{Chunk("""[{"index":0,"delta":{},"finish_reason":"stop"}]""", "null")}{Chunk("[]", Usage)}data: [DONE]\n\n"));
        Interlocked.Increment(ref completions);
    }

    void Count(string key)
    {
        lock (gate)
        {
            logs++;
            keys.Add(key);
        }
    }

    StubCounts Counts()
    {
        lock (gate)
            return new StubCounts(Interlocked.Read(ref completions), logs, keys.Count, Interlocked.Read(ref unexpected), Interlocked.Read(ref held));
    }

    void Reset()
    {
        lock (gate)
        {
            keys.Clear();
            logs = 0;
            Interlocked.Exchange(ref completions, 0);
            Interlocked.Exchange(ref unexpected, 0);
        }
    }

    static async Task<bool> WantsStreamAsync(IFeatureCollection context)
    {
        var reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        var read = await reader.ReadAsync();
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync();
        }
        var body = read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.ToArray();
        var streams = body.IndexOf("\"stream\":true"u8) >= 0 || body.IndexOf("\"stream\": true"u8) >= 0;
        reader.AdvanceTo(read.Buffer.End);
        return streams;
    }

    static async Task DrainAsync(IFeatureCollection context)
    {
        var reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        while (true)
        {
            var read = await reader.ReadAsync();
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    static async Task AnswerAsync(IFeatureCollection context, int status, string? contentType, byte[] body)
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = status;
        if (contentType is not null)
            response.Headers.ContentType = contentType;
        if (body.Length == 0)
            return;
        response.Headers.ContentLength = body.Length;
        await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(body);
    }
}

/// <summary>A running stub.</summary>
sealed class StubHost(KestrelServer kestrel, string address) : IAsyncDisposable
{
    public string Address => address;

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await kestrel.StopAsync(patience.Token);
        kestrel.Dispose();
    }
}
