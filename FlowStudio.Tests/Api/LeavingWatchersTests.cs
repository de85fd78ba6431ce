using FlowStudio.Tests.Secrets;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class LeavingWatchersTests
{
    [Fact]
    public async Task A_watcher_that_leaves_a_waiting_run_breaks_nothing()
    {
        var log = new LogSink();
        await using (var server = await StudioServer.StartAsync(customise: b => b.Logging.AddProvider(log)))
        {
            var sleeper = new FlowBuilder().Node("in", "Webhook").Node("nap", "Delay", new { seconds = 3600 }).Node("out", "ChatOutput")
                .Edge("in.output_data", "nap.input").Edge("nap.output", "out.input_value").Build();
            var flow = await server.AddFlowAsync("sleeper", sleeper);
            using var started = await server.PostWebhookAsync(flow.ToString(), "{}");
            var run = await StudioServer.RunIdAsync(started);
            for (var i = 0; i < 30; i++)
            {
                using var response = await server.Client.GetAsync($"/v1/runs/{run}/events", HttpCompletionOption.ResponseHeadersRead);
                await using var events = await response.Content.ReadAsStreamAsync();
                (await events.ReadAsync(new byte[100])).ShouldBeGreaterThan(0);
            }
        }
        log.Lines.ShouldNotContain(l => l.Contains("unhandled exception", StringComparison.Ordinal));
    }
}
