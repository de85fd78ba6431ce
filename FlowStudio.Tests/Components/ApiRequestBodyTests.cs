using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

/// <summary>What API Request sends beside plain JSON, by curl commands too, and what it keeps.</summary>
public class ApiRequestBodyTests
{
    [Theory]
    [InlineData("json", "\"words\"", "\"words\"", "application/json")]
    [InlineData("json", "\"{\\\"a\\\":1}\"", "{\"a\":1}", "application/json")]
    [InlineData("json", "[1]", "[1]", "application/json")]
    [InlineData("text", "{\"a\":1}", "{\"a\":1}", "text/plain; charset=utf-8")]
    [InlineData("text", "\"words\"", "words", "text/plain; charset=utf-8")]
    [InlineData("form", "{\"a\":\"x y&z\",\"b\":[1,true],\"c\":null,\"d\":{\"e\":1}}", "a=x%20y%26z&b=1&b=true&d=%7B%22e%22%3A1%7D", "application/x-www-form-urlencoded")]
    [InlineData("form", "[{\"key\":\"ä\",\"value\":\"1\"}]", "%C3%A4=1", "application/x-www-form-urlencoded")]
    [InlineData("form", "\"a=1&b\"", "a=1&b", "application/x-www-form-urlencoded")]
    public async Task The_type_of_the_body_says_how_it_is_written(string type, string body, string sent, string contentType)
    {
        await using var site = await EchoAsync();
        var echo = await AskAsync(new NodeTest("ApiRequest").Set("method", "POST").Set("url_input", site.Url).Set("body_type", type).In("body", body));
        (Text(echo, "body"), Text(echo, "type")).ShouldBe((sent, contentType));
    }

    [Fact]
    public async Task Rows_of_a_form_may_hold_variables()
    {
        await using var site = await EchoAsync();
        var node = new NodeTest("ApiRequest").Set("method", "POST").Set("url_input", site.Url).Set("body_type", "form").Variable("PIN", "4 7")
            .Set("form", new object[] { new { key = "user", value = "ada" }, new { key = "pin", value = new { variable = "PIN" } } });
        Text(await AskAsync(node), "body").ShouldBe("user=ada&pin=4%207");
    }

