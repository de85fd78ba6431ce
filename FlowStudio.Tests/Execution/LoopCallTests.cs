using System.Collections.Concurrent;
using System.Text.Json;
using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Loops whose body calls out: how many at once, in which order, repeated, cut by time.</summary>
public class LoopCallTests
{
    [Fact]
    public async Task As_many_items_are_at_work_as_the_setting_says_and_results_keep_the_order_of_the_items()
    {
        var (now, most) = (0, 0);
        var full = new TaskCompletionSource();
        await using var upstream = await StartAsync(async (item, context) =>
        {
            var at = Interlocked.Increment(ref now);
            InterlockedMax(ref most, at);
            if (at == 4)
                full.TrySetResult();
            // The first ones wait for all places to be taken, and for others: they end later than those that began after them.
            if (item < 3)
                await full.Task.WaitAsync(context.RequestAborted);
            Interlocked.Decrement(ref now);
            await context.Response.WriteAsJsonAsync(new { n = item });
        });
        var ended = await RunAsync(upstream, new { parallel = 4 }, items: 12);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        most.ShouldBe(4);
        Done(ended).ShouldBe(Enumerable.Range(0, 12));
        ended.Steps.Where(s => s.NodeId == "post").Select(s => s.Iteration.Single()).ShouldBe(Enumerable.Range(0, 12), ignoreOrder: true);
    }

    [Fact]
    public async Task A_call_inside_is_repeated_for_its_own_item_with_the_same_key()
    {
        var keys = new ConcurrentQueue<(int Item, string Key)>();
        await using var upstream = await StartAsync(async (item, context) =>
        {
            keys.Enqueue((item, context.Request.Headers["Idempotency-Key"].ToString()));
            if (item == 1 && keys.Count(k => k.Item == 1) < 3)
                context.Response.StatusCode = 503;
            await context.Response.WriteAsJsonAsync(new { n = item });
        });
        var ended = await RunAsync(upstream, new { parallel = 2 }, items: 3);
        Done(ended).ShouldBe([0, 1, 2]);
        ended.Steps.Where(s => s.NodeId == "post").GroupBy(s => s.Iteration.Single()).OrderBy(g => g.Key).Select(g => g.Count()).ShouldBe([1, 3, 1]);
        keys.Select(k => k.Key).Distinct().ShouldBe(Enumerable.Range(0, 3).Select(i => $"{ended.Run.Id}:post:{i}"), ignoreOrder: true);
    }

    [Theory]
    [InlineData("fail", RunStatus.Failed)]
    [InlineData("skip", RunStatus.Succeeded)]
    public async Task A_call_inside_that_takes_too_long_is_cut_and_its_item_fails(string onError, RunStatus status)
    {
        await using var upstream = await StartAsync(async (item, context) =>
        {
            if (item == 1)
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { n = item });
        });
        var ended = await RunAsync(upstream, new { parallel = 3, on_error = onError }, items: 3, timeout: 3);
        ended.Run.Status.ShouldBe(status);
        if (status is RunStatus.Succeeded)
            Done(ended).ShouldBe([0, 2]);
        else
            ended.Run.Error.ShouldNotBeNull().Message.ShouldStartWith("Loop › 2: ");
    }

    static IEnumerable<int> Done(RunDetails run) =>
        run.Steps.Single(s => s is { NodeId: "loop", Status: StepStatus.Succeeded }).Output.Single(o => o.Key == "done").Value.EnumerateArray().Select(v => v.GetProperty("body").GetProperty("n").GetInt32());

    static async Task<RunDetails> RunAsync(WebApplication upstream, object settings, int items, double? timeout = null)
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", settings)
            .Node("post", "ApiRequest", new { url_input = upstream.Urls.Single(), method = "POST" }, timeout: timeout, retries: timeout is null ? 3 : 0)
            .Edge("in.output_data", "loop.data").Edge("loop.item", "post.body").Edge("post.data", "loop.loop").Build());
        return await engine.EndOfAsync(await engine.StartRunAsync(flow, JsonSerializer.Serialize(Enumerable.Range(0, items).Select(n => new { n }))));
    }

    static async Task<WebApplication> StartAsync(Func<int, HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            await answer(body.RootElement.GetProperty("n").GetInt32(), context);
        });
        await app.StartAsync();
        return app;
    }

    static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }
}
