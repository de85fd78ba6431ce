using System.Globalization;
using System.Net;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class EventStreamTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task A_run_is_told_from_its_acceptance_to_its_end_and_then_the_stream_closes()
    {
        using var response = await server.PostWebhookAsync("tutorial", "{}");
        var run = await StudioServer.RunIdAsync(response);
        var events = await ReadAsync($"/v1/runs/{run}/events");
        events[0].Type.ShouldBe("run.accepted");
        events[^1].Type.ShouldBe("run.finished");
        events.ShouldContain(e => e.Type == "token");
        events.Select(e => e.Id).ShouldBe(events.Select(e => e.Id).Order());
        events.Select(e => e.Id).Distinct().Count().ShouldBe(events.Count);
        foreach (var e in events)
        {
            e.Data.GetProperty("seq").GetInt64().ShouldBe(e.Id);
            e.Data.GetProperty("type").GetString().ShouldBe(e.Type);
        }
        string.Concat(events.Where(e => e.Type == "token").Select(e => e.Data.GetProperty("data").GetProperty("text").GetString()))
            .ShouldBe(events[^1].Data.GetProperty("data").GetProperty("output").GetString());
    }

    [Fact]
    public async Task It_goes_on_after_any_event_and_after_the_last_there_is_nothing()
    {
        using var response = await server.PostWebhookAsync("tutorial", "{}");
        var run = await StudioServer.RunIdAsync(response);
        await server.EndOfAsync(run);
        var path = $"/v1/runs/{run}/events";
        var all = await ReadAsync(path);
        foreach (var seen in all)
        {
            var rest = await ReadAsync(path, seen.Id);
            rest.Select(e => e.Id).ShouldBe(all.Where(e => e.Id > seen.Id).Select(e => e.Id));
        }
        using var over = new HttpRequestMessage(HttpMethod.Get, path);
        over.Headers.Add("Last-Event-ID", all[^1].Id.ToString(CultureInfo.InvariantCulture));
        using var nothing = await server.Client.SendAsync(over);
        nothing.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ReadAsync($"{path}?after={all[^2].Id}")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Two_watchers_of_a_running_run_see_the_same()
    {
        using var response = await server.PostWebhookAsync("tutorial", "{}");
        var run = await StudioServer.RunIdAsync(response);
        var both = await Task.WhenAll(ReadAsync($"/v1/runs/{run}/events"), ReadAsync($"/api/v1/webhook/tutorial/runs/{run}/events"));
        both[0][^1].Id.ShouldBe(both[1][^1].Id);
        both[1].ShouldNotContain(e => e.Type == "log");
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    public async Task A_foreign_event_id_is_400(string id)
    {
        using var response = await server.PostWebhookAsync("tutorial", "{}");
        var run = await StudioServer.RunIdAsync(response);
        foreach (var path in new[] { $"/v1/runs/{run}/events", $"/api/v1/webhook/tutorial/runs/{run}/events" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Last-Event-ID", id);
            using var refused = await server.Client.SendAsync(request);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_waiting_run_keeps_its_watcher_until_it_is_canceled()
    {
        await server.AddFlowAsync("sleeper", new FlowBuilder().Node("webhook", "Webhook").Node("nap", "Delay", new { hours = 1 }).Node("out", "ChatOutput")
            .Edge("webhook.output_data", "nap.input").Edge("nap.output", "out.input_value").Build());
        using var response = await server.PostWebhookAsync("sleeper", "{}");
        var run = await StudioServer.RunIdAsync(response);
        var reading = ReadAsync($"/v1/runs/{run}/events");
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/runs/{run}")).GetProperty("status").GetString() == "waiting",
            "the run waits");
        reading.IsCompleted.ShouldBeFalse();
        using var canceled = await server.Client.PostAsync($"/v1/runs/{run}/cancel", content: null);
        canceled.StatusCode.ShouldBe(HttpStatusCode.OK);
        var events = await reading.WaitAsync(TimeSpan.FromSeconds(30));
        events[^1].Type.ShouldBe("run.finished");
        events[^1].Data.GetProperty("data").GetProperty("status").GetString().ShouldBe("canceled");
    }

    [Fact]
    public async Task Neither_a_watcher_nor_one_who_waits_keeps_the_server_from_stopping()
    {
        await using var paused = await StudioServer.StartAsync(["--FlowStudio:Runner:Paused=true"]);
        using var response = await paused.PostWebhookAsync("tutorial", "{}");
        var run = await StudioServer.RunIdAsync(response);
        using var watching = await paused.Client.GetAsync($"/v1/runs/{run}/events", HttpCompletionOption.ResponseHeadersRead);
        watching.StatusCode.ShouldBe(HttpStatusCode.OK);
        var waiting = paused.Client.PostAsync("/v1/flows/tutorial/runs?wait=600", content: null);
        await EngineFixture.UntilAsync(async () => (await paused.GetJsonAsync("/v1/runs")).GetProperty("items").GetArrayLength() == 2,
            "the second run is accepted");
        await paused.App.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
        using var unfinished = await waiting;
        unfinished.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    async Task<List<(long Id, string Type, JsonElement Data)>> ReadAsync(string path, long? after = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (after is { } last)
            request.Headers.Add("Last-Event-ID", last.ToString(CultureInfo.InvariantCulture));
        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode is HttpStatusCode.NoContent)
            return [];
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/event-stream");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var events = new List<(long, string, JsonElement)>();
        var (id, type) = (0L, "");
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = long.Parse(line[4..], CultureInfo.InvariantCulture);
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                type = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                events.Add((id, type, JsonDocument.Parse(line[6..]).RootElement));
        }
        return events;
    }
}
