using System.Net;
using System.Text;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class BinsTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Theory]
    [InlineData("GET", "/bin/any")]
    [InlineData("POST", "/bin/any/and/below")]
    [InlineData("PUT", "/bin/any?x=1&y=%20")]
    [InlineData("PATCH", "/bin/any/")]
    [InlineData("DELETE", "/bin/any/%F0%9F%98%80")]
    [InlineData("OPTIONS", "/bin/any")]
    [InlineData("BREW", "/bin/any/pot")]
    public async Task Every_method_and_path_is_caught(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method is "GET" ? null : new StringContent("body of " + method) };
        using var response = await server.Client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await StudioServer.JsonAsync(response);
        answer.GetProperty("ok").GetBoolean().ShouldBeTrue();
        var caught = (await server.GetJsonAsync("/v1/bins/any")).GetProperty("items").EnumerateArray().First(r =>
            r.GetProperty("id").GetString() == answer.GetProperty("id").GetString());
        caught.GetProperty("method").GetString().ShouldBe(method);
        caught.GetProperty("path").GetString().ShouldBe(Uri.UnescapeDataString(path.Split('?')[0]));
        caught.GetProperty("query").GetString().ShouldBe(path.Contains('?') ? path.Split('?')[1] : "");
        caught.GetProperty("body").GetString().ShouldBe(method is "GET" ? "" : "body of " + method);
    }

    [Fact]
    public async Task The_last_hundred_are_kept_and_can_be_cleared()
    {
        for (var i = 0; i < 105; i++)
        {
            using var response = await server.Client.PostAsync("/bin/many", new StringContent($"{i}"));
        }
        var items = (await server.GetJsonAsync("/v1/bins/many?limit=200")).GetProperty("items").EnumerateArray().ToArray();
        items.Length.ShouldBe(100);
        items[0].GetProperty("body").GetString().ShouldBe("104");
        (await server.GetJsonAsync("/v1/bins")).GetProperty("items").EnumerateArray().Select(b => b.GetProperty("name").GetString()).ShouldContain("many");
        using var cleared = await server.Client.DeleteAsync("/v1/bins/many");
        cleared.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.GetJsonAsync("/v1/bins/many")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Credentials_are_seen_to_be_there_but_not_kept()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/bin/careful") { Content = new StringContent("x") };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer hush-1");
        request.Headers.TryAddWithoutValidation("X-Api-Key", "hush-2");
        request.Headers.TryAddWithoutValidation("X-Shop", "flowers");
        using var response = await server.Client.SendAsync(request);
        var text = await server.Client.GetStringAsync("/v1/bins/careful");
        text.ShouldContain("Authorization");
        text.ShouldContain("flowers");
        text.ShouldNotContain("hush");
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_as_base64()
    {
        using var response = await server.Client.PostAsync("/bin/bytes", new ByteArrayContent([0xFF, 0x00, 0x80]));
        var caught = (await server.GetJsonAsync("/v1/bins/bytes")).GetProperty("items")[0];
        caught.GetProperty("body").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        Convert.FromBase64String(caught.GetProperty("body_base64").GetString() ?? "").ShouldBe([0xFF, 0x00, 0x80]);
        caught.GetProperty("size").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task A_flow_reaches_a_bin_by_its_path_alone()
    {
        await server.AddFlowAsync("posts", new FlowBuilder().Node("webhook", "Webhook").Node("post", "ApiRequest",
            new { method = "POST", url_input = "/bin/from-flow/deep?q=1" }).Edge("webhook.output_data", "post.body").Build());
        using var response = await server.PostWebhookAsync("posts", """{"text":"hello"}""");
        var run = await server.EndOfAsync(await StudioServer.RunIdAsync(response));
        run.GetProperty("status").GetString().ShouldBe("succeeded", run.ToString());
        var caught = (await server.GetJsonAsync("/v1/bins/from-flow")).GetProperty("items")[0];
        caught.GetProperty("path").GetString().ShouldBe("/bin/from-flow/deep");
        caught.GetProperty("query").GetString().ShouldBe("q=1");
        caught.GetProperty("body").GetString().ShouldBe("""{"text":"hello"}""");
        caught.GetProperty("headers").EnumerateArray().Select(h => h.GetProperty("name").GetString()).ShouldContain("Idempotency-Key");
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_413()
    {
        await using var small = await StudioServer.StartAsync(["--FlowStudio:Intake:MaxBodyBytes=2048"]);
        using var response = await small.Client.PostAsync("/bin/small", new StringContent(new string('x', 2049), Encoding.ASCII));
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        await NativeRunsTests.ShouldBeProblemAsync(response, "body_too_large");
        using var native = await small.Client.PostAsync("/v1/flows", NativeRunsTests.Json($$"""{"name":"{{new string('x', 3000)}}"}"""));
        native.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }
}
