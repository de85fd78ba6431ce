using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlowStudio.Benchmarks.Viewers;

/// <summary>
/// A viewer without a browser: a circuit that a page of the studio opened, whose every batch is answered at once. The server does for it what it does for a
/// person's browser; what that browser would do takes nothing of this machine.
/// </summary>
sealed partial class Circuit : IAsyncDisposable
{
    static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(10);

    readonly ClientWebSocket socket = new();
    readonly CancellationTokenSource gone = new();
    readonly SemaphoreSlim sending = new(1, 1);
    readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly HttpClient http;
    readonly string url;
    string? id;
    Task? reading;
    Task? pinging;
    long batches;
    long bytes;
    int objects;
    int calls;

    Circuit(HttpClient http, string url) => (this.http, this.url) = (http, url);

    /// <summary>Batches that came and were answered.</summary>
    public long Batches => Volatile.Read(ref batches);

    /// <summary>Bytes of those batches.</summary>
    public long Bytes => Volatile.Read(ref bytes);

    /// <summary>Why it broke off; empty while it works.</summary>
    public string Trouble { get; private set; } = "";

    /// <summary>Opens a page as a browser does: its HTML, then its circuit with the components that the HTML names.</summary>
    public static async Task<Circuit> OpenAsync(HttpClient http, string url, CancellationToken cancellationToken)
    {
        var html = await http.GetStringAsync(url, cancellationToken);
        var markers = Markers().Matches(html).Select(m => m.Groups["json"].Value).Where(j => j.Contains("\"server\"", StringComparison.Ordinal)).ToList();
        if (markers.Count == 0)
            throw new InvalidOperationException($"{url} has no component of a circuit.");
        var circuit = new Circuit(http, url);
        try
        {
            await circuit.StartAsync(markers, cancellationToken);
            return circuit;
        }
        catch
        {
            await circuit.DisposeAsync();
            throw;
        }
    }

    async Task StartAsync(List<string> markers, CancellationToken cancellationToken)
    {
        var address = new Uri(url);
        socket.Options.SetRequestHeader("Origin", address.GetLeftPart(UriPartial.Authority));
        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "/_blazor" }.Uri, cancellationToken);
        await SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"));
        reading = ReadAsync();
        pinging = PingAsync();
        await SendAsync(HubPack.Call("1", "StartCircuit", $"{address.GetLeftPart(UriPartial.Authority)}/", url, "[]", ""));
        await started.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        var operations = markers.Select((marker, index) => $$"""{"type":"add","ssrComponentId":{{index + 1}},"marker":{{marker}}}""");
        await SendAsync(HubPack.Call(id: null, "UpdateRootComponents", $$"""{"batchId":1,"operations":[{{string.Join(',', operations)}}]}""", ""));
    }

    async Task ReadAsync()
    {
        var buffer = new byte[256 * 1024];
        var held = 0;
        var greeted = false;
        try
        {
            while (true)
            {
                if (held == buffer.Length)
                    Array.Resize(ref buffer, buffer.Length * 2);
                var got = await socket.ReceiveAsync(buffer.AsMemory(held), gone.Token);
                if (got.MessageType is WebSocketMessageType.Close)
                    return;
                held += got.Count;
                var at = 0;
                if (!greeted && buffer.AsSpan(0, held).IndexOf((byte)0x1E) is var end and >= 0)
                    (greeted, at) = (true, end + 1);
                while (greeted && HubPack.Read(buffer.AsSpan(at, held - at)) is { } next)
                {
                    at += next.Length;
                    await TakeAsync(next.Message);
                }
                buffer.AsSpan(at, held - at).CopyTo(buffer);
                held -= at;
            }
        }
        catch (Exception e)
        {
            if (!gone.IsCancellationRequested)
                Trouble = e.Message;
            started.TrySetException(new InvalidOperationException($"The circuit of {url} broke off: {e.Message}", e));
        }
    }

    async Task TakeAsync(object?[] message)
    {
        switch (message[0])
        {
            case 3L when message[3] is 3L:
                id = message[4] as string;
                started.TrySetResult();
                break;
            case 3L:
                started.TrySetException(new InvalidOperationException($"The circuit of {url} was refused: {(message.Length > 4 ? message[4] : null)}"));
                break;
            case 1L when message[4] is object?[] arguments:
                await InvokedAsync(message[3] as string, arguments);
                break;
        }
    }

    async Task InvokedAsync(string? target, object?[] arguments)
    {
        switch (target, arguments)
        {
            case ("JS.RenderBatch", [long id, byte[] batch]):
                Interlocked.Increment(ref batches);
                Interlocked.Add(ref bytes, batch.Length);
                await SendAsync(HubPack.Call(id: null, "OnRenderCompleted", id, null));
                break;
            case ("JS.BeginInvokeJS", [long task, string identifier, var json, long result, ..]):
                await AnswerAsync(task, identifier, json as string, result);
                break;
            case ("JS.Error", [string error]):
                throw new InvalidOperationException($"The circuit of {url} failed: {error}");
        }
    }

    /// <summary>What a function of the page gives: an object of the page by a number, what the studio asks every browser, nothing otherwise.</summary>
    async Task AnswerAsync(long task, string identifier, string? json, long resultType)
    {
        var result = (resultType, identifier) switch
        {
            (1, _) => $$"""{"__jsObjectId":{{Interlocked.Increment(ref objects)}}}""",
            (_, "timeZone") => "\"UTC\"",
            (_, "flowStudioTheme.get") => "\"light\"",
            _ => "null",
        };
        if (task != 0)
            await SendAsync(HubPack.Call(id: null, "EndInvokeJSFromDotNet", task, true, $"[{task},true,{result}]"));
        // A list asks the page what of it is in sight: as much as the dock shows.
        if (identifier.EndsWith("Virtualize.init", StringComparison.Ordinal) && json is not null)
        {
            var list = JsonDocument.Parse(json).RootElement[0].GetProperty("__dotNetObject").GetInt64();
            await SendAsync(HubPack.Call(id: null, "BeginInvokeDotNetFromJS", Interlocked.Increment(ref calls).ToString(System.Globalization.CultureInfo.InvariantCulture), null, "OnSpacerAfterVisible", list, "[0,240,240]"));
        }
    }

    async Task PingAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(PingEvery, gone.Token);
                await SendAsync(HubPack.Ping);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // It is over.
        }
    }

    async Task SendAsync(byte[] message)
    {
        await sending.WaitAsync(gone.Token);
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, gone.Token);
        }
        finally
        {
            sending.Release();
        }
    }

    /// <summary>Leaves as a page that is closed does; otherwise the server keeps the circuit for minutes, for a browser that may come back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (id is not null)
        {
            using var goodbye = new MultipartFormDataContent { { new StringContent(id), "circuitId" } };
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(url), "/_blazor/disconnect")) { Content = goodbye };
            request.Headers.TryAddWithoutValidation("Origin", new Uri(url).GetLeftPart(UriPartial.Authority));
            using var answer = await http.SendAsync(request);
            answer.EnsureSuccessStatusCode();
        }
        await gone.CancelAsync();
        if (reading is not null)
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (pinging is not null)
            await pinging;
        socket.Dispose();
        sending.Dispose();
        gone.Dispose();
    }

    [GeneratedRegex("<!--Blazor:(?<json>\\{.*?\\})-->", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 5000)]
    private static partial Regex Markers();
}
