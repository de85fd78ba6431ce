using System.Net;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Web.Api.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>Hostile bodies against the real server: never a 5xx, and whatever was accepted can be read back.</summary>
public class HostileJsonTests(HostileJsonTests.Server server) : IClassFixture<HostileJsonTests.Server>
{
    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task A_webhook_takes_it_as_data_or_text_or_refuses_it(string name)
    {
        var (body, verdict) = HostileBodies.Of(name);
        using var response = await server.PostAsync("/api/v1/webhook/hostile", body);
        response.StatusCode.ShouldBe(verdict is Verdict.Refused ? HttpStatusCode.BadRequest : HttpStatusCode.Accepted);
        if (verdict is Verdict.Refused)
        {
            (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldBe(JsonIntake.Words(JsonFlaw.NotUtf8));
            return;
        }
        var run = await server.EndOfAsync(await StudioServer.RunIdAsync(response));
        run.GetProperty("status").GetString().ShouldBe("succeeded", run.GetProperty("error").ToString());
        var text = JsonCheck.WithoutMark(body).ToArray();
        var expected = verdict is Verdict.Json ? JsonDocument.Parse(text).RootElement
            : JsonSerializer.SerializeToElement(new { payload = Encoding.UTF8.GetString(text) });
        JsonElement.DeepEquals(run.GetProperty("input"), expected).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task The_API_takes_JSON_only(string name)
    {
        var (body, verdict) = HostileBodies.Of(name);
        byte[] start = [.. """{"input":"""u8, .. JsonCheck.WithoutMark(body), .. "}"u8];
        using var response = await server.PostAsync("/v1/flows/hostile/runs?wait=30", start);
        response.StatusCode.ShouldBe(verdict is Verdict.Json ? HttpStatusCode.OK : HttpStatusCode.BadRequest, await response.Content.ReadAsStringAsync());
        var answer = await StudioServer.JsonAsync(response);
        if (verdict is Verdict.Json)
            JsonElement.DeepEquals(answer.GetProperty("input"), JsonDocument.Parse(JsonCheck.WithoutMark(body).ToArray()).RootElement).ShouldBeTrue();
        else
            answer.GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task No_other_endpoint_breaks_on_it(string name)
    {
        var (body, _) = HostileBodies.Of(name);
        foreach (var path in new[] { "/v1/flows", "/v1/flows/import", "/v1/flows/validate", "/v1/flows/hostile/publish", "/v1/flows/hostile/runs", "/v1/flows/hostile/completion-webhook/test",
            "/v1/keys", "/api/webhooks/agents/nobody" })
        {
            using var response = await server.PostAsync(path, body);
            ((int)response.StatusCode).ShouldBeLessThan(500, $"{path}: {await response.Content.ReadAsStringAsync()}");
            await StudioServer.JsonAsync(response);
        }
    }

    public sealed class Server : StudioServer, IAsyncLifetime
    {
        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await AddFlowAsync("hostile");
        }
    }
}
