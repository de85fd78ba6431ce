using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Llm;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class StructuredOutputTests
{
    const string Person = """{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name"]}""";

    static readonly object[] Rows =
    [
        new { name = "name", description = "Who", type = "str", multiple = false },
        new { name = "scores", description = "", type = "int", multiple = "True" },
    ];

    [Fact]
    public async Task The_demo_model_shows_the_shape()
    {
        var value = await new NodeTest("StructuredOutput").Set("output_schema", NodeTest.Json(Person)).In("input_value", "\"Ada is 36\"").OutputAsync("structured_output");
        value.GetRawText().ShouldBe("""{"name":"Ada is 36"}""");
    }

    [Fact]
    public async Task The_model_is_asked_with_the_schema_and_its_answer_is_data()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("```json\n{\"name\":\"Ada\",\"age\":36}\n```"));
        var node = Asking(service, NodeTest.Json(Person));
        (await node.OutputAsync("structured_output")).GetRawText().ShouldBe("""{"name":"Ada","age":36}""");
        var body = service.Asked.ShouldHaveSingleItem().Body;
        body.GetProperty("messages")[0].GetProperty("content").GetString().ShouldNotBeNull().ShouldEndWith(Person);
        body.GetProperty("response_format").GetProperty("type").GetString().ShouldBe("json_object");
        node.Used.ShouldBe(new TokenUsage(12, 5));
        (await node.RunAsync()).Outputs.Select(o => o.Port).ShouldBe(["structured_output"], "one object is no table");
    }

    [Fact]
    public async Task A_list_of_objects_is_a_table_too()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("""{"items":[{"name":"Ada"},{"name":"Bob"}]}"""));
        foreach (var node in (NodeTest[])[Asking(service, NodeTest.Json(Person)).Set("multiple", true), Asking(service, NodeTest.Json($$"""{"type":"array","items":{{Person}}}"""))])
        {
            var outputs = (await node.RunAsync()).Outputs;
            outputs.Select(o => o.Port).ShouldBe(["structured_output", "dataframe_output"]);
            outputs.ShouldAllBe(o => o.Value.GetRawText() == """[{"name":"Ada"},{"name":"Bob"}]""");
        }
    }

    [Fact]
    public async Task Rows_of_fields_become_a_schema()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("""{"name":"Ada","scores":[1,2]}"""));
        (await Asking(service, Rows).OutputAsync("structured_output")).GetProperty("scores")[1].GetInt32().ShouldBe(2);
        service.Asked[0].Body.GetProperty("messages")[0].GetProperty("content").GetString().ShouldNotBeNull().ShouldEndWith(
            """{"type":"object","properties":{"name":{"description":"Who","type":"string"},"scores":{"type":"array","items":{"type":"integer"}}},"required":["name","scores"]}""");
    }

    [Fact]
    public async Task An_answer_that_does_not_fulfil_it_is_asked_for_once_more_with_what_is_wrong()
    {
        await using var service = await FakeModel.SayingAsync(FakeOpenAi.Whole("""{"age":"old"}"""), FakeOpenAi.Whole("""{"name":"Ada","age":36}"""));
        var node = Asking(service, NodeTest.Json(Person));
        (await node.OutputAsync("structured_output")).GetProperty("age").GetInt32().ShouldBe(36);
        var messages = service.Asked[1].Body.GetProperty("messages");
        messages.GetArrayLength().ShouldBe(4);
        messages[3].GetProperty("content").GetString().ShouldNotBeNull().ShouldContain("$ lacks name; $.age must be a whole number, not a text");
        node.Logs.ShouldContain(l => l.Level == LogLevelName.Warning);
        node.Used.ShouldBe(new TokenUsage(24, 10));
    }

    [Fact]
    public async Task A_second_wrong_answer_is_a_failure_that_says_what_was_wrong_where()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("I can't say."));
        var error = await Asking(service, NodeTest.Json(Person)).FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("invalid_output", false));
        error.Message.ShouldContain("it is not valid JSON");
        error.Message.ShouldEndWith("It begins: I can't say.");
        service.Asked.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"type":"object","oneOf":[]}""", "oneOf is not supported")]
    [InlineData("""[]""", "it has no fields")]
    [InlineData("""[{"name":""}]""", "field 1 has no name")]
    [InlineData("""[{"name":"a"},{"name":"a"}]""", "two fields are named a")]
    [InlineData("""[{"name":"a","type":"date"}]""", "the field a has the type date")]
    [InlineData("\"text\"", "neither a JSON schema nor a list")]
    public async Task A_schema_that_can_not_be_used_is_a_problem_of_the_node(string schema, string words)
    {
        var node = new NodeTest("StructuredOutput").Set("output_schema", NodeTest.Json(schema)).In("input_value", "\"x\"");
        node.Problems().ShouldHaveSingleItem().Message.ShouldContain(words);
        (await node.FailsAsync()).Message.ShouldContain(words);
    }

    [Fact]
    public async Task A_model_that_is_connected_goes_before_the_settings()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("""{"name":"Ada"}"""));
        var llm = new NodeTest("LLM").Set("provider", "openai").Set("base_url", service.BaseUrl).Set("model_name", "big").Set("api_key", "MY_KEY").Set("temperature", 0.3);
        llm.Connected = ["model_output"];
        var model = (await llm.RunAsync()).Outputs.ShouldHaveSingleItem().Value;
        service.Asked.ShouldBeEmpty("who is only a model is not asked");
        model.GetRawText().ShouldBe($$"""{"provider":"openai","model_name":"big","api_key":"MY_KEY","base_url":"{{service.BaseUrl}}","temperature":0.3}""");
        await new NodeTest("StructuredOutput").Set("output_schema", NodeTest.Json(Person)).Set("provider", "demo").Set("temperature", 1).In("input_value", "\"x\"")
            .In("model", JsonText.Of(model)).Variable("MY_KEY", "sk-mine").RunAsync();
        var asked = service.Asked.ShouldHaveSingleItem();
        asked.Headers.Authorization.ToString().ShouldBe("Bearer sk-mine");
        (asked.Body.GetProperty("model").GetString(), asked.Body.GetProperty("temperature").GetDouble()).ShouldBe(("big", 0.3));
    }

    static NodeTest Asking(FakeLlmService service, object schema) =>
        new NodeTest("StructuredOutput").Set("provider", "openai").Set("base_url", service.BaseUrl).Set("output_schema", schema).In("input_value", "\"Ada is 36\"");
}
