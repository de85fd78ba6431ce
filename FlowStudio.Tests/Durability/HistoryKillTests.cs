using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>What is derived from history follows it, however the process ends.</summary>
public sealed class HistoryKillTests : IDisposable
{
    const int Kills = 4;
    const int Callers = 4;

    readonly string directory = ServerProcess.NewDirectory();

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task After_kills_under_load_every_ended_run_is_found_and_counted_once()
    {
        var acknowledged = new ConcurrentQueue<string>();
        string? flow = null;
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var server = await ServerProcess.StartAsync(directory);
            flow ??= await server.AddFlowAsync("load", new FlowBuilder().Node("in", "Webhook").Node("out", "ChatOutput").Edge("in.output_data", "out.input_value"));
            using var stop = new CancellationTokenSource();
            var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync(server, acknowledged, stop.Token)).ToArray();
            // Each life a little longer, so that the kills meet index and sums at different moments.
            var enough = acknowledged.Count + 50 + (400 * kill);
            await EngineFixture.UntilAsync(() => Task.FromResult(acknowledged.Count >= enough), "calls are acknowledged");
            await server.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(callers);
        }
        await using var last = await ServerProcess.StartAsync(directory);
        foreach (var run in acknowledged.Reverse().Take(100))
            await last.EndOfAsync(run);
        await EngineFixture.UntilAsync(async () => await CountAsync(last, $"flow={flow}&status=queued,running,waiting") == 0, "all runs have ended");
        // Calls that the kills cut may have been accepted too.
        var ended = await CountAsync(last, $"flow={flow}");
        ended.ShouldBeGreaterThanOrEqualTo(acknowledged.Count);
        await EngineFixture.UntilAsync(async () => await CountAsync(last, $"flow={flow}&q=needle") == ended && await SumAsync(last, flow.ShouldNotBeNull()) == ended, $"{ended} runs are found and counted");
        (await CountAsync(last, "q=needle&status=succeeded&trigger=webhook")).ShouldBe(ended);
    }

    static async Task CallAsync(ServerProcess server, ConcurrentQueue<string> acknowledged, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await server.Client.PostAsync("/api/v1/webhook/load", new StringContent("""{"text":"needle"}""", Encoding.UTF8, "application/json"), stop);
                ((int)answer.StatusCode).ShouldBe(202);
                acknowledged.Enqueue(JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop)).RootElement.GetProperty("run_id").GetString().ShouldNotBeNull());
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                // The kill cut the call.
                return;
            }
        }
    }

    static async Task<int> CountAsync(ServerProcess server, string filter)
    {
        var count = await server.GetAsync($"/v1/runs/count?{filter}");
        return count.GetProperty("count").GetInt32();
    }

    static async Task<long> SumAsync(ServerProcess server, string flow)
    {
        var sums = await server.GetAsync($"/v1/runs/rollups?flow={flow}&step=3600");
        return sums.GetProperty("items").EnumerateArray().Sum(p => p.GetProperty("succeeded").GetInt64());
    }
}
