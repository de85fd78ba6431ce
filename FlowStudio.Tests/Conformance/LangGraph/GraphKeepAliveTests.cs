using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowStudio.Tests.Api;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Conformance.LangGraph;

/// <summary>How connections are kept while nothing happens, and what becomes of a run whose watcher leaves.</summary>
public sealed class GraphKeepAliveTests(GraphServer server) : IClassFixture<GraphServer>
{
    [Fact]
    public async Task A_stream_beats_without_a_blank_line_also_while_the_run_waits_for_its_turn()
    {
        var thread = await ThreadAsync();
        var first = await RunAsync(thread, "slow");
        using var response = await StreamAsync($"/threads/{thread}/runs/stream", """{"assistant_id":"chat","input":{"messages":[{"role":"user","content":"x"}]}}""");
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var seen = new List<string>();
        while (!seen.Contains(": heartbeat"))
            seen.Add((await lines.ReadLineAsync(patience.Token)).ShouldNotBeNull());
        seen.ShouldContain("event: metadata");
        using var cancel = await server.Client.PostAsync($"/threads/{thread}/runs/{first}/cancel", content: null);
        // An event, another beat, but no line that stands for an event without a name.
        (await lines.ReadLineAsync(patience.Token)).ShouldNotBeNullOrEmpty();
        (await lines.ReadToEndAsync(patience.Token)).ShouldContain("event: end");
    }

    [Theory]
    [InlineData("cancel", "interrupted")]
    [InlineData("continue", "running")]
    public async Task A_watcher_that_leaves_cancels_the_run_when_it_said_so(string onDisconnect, string status)
    {
        var thread = await ThreadAsync();
        using (var response = await StreamAsync($"/threads/{thread}/runs/stream", $$"""{"assistant_id":"slow","input":{},"on_disconnect":"{{onDisconnect}}"}"""))
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
            (await lines.ReadLineAsync()).ShouldBe("event: metadata");
        }
        JsonElement run = default;
        await EngineFixture.UntilAsync(
            async () =>
            {
                run = (await server.GetJsonAsync($"/threads/{thread}/runs"))[0];
                return run.GetProperty("status").GetString() == status;
            },
            $"the run is {status}");
        using var cancel = await server.Client.PostAsync($"/threads/{thread}/runs/{run.GetProperty("run_id").GetString()}/cancel?wait=1", content: null);
        cancel.IsSuccessStatusCode.ShouldBeTrue();
    }

    async Task<string> ThreadAsync()
    {
        using var response = await server.Client.PostAsJsonAsync("/threads", new { });
        return (await StudioServer.JsonAsync(response)).GetProperty("thread_id").GetString().ShouldNotBeNull();
    }

    async Task<string> RunAsync(string thread, string flow)
    {
        using var response = await server.Client.PostAsJsonAsync($"/threads/{thread}/runs", new { assistant_id = flow, input = new { } });
        return (await StudioServer.JsonAsync(response)).GetProperty("run_id").GetString().ShouldNotBeNull();
    }

    async Task<HttpResponseMessage> StreamAsync(string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
