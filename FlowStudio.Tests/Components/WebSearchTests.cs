using System.Text.Json;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class WebSearchTests
{
    const string Found = """
        {"query":"q","answer":"Short.","results":[{"title":"A","url":"https://a.example","content":"About A","score":0.9},{"title":"B","url":"https://b.example","content":"About B","score":0.5}],"response_time":1.2}
        """;

    [Fact]
    public async Task It_asks_and_gives_results_text_and_the_answer()
    {
        var asked = new List<(JsonElement Body, string Path, string? Key)>();
        await using var tavily = await LoopbackSite.StartAsync(async context =>
        {
            asked.Add((await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body), context.Request.Path, context.Request.Headers.Authorization));
            await context.Response.WriteAsync(Found);
        });
        var node = new NodeTest("TavilySearchComponent").Set("base_url", tavily.Url + "/").Set("api_key", "MY_KEY").Variable("MY_KEY", "tvly-1").Set("query", "not this").In("query", "\" who? \"")
            .Set("max_results", 2).Set("topic", "news").Set("time_range", "week").Set("search_depth", "advanced").Set("include_domains", "a.example, b.example\nc.example");
        (await node.TextAsync("text")).ShouldBe("Short.\n\nA\nhttps://a.example\nAbout A\n\nB\nhttps://b.example\nAbout B");
        (await node.OutputAsync("dataframe")).GetArrayLength().ShouldBe(2);
        (await node.OutputAsync("data")).GetProperty("answer").GetString().ShouldBe("Short.");
        var (body, path, key) = asked[0];
        (path, key).ShouldBe(("/search", "Bearer tvly-1"));
        body.GetRawText().ShouldBe(
            """{"query":"who?","search_depth":"advanced","topic":"news","time_range":"week","max_results":2,"include_answer":true,"include_domains":["a.example","b.example","c.example"]}""");
    }

    [Theory]
    [InlineData(400, false, "Check the query")]
    [InlineData(401, false, "Check the key")]
    [InlineData(429, true, "limit the flow's runs")]
    [InlineData(432, false, "credits are used up")]
    [InlineData(433, false, "pay-as-you-go")]
    [InlineData(500, true, "")]
    [InlineData(503, true, "")]
    public async Task Errors_say_what_to_do_and_whether_to_repeat(int status, bool retryable, string remedy)
    {
        await using var tavily = await AnsweringAsync("""{"detail":{"error":"Said so."}}""", status);
        var error = await new NodeTest("TavilySearchComponent").Set("base_url", tavily.Url).Set("query", "x").FailsAsync();
        (error.Code, error.Retryable, error.RetryAfter).ShouldBe(("http_status", retryable, retryable ? TimeSpan.FromSeconds(9) : null));
        error.Message.ShouldBe($"TavilySearchComponent: the search service answered {status}: Said so.");
        error.Remedy.ShouldContain(remedy);
    }

    [Fact]
    public async Task The_default_key_goes_to_tavily_alone()
    {
        var keys = new List<string?>();
        await using var other = await LoopbackSite.StartAsync(context =>
        {
            keys.Add(context.Request.Headers.Authorization);
            return context.Response.WriteAsync(Found);
        });
        await new NodeTest("TavilySearchComponent").Set("base_url", other.Url).Set("query", "x").Variable("TAVILY_API_KEY", "tvly-default").RunAsync();
        keys.ShouldBe([null]);
        var error = await new NodeTest("TavilySearchComponent").Set("query", "x").FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("missing_variable", false));
        error.Remedy.ShouldContain("TAVILY_API_KEY");
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"results\":7}")]
    public async Task An_answer_that_is_no_list_of_results_is_told(string body)
    {
        await using var tavily = await AnsweringAsync(body, 200);
        (await new NodeTest("TavilySearchComponent").Set("base_url", tavily.Url).Set("query", "x").FailsAsync()).Code.ShouldBe("unreadable_answer");
    }

    [Fact]
    public async Task A_query_is_there_and_not_too_long()
    {
        (await new NodeTest("TavilySearchComponent").In("query", "\"  \"").FailsAsync()).Code.ShouldBe("missing_query");
        (await new NodeTest("TavilySearchComponent").Set("query", new string('x', 401)).FailsAsync()).Code.ShouldBe("query_too_long");
    }

    [Fact]
    public async Task Odd_results_are_passed_on()
    {
        await using var tavily = await AnsweringAsync("""{"answer":null,"results":[7,{"title":1}]}""", 200);
        var node = new NodeTest("TavilySearchComponent").Set("base_url", tavily.Url).Set("query", "x");
        (await node.OutputAsync("dataframe")).GetRawText().ShouldBe("""[7,{"title":1}]""");
        (await node.TextAsync("text")).ShouldEndWith("1");
    }

    static Task<LoopbackSite> AnsweringAsync(string body, int status) => LoopbackSite.StartAsync(context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = "9";
        return context.Response.WriteAsync(body);
    });
}
