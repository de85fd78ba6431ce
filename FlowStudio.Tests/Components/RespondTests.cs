using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class RespondTests
{
    [Theory]
    [InlineData("\"hello\"", "hello", "text/plain; charset=utf-8")]
    [InlineData("{\"a\":1}", "{\"a\":1}", "application/json")]
    [InlineData("{\"text\":\"said\",\"sender\":\"AI\"}", "said", "text/plain; charset=utf-8")]
    [InlineData("[1]", "[1]", "application/json")]
    [InlineData("7", "7", "application/json")]
    [InlineData("null", "null", "application/json")]
    [InlineData("\"\"", "", "")]
    public async Task What_comes_in_is_answered_as_what_it_is(string value, string body, string type)
    {
        var response = await AnswerAsync(Respond().In("input_value", value));
        (response.Status, response.Body, response.ContentType).ShouldBe((200, body, type));
    }

    [Fact]
    public async Task With_nothing_connected_the_body_is_empty() => (await AnswerAsync(Respond().Set("status", 404))).ShouldBe(new RunResponse(404, "", "", []), new ByParts());

    [Fact]
    public async Task JSON_is_filled_without_being_able_to_break_it()
    {
        var response = await AnswerAsync(Respond().Set("body_type", "JSON").Set("json", new { a = "{x}", b = "<{x}>", c = new object[] { "{list}", 1, true }, d = "{list[1]}", e = "{{x}}" })
            .In("input_value", """{"x":"\"},{\"evil\":1","list":[1,{"y":2}]}"""));
        var json = JsonDocument.Parse(response.Body).RootElement;
        json.GetProperty("a").GetString().ShouldBe("\"},{\"evil\":1");
        json.GetProperty("b").GetString().ShouldBe("<\"},{\"evil\":1>");
        json.GetProperty("c").GetRawText().ShouldBe("""[[1,{"y":2}],1,true]""");
        json.GetProperty("d").GetRawText().ShouldBe("""{"y":2}""");
        json.GetProperty("e").GetString().ShouldBe("{x}");
    }

    [Fact]
    public async Task A_text_alone_fills_templates_too() =>
        (await AnswerAsync(Respond().Set("body_type", "a text").Set("text", "<p>{text}</p>").Set("content_type", "text/html").In("input_value", "\"hi\""))).ShouldBe(
            new RunResponse(200, "text/html", "<p>hi</p>", []), new ByParts());

    [Fact]
    public async Task What_it_said_goes_on() => (await Respond().Set("body_type", "a text").Set("text", "ok").OutputAsync("body")).GetString().ShouldBe("ok");

    [Theory]
    [InlineData("Connection", "belongs to the connection")]
    [InlineData("transfer-encoding", "belongs to the connection")]
    [InlineData("Upgrade", "belongs to the connection")]
    [InlineData("Content-Length", "cannot be set here")]
    [InlineData("Content-Type", "cannot be set here")]
    [InlineData("Set-Cookie", "speak for the whole address")]
    [InlineData("Content-Security-Policy", "speak for the whole address")]
    [InlineData("Strict-Transport-Security", "speak for the whole address")]
    [InlineData("X-Content-Type-Options", "speak for the whole address")]
    [InlineData("X Y", "is no name of a header")]
    [InlineData("X:Y", "is no name of a header")]
    [InlineData("X\r\nY", "is no name of a header")]
    [InlineData("Größe", "is no name of a header")]
    public async Task A_header_that_an_answer_cannot_have_is_a_problem_and_an_error(string name, string words)
    {
        var node = Respond().Set("headers", new[] { new { key = name, value = "x" } });
        var problem = node.Problems().ShouldHaveSingleItem();
        (problem.Code, problem.Field, problem.Severity).ShouldBe(("invalid_setting", "headers", ProblemSeverity.Error));
        problem.Message.ShouldContain(words);
        problem.Advice.ShouldNotBeEmpty();
        var error = await node.FailsAsync();
        error.Code.ShouldBe("invalid_header");
        error.Message.ShouldContain(words);
        node.Responses.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a\r\nX-More: b")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    [InlineData("Zoë")]
    [InlineData("a\u0085b")]
    [InlineData("a\u007fb")]
    public async Task A_value_that_a_header_cannot_carry_is_refused_wherever_it_comes_from(string value)
    {
        Respond().Set("headers", new[] { new { key = "X-A", value } }).Problems().ShouldHaveSingleItem().Field.ShouldBe("headers");
        var node = Respond().Set("headers", new[] { new { key = "X-A", value = "{v}" } }).In("input_value", JsonSerializer.Serialize(new { v = value }));
        node.Problems().ShouldBeEmpty();
        (await node.FailsAsync()).Code.ShouldBe("invalid_header");
        node.Responses.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_value_from_a_variable_is_checked_when_it_is_known()
    {
        var node = Respond().Set("headers", new[] { new { key = "X-A", value = new { variable = "V" } } }).Variable("V", "two\nlines");
        node.Problems().ShouldBeEmpty();
        var error = await node.FailsAsync();
        error.Code.ShouldBe("invalid_header");
        error.Message.ShouldNotContain("two");
    }

    [Theory]
    [InlineData(199)]
    [InlineData(100)]
    [InlineData(600)]
    [InlineData(0)]
    public async Task A_status_out_of_bounds_is_a_problem_and_an_error(int status)
    {
        Respond().Set("status", status).Problems().ShouldHaveSingleItem().Field.ShouldBe("status");
        (await Respond().Set("status", status).FailsAsync()).Code.ShouldBe("invalid_setting");
    }

    [Theory]
    [InlineData("html")]
    [InlineData("text/html\r\nX: y")]
    [InlineData("text/plain; charset=latin1")]
    public async Task A_content_type_that_is_none_is_a_problem_and_an_error(string type)
    {
        Respond().Set("content_type", type).Problems().ShouldHaveSingleItem().Field.ShouldBe("content_type");
        (await Respond().Set("content_type", type).FailsAsync()).Code.ShouldBe("invalid_content_type");
    }

    [Fact]
    public void Templates_with_errors_are_problems()
    {
        Respond().Set("body_type", "a text").Set("text", "{a").Problems().ShouldHaveSingleItem().Field.ShouldBe("text");
        Respond().Set("body_type", "JSON").Set("json", new { a = new[] { "{a" } }).Problems().ShouldHaveSingleItem().Field.ShouldBe("json");
        Respond().Set("body_type", "JSON").Set("json", "{\"a\":").Problems().ShouldHaveSingleItem().Message.ShouldContain("is not JSON");
        // What is not chosen does not count.
        Respond().Set("text", "{a").Problems().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_body_that_its_status_forbids_is_left_out_with_a_warning()
    {
        var node = Respond().Set("status", 204).In("input_value", "\"x\"");
        (await AnswerAsync(node)).Body.ShouldBeEmpty();
        node.Logs.ShouldHaveSingleItem().Level.ShouldBe(LogLevelName.Warning);
    }

    static NodeTest Respond() => new("Respond");

    static async Task<RunResponse> AnswerAsync(NodeTest node)
    {
        await node.RunAsync();
        return node.Responses.ShouldHaveSingleItem();
    }

    sealed class ByParts : IEqualityComparer<RunResponse>
    {
        public bool Equals(RunResponse? x, RunResponse? y) =>
            x is not null && y is not null && (x.Status, x.ContentType, x.Body) == (y.Status, y.ContentType, y.Body) && x.Headers.SequenceEqual(y.Headers);

        public int GetHashCode(RunResponse response) => response.Status;
    }
}
