using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class IfElseTests
{
    [Theory]
    [InlineData("\"yes\"", "equals", "yes", true)]
    [InlineData("\"Yes\"", "equals", "yes", false)]
    [InlineData("\"Yes\"", "not equals", "yes", true)]
    [InlineData("""{"text":"yes","sender":"User"}""", "equals", "yes", true)]
    [InlineData("2.50", "equals", "2.5", true)]
    [InlineData("\"2.50\"", "equals", "2.5", false)]
    [InlineData("true", "equals", "true", true)]
    [InlineData("null", "equals", "", true)]
    [InlineData("""{"a":1,"b":[2]}""", "equals", """{ "b": [2], "a": 1.0 }""", true)]
    [InlineData("""{"a":1}""", "equals", """{"a":2}""", false)]
    [InlineData("\"a needle in hay\"", "contains", "needle", true)]
    [InlineData("\"hay\"", "not contains", "needle", true)]
    [InlineData("""["a","needle"]""", "contains", "needle", true)]
    [InlineData("""["needles"]""", "contains", "needle", false)]
    [InlineData("[1,2.0]", "contains", "2", true)]
    [InlineData("\"grüße 😀!\"", "contains", "😀", true)]
    [InlineData("\"order-7\"", "starts with", "order", true)]
    [InlineData("\"order-7\"", "ends with", "-7", true)]
    [InlineData("\"order-7\"", "regex", @"-\d+$", true)]
    [InlineData("\"order-x\"", "regex", @"-\d+$", false)]
    [InlineData("10", "greater than", "9", true)]
    [InlineData("\"10\"", "greater than", "9", true)]
    [InlineData("10", "greater than", "10.0", false)]
    [InlineData("10", "greater than or equal", "10.0", true)]
    [InlineData("0.3", "less than", "0.30000000000000000001", true)]
    [InlineData("1e300", "less than or equal", "1e301", true)]
    [InlineData("1e-300", "greater than", "0", true)]
    [InlineData("\" \\n\"", "is empty", "", true)]
    [InlineData("[]", "is empty", "", true)]
    [InlineData("{}", "is empty", "", true)]
    [InlineData("0", "is empty", "", false)]
    [InlineData("""{"a":null}""", "is not empty", "", true)]
    [InlineData("null", "exists", "", false)]
    [InlineData("null", "does not exist", "", true)]
    [InlineData("\"YES\"", "is true", "", true)]
    [InlineData("1", "is true", "", true)]
    [InlineData("null", "is false", "", true)]
    [InlineData("false", "is true", "", false)]
    public async Task The_value_leaves_where_the_condition_sends_it(string value, string how, string match, bool holds)
    {
        var output = (await new NodeTest("IfElse").Set("operator", how).Set("match_text", match).In("input_text", value).RunAsync()).Outputs.ShouldHaveSingleItem();
        (output.Port, output.Value.GetRawText()).ShouldBe((holds ? "true_result" : "false_result", NodeTest.Json(value).GetRawText()));
    }

    [Theory]
    [InlineData("order.total", "greater than", "100", true)]
    [InlineData("{ order.items[-1].name }", "equals", "pen", true)]
    [InlineData("order.items[*].name", "contains", "ink", true)]
    [InlineData("order.items[*].name", "contains", "paper", false)]
    [InlineData("order[\"zip code\"]", "exists", "", true)]
    [InlineData("order.nothing", "exists", "", false)]
    [InlineData("order.nothing[0].at.all", "does not exist", "", true)]
    [InlineData("order.none", "does not exist", "", true)]
    [InlineData("order.paid", "is true", "", true)]
    [InlineData("order.nothing", "is empty", "", true)]
    [InlineData("order.nothing", "is false", "", true)]
    [InlineData("order.nothing", "equals", "", true)]
    public async Task A_path_says_which_part_is_looked_at_and_the_whole_goes_on(string path, string how, string match, bool holds)
    {
        const string Order = """{"order":{"total":120.5,"paid":true,"none":null,"zip code":"0815","items":[{"name":"ink"},{"name":"pen"}]}}""";
        var node = new NodeTest("IfElse").Set("path", path).Set("operator", how).Set("match_text", match);
        (await node.In("input_text", Order).OutputAsync(holds ? "true_result" : "false_result")).GetRawText().ShouldBe(Order);
        // A model's answer or a web service's body is often JSON as text.
        await node.In("input_text", JsonText.Element(Order).GetRawText()).OutputAsync(holds ? "true_result" : "false_result");
    }

    [Theory]
    [InlineData("equals", "STRASSE", "strasse")]
    [InlineData("contains", "Hello", "hELL")]
    [InlineData("regex", "Hello", "^h.*O$")]
    [InlineData("starts with", "Ärger", "är")]
    public async Task Case_can_be_ignored(string how, string value, string match)
    {
        var node = new NodeTest("IfElse").Set("operator", how).Set("match_text", match).In("input_text", JsonText.Element(value).GetRawText());
        await node.OutputAsync("false_result");
        await node.Set("case_sensitive", false).OutputAsync("true_result");
    }

    [Fact]
    public async Task What_it_is_compared_with_can_come_from_the_flow() =>
        await new NodeTest("IfElse").Set("match_text", "setting").In("match_text", """{"text":"edge","sender":"User"}""").In("input_text", "\"edge\"").OutputAsync("true_result");

    [Fact]
    public async Task A_text_can_go_on_instead_of_the_value()
    {
        var node = new NodeTest("IfElse").Set("match_text", "a").Set("true_case_message", "same").Set("false_case_message", "other");
        (await node.In("input_text", "\"a\"").TextAsync("true_result")).ShouldBe("same");
        (await node.In("input_text", "\"b\"").TextAsync("false_result")).ShouldBe("other");
    }

    [Theory]
    [InlineData("greater than", "\"many\"", "5", "'many'")]
    [InlineData("greater than", "\"NaN\"", "5", "'NaN'")]
    [InlineData("less than", "\"Infinity\"", "5", "'Infinity'")]
    [InlineData("less than", "\"1,000\"", "5", "'1,000'")]
    [InlineData("less than", "null", "5", "not there")]
    [InlineData("less than", "[1]", "5", "'[1]'")]
    [InlineData("less than", "1", "", "what it is compared with")]
    [InlineData("less than", "1", "five", "what it is compared with")]
    public async Task What_is_no_number_cant_be_compared_as_one(string how, string value, string match, string named)
    {
        var error = await new NodeTest("IfElse").Set("operator", how).Set("match_text", match).In("input_text", value).FailsAsync();
        error.Code.ShouldBe("not_a_number");
        error.Message.ShouldContain(named);
        error.Message.ShouldContain(how);
        error.Remedy.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_long_value_is_quoted_in_part_and_the_path_is_named()
    {
        var error = await new NodeTest("IfElse").Set("operator", "is true").Set("path", "a.b").In("input_text", $$$"""{"a":{"b":"{{{new string('x', 5000)}}}"}}""").FailsAsync();
        error.Code.ShouldBe("not_a_boolean");
        error.Message.ShouldContain("a.b");
        error.Message.Length.ShouldBeLessThan(200);
    }

    [Fact]
    public async Task A_pattern_that_would_take_for_ever_is_stopped()
    {
        var error = await new NodeTest("IfElse").Set("operator", "regex").Set("match_text", "^(a+)+$").In("input_text", $"\"{new string('a', 60)}!\"").FailsAsync();
        error.Code.ShouldBe("pattern_too_slow");
        error.Message.ShouldContain("1 s");
    }

    [Fact]
    public async Task A_wrong_pattern_is_an_error_wherever_it_comes_from()
    {
        var node = new NodeTest("IfElse").Set("operator", "regex").Set("match_text", "a(b");
        node.Problems().ShouldHaveSingleItem().Field.ShouldBe("match_text");
        (await node.In("input_text", "\"x\"").FailsAsync()).Code.ShouldBe("invalid_pattern");
        (await node.In("match_text", $"\"{new string('a', 1001)}\"").FailsAsync()).Message.ShouldContain("1000");
    }

    [Theory]
    [InlineData("a..b", "column 2")]
    [InlineData("a[", "column 2")]
    [InlineData("{a[x]}", "column 3")]
    [InlineData("a]", "column 2")]
    [InlineData("a.", "ends with a dot")]
    public async Task A_wrong_path_is_a_problem_with_its_place(string path, string place)
    {
        var node = new NodeTest("IfElse").Set("path", path);
        var problem = node.Problems().ShouldHaveSingleItem();
        (problem.Field, problem.Severity).ShouldBe(("path", ProblemSeverity.Error));
        problem.Message.ShouldContain(place);
        (await node.In("input_text", "{}").FailsAsync()).Code.ShouldBe("invalid_setting");
    }

    [Fact]
    public void The_path_it_reads_is_known_for_sample_bodies()
    {
        var node = new NodeTest("IfElse").Set("path", "{order.total}");
        node.Descriptor.ReadsPaths.ShouldNotBeNull()(node.Node).ShouldBe(["order.total"]);
        new NodeTest("IfElse").Set("path", "a[*]").Node.ShouldSatisfyAllConditions(n => node.Descriptor.ReadsPaths(n).ShouldBeEmpty());
    }
}
