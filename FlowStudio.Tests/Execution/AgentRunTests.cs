using System.Collections.Concurrent;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Egress;
using FlowStudio.Tests.Llm;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Agents in runs: their turns and calls as steps, and what is left of them after a stop.</summary>
public class AgentRunTests
{
    static FlowBuilder WithAgent(FakeLlmService model, object? more = null) => Agent(new FlowBuilder().Node("in", "ChatInput"), "agent", model, more)
        .Node("out", "ChatOutput").Edge("in.message", "agent.input_value").Edge("agent.response", "out.input_value");

    static FlowBuilder Agent(FlowBuilder flow, string id, FakeLlmService model, object? more = null)
    {
        var settings = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject(); // an object is never null
        settings["provider"] = "openai";
        settings["base_url"] = model.BaseUrl;
        return flow.Node(id, "Agent", settings);
    }

    static async Task<RunDetails> RunAsync(EngineFixture engine, FlowBuilder flow, string input = "\"Do it\"")
    {
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(flow.Build()), input, RunTrigger.Api);
        return await engine.EndOfAsync(run);
    }

    [Fact]
    public async Task Turns_and_calls_are_steps_of_their_own()
    {
        await using var engine = await EngineFixture.StartAsync();
        await using var model = await FakeModel.SayingAsync(FakeModel.Calls(("c1", "Calculator", new { expression = "6*7" })), FakeOpenAi.Whole("It is 42."));
        var ended = await RunAsync(engine, WithAgent(model).Node("calc", "Calculator").Edge("calc.component_as_tool", "agent.tools"));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("It is 42.");
        ended.Steps.Select(s => (s.NodeId, StepKey.PathOf(s.Iteration), s.Status)).ShouldBe(
        [
            ("in", "", StepStatus.Succeeded), ("agent", "", StepStatus.Succeeded), ("agent", "0", StepStatus.Succeeded), ("calc", "0.0", StepStatus.Succeeded),
            ("agent", "1", StepStatus.Succeeded), ("out", "", StepStatus.Succeeded),
        ]);
        ended.Run.Tokens.ShouldBe(new TokenUsage(22, 8));
        FakeModel.Results(model.Asked[1].Body)["c1"].ShouldBe("""{"result":42}""");
        var tool = model.Asked[0].Body.GetProperty("tools")[0].GetProperty("function");
        tool.GetProperty("name").GetString().ShouldBe("Calculator");
        tool.GetProperty("parameters").GetProperty("required")[0].GetString().ShouldBe("expression");
    }

    [Fact]
    public async Task Calls_of_one_turn_run_at_the_same_time_and_their_results_keep_their_order()
    {
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var upstream = await LoopbackSite.StartAsync(async context =>
        {
            // Each answers only once the other one has been asked.
            var (mine, other) = context.Request.Path == "/a" ? (first, second) : (second, first);
            mine.TrySetResult();
            await other.Task.WaitAsync(TimeSpan.FromSeconds(20));
            await context.Response.WriteAsJsonAsync(new { path = context.Request.Path.Value });
        });
        await using var engine = await EngineFixture.StartAsync();
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "ApiRequest", new { url_input = upstream.Url + "/a" }), ("c2", "ApiRequest", new { url_input = upstream.Url + "/b" })), FakeOpenAi.Whole("Both."));
        var ended = await RunAsync(engine, WithAgent(model).Node("call", "ApiRequest").Edge("call.component_as_tool", "agent.tools"));
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("Both.");
        var results = model.Asked[1].Body.GetProperty("messages").EnumerateArray().Where(m => m.GetProperty("role").GetString() == "tool").ToList();
        results.Select(r => r.GetProperty("tool_call_id").GetString()).ShouldBe(["c1", "c2"]);
        results[0].GetProperty("content").GetString().ShouldNotBeNull().ShouldContain("/a");
    }

    [Fact]
    public async Task A_failing_tool_is_a_failed_step_and_the_model_is_told_why()
    {
        await using var engine = await EngineFixture.StartAsync();
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "Calculator", new { expression = "1/0" }), ("c2", "Calculator", "{not json"), ("c3", "Nobody", new { }), ("c4", "Calculator", new { expression = 7 })),
            FakeOpenAi.Whole("I could not."));
        var ended = await RunAsync(engine, WithAgent(model).Node("calc", "Calculator").Edge("calc.component_as_tool", "agent.tools"));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded);
        ended.Steps.Where(s => s.NodeId == "calc").Select(s => (StepKey.PathOf(s.Iteration), s.Status)).ShouldBe(
            [("0.0", StepStatus.Failed), ("0.1", StepStatus.Failed), ("0.3", StepStatus.Failed)], ignoreOrder: true);
        var told = FakeModel.Results(model.Asked[1].Body);
        told["c1"].ShouldContain("zero", Case.Insensitive);
        told["c2"].ShouldContain("no JSON object");
        told["c3"].ShouldBe("There is no tool Nobody. There are: Calculator.");
        told["c4"].ShouldContain("$.expression must be a text, not 7");
    }

    [Fact]
    public async Task An_agent_that_does_not_come_to_an_end_fails_and_says_so()
    {
        await using var engine = await EngineFixture.StartAsync();
        await using var model = await FakeModel.SayingAsync(FakeModel.Calls(("c", "Calculator", new { expression = "1" })));
        var ended = await RunAsync(engine, WithAgent(model, new { max_iterations = 3 }).Node("calc", "Calculator").Edge("calc.component_as_tool", "agent.tools"));
        ended.Run.Status.ShouldBe(RunStatus.Failed);
        (ended.Run.Error?.Code, ended.Run.Error?.NodeId).ShouldBe(("max_iterations", "agent"));
        model.Asked.Count.ShouldBe(3);
        ended.Steps.Count(s => s.NodeId == "calc").ShouldBe(2, "what the last turn wanted is not called: nobody would be told");
    }

    [Fact]
    public async Task A_failing_turn_fails_the_agent_with_the_services_words_after_its_retries()
    {
        await using var engine = await EngineFixture.StartAsync();
        await using var model = await FakeOpenAi.AnsweringAsync(503, """{"error":{"message":"Too busy"}}""");
        var ended = await RunAsync(engine, Agent(new FlowBuilder().Node("in", "ChatInput"), "agent", model).Edge("in.message", "agent.input_value"));
        (ended.Run.Status, ended.Run.Error?.Code).ShouldBe((RunStatus.Failed, "http_status"));
        ended.Run.Error.ShouldNotBeNull().Message.ShouldContain("Too busy");
        // The repeats are the turn's: the agent around it is not repeated as well.
        ended.Steps.Count(s => s.NodeId == "agent" && s.Iteration.Count == 0).ShouldBe(1);
        ended.Steps.Count(s => s.NodeId == "agent" && s.Iteration.Count == 1).ShouldBe(model.Asked.Count);
        model.Asked.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task An_agent_whose_tool_waits_sleeps_and_goes_on_in_the_next_life_of_the_run()
    {
        var clock = new ManualTime();
        await using var model = await FakeModel.SayingAsync(FakeModel.Calls(("c1", "Delay", new { input = "later" }), ("c2", "Calculator", new { expression = "1+1" })), FakeOpenAi.Whole("Now."));
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(clock));
        var flow = WithAgent(model).Node("nap", "Delay", new { hours = 1 }).Node("calc", "Calculator")
            .Edge("nap.component_as_tool", "agent.tools").Edge("calc.component_as_tool", "agent.tools");
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(flow.Build()), "\"Do it\"", RunTrigger.Api);
        await engine.UntilStatusAsync(run, RunStatus.Waiting);
        (await engine.Runs.FindAsync(run, CancellationToken.None)).ShouldNotBeNull().WakeAt.ShouldNotBeNull().ShouldBe(clock.GetUtcNow().AddHours(1), TimeSpan.FromMinutes(1));
        model.Asked.Count.ShouldBe(1);
        // Not much further than the wake: the next call of the model begins while the clock still moves, and must not run out of time.
        clock.Advance(TimeSpan.FromMinutes(61));
        var ended = await engine.EndOfAsync(run);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("Now.");
        model.Asked.Count.ShouldBe(2);
        var told = FakeModel.Results(model.Asked[1].Body);
        (told["c1"], told["c2"]).ShouldBe(("later", """{"result":2}"""));
        ended.Steps.Count(s => s.NodeId == "calc").ShouldBe(1, "a finished call is not made again");
        ended.Steps.Count(s => s.NodeId == "agent" && s.Iteration.Count == 0).ShouldBe(1);
        ended.Run.Tokens.ShouldBe(new TokenUsage(22, 8));
    }

    [Fact]
    public async Task A_tool_has_its_edges_and_settings_and_the_model_gives_the_rest()
    {
        var posted = new ConcurrentQueue<string>();
        await using var upstream = await LoopbackSite.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            posted.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {await reader.ReadToEndAsync()}");
            await context.Response.WriteAsJsonAsync(new { ok = true });
        });
        await using var engine = await EngineFixture.StartAsync();
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "Shop", new { url_input = "http://127.0.0.1:1/elsewhere", query_params = new[] { new { key = "q", value = "tea" } } })), FakeOpenAi.Whole("Done."));
        var flow = WithAgent(model).Node("body", "DataToMessage", new { template = "bound" })
            .Node("shop", "ApiRequest", new { url_input = upstream.Url + "/fixed", method = "POST" }).Title("shop", "Shop")
            .Edge("in.message", "body.data").Edge("body.text", "shop.body").Edge("shop.component_as_tool", "agent.tools");
        var ended = await RunAsync(engine, flow);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        posted.ShouldBe(["POST /fixed?q=tea bound"]);
        model.Asked[0].Body.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters").GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBe(["query_params"]);
    }

    [Fact]
    public async Task An_agent_can_be_another_agents_tool()
    {
        await using var engine = await EngineFixture.StartAsync();
        await using var boss = await FakeModel.SayingAsync(FakeModel.Calls(("b1", "Helper", new { input_value = "What is 6*7?" })), FakeOpenAi.Whole("My helper says 42."));
        await using var helper = await FakeModel.SayingAsync(FakeModel.Calls(("h1", "Calculator", new { expression = "6*7" })), FakeOpenAi.Whole("42"));
        var flow = Agent(WithAgent(boss), "helper", helper).Title("helper", "Helper").Node("calc", "Calculator")
            .Edge("calc.component_as_tool", "helper.tools").Edge("helper.component_as_tool", "agent.tools");
        var ended = await RunAsync(engine, flow);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("My helper says 42.");
        FakeModel.Results(boss.Asked[1].Body)["b1"].ShouldBe("42");
        helper.Asked[0].Body.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString().ShouldBe("What is 6*7?");
        ended.Steps.Select(s => $"{s.NodeId}:{StepKey.PathOf(s.Iteration)}")
            .ShouldBe(["in:", "agent:", "agent:0", "helper:0.0", "helper:0.0.0", "calc:0.0.0.0", "helper:0.0.1", "agent:1", "out:"]);
        ended.Run.Tokens.ShouldBe(new TokenUsage(44, 16));
    }

    [Fact]
    public async Task An_agent_works_inside_a_loop()
    {
        await using var engine = await EngineFixture.StartAsync();
        await using var model = await FakeModel.ThinkingAsync(body =>
        {
            var asked = body.GetProperty("messages").EnumerateArray().Last(m => m.GetProperty("role").GetString() == "user").GetProperty("content").GetString();
            return FakeModel.Results(body) is { Count: > 0 } told ? FakeOpenAi.Whole(told["c"]) : FakeModel.Calls(("c", "Calculator", new { expression = $"{asked}*10" }));
        });
        var flow = Agent(new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { parallel = 3 }).Node("say", "DataToMessage", new { template = "{n}" }), "agent", model)
            .Node("calc", "Calculator").Edge("in.output_data", "loop.data").Edge("loop.item", "say.data").Edge("say.text", "agent.input_value").Edge("agent.response", "loop.loop")
            .Edge("calc.component_as_tool", "agent.tools").Node("out", "DataToMessage", new { template = "{text}", sep = "," }).Edge("loop.done", "out.data");
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(flow.Build()), """[{"n":1},{"n":2},{"n":3}]""");
        var ended = await engine.EndOfAsync(run);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        ended.Steps.Where(s => s.NodeId == "calc").Select(s => StepKey.PathOf(s.Iteration)).Order().ShouldBe(["0.0.0", "1.0.0", "2.0.0"]);
        JsonText.Of(ended.Steps.Single(s => s.NodeId == "loop").Output.Single(o => o.Key == "done").Value).ShouldContain("30");
    }

    [Fact]
    public async Task An_agent_waits_for_the_runs_its_tools_started_however_they_end()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var slow = await engine.AddFlowAsync(upstream.Call("slow"));
        var quick = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Got {text}" }).Edge("in.output_data", "text.data")
            .Node("out", "ChatOutput").Edge("text.text", "out.input_value").Build());
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "Slow", new { input = new { text = "a" } }), ("c2", "Quick", new { input = new { text = "b" } })), FakeOpenAi.Whole("Both."));
        var flow = WithAgent(model).Node("s", "RunFlow", new { flow = slow.Id }).Title("s", "Slow").Node("q", "RunFlow", new { flow = quick.Id }).Title("q", "Quick")
            .Edge("s.component_as_tool", "agent.tools").Edge("q.component_as_tool", "agent.tools");
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(flow.Build()), "\"Do it\"", RunTrigger.Api);
        // The quick run has ended and woken its parent, which sleeps on for the other one.
        await EngineFixture.UntilAsync(async () => (await engine.Runs.FindDetailsAsync(run, CancellationToken.None))?.Steps.Any(s => s is { NodeId: "q", Status: StepStatus.Succeeded }) is true, "the quick run is told");
        await upstream.UntilCalledAsync("slow");
        model.Asked.Count.ShouldBe(1);
        upstream.Release("slow");
        var ended = await engine.EndOfAsync(run);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("Both.", ended.Run.Error?.Message);
        FakeModel.Results(model.Asked[1].Body)["c2"].ShouldBe("Got b");
        model.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_agents_own_time_limit_cuts_what_it_does()
    {
        var clock = new ManualTime();
        var asked = new TaskCompletionSource();
        await using var model = await FakeOpenAi.StartAsync(async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var engine = await EngineFixture.StartAsync(customise: s => s.AddSingleton<TimeProvider>(clock));
        var flow = new FlowBuilder().Node("in", "ChatInput")
            .Node("agent", "Agent", new { provider = "openai", base_url = model.BaseUrl }, timeout: 5, retries: 0).Edge("in.message", "agent.input_value");
        var run = await engine.StartRunAsync(await engine.AddFlowAsync(flow.Build()), "\"Do it\"", RunTrigger.Api);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(6));
        var ended = await engine.EndOfAsync(run);
        (ended.Run.Status, ended.Run.Error?.Code, ended.Run.Error?.NodeId).ShouldBe((RunStatus.Failed, "timeout", "agent"));
        ended.Steps.Where(s => s.NodeId == "agent").Select(s => (StepKey.PathOf(s.Iteration), s.Status, s.Error?.Code)).ShouldBe(
            [("", StepStatus.Failed, "timeout"), ("0", StepStatus.Failed, "canceled")]);
    }

    [Fact]
    public async Task A_replay_from_the_failed_turn_repeats_neither_turns_nor_calls_not_even_failed_ones()
    {
        await using var upstream = await Upstream.StartAsync();
        upstream.Release("good");
        upstream.Release("bad", status: 400);
        await using var engine = await EngineFixture.StartAsync();
        var mended = false;
        await using var model = await FakeOpenAi.StartWithBodyAsync(async (context, body) =>
        {
            var told = FakeModel.Results(body).Count;
            context.Response.StatusCode = told == 3 && !Volatile.Read(ref mended) ? 400 : 200;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(told switch
            {
                0 => FakeModel.Calls(("c1", "Call", new { url_input = upstream.Url("good") }), ("c2", "Call", new { url_input = upstream.Url("bad") })),
                2 => FakeModel.Calls(("c3", "Calculator", new { expression = "1+1" })),
                _ => FakeOpenAi.Whole("Done."),
            });
        });
        var flow = WithAgent(model).Node("call", "ApiRequest", new { method = "POST" }).Title("call", "Call").Node("calc", "Calculator")
            .Edge("call.component_as_tool", "agent.tools").Edge("calc.component_as_tool", "agent.tools");
        var first = await RunAsync(engine, flow);
        (first.Run.Status, first.Run.Error?.NodeId).ShouldBe((RunStatus.Failed, "agent"));
        Volatile.Write(ref mended, value: true);
        var replay = await engine.Get<IRunReplay>().ReplayAsync(new(first.Run.Id, ReplayFrom.Failed, ReplayVersion.Same), CancellationToken.None);
        var again = await engine.EndOfAsync(replay.RunId);
        again.Run.Status.ShouldBe(RunStatus.Succeeded, again.Run.Error?.Message);
        (upstream.Calls("good"), upstream.Calls("bad")).ShouldBe((1, 1));
        model.Asked.Count.ShouldBe(4, "three turns, and the last one once more");
        var told = FakeModel.Results(model.Asked[3].Body);
        told["c2"].ShouldBe("Call failed in the run that this one replays.");
        told["c3"].ShouldBe("""{"result":2}""");
    }

    [Fact]
    public async Task After_a_stop_finished_turns_and_calls_come_from_history()
    {
        var posts = new ConcurrentQueue<string>();
        var (asked, hold) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var upstream = await LoopbackSite.StartAsync(async context =>
        {
            posts.Enqueue($"{context.Request.Path} {context.Request.Headers["Idempotency-Key"]}");
            if (context.Request.Path == "/held" && !hold.Task.IsCompleted)
            {
                asked.TrySetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            await context.Response.WriteAsJsonAsync(new { ok = true });
        });
        await using var model = await FakeModel.SayingAsync(
            FakeModel.Calls(("c1", "ApiRequest", new { url_input = upstream.Url + "/free" })),
            FakeModel.Calls(("c2", "ApiRequest", new { url_input = upstream.Url + "/again" }), ("c3", "ApiRequest", new { url_input = upstream.Url + "/held" })), FakeOpenAi.Whole("Done."));
        var folder = ServerProcess.NewDirectory();
        try
        {
            Guid run;
            await using (var engine = await EngineFixture.StartAsync(folder, o => o.Runner.DrainSeconds = 0))
            {
                var flow = WithAgent(model).Node("call", "ApiRequest", new { method = "POST" }).Edge("call.component_as_tool", "agent.tools");
                run = await engine.StartRunAsync(await engine.AddFlowAsync(flow.Build()), "\"Do it\"", RunTrigger.Api);
                await asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
                await foreach (var e in engine.Get<RunFeed>().FollowAsync(run, 0, TestContext.Current.CancellationToken))
                {
                    if (e.Type == RunEventTypes.NodeFinished && e.NodeId == "call" && StepKey.PathOf(e.Read().Iteration) == "1.0")
                        break;
                }
            }
            hold.SetResult();
            await using var next = await EngineFixture.StartAsync(folder);
            var ended = await next.EndOfAsync(run);
            ended.Output.ShouldNotBeNull().GetString().ShouldBe("Done.");
            model.Asked.Count.ShouldBe(3);
            posts.Count(p => p.StartsWith("/free", StringComparison.Ordinal)).ShouldBe(1);
            posts.Count(p => p.StartsWith("/again", StringComparison.Ordinal)).ShouldBe(1);
            var held = posts.Where(p => p.StartsWith("/held", StringComparison.Ordinal)).ToList();
            held.Count.ShouldBe(2);
            held.Distinct().Count().ShouldBe(1, "the repeat carries the same idempotency key");
            ended.Run.Tokens.ShouldBe(new TokenUsage(32, 11));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
