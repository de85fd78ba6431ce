using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class CurlImportTests(StudioServer server) : IClassFixture<StudioServer>
{
    const string Path = "/v1/components/api-request/curl";

    [Fact]
    public async Task A_command_becomes_settings_that_make_a_flow()
    {
        var command = """curl -X POST /bin/from-curl -H "X-Key: $SHOP_KEY" --json '{"a":1}' | jq .""";
        using var response = await server.Client.PostAsJsonAsync(Path, new { command });
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await StudioServer.JsonAsync(response);
        answer.GetProperty("notes").GetArrayLength().ShouldBe(1);
        var settings = answer.GetProperty("settings");
        settings.GetProperty("url_input").GetString().ShouldBe("/bin/from-curl");
        settings.GetProperty("body").GetRawText().ShouldBe("""{"a":1}""");
        settings.GetProperty("headers").EnumerateArray().First().GetRawText().ShouldBe("""{"key":"X-Key","value":{"variable":"SHOP_KEY"}}""");
        using var set = await server.Client.PutAsJsonAsync("/v1/variables/SHOP_KEY", new { value = "shop-1", kind = "generic" });

        await server.AddFlowAsync("from-curl", new FlowBuilder().Node("in", "Webhook")
            .Node("call", "ApiRequest", JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(settings.GetRawText())).Node("out", "ChatOutput")
            .Edge("in.output_data", "call.body").Edge("call.data", "out.input_value").Build());
        using var started = await server.PostWebhookAsync("from-curl", """{"a":2}""");
        var run = await server.EndOfAsync(await StudioServer.RunIdAsync(started));
        run.GetProperty("status").GetString().ShouldBe("succeeded", run.GetRawText());
        var caught = (await server.GetJsonAsync("/v1/bins/from-curl")).GetProperty("items")[0];
        (caught.GetProperty("method").GetString(), caught.GetProperty("body").GetString()).ShouldBe(("POST", """{"a":2}"""));
        caught.GetProperty("headers").GetRawText().ShouldContain("shop-1");
    }

    [Fact]
    public async Task A_variable_that_a_command_names_is_known_as_used()
    {
        using var set = await server.Client.PutAsJsonAsync("/v1/variables/CURL_KEY", new { value = "curl-key-1", kind = "secret" });
        var flow = await server.AddFlowAsync("names-a-variable", new FlowBuilder().Node("in", "Webhook")
            .Node("call", "ApiRequest", new { mode = "cURL", curl_input = "curl /bin/x -H \"X-Key: $CURL_KEY\"" }).Edge("in.output_data", "call.body").Build());
        var variable = (await server.GetJsonAsync("/v1/variables")).GetProperty("items").EnumerateArray().Single(v => v.GetProperty("name").GetString() == "CURL_KEY");
        var use = variable.GetProperty("used_by").EnumerateArray().Single();
        (use.GetProperty("flow_id").GetGuid(), use.GetProperty("node_id").GetString(), use.GetProperty("field").GetString()).ShouldBe((flow, "call", "curl_input"));
    }

    [Theory]
    [InlineData("""{"command":"wget x"}""", "invalid_curl")]
    [InlineData("""{"command":"curl -k https://a.example"}""", "invalid_curl")]
    [InlineData("""{"command":""}""", "invalid_body")]
    [InlineData("""{"curl":"x"}""", "invalid_body")]
    [InlineData("[]", "invalid_body")]
    public async Task What_is_no_command_is_told(string body, string code)
    {
        using var response = await server.Client.PostAsync(Path, NativeRunsTests.Json(body));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await NativeRunsTests.ShouldBeProblemAsync(response, code);
    }
}
