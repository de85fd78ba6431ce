using System.Net;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public sealed class HistoryApiTests(StudioServer server) : IClassFixture<StudioServer>
{
    async Task<(Guid Flow, List<Guid> Runs)> RunsAsync(string name, int count)
    {
        var flow = await server.AddFlowAsync(name);
        var runs = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            using var response = await server.PostWebhookAsync(name, $$"""{"text":"{{name}} {{i}}"}""");
            runs.Add(await StudioServer.RunIdAsync(response));
        }
        foreach (var run in runs)
            await server.EndOfAsync(run);
        return (flow, runs);
    }

    [Fact]
    public async Task Counts_take_the_filters_of_lists()
    {
        var (flow, _) = await RunsAsync("counted", 3);
        var count = await server.GetJsonAsync($"/v1/runs/count?flow={flow}&status=succeeded");
        (count.GetProperty("count").GetInt32(), count.GetProperty("exact").GetBoolean()).ShouldBe((3, true));
        (await server.GetJsonAsync("/v1/runs/count?flow=counted&trigger=api")).GetProperty("count").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_word_of_the_body_finds_the_run_soon_after_its_end()
    {
        var (flow, runs) = await RunsAsync("searched", 3);
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/runs/count?flow={flow}&q=searched")).GetProperty("count").GetInt32() == 3, "the index has all runs");
        var found = (await server.GetJsonAsync($"/v1/runs?q={Uri.EscapeDataString("\"searched 1\"")}&status=succeeded&trigger=webhook")).GetProperty("items");
        found.EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetGuid().ShouldBe(runs[1]);
        (await server.GetJsonAsync($"/v1/runs?q={runs[2]}")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetGuid().ShouldBe(runs[2]);
        (await server.GetJsonAsync("/v1/runs?q=%F0%9F%98%80%22*")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Rollups_have_what_ended_and_keep_it_when_runs_are_deleted()
    {
        var (flow, runs) = await RunsAsync("rolled", 4);
        await EngineFixture.UntilAsync(async () => await SucceededAsync() == 4, "the sums have all runs");
        foreach (var run in runs)
            (await server.Client.DeleteAsync($"/v1/runs/{run}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await SucceededAsync()).ShouldBe(4);
        var year = await server.GetJsonAsync($"/v1/runs/rollups?flow=rolled&from={DateTime.UtcNow.AddDays(-365):yyyy-MM-dd}");
        year.GetProperty("items").GetArrayLength().ShouldBeInRange(1250, 1500, "steps of six hours");
        year.GetProperty("items").EnumerateArray().Sum(p => p.GetProperty("succeeded").GetInt64()).ShouldBe(4);

        async Task<long> SucceededAsync()
        {
            var points = (await server.GetJsonAsync($"/v1/runs/rollups?flow={flow}&step=60")).GetProperty("items");
            points.GetArrayLength().ShouldBeInRange(60, 61);
            foreach (var point in points.EnumerateArray().Where(p => p.GetProperty("succeeded").GetInt64() > 0))
            {
                point.GetProperty("p50_ms").GetDouble().ShouldBeGreaterThan(0);
                point.GetProperty("p99_ms").GetDouble().ShouldBeGreaterThanOrEqualTo(point.GetProperty("p50_ms").GetDouble());
            }
            return points.EnumerateArray().Sum(p => p.GetProperty("succeeded").GetInt64());
        }
    }

    [Theory]
    [InlineData("count?status=none", 400, "invalid_status")]
    [InlineData("count?flow=nobody", 404, "flow_not_found")]
    [InlineData("count?q=0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789{0}", 400, "query_too_long")]
    [InlineData("rollups?flow=nobody", 404, "flow_not_found")]
    [InlineData("rollups?step=61", 400, "invalid_step")]
    [InlineData("rollups?step=-60", 400, "invalid_step")]
    [InlineData("rollups?step=60&from=2020-01-01", 400, "invalid_step")]
    [InlineData("rollups?step=3600&from=2020-01-01", 400, "invalid_step")]
    [InlineData("rollups?from=yesterday", 400, "invalid_time")]
    public async Task What_is_wrong_is_told(string path, int status, string code)
    {
        using var response = await server.Client.GetAsync($"/v1/runs/{path.Replace("{0}", new string('x', 901), StringComparison.Ordinal)}");
        ((int)response.StatusCode).ShouldBe(status);
        (await StudioServer.JsonAsync(response)).GetProperty("code").GetString().ShouldBe(code);
    }

    [Theory]
    [InlineData("rollups?from=0001-01-01&to=0001-01-01")]
    [InlineData("rollups?to=0001-01-01")]
    [InlineData("rollups?from=9999-12-31T23:59:59Z")]
    [InlineData("rollups?from=0001-01-01")]
    [InlineData("count?from=0001-01-01&to=9999-12-31")]
    public async Task Times_at_the_ends_of_the_calendar_are_answered(string path) => await server.GetJsonAsync($"/v1/runs/{path}");
}