    [Fact]
    public async Task Multipart_carries_fields_and_files_whatever_they_are_called()
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            var form = await context.Request.ReadFormAsync();
            var file = form.Files.Single();
            using var reader = new StreamReader(file.OpenReadStream(), Encoding.Latin1);
            await context.Response.WriteAsJsonAsync(new
            {
                fields = form.ToDictionary(f => f.Key, f => f.Value.ToString()),
                file = new { file.Name, file.FileName, file.ContentType, content = await reader.ReadToEndAsync() },
            });
        });
        var file = await NodeTest.Files.AddAsync("a\"b é.bin", [0, 13, 10, 255], "application/x-thing");
        foreach (var node in (NodeTest[])
        [
            new NodeTest("ApiRequest").Set("form", new object[] { new { key = "n\"1", value = "v\r\n--x" }, new { key = "doc", value = "@" + file.Id } }),
            new NodeTest("ApiRequest").In("body", $$$"""{"n\"1":"v\r\n--x","doc":{"file_id":"{{{file.Id}}}"}}"""),
        ])
        {
            var answer = await AskAsync(node.Set("method", "POST").Set("url_input", site.Url).Set("body_type", "multipart"));
            answer.GetProperty("fields").GetProperty("n%221").GetString().ShouldBe("v\r\n--x");
            var sent = answer.GetProperty("file");
            (Text(sent, "name"), Text(sent, "fileName"), Text(sent, "contentType"), Text(sent, "content")).ShouldBe(("doc", "a%22b é.bin", "application/x-thing", "\0\r\n\u00FF"));
        }
    }

    [Fact]
    public async Task A_file_is_sent_as_it_is_with_its_type()
    {
        await using var site = await EchoAsync();
        var file = await NodeTest.Files.AddAsync("orders.csv", "a,b\n1,2");
        foreach (var node in (NodeTest[])[new NodeTest("ApiRequest").Set("file", new[] { file.Id }), new NodeTest("ApiRequest").In("body", $$$"""{"file":{"file_id":"{{{file.Id}}}"}}""")])
        {
            var echo = await AskAsync(node.Set("method", "PUT").Set("url_input", site.Url).Set("body_type", "file"));
            (Text(echo, "body"), Text(echo, "type")).ShouldBe(("a,b\n1,2", "text/csv"));
        }
    }

    [Theory]
    [InlineData("file", "[\"01938f5e-0000-7000-8000-00000000dead\"]", null, "file_not_found")]
    [InlineData("file", "[]", null, "missing_file")]
    [InlineData("file", "[]", "{}", "missing_file")]
    [InlineData("multipart", "[]", "\"text\"", "invalid_form")]
    [InlineData("multipart", "[]", "{\"a\":{\"file_id\":\"01938f5e-0000-7000-8000-00000000dead\"}}", "file_not_found")]
    [InlineData("form", "[]", "[1]", "invalid_form")]
    public async Task A_body_that_cannot_be_made_is_told_before_anything_is_called(string type, string files, string? body, string code)
    {
        await using var silent = new RawListener();
        var node = new NodeTest("ApiRequest").Set("method", "POST").Set("url_input", silent.Url).Set("body_type", type).Set("file", NodeTest.Json(files));
        if (body is not null)
            node.In("body", body);
        var error = await node.FailsAsync();
        (error.Code, error.Retryable, silent.Accepted).ShouldBe((code, false, 0));
        error.Remedy.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_curl_command_is_called_as_it_says()
    {
        await using var site = await EchoAsync();
        var command = $"curl -X PATCH '{site.Url}/orders/7?x=1' \\\n  -H \"Authorization: Bearer $SHOP_KEY\" -H 'Content-Type: application/json' -d '{{\"a\": 1}}' | jq .";
        var node = new NodeTest("ApiRequest").Set("mode", "cURL").Set("curl_input", command).Variable("SHOP_KEY", "k-1")
            // What belongs to the other mode is of no effect; headers are sent too, and go before the command's.
            .Set("method", "DELETE").Set("url_input", "http://127.0.0.1:1/").Set("query_params", new[] { new { key = "q", value = "1" } }).Set("body", "not this")
            .Set("headers", new object[] { new { key = "X-Own", value = "own" } });
        var echo = await AskAsync(node);
        (Text(echo, "method"), Text(echo, "path"), Text(echo, "body"), Text(echo, "type")).ShouldBe(("PATCH", "/orders/7?x=1", "{\"a\": 1}", "application/json"));
        (Text(echo, "authorization"), Text(echo, "own")).ShouldBe(("Bearer k-1", "own"));
        node.Problems().ShouldBeEmpty();
        NodeTest.Catalog.ShapeOf(node.Node).ShouldNotBeNull().FilledInputs.ShouldBe(["url_input"]);
    }

    [Fact]
    public async Task What_is_connected_goes_before_the_command()
    {
        await using var site = await EchoAsync();
        var echo = await AskAsync(new NodeTest("ApiRequest").Set("mode", "cURL").Set("curl_input", "curl http://127.0.0.1:1 -d a=1").In("url_input", $"\"{site.Url}/in\"").In("body", """{"b":2}"""));
        (Text(echo, "method"), Text(echo, "path"), Text(echo, "body"), Text(echo, "type")).ShouldBe(("POST", "/in", "b=2", "application/x-www-form-urlencoded"));
    }

    [Fact]
    public async Task A_command_that_cannot_be_taken_over_is_a_problem_of_the_flow()
    {
        var node = new NodeTest("ApiRequest").Set("mode", "cURL").Set("curl_input", "curl -k https://a.example");
        var problem = node.Problems().ShouldHaveSingleItem();
        (problem.Code, problem.Field).ShouldBe(("invalid_curl", "curl_input"));
        (await node.FailsAsync()).Code.ShouldBe("invalid_curl");
        new NodeTest("ApiRequest").Set("mode", "cURL").Problems().ShouldHaveSingleItem().Code.ShouldBe("missing_setting");
        (await new NodeTest("ApiRequest").Set("mode", "cURL").Set("curl_input", "curl $NOWHERE").FailsAsync()).Message.ShouldContain("NOWHERE");
    }

    [Theory]
    [InlineData("attachment; filename=\"../../r port.csv\"", "r port.csv")]
    [InlineData("attachment; filename*=UTF-8''%C3%A4.csv", "ä.csv")]
    [InlineData(null, "data.csv")]
    public async Task An_answer_can_be_kept_as_a_file_and_read_again(string? disposition, string name)
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            context.Response.ContentType = "text/csv";
            if (disposition is not null)
                context.Response.Headers.ContentDisposition = disposition;
            await context.Response.WriteAsync("a,b\n1,2");
        });
        var answer = await new NodeTest("ApiRequest").Set("url_input", site.Url + "/x/data.csv?key=1").Set("save_to_file", true).OutputAsync("data");
        answer.TryGetProperty("body", out _).ShouldBeFalse();
        var file = answer.GetProperty("file");
        (Text(file, "name"), Text(file, "content_type"), file.GetProperty("size").GetInt64()).ShouldBe((name, "text/csv", 7));
        (await new NodeTest("File").In("file_path", answer.GetRawText()).OutputAsync("dataframe")).GetRawText().ShouldBe("""[{"a":"1","b":"2"}]""");
    }

    [Fact]
    public async Task A_secret_that_is_echoed_does_not_get_into_the_file()
    {
        var redactor = new SecretRedactor();
        redactor.Use([new SecretText("TOKEN", "canary-file-5502")], [], webhookTokens: false);
        using var http = Calls.OnLoopback();
        await using var site = await LoopbackSite.StartAsync(context => context.Response.WriteAsync("you sent canary-file-5502"));
        var answer = await new NodeTest("ApiRequest", NodeTest.NewCatalog(http: http, redactor: redactor)).Set("url_input", site.Url + "/canary-file-5502.txt")
            .Set("save_to_file", true).OutputAsync("data");
        answer.GetProperty("file").GetRawText().ShouldNotContain("canary");
        (await new NodeTest("File").In("file_path", answer.GetRawText()).TextAsync("message")).ShouldBe("you sent ***TOKEN***");
    }

    [Fact]
    public async Task An_errors_answer_is_data_and_no_file()
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("none");
        });
        var answer = await new NodeTest("ApiRequest").Set("url_input", site.Url).Set("save_to_file", true).Set("on_error", "data").OutputAsync("data");
        Text(answer, "body").ShouldBe("none");
    }

    static async Task<JsonElement> AskAsync(NodeTest node) => (await node.OutputAsync("data")).GetProperty("body");

    static string Text(JsonElement element, string name) => JsonText.Of(element.GetProperty(name));

    static Task<LoopbackSite> EchoAsync() => LoopbackSite.StartAsync(async context =>
    {
        using var reader = new StreamReader(context.Request.Body);
        await context.Response.WriteAsJsonAsync(new
        {
            method = context.Request.Method,
            path = context.Request.Path + context.Request.QueryString.ToString(),
            type = context.Request.ContentType,
            authorization = context.Request.Headers.Authorization.ToString(),
            own = context.Request.Headers["X-Own"].ToString(),
            body = await reader.ReadToEndAsync(),
        });
    });
}
