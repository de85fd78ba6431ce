using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>Real processes, really killed.</summary>
public sealed class KillTests : IDisposable
{
    const int Kills = 20;
    const int Callers = 8;

    readonly string directory = ServerProcess.NewDirectory();

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task After_twenty_kills_under_load_every_acknowledged_run_has_ended_exactly_once()
    {
        var acknowledged = new ConcurrentQueue<string>();
        var seed = Environment.TickCount;
        var dice = new Random(seed);
        string? flow = null;
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var server = await ServerProcess.StartAsync(directory);
            flow ??= await server.AddFlowAsync("load", Pipeline());
            using var stop = new CancellationTokenSource();
            var callers = Enumerable.Range(0, Callers).Select(c => CallAsync(server, $"{kill}-{c}", acknowledged, stop.Token)).ToArray();
            var enough = acknowledged.Count + dice.Next(1, 60);
            await EngineFixture.UntilAsync(() => Task.FromResult(acknowledged.Count >= enough), "calls are acknowledged");
            await server.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(callers);
        }
        acknowledged.Count.ShouldBeGreaterThan(Kills);
        await using var last = await ServerProcess.StartAsync(directory);
        foreach (var run in acknowledged)
            await CheckAsync(last, run, seed);
        var stored = await CountAsync(last, flow.ShouldNotBeNull());
        stored.ShouldBeGreaterThanOrEqualTo(acknowledged.Count);
    }

    [Fact]
    public async Task A_finished_step_with_effects_is_not_repeated_after_a_kill()
    {
        var calls = new ConcurrentQueue<string>();
        var hold = new TaskCompletionSource();
        await using var upstream = await StartUpstreamAsync(async context =>
        {
            calls.Enqueue(context.Request.Path + " " + context.Request.Headers["Idempotency-Key"]);
            if (context.Request.Path == "/second")
                await hold.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { ok = true });
        });
        var url = upstream.Urls.Single();
        var flow = new FlowBuilder().Node("in", "Webhook")
            .Node("first", "ApiRequest", new { url_input = $"{url}/first", method = "POST" }).Node("second", "ApiRequest", new { url_input = $"{url}/second", method = "POST" })
            .Edge("in.output_data", "first.body").Edge("first.data", "second.body");
        string run;
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            await server.AddFlowAsync("two", flow);
            run = (await server.PostAsync("/api/v1/webhook/two", "{}")).GetProperty("run_id").GetString().ShouldNotBeNull();
            await EngineFixture.UntilAsync(() => Task.FromResult(calls.Any(c => c.StartsWith("/second", StringComparison.Ordinal))), "the second call is under way");
            await server.KillAsync();
        }
        hold.SetResult();
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            (await server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");
            calls.Count(c => c.StartsWith("/first", StringComparison.Ordinal)).ShouldBe(1);
            var second = calls.Where(c => c.StartsWith("/second", StringComparison.Ordinal)).ToList();
            second.Count.ShouldBe(2);
            second.Distinct().Count().ShouldBe(1, "the repeat carries the same idempotency key");
        }
    }

    [Fact]
    public async Task A_run_in_flight_at_three_crashes_is_set_aside_and_others_go_on()
    {
        var calls = 0;
        await using var upstream = await StartUpstreamAsync(async context =>
        {
            Interlocked.Increment(ref calls);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var flow = new FlowBuilder().Node("in", "Webhook").Node("call", "ApiRequest", new { url_input = $"{upstream.Urls.Single()}/", method = "POST" }).Edge("in.output_data", "call.body");
        string? poison = null;
        for (var crash = 1; crash <= 3; crash++)
        {
            await using var server = await ServerProcess.StartAsync(directory);
            if (poison is null)
            {
                await server.AddFlowAsync("poison", flow);
                poison = (await server.PostAsync("/api/v1/webhook/poison", "{}")).GetProperty("run_id").GetString();
            }
            await EngineFixture.UntilAsync(() => Task.FromResult(Volatile.Read(ref calls) >= crash), "the run is at work");
            await server.KillAsync();
        }
        await using var last = await ServerProcess.StartAsync(directory);
        var run = await last.EndOfAsync(poison.ShouldNotBeNull());
        run.GetProperty("status").GetString().ShouldBe("failed");
        run.GetProperty("error").GetProperty("code").GetString().ShouldBe("crash_loop");
        run.GetProperty("error").GetProperty("node_id").GetString().ShouldBe("call");
        var other = (await last.PostAsync("/api/v1/webhook/tutorial", """{"order":{"id":1}}""")).GetProperty("run_id").GetString().ShouldNotBeNull();
        (await last.EndOfAsync(other)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task Sigterm_interrupts_what_does_not_end_in_time_and_the_next_start_resumes_it()
    {
        var hold = new TaskCompletionSource();
        var calls = 0;
        await using var upstream = await StartUpstreamAsync(async context =>
        {
            Interlocked.Increment(ref calls);
            await hold.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { ok = true });
        });
        var flow = new FlowBuilder().Node("in", "Webhook").Node("call", "ApiRequest", new { url_input = $"{upstream.Urls.Single()}/", method = "POST" }).Edge("in.output_data", "call.body");
        string run;
        await using (var server = await ServerProcess.StartAsync(directory, ("FlowStudio:Runner:DrainSeconds", "0.2")))
        {
            await server.AddFlowAsync("slow", flow);
            run = (await server.PostAsync("/api/v1/webhook/slow", "{}")).GetProperty("run_id").GetString().ShouldNotBeNull();
            await EngineFixture.UntilAsync(() => Task.FromResult(Volatile.Read(ref calls) > 0), "the call is under way");
            (await server.StopAsync()).ShouldBe(0, server.Output);
        }
        hold.SetResult();
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            (await server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");
            var types = await EventTypesAsync(server, run);
            types.ShouldContain("run.interrupted");
            types.ShouldContain("run.resumed");
        }
    }

    static FlowBuilder Pipeline() => new FlowBuilder()
        .Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Call {call}" }).Node("prompt", "Prompt", new { template = "Say: {event}" })
        .Node("llm", "LLM", new { stream = false }).Node("out", "ChatOutput").Node("log", "ApiRequest", new { url_input = "/bin/kill", method = "POST" })
        .Edge("in.output_data", "text.data").Edge("text.text", "prompt.event").Edge("prompt.prompt", "llm.input_value").Edge("llm.text_output", "out.input_value").Edge("out.message", "log.body");

    static async Task CallAsync(ServerProcess server, string name, ConcurrentQueue<string> acknowledged, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            try
            {
                using var answer = await server.Client.PostAsync("/api/v1/webhook/load", new StringContent($$"""{"call":"{{name}}-{{n}}"}""", Encoding.UTF8, "application/json"), stop);
                ((int)answer.StatusCode).ShouldBe(202);
                acknowledged.Enqueue(JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop)).RootElement.GetProperty("run_id").GetString().ShouldNotBeNull());
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                // The kill cut the call: whether it was accepted, nobody was told.
                return;
            }
        }
    }

    static async Task CheckAsync(ServerProcess server, string run, int seed)
    {
        (await server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded", $"run {run}, seed {seed}");
        var types = await EventTypesAsync(server, run);
        types.Count(t => t == "run.accepted").ShouldBe(1);
        types.Count(t => t == "run.finished").ShouldBe(1, $"run {run}, seed {seed}");
    }

    static async Task<List<string>> EventTypesAsync(ServerProcess server, string run)
    {
        var text = await server.Client.GetStringAsync($"/v1/runs/{run}/events");
        return [.. text.Split('\n').Where(l => l.StartsWith("event: ", StringComparison.Ordinal)).Select(l => l["event: ".Length..].Trim())];
    }

    static async Task<int> CountAsync(ServerProcess server, string flow)
    {
        var count = 0;
        for (var cursor = ""; ;)
        {
            var page = await server.GetAsync($"/v1/runs?flow={flow}&limit=100{cursor}");
            count += page.GetProperty("items").GetArrayLength();
            if (page.GetProperty("next_cursor").GetString() is not { } next)
                return count;
            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }
    }

    static async Task<WebApplication> StartUpstreamAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }
}
