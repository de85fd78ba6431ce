using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>A real process, killed in the middle of a loop.</summary>
public sealed class LoopKillTests : IDisposable
{
    const int Items = 40;

    readonly string directory = ServerProcess.NewDirectory();

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task After_kills_in_the_middle_of_a_loop_finished_items_are_not_posted_again_and_the_results_keep_their_order(int parallel)
    {
        var begun = new ConcurrentQueue<(int Item, string Key)>();
        // Where the upstream holds its answers back, until the process has been killed there.
        var stops = new[] { 7, 25 };
        var held = new ConcurrentDictionary<int, bool>();
        await using var upstream = await StartUpstreamAsync(async context =>
        {
            var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var item = body.RootElement.GetProperty("n").GetInt32();
            begun.Enqueue((item, context.Request.Headers["Idempotency-Key"].ToString()));
            if (stops.Contains(item) && held.TryAdd(item, value: true))
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { n = item });
        });
        var flow = new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop", new { parallel })
            .Node("post", "ApiRequest", new { url_input = $"{upstream.Urls.Single()}/", method = "POST" }, retries: 0).Node("text", "DataToMessage", new { template = "{body.n}" }).Node("out", "ApiRequest", new { url_input = "/bin/loop", method = "POST" })
            .Edge("in.output_data", "loop.data").Edge("loop.item", "post.body").Edge("post.data", "text.data").Edge("text.text", "loop.loop").Edge("loop.done", "out.body");
        string? run = null;
        var kills = new List<(int Calls, IReadOnlyList<int> Done)>();
        foreach (var stop in stops)
        {
            await using var server = await ServerProcess.StartAsync(directory);
            if (run is null)
            {
                await server.AddFlowAsync("items", flow);
                run = (await server.PostAsync("/api/v1/webhook/items", JsonSerializer.Serialize(Enumerable.Range(0, Items).Select(n => new { n })))).GetProperty("run_id").GetString().ShouldNotBeNull();
            }
            await EngineFixture.UntilAsync(() => Task.FromResult(held.ContainsKey(stop)), $"item {stop} is under way");
            var done = await FinishedAsync(server, run);
            await server.KillAsync();
            kills.Add((begun.Count, done));
        }
        await using var last = await ServerProcess.StartAsync(directory);
        var ended = await last.EndOfAsync(run.ShouldNotBeNull());
        ended.GetProperty("status").GetString().ShouldBe("succeeded", ended.GetRawText());
        var calls = begun.ToList();
        calls.Select(c => c.Item).Distinct().Count().ShouldBe(Items);
        calls.GroupBy(c => c.Item).ShouldAllBe(item => item.Select(c => c.Key).Distinct().Count() == 1, "every repeat carries the same key");
        calls.Select(c => c.Key).Distinct().Count().ShouldBe(Items, "every item has a key of its own");
        kills[^1].Done.Count.ShouldBeGreaterThanOrEqualTo(stops[^1] - parallel);
        foreach (var (before, done) in kills)
            calls.Skip(before).ShouldNotContain(c => done.Contains(c.Item), "what had finished before a kill is not posted again");
        calls.Count.ShouldBeLessThanOrEqualTo(Items + (stops.Length * parallel));
        var results = ended.GetProperty("steps").EnumerateArray().Last(s => s.GetProperty("node_id").GetString() == "loop").GetProperty("output").GetProperty("done");
        results.EnumerateArray().Select(v => v.GetString()).ShouldBe(Enumerable.Range(0, Items).Select(n => $"{n}"));
    }

    /// <summary>The items whose post is stored as finished.</summary>
    static async Task<IReadOnlyList<int>> FinishedAsync(ServerProcess server, string run) =>
    [
        .. (await server.GetAsync($"/v1/runs/{run}")).GetProperty("steps").EnumerateArray()
            .Where(s => s.GetProperty("node_id").GetString() == "post" && s.GetProperty("status").GetString() == "succeeded").Select(s => s.GetProperty("iteration")[0].GetInt32()),
    ];

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
