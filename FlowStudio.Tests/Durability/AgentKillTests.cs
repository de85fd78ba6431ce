using System.Collections.Concurrent;
using FlowStudio.Tests.Egress;
using FlowStudio.Tests.Llm;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>A real process, killed while an agent works.</summary>
public sealed class AgentKillTests : IDisposable
{
    readonly string directory = ServerProcess.NewDirectory();

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task No_finished_turn_and_no_finished_call_is_repeated_after_kills()
    {
        var posts = new ConcurrentQueue<(string Path, string Key)>();
        var (callHeld, turnHeld) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (lettingCallsGo, lettingTurnsGo) = (false, false);
        await using var upstream = await LoopbackSite.StartAsync(async context =>
        {
            posts.Enqueue((context.Request.Path.Value ?? "", context.Request.Headers["Idempotency-Key"].ToString()));
            if (context.Request.Path == "/held" && !Volatile.Read(ref lettingCallsGo))
            {
                callHeld.TrySetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            await context.Response.WriteAsJsonAsync(new { path = context.Request.Path.Value });
        });
        var turns = new ConcurrentQueue<int>();
        await using var model = await FakeOpenAi.StartWithBodyAsync(async (context, body) =>
        {
            var told = FakeModel.Results(body).Count;
            turns.Enqueue(told);
            if (told == 3 && !Volatile.Read(ref lettingTurnsGo))
            {
                turnHeld.TrySetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(told switch
            {
                0 => FakeModel.Calls(("c1", "ApiRequest", new { url_input = upstream.Url + "/first" })),
                1 => FakeModel.Calls(("c2", "ApiRequest", new { url_input = upstream.Url + "/second" }), ("c3", "ApiRequest", new { url_input = upstream.Url + "/held" })),
                _ => FakeOpenAi.Whole(string.Join(' ', FakeModel.Results(body).OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => r.Value.Contains("/held", StringComparison.Ordinal)))),
            });
        });
        var flow = new FlowBuilder().Node("in", "ChatInput").Node("agent", "Agent", new { provider = "openai", base_url = model.BaseUrl })
            .Node("call", "ApiRequest", new { method = "POST" }).Node("out", "ChatOutput")
            .Edge("in.message", "agent.input_value").Edge("call.component_as_tool", "agent.tools").Edge("agent.response", "out.input_value");
        string run;
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            var id = await server.AddFlowAsync("agent", flow);
            run = (await server.PostAsync($"/v1/flows/{id}/runs", """{"input":"Go"}""")).GetProperty("id").GetString().ShouldNotBeNull();
            await callHeld.Task.WaitAsync(TimeSpan.FromSeconds(60));
            // The other call of the turn has been answered, and its step is stored: the API tells only what is.
            await EngineFixture.UntilAsync(async () => (await StepsAsync(server, run)).Contains("call 1.0 succeeded"), "the second call is finished");
            await server.KillAsync();
        }
        Volatile.Write(ref lettingCallsGo, value: true);
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            await turnHeld.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await server.KillAsync();
        }
        Volatile.Write(ref lettingTurnsGo, value: true);
        await using var last = await ServerProcess.StartAsync(directory);
        var ended = await last.EndOfAsync(run);
        ended.GetProperty("status").GetString().ShouldBe("succeeded", ended.GetRawText());
        ended.GetProperty("output").GetString().ShouldBe("False False True");
        turns.ToArray().ShouldBe([0, 1, 3, 3], "a turn is asked again only when the kill cut it");
        posts.Count(p => p.Path == "/first").ShouldBe(1);
        var seconds = posts.Where(p => p.Path == "/second").ToList();
        seconds.Distinct().Count().ShouldBe(1);
        seconds.Count.ShouldBe(1);
        var held = posts.Where(p => p.Path == "/held").ToList();
        held.Count.ShouldBe(2);
        held.Distinct().Count().ShouldBe(1, "the repeat carries the same idempotency key");
        ended.GetProperty("tokens").GetProperty("input").GetInt64().ShouldBe(32, "ten for each of two turns with calls, twelve for the answer");
    }

    static async Task<List<string>> StepsAsync(ServerProcess server, string run) =>
    [
        .. (await server.GetAsync($"/v1/runs/{run}")).GetProperty("steps").EnumerateArray().Select(s =>
            $"{s.GetProperty("node_id").GetString()} {string.Join('.', s.GetProperty("iteration").EnumerateArray().Select(i => i.GetInt32()))} {s.GetProperty("status").GetString()}"),
    ];
}
