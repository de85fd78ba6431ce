using FlowStudio.Engine.Llm;
using FlowStudio.Tests.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Llm;

public class JsonSchemaTests
{
    const string Person = """{"type":"object","properties":{"name":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}},"required":["name"],"additionalProperties":false}""";

    [Theory]
    [InlineData("""{"type":"string"}""", "\"x\"")]
    [InlineData("""{"type":"string"}""", "7", "$ must be a text, not 7")]
    [InlineData("""{"type":["string","null"]}""", "null")]
    [InlineData("""{"type":["string","null"]}""", "true", "$ must be a text or null, not true")]
    [InlineData("""{"type":"integer"}""", "7.0")]
    [InlineData("""{"type":"integer"}""", "7.5", "$ must be a whole number, not 7.5")]
    [InlineData("""{"type":"number","minimum":1,"maximum":2}""", "2")]
    [InlineData("""{"type":"number","minimum":1}""", "0.5", "$ is 0.5, less than 1")]
    [InlineData("""{"maximum":2}""", "3", "$ is 3, more than 2")]
    [InlineData("""{"minLength":2}""", "\"é\"", "$ has 1 characters, fewer than 2")]
    [InlineData("""{"maxLength":1}""", "\"😀\"")]
    [InlineData("""{"maxLength":1}""", "\"ab\"", "$ has 2 characters, more than 1")]
    [InlineData("""{"pattern":"^[a-z]+$"}""", "\"abc\"")]
    [InlineData("""{"pattern":"^[a-z]+$"}""", "\"abC\"", "$ does not match ^[a-z]+$")]
    [InlineData("""{"enum":["a",1,null]}""", "1.0")]
    [InlineData("""{"enum":["a",1,null]}""", "\"b\"", "$ must be one of \"a\", 1, null")]
    [InlineData(Person, """{"name":"Ada","tags":["x"]}""")]
    [InlineData(Person, """{"tags":["x",7],"age":3}""", "$ lacks name", "$.tags[1] must be a text, not 7", "$ has age, which is not in the schema")]
    [InlineData(Person, "[]", "$ must be an object, not a list")]
    [InlineData("""{"additionalProperties":{"type":"number"}}""", """{"a":1,"b":"2"}""", "$.b must be a number, not a text")]
    [InlineData("""{"type":"array","items":{"type":"object","properties":{"n":{"type":"object","required":["deep"]}}}}""", """[{"n":{}}]""", "$[0].n lacks deep")]
    [InlineData("{}", "[1,{}]")]
    public void A_value_fulfils_a_schema_or_it_is_said_where_it_does_not(string schema, string value, params string[] problems)
    {
        JsonSchema.Flaws(NodeTest.Json(schema)).ShouldBeEmpty();
        JsonSchema.Problems(NodeTest.Json(schema), NodeTest.Json(value)).ShouldBe(problems);
    }

    [Theory]
    [InlineData("""{"type":"text"}""", "$.type must be one of")]
    [InlineData("""{"oneOf":[]}""", "$: oneOf is not supported")]
    [InlineData("""{"properties":{"a":{"$ref":"#"}}}""", "$.properties.a: $ref is not supported")]
    [InlineData("""{"items":{"format":"date"}}""", "$.items: format is not supported")]
    [InlineData("""{"pattern":"(?=x)"}""", "$.pattern can't be used")]
    [InlineData("""{"pattern":"["}""", "$.pattern can't be used")]
    [InlineData("""{"required":"name"}""", "$.required must be a list of names")]
    [InlineData("""{"enum":[]}""", "$.enum must be a list of values")]
    [InlineData("""{"minLength":-1}""", "$.minLength must be a whole number")]
    [InlineData("""{"additionalProperties":7}""", "$.additionalProperties must be true, false or a schema")]
    [InlineData("""{"properties":{"a":true}}""", "$.properties.a must be an object")]
    [InlineData("[]", "$ must be an object")]
    public void What_a_schema_must_not_say_is_named(string schema, string flaw) =>
        JsonSchema.Flaws(NodeTest.Json(schema)).ShouldHaveSingleItem().ShouldStartWith(flaw);

    [Fact]
    public void Notes_to_the_reader_are_fine() =>
        JsonSchema.Flaws(NodeTest.Json("""{"$schema":"x","title":"t","description":"d","default":1,"examples":[1]}""")).ShouldBeEmpty();

    [Fact]
    public void Only_so_many_problems_are_told() =>
        JsonSchema.Problems(NodeTest.Json("""{"items":{"type":"string"}}"""), NodeTest.Json($"[{string.Join(',', Enumerable.Range(0, 500))}]")).Count.ShouldBe(20);

    [Theory]
    [InlineData("{\"a\":1}", "{\"a\":1}")]
    [InlineData("```json\n{\"a\":1}\n```", "{\"a\":1}")]
    [InlineData(" ```\n[1]\n``` ", "[1]")]
    [InlineData("```{\"a\":\n1}```", "{\"a\":\n1}")]
    [InlineData("``````", "")]
    public void A_code_fence_is_taken_off(string answer, string json) => JsonAnswer.Unfenced(answer).ShouldBe(json);
}
