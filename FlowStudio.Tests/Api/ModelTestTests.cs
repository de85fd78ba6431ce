using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowStudio.Tests.Llm;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class ModelTestTests(StudioServer server) : IClassFixture<StudioServer>
{
    const string Key = "sk-canary-of-the-test";

    [Fact]
    public async Task A_model_that_answers_is_ok()
    {
        var answer = await TestAsync(new { provider = "demo" });
        (answer.GetProperty("ok").GetBoolean(), answer.GetProperty("provider").GetString(), answer.GetProperty("model").GetString()).ShouldBe((true, "demo", "demo"));
        answer.GetProperty("text").GetString().ShouldNotBeNull().ShouldContain("demo model");
        answer.GetProperty("tokens").GetProperty("output").GetInt64().ShouldBeGreaterThan(0);
        answer.GetProperty("duration_ms").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
        answer.GetProperty("error").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task The_settings_are_those_of_a_node_and_the_key_comes_from_its_variable_and_nowhere_out()
    {
        using var set = await server.Client.PutAsJsonAsync("/v1/variables/TEST_KEY", new { value = Key });
        await using var service = await FakeOpenAi.StartAsync(async context =>
        {
            context.Response.StatusCode = 401;
            await context.Response.WriteAsJsonAsync(new { error = new { message = $"Wrong key: {context.Request.Headers.Authorization}" } });
        });
        var answer = await TestAsync(new { provider = "openai", model_name = "small", base_url = service.BaseUrl, api_key = "TEST_KEY", system_message = "ignored" });
        service.Asked.ShouldHaveSingleItem().Headers.Authorization.ToString().ShouldBe($"Bearer {Key}");
        answer.GetRawText().ShouldNotContain(Key);
        answer.GetProperty("ok").GetBoolean().ShouldBeFalse();
        answer.GetProperty("model").GetString().ShouldBe("small");
        var error = answer.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("http_status");
        error.GetProperty("message").GetString().ShouldNotBeNull().ShouldContain("401");
        error.GetProperty("remedy").GetString().ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("""{"provider":"ollama","base_url":"http://127.0.0.1:1"}""", "connect_failed", "ollama serve")]
    [InlineData("""{"provider":"nobody"}""", "invalid_setting", "Correct it")]
    [InlineData("""{"provider":"openai","api_key":"sk-pasted-itself"}""", "invalid_setting", "Correct it")]
    [InlineData("""{"provider":"openai","api_key":"NO_SUCH_VARIABLE"}""", "missing_variable", "Set NO_SUCH_VARIABLE")]
    [InlineData("""{"provider":"anthropic","base_url":"nonsense"}""", "invalid_url", "https://api.anthropic.com")]
    public async Task What_is_wrong_is_told_with_what_to_do(string settings, string code, string remedy)
    {
        var answer = await TestAsync(NativeSettings(settings));
        answer.GetProperty("ok").GetBoolean().ShouldBeFalse();
        answer.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
        answer.GetProperty("error").GetProperty("remedy").GetString().ShouldNotBeNull().ShouldContain(remedy);
        answer.GetRawText().ShouldNotContain("sk-pasted");
    }

    [Theory]
    [InlineData("""{"settings":7}""")]
    [InlineData("""{"setting":{}}""")]
    [InlineData("[]")]
    public async Task What_is_no_test_is_refused(string body)
    {
        using var response = await server.Client.PostAsync("/v1/components/llm/test", NativeRunsTests.Json(body));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await NativeRunsTests.ShouldBeProblemAsync(response, "invalid_body");
    }

    static JsonElement NativeSettings(string json) => JsonDocument.Parse(json).RootElement;

    async Task<JsonElement> TestAsync(object settings)
    {
        using var response = await server.Client.PostAsJsonAsync("/v1/components/llm/test", new { settings });
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await StudioServer.JsonAsync(response);
    }
}
