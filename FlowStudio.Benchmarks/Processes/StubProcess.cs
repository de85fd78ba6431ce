using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json.Serialization;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>The upstreams of the benchmark's flow as their own process: an OpenAI-compatible model, and the logger that the flow's API Request posts to.</summary>
sealed class StubProcess() : ChildProcess("stub", ["exec", Assembly.GetExecutingAssembly().Location, StubServer.Command], ServerProcess.CommonEnvironment)
{
    readonly HttpClient http = new();
    IPEndPoint? address;

    public async Task StartAsync(CancellationToken cancellationToken) => address = await AddressAsync(cancellationToken);

    /// <summary>The base URL of a model that answers after <paramref name="delay"/>.</summary>
    public string ModelUrl(TimeSpan delay) => $"http://{address}/d{delay.TotalMilliseconds:F0}/v1";

    /// <summary>The base URL of a model whose answers are held until <see cref="OpenAsync"/>, and then come piece by piece.</summary>
    public string HeldUrl(int milliseconds, int tokens, int pieces) => $"http://{address}/held{milliseconds}x{tokens}x{pieces}/v1";

    public string LogUrl => $"http://{address}/log";

    public async Task<StubCounts> CountsAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync($"http://{address}/counts", StubJson.Default.StubCounts, cancellationToken) ??
        throw new InvalidOperationException("The stub counted nothing.");

    /// <summary>Forgets what was counted so far.</summary>
    public Task ResetAsync(CancellationToken cancellationToken) => TellAsync("reset", cancellationToken);

    /// <summary>Lets the held answers go.</summary>
    public Task OpenAsync(CancellationToken cancellationToken) => TellAsync("open", cancellationToken);

    /// <summary>Holds answers from now on.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => TellAsync("close", cancellationToken);

    async Task TellAsync(string what, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent([]);
        using var response = await http.PostAsync($"http://{address}/{what}", content, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public override ValueTask DisposeAsync()
    {
        http.Dispose();
        return base.DisposeAsync();
    }
}

/// <summary>What reached the stub since the last reset.</summary>
/// <param name="Completions">Calls of the model.</param>
/// <param name="Logs">Posts to the logger.</param>
/// <param name="DistinctLogs">Distinct Idempotency-Key headers among these posts; equal to <paramref name="Logs"/> when no run posted twice.</param>
/// <param name="Unexpected">Requests to anything else.</param>
/// <param name="Held">Calls of the model that wait to be let go.</param>
sealed record StubCounts(long Completions, long Logs, long DistinctLogs, long Unexpected, long Held = 0);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StubCounts))]
sealed partial class StubJson : JsonSerializerContext;
