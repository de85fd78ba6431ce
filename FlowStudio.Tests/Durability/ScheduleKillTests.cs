using System.Globalization;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>A killed server's schedules: each time has one run, and one run makes up for those that were missed.</summary>
public class ScheduleKillTests
{
    static readonly FlowBuilder Echo = new FlowBuilder()
        .Node("hook", "Webhook").Node("text", "DataToMessage", new { template = "x" }).Node("out", "ChatOutput")
        .Edge("hook.output_data", "text.data").Edge("text.text", "out.input_value");

    [Fact]
    public async Task A_time_missed_while_the_server_was_killed_fires_once_after_the_restart()
    {
        var directory = ServerProcess.NewDirectory();
        try
        {
            string id, due;
            await using (var server = await ServerProcess.StartAsync(directory))
            {
                var flow = await server.AddFlowAsync("echo", Echo);
                // Long enough away for the server to be dead by then, and so that only one time comes while it is.
                var at = DateTimeOffset.UtcNow.AddSeconds(4);
                var schedule = await server.PostAsync("/v1/schedules", JsonSerializer.Serialize(new { flow, cron = string.Create(CultureInfo.InvariantCulture, $"{at.Second} {at.Minute} {at.Hour} * * ?") }));
                id = schedule.GetProperty("id").GetString().ShouldNotBeNull();
                due = schedule.GetProperty("next_at").GetString().ShouldNotBeNull();
                await server.KillAsync();
            }
            await EngineFixture.UntilAsync(() => Task.FromResult(DateTimeOffset.UtcNow > DateTimeOffset.Parse(due, CultureInfo.InvariantCulture)), "the time has gone by");
            for (var start = 0; start < 2; start++)
            {
                await using var server = await ServerProcess.StartAsync(directory);
                await EngineFixture.UntilAsync(async () => (await FiresAsync(server, id)).Count > 0, "the missed time was made up for");
                var fire = (await FiresAsync(server, id)).ShouldHaveSingleItem();
                fire.GetProperty("scheduled_at").GetString().ShouldBe(due);
                (await server.EndOfAsync(fire.GetProperty("run_id").GetString().ShouldNotBeNull())).GetProperty("status").GetString().ShouldBe("succeeded");
                (await server.GetAsync("/v1/runs?trigger=schedule")).GetProperty("items").GetArrayLength().ShouldBe(1);
                await server.KillAsync();
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Kills_while_a_schedule_fires_every_second_leave_no_time_with_two_runs()
    {
        var directory = ServerProcess.NewDirectory();
        try
        {
            string? id = null;
            for (var kill = 0; kill < 4; kill++)
            {
                await using var server = await ServerProcess.StartAsync(directory);
                if (id is null)
                {
                    var flow = await server.AddFlowAsync("echo", Echo);
                    id = (await server.PostAsync("/v1/schedules", JsonSerializer.Serialize(new { flow, cron = "* * * * * *", overlap = "allow" }))).GetProperty("id").GetString().ShouldNotBeNull();
                }
                var before = (await FiresAsync(server, id)).Count;
                await EngineFixture.UntilAsync(async () => (await FiresAsync(server, id)).Count >= before + 2, "it fires");
                await server.KillAsync();
            }
            await using var last = await ServerProcess.StartAsync(directory, ("FlowStudio:Schedules:Paused", "true"));
            var fires = await FiresAsync(last, id.ShouldNotBeNull());
            var runs = (await last.GetAsync("/v1/runs?trigger=schedule&limit=200")).GetProperty("items").EnumerateArray().Select(r => r.GetProperty("id").GetString()).ToList();
            var started = fires.Where(f => f.GetProperty("run_id").ValueKind is JsonValueKind.String).Select(f => f.GetProperty("run_id").GetString()).ToList();
            started.Distinct().Count().ShouldBe(started.Count);
            started.Order().ShouldBe(runs.Order());
            fires.Select(f => f.GetProperty("scheduled_at").GetString()).Distinct().Count().ShouldBe(fires.Count);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    static async Task<List<JsonElement>> FiresAsync(ServerProcess server, string id) => [.. (await server.GetAsync($"/v1/schedules/{id}/fires?limit=200")).GetProperty("items").EnumerateArray()];
}
