using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>Runs that are steps of other runs, and replays, over real processes that are really killed.</summary>
public sealed class ChildRunKillTests : IDisposable
{
    readonly string directory = ServerProcess.NewDirectory();

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_kill_while_the_child_is_at_work_leaves_one_child_and_both_end()
    {
        await using var upstream = await Upstream.StartAsync();
        string run, child;
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            child = await server.AddFlowAsync("child", Call(upstream, "held"));
            await server.AddFlowAsync("parent", Caller());
            run = await StartAsync(server);
            await upstream.UntilCalledAsync("held");
            await EngineFixture.UntilAsync(async () => (await server.GetAsync($"/v1/runs/{run}")).GetProperty("status").GetString() == "waiting", "the parent sleeps");
            await server.KillAsync();
        }
        upstream.Release("held");
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            (await server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");
            var own = (await RunsAsync(server, child)).ShouldHaveSingleItem();
            own.GetProperty("parent_run_id").GetString().ShouldBe(run);
            upstream.Keys("held").Distinct().ShouldHaveSingleItem();
        }
    }

    /// <summary>A child that failed while the process was down counts for the attempt that follows: it is not run again either.</summary>
    [Theory]
    [InlineData("succeeded")]
    [InlineData("failed")]
    public async Task However_often_the_process_is_killed_each_parent_ends_with_one_child(string status)
    {
        var document = status == "failed"
            ? new FlowBuilder().Node("in", "Webhook").Node("bad", "ApiRequest", new { url_input = "http://[", method = "POST" }).Edge("in.output_data", "bad.body")
            : new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Got {n}" }).Edge("in.output_data", "text.data");
        string? parent = null, child = null;
        var dice = new Random(Environment.TickCount);
        for (var kill = 0; kill < 6; kill++)
        {
            await using var server = await ServerProcess.StartAsync(directory, ("FlowStudio:Runner:CrashLimit", "100"));
            child ??= await server.AddFlowAsync("child", document);
            parent ??= await server.AddFlowAsync("parent", Caller());
            using var stop = new CancellationTokenSource();
            var acknowledged = 0;
            var callers = Enumerable.Range(0, 4).Select(_ => KeepCallingAsync(server, () => Interlocked.Increment(ref acknowledged), stop.Token)).ToArray();
            var enough = dice.Next(1, 40);
            await EngineFixture.UntilAsync(() => Task.FromResult(Volatile.Read(ref acknowledged) >= enough), "calls are acknowledged");
            await server.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(callers);
        }
        await using var last = await ServerProcess.StartAsync(directory, ("FlowStudio:Runner:CrashLimit", "100"));
        var parents = await RunsAsync(last, parent.ShouldNotBeNull());
        parents.Count.ShouldBeGreaterThan(6);
        foreach (var run in parents)
            (await last.EndOfAsync(run.GetProperty("id").GetString().ShouldNotBeNull())).GetProperty("status").GetString().ShouldBe(status);
        var children = await RunsAsync(last, child.ShouldNotBeNull());
        children.Select(c => c.GetProperty("parent_run_id").GetString()).Order().ShouldBe(parents.Select(p => p.GetProperty("id").GetString()).Order());
        children.ShouldAllBe(c => c.GetProperty("status").GetString() == status);
    }

    [Fact]
    public async Task A_kill_in_the_middle_of_a_replay_keeps_what_it_took_over()
    {
        await using var upstream = await Upstream.StartAsync();
        upstream.Release("first");
        string again;
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            await server.AddFlowAsync("parent", new FlowBuilder().Node("in", "Webhook").Node("first", "ApiRequest", new { url_input = upstream.Url("first"), method = "POST" })
                .Node("held", "ApiRequest", new { url_input = upstream.Url("held"), method = "POST" }).Edge("in.output_data", "first.body").Edge("first.data", "held.body"));
            var run = await StartAsync(server);
            await upstream.UntilCalledAsync("held");
            await server.PostAsync($"/v1/runs/{run}/cancel", "");
            again = (await server.PostAsync($"/v1/runs/{run}/replay", """{"from":"failed"}""")).GetProperty("id").GetString().ShouldNotBeNull();
            await upstream.UntilCalledAsync("held", times: 2);
            await server.KillAsync();
        }
        upstream.Release("held");
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            var ended = await server.EndOfAsync(again);
            ended.GetProperty("status").GetString().ShouldBe("succeeded");
            ended.GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("node_id").GetString() == "first").GetProperty("reused").GetBoolean().ShouldBeTrue();
            upstream.Calls("first").ShouldBe(1);
            upstream.Keys("held").Distinct().ShouldHaveSingleItem();
        }
    }

    [Fact]
    public async Task A_run_that_was_set_aside_goes_on_from_where_it_crashed()
    {
        await using var upstream = await Upstream.StartAsync();
        upstream.Release("first");
        string run;
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            await server.AddFlowAsync("child", new FlowBuilder().Node("in", "Webhook"));
            await server.AddFlowAsync("parent", new FlowBuilder().Node("in", "Webhook").Node("first", "ApiRequest", new { url_input = upstream.Url("first"), method = "POST" })
                .Node("held", "ApiRequest", new { url_input = upstream.Url("held"), method = "POST" }).Edge("in.output_data", "first.body").Edge("first.data", "held.body"));
            run = await StartAsync(server);
            await upstream.UntilCalledAsync("held");
            await server.KillAsync();
        }
        await using (var server = await ServerProcess.StartAsync(directory, ("FlowStudio:Runner:CrashLimit", "1")))
        {
            (await server.EndOfAsync(run)).GetProperty("error").GetProperty("code").GetString().ShouldBe("crash_loop");
            upstream.Release("held");
            var again = (await server.PostAsync($"/v1/runs/{run}/replay", """{"from":"failed"}""")).GetProperty("id").GetString().ShouldNotBeNull();
            (await server.EndOfAsync(again)).GetProperty("status").GetString().ShouldBe("succeeded");
            upstream.Calls("first").ShouldBe(1);
            upstream.Keys("held").Distinct().ShouldHaveSingleItem();
        }
    }

    static FlowBuilder Call(Upstream upstream, string path) => new FlowBuilder().Node("in", "Webhook").Node("call", "ApiRequest", new { url_input = upstream.Url(path), method = "POST" }).Edge("in.output_data", "call.body");

    static FlowBuilder Caller() => new FlowBuilder().Node("in", "Webhook").Node("call", "RunFlow", new { flow = "child" }).Edge("in.output_data", "call.input");

    static async Task<string> StartAsync(ServerProcess server) => (await server.PostAsync("/api/v1/webhook/parent", "{}")).GetProperty("run_id").GetString().ShouldNotBeNull();

    static async Task KeepCallingAsync(ServerProcess server, Action acknowledged, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            try
            {
                using var answer = await server.Client.PostAsync("/api/v1/webhook/parent", new StringContent($$"""{"n":{{n}}}""", System.Text.Encoding.UTF8, "application/json"), stop);
                ((int)answer.StatusCode).ShouldBe(202);
                acknowledged();
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                // The kill cut the call.
                return;
            }
        }
    }

    static async Task<IReadOnlyList<JsonElement>> RunsAsync(ServerProcess server, string flow)
    {
        var runs = new List<JsonElement>();
        for (var cursor = ""; ;)
        {
            var page = await server.GetAsync($"/v1/runs?flow={flow}&limit=100{cursor}");
            runs.AddRange(page.GetProperty("items").EnumerateArray());
            if (page.GetProperty("next_cursor").GetString() is not { } next)
                return runs;
            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }
    }
}
