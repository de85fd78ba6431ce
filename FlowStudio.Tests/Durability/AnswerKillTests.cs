using System.Text;
using FlowStudio.Engine.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>A server that is killed while a webhook's caller waits: the caller is gone, and the run ends after the restart.</summary>
public class AnswerKillTests
{
    static readonly FlowBuilder Slow = new FlowBuilder()
        .Node("hook", "Webhook", new { answer = WebhookDoor.ByRespond, answer_limit = 300 })
        .Node("wait", "Delay", new { seconds = 2 })
        .Node("respond", "Respond", new { body_type = "a text", text = "said {n}" })
        .Edge("hook.output_data", "wait.input").Edge("wait.output", "respond.input_value");

    [Fact]
    public async Task The_run_survives_and_its_answer_is_there_for_who_asks_again_with_the_same_key()
    {
        var directory = ServerProcess.NewDirectory();
        try
        {
            string run;
            await using (var server = await ServerProcess.StartAsync(directory))
            {
                await server.AddFlowAsync("slow", Slow);
                var call = CallAsync(server);
                run = "";
                await EngineFixture.UntilAsync(async () => (run = (await server.GetAsync("/v1/runs?flow=slow&status=waiting")).GetProperty("items").EnumerateArray()
                    .Select(r => r.GetProperty("id").GetString() ?? "").FirstOrDefault("")).Length > 0, "the run waits");
                await server.KillAsync();
                await Should.ThrowAsync<HttpRequestException>(() => call);
            }
            await using var restarted = await ServerProcess.StartAsync(directory);
            (await restarted.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");
            using var again = await CallAsync(restarted);
            (await again.Content.ReadAsStringAsync()).ShouldBe("said 1");
            again.Headers.GetValues("X-Run-Id").ShouldBe([run]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    static async Task<HttpResponseMessage> CallAsync(ServerProcess server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhook/slow") { Content = new StringContent("""{"n":1}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", "k");
        return await server.Client.SendAsync(request);
    }
}
