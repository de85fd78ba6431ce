using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class SchedulesApiTests(StudioServer server) : IClassFixture<StudioServer>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_preview_gives_fires_in_UTC_and_words()
    {
        var preview = await GetAsync("/v1/schedules/preview?cron=30+2+*+*+*&tz=Europe/Berlin&from=2026-03-28T12:00:00Z&count=2");
        preview.GetProperty("fires").EnumerateArray().Select(f => f.GetString()).ShouldBe(["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
        preview.GetProperty("words").GetString().ShouldBe("Every day at 02:30 in Europe/Berlin");
        (await GetAsync("/v1/schedules/preview?cron=@daily")).GetProperty("fires").GetArrayLength().ShouldBe(10);
        (await GetAsync("/v1/schedules/preview?cron=0+0+12+1+1+?+2027&from=2026-06-01T00:00:00Z")).GetProperty("fires").GetArrayLength().ShouldBe(1);
    }

    [Theory]
    [InlineData("cron=61+*+*+*+*", "invalid_cron", "minute", 1, 1)]
    [InlineData("cron=0+9+*+*+MON-FRY", "invalid_cron", "day of week", 5, 13)]
    [InlineData("cron=*+*+*", "invalid_cron", null, null, null)]
    [InlineData("cron=0+0+30+2+*", "cron_never_fires", null, null, null)]
    [InlineData("cron=@daily&tz=Mars/Olympus", "invalid_time_zone", null, null, null)]
    [InlineData("cron=@daily&count=101", "invalid_count", null, null, null)]
    [InlineData("cron=@daily&from=yesterday", "invalid_time", null, null, null)]
    [InlineData("", "invalid_cron", null, null, null)]
    public async Task What_is_wrong_is_told_by_field_and_position(string query, string code, string? field, int? number, int? position)
    {
        using var answer = await server.Client.GetAsync($"/v1/schedules/preview?{query}", Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        problem.GetProperty("code").GetString().ShouldBe(code);
        (problem.TryGetProperty("field", out var named) ? named.GetString() : null).ShouldBe(field);
        (problem.TryGetProperty("field_number", out var counted) ? counted.GetInt32() : (int?)null).ShouldBe(number);
        (problem.TryGetProperty("position", out var at) ? at.GetInt32() : (int?)null).ShouldBe(position);
    }

    [Fact]
    public async Task A_schedule_is_made_changed_paused_run_and_deleted()
    {
        var flow = (await GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString();
        var made = await SendAsync(HttpMethod.Post, "/v1/schedules", """{"flow":"FLOW","cron":"0 9 * * 1-5","time_zone":"Europe/Berlin","input":{"order":{"id":1}}}""".Replace("FLOW", flow, StringComparison.Ordinal), HttpStatusCode.Created);
        made.GetProperty("name").GetString().ShouldBe("Every weekday at 09:00 in Europe/Berlin");
        made.GetProperty("misfire").GetString().ShouldBe("once");
        made.GetProperty("overlap").GetString().ShouldBe("skip");
        made.GetProperty("input").GetProperty("order").GetProperty("id").GetInt32().ShouldBe(1);
        var id = made.GetProperty("id").GetString();

        var changed = await SendAsync(HttpMethod.Put, $"/v1/schedules/{id}", """{"name":"Orders","misfire":"all","overlap":"queue"}""");
        (changed.GetProperty("name").GetString(), changed.GetProperty("cron").GetString(), changed.GetProperty("misfire").GetString(), changed.GetProperty("overlap").GetString())
            .ShouldBe(("Orders", "0 9 * * 1-5", "all", "queue"));
        changed.GetProperty("next_at").GetString().ShouldBe(made.GetProperty("next_at").GetString());

        (await SendAsync(HttpMethod.Post, $"/v1/schedules/{id}/pause", body: null)).GetProperty("next_at").ValueKind.ShouldBe(JsonValueKind.Null);
        (await SendAsync(HttpMethod.Post, $"/v1/schedules/{id}/resume", body: null)).GetProperty("next_at").GetString().ShouldBe(made.GetProperty("next_at").GetString());
        var run = await SendAsync(HttpMethod.Post, $"/v1/schedules/{id}/run", body: null, HttpStatusCode.Created);
        (run.GetProperty("trigger").GetString(), run.GetProperty("schedule_id").GetString()).ShouldBe(("schedule", id));
        var fires = (await GetAsync($"/v1/schedules/{id}/fires")).GetProperty("items");
        (fires.GetArrayLength(), fires[0].GetProperty("run_id").GetString(), fires[0].GetProperty("manual").GetBoolean()).ShouldBe((1, run.GetProperty("id").GetString(), true));
        (await GetAsync($"/v1/schedules?flow={flow}")).GetProperty("items").EnumerateArray().Select(s => s.GetProperty("id").GetString()).ShouldContain(id);

        await SendAsync(HttpMethod.Delete, $"/v1/schedules/{id}", body: null, HttpStatusCode.NoContent);
        (await SendAsync(HttpMethod.Get, $"/v1/schedules/{id}", body: null, HttpStatusCode.NotFound)).GetProperty("code").GetString().ShouldBe("schedule_not_found");
    }

    [Theory]
    [InlineData("""{"cron":"@daily"}""", "'flow' is missing.")]
    [InlineData("""{"flow":"FLOW"}""", "'cron' is missing.")]
    [InlineData("""{"flow":"FLOW","cron":"@daily","misfire":"never","overlap":"often","zone":"UTC"}""", "'zone' is no member of a schedule; known are flow, name, cron, time_zone, input, misfire, overlap, paused, completion_webhook. 'misfire' must be once, all or skip. 'overlap' must be skip, queue or allow.")]
    [InlineData("""{"flow":"FLOW","cron":"0 9 * * 9"}""", "day of week (field 5, position 9): 9 is above 7")]
    [InlineData("""{"flow":"FLOW","cron":"@daily","time_zone":"Nowhere"}""", "'Nowhere' is no time zone that this server knows. Give an IANA name, such as Europe/Berlin or UTC.")]
    public async Task A_wrong_schedule_is_refused_in_words(string body, string detail)
    {
        var flow = (await GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString();
        var problem = await SendAsync(HttpMethod.Post, "/v1/schedules", body.Replace("FLOW", flow, StringComparison.Ordinal), HttpStatusCode.BadRequest);
        problem.GetProperty("detail").GetString().ShouldBe(detail);
    }

    [Fact]
    public async Task A_schedule_of_an_unknown_flow_is_not_found() =>
        (await SendAsync(HttpMethod.Post, "/v1/schedules", """{"flow":"no-such-flow","cron":"@daily"}""", HttpStatusCode.NotFound)).GetProperty("code").GetString().ShouldBe("flow_not_found");

    Task<JsonElement> GetAsync(string path) => SendAsync(HttpMethod.Get, path, body: null);

    async Task<JsonElement> SendAsync(HttpMethod method, string path, string? body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        using var answer = await server.Client.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.StatusCode.ShouldBe(expected, text);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }
}
