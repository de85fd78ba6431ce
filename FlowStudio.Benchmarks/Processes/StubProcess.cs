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

    public string LogUrl => $"http://{address}/log";

    public async Task<StubCounts> CountsAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync($"http://{address}/counts", StubJson.Default.StubCounts, cancellationToken) ??
        throw new InvalidOperationException("The stub counted nothing.");

    /// <summary>Forgets what was counted so far.</summary>
    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent([]);
        using var response = await http.PostAsync($"http://{address}/reset", content, cancellationToken);
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
sealed record StubCounts(long Completions, long Logs, long DistinctLogs, long Unexpected);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StubCounts))]
sealed partial class StubJson : JsonSerializerContext;
