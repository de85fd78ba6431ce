using System.Text.Json;
using FlowStudio.Tests.Callbacks;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>A killed server's completion webhooks: every end that was to be told is told after the restart, with the id it had.</summary>
public class CallbackKillTests
{
    static readonly FlowBuilder Echo = new FlowBuilder()
        .Node("hook", "Webhook").Node("text", "DataToMessage", new { template = "x" }).Node("out", "ChatOutput")
        .Edge("hook.output_data", "text.data").Edge("text.text", "out.input_value");

    [Fact]
    public async Task What_was_on_its_way_or_waiting_at_a_kill_is_told_after_the_restart()
    {
        await using var receiver = await Receiver.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var directory = ServerProcess.NewDirectory();
        try
        {
            var runs = new List<string>();
            await using (var server = await ServerProcess.StartAsync(directory))
            {
                var flow = await server.AddFlowAsync("echo", Echo);
                for (var i = 0; i < 10; i++)
                    runs.Add((await server.PostAsync($"/v1/flows/{flow}/runs?wait=30", JsonSerializer.Serialize(new { webhook = receiver.Url() }))).GetProperty("id").GetString().ShouldNotBeNull());
                await receiver.UntilAsync(1);
                await server.KillAsync();
            }
            var interrupted = receiver.Calls.Select(c => c.Id).ToList();
            receiver.Answer = Receiver.With(200);
            await using var restarted = await ServerProcess.StartAsync(directory);
            await EngineFixture.UntilAsync(async () => (await restarted.GetAsync("/v1/deliveries?status=delivered")).GetProperty("items").GetArrayLength() == runs.Count, "all ten are delivered");
            var told = receiver.Calls.Skip(interrupted.Count).Select(c => JsonDocument.Parse(c.Body).RootElement.GetProperty("run_id").GetString()).ToList();
            runs.ShouldBeSubsetOf(told);
            interrupted.ShouldBeSubsetOf(receiver.Calls.Skip(interrupted.Count).Select(c => c.Id));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
