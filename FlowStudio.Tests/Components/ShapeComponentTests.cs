using System.Text.Json;
using FlowStudio.Engine.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class ParserTests
{
    [Theory]
    [InlineData("""{"text":"hello"}""", "Text: hello")]
    [InlineData("\"hello\"", "Text: hello")]
    [InlineData("""{"other":1}""", "Text: ")]
    [InlineData("""[{"text":"a"},{"text":""},{"text":"c"}]""", "Text: a\nText: \nText: c")]
    [InlineData("[]", "")]
    [InlineData("7", "Text: 7")]
    public async Task By_default_the_text_is_written(string data, string expected) =>
        (await new NodeTest("Parser").In("input_data", data).TextAsync("parsed_text")).ShouldBe(expected);

    [Fact]
    public async Task Rows_are_filled_one_by_one_and_empty_ones_keep_their_place() =>
        (await new NodeTest("Parser").Set("pattern", "{a.b[0]}").Set("sep", " / ").In("input_data", """[{},{"a":{"b":[1]}},{},{"a":{"b":["é😀"]}}]""").TextAsync("parsed_text"))
            .ShouldBe(" / 1 /  / é😀");

    [Fact]
    public async Task A_text_that_is_json_is_read_as_such() =>
        (await new NodeTest("Parser").Set("pattern", "{name}").In("input_data", """{"text":"[{\"name\":\"Ada\"},{\"name\":\"Bob\"}]","sender":"Machine"}""").TextAsync("parsed_text"))
            .ShouldBe("Ada\nBob");

    [Fact]
    public async Task Stringify_writes_data_as_json_in_a_fence() =>
        (await Stringify("""{"a":"ü<>","b":[1,{}]}""")).ShouldBe("```json\n{\n  \"a\": \"ü<>\",\n  \"b\": [\n    1,\n    {}\n  ]\n}\n```");

    [Theory]
    [InlineData("\"as it is\"", "as it is")]
    [InlineData("""{"text":"said","sender":"User"}""", "said")]
    [InlineData("1.50", "1.50")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    public async Task Stringify_leaves_texts_as_they_are(string value, string expected) => (await Stringify(value)).ShouldBe(expected);

    [Fact]
    public async Task Stringify_writes_a_table_in_markdown() =>
        (await Stringify("""[{"name":"a|b","n":1},{"n":{"x":2},"more":"two\nlines"},"plain"]""")).ShouldBe("""
            | name | n | more | value |
            | --- | --- | --- | --- |
            | a\|b | 1 |  |  |
            |  | {"x":2} | two<br>lines |  |
            |  |  |  | plain |
            """.ReplaceLineEndings("\n"));

    [Fact]
    public async Task A_table_of_too_many_columns_is_refused_before_it_is_made()
    {
        var rows = string.Join(',', Enumerable.Range(0, 2_000).Select(i => $"{{\"k{i}\":1}}"));
        var error = await new NodeTest("Parser").Set("mode", "Stringify").In("input_data", $"[{rows}]").FailsAsync();
        error.Code.ShouldBe("table_too_large");
        error.Remedy.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task What_would_fill_the_memory_is_refused()
    {
        var row = $"{{\"t\":\"{new string('x', 1_000_000)}\"}}";
        (await new NodeTest("Parser").Set("pattern", "{t}{t}{t}").In("input_data", $"[{string.Join(',', Enumerable.Repeat(row, 6))}]").FailsAsync()).Code.ShouldBe("text_too_long");
    }

    [Fact]
    public void A_wrong_template_is_a_problem_where_it_counts()
    {
        new NodeTest("Parser").Set("pattern", "{a!}").Problems().ShouldHaveSingleItem().Field.ShouldBe("pattern");
        new NodeTest("Parser").Set("pattern", "{a!}").Set("mode", "Stringify").Problems().ShouldBeEmpty();
    }

    static Task<string> Stringify(string value) => new NodeTest("Parser").Set("mode", "Stringify").In("input_data", value).TextAsync("parsed_text");
}

public class ExtractTests
{
    const string Order = """{"order":{"total":12.50,"none":null,"items":[{"name":"ink","tags":["a","b"]},{"name":"pen"},{"price":1}],"a key":"k","":"empty"}}""";

    [Theory]
    [InlineData("order.total", "12.50", "12.50")]
    [InlineData("{order.items[0].name}", "\"ink\"", "ink")]
    [InlineData(" order.items[-1].price ", "1", "1")]
    [InlineData("order.items[*].name", """["ink","pen"]""", "ink\npen")]
    [InlineData("order.items[*].tags[*]", """["a","b"]""", "a\nb")]
    [InlineData("order.items[*].nothing", "[]", "")]
    [InlineData("order[\"a key\"]", "\"k\"", "k")]
    [InlineData("order.a key", "\"k\"", "k")]
    [InlineData("order[\"\"]", "\"empty\"", "empty")]
    [InlineData("[\"order\"].items[1]", """{"name":"pen"}""", """{"name":"pen"}""")]
    public async Task The_value_at_the_path_is_taken(string path, string value, string text)
    {
        foreach (var data in (string[])[Order, JsonSerializer.Serialize(Order)])
        {
            var node = new NodeTest("Extract").Set("path", path).In("data", data);
            (await node.OutputAsync("value")).GetRawText().ShouldBe(value);
            (await node.TextAsync("text")).ShouldBe(text);
        }
    }

    [Fact]
    public async Task Every_value_of_an_object_and_every_item_of_a_list() =>
        (await new NodeTest("Extract").Set("path", "[*].x[*]").In("data", """[{"x":{"a":1,"b":2}},{"x":[3]},{"x":4},5]""").OutputAsync("value")).GetRawText().ShouldBe("[1,2,3]");

    [Fact]
    public async Task A_messages_own_keys_come_before_what_its_text_holds()
    {
        const string Message = """{"text":"{\"city\":\"Bern\"}","sender":"User"}""";
        (await new NodeTest("Extract").Set("path", "sender").In("data", Message).TextAsync("text")).ShouldBe("User");
        (await new NodeTest("Extract").Set("path", "city").In("data", Message).TextAsync("text")).ShouldBe("Bern");
    }

    [Theory]
    [InlineData("order.nothing")]
    [InlineData("order.none")]
    [InlineData("order.items[3]")]
    [InlineData("order.items[-4]")]
    [InlineData("order.total.cents")]
    [InlineData("order[0]")]
    public async Task What_is_missing_fails_or_is_the_default(string path)
    {
        var node = new NodeTest("Extract").Set("path", path).In("data", Order);
        var error = await node.FailsAsync();
        error.Code.ShouldBe("missing_value");
        error.Message.ShouldContain(path);
        error.Message.ShouldContain("The Data has order.");
        node.Set("missing", "default").Set("default_value", "[]");
        (await node.OutputAsync("value")).GetRawText().ShouldBe("[]");
        (await node.Set("default_value", "n/a").OutputAsync("value")).GetRawText().ShouldBe("\"n/a\"");
        (await node.Set("default_value", "").OutputAsync("value")).GetRawText().ShouldBe("\"\"");
    }

    [Fact]
    public async Task Deep_data_and_long_lists_are_no_trouble()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 60)) + "1" + new string('}', 60);
        (await new NodeTest("Extract").Set("path", string.Join('.', Enumerable.Repeat("a", 60))).In("data", deep).TextAsync("text")).ShouldBe("1");
        var list = $"[{string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"{{\"n\":{i}}}"))}]";
        (await new NodeTest("Extract").Set("path", "[*].n").In("data", list).OutputAsync("value")).GetArrayLength().ShouldBe(100_000);
    }

    [Fact]
    public void A_path_is_needed_and_bounded()
    {
        new NodeTest("Extract").Problems().ShouldHaveSingleItem().Code.ShouldBe("missing_setting");
        new NodeTest("Extract").Set("path", new string('a', 1001)).Problems().ShouldHaveSingleItem().Message.ShouldContain("1000");
        new NodeTest("Extract").Set("path", string.Concat(Enumerable.Repeat("[0]", 65))).Problems().ShouldHaveSingleItem().Message.ShouldContain("64");
        new NodeTest("Extract").Set("path", "a[99999999999]").Problems().ShouldHaveSingleItem().Severity.ShouldBe(ProblemSeverity.Error);
    }
}

public class CombineTests
{
    [Fact]
    public async Task Texts_stand_one_after_the_other()
    {
        var node = new NodeTest("Combine") { Connected = ["text"] }.In("values", "\"a\"", """{"text":"b","sender":"User"}""", """{"k":1}""", "2.50", "true", "null");
        (await node.TextAsync("text")).ShouldBe("a\nb\n{\"k\":1}\n2.50\ntrue\n");
        (await node.Set("separator", ", ").TextAsync("text")).ShouldBe("a, b, {\"k\":1}, 2.50, true, ");
    }

    [Theory]
    [InlineData("deep", """{"a":2,"o":{"x":1,"y":2,"z":3},"l":[1,2,3],"n":null,"b":{"t":1}}""")]
    [InlineData("shallow", """{"a":2,"o":{"y":2,"z":3},"l":[2,3],"n":null,"b":{"t":1}}""")]
    public async Task Objects_are_merged_and_the_later_wins(string merge, string expected)
    {
        var node = new NodeTest("Combine").Set("merge", merge).In("values", """{"a":1,"o":{"x":1,"y":1},"l":[1],"n":5}""", """{"a":2,"o":{"y":2,"z":3},"l":[2,3],"n":null,"b":{"t":1}}""");
        node.Connected = ["data"];
        (await node.OutputAsync("data")).GetRawText().ShouldBe(expected);
    }

    [Fact]
    public async Task Another_kind_of_value_replaces_all_before_it()
    {
        var node = new NodeTest("Combine").In("values", """{"a":{"x":1}}""", """{"a":7}""", """{"a":{"y":2}}""", """{"a":{"z":3}}""");
        node.Connected = ["data"];
        (await node.OutputAsync("data")).GetRawText().ShouldBe("""{"a":{"y":2,"z":3}}""");
    }

    [Fact]
    public async Task A_text_is_data_with_a_text_and_json_is_read()
    {
        var node = new NodeTest("Combine").In("values", "\"hi\"", """{"text":"bye","sender":"User"}""", JsonSerializer.Serialize("""{"k":1}"""));
        node.Connected = ["data"];
        (await node.OutputAsync("data")).GetRawText().ShouldBe("""{"text":"bye","k":1}""");
    }

    [Theory]
    [InlineData("[1]", "a list")]
    [InlineData("1", "a number")]
    [InlineData("false", "true or false")]
    [InlineData("null", "nothing")]
    public async Task What_is_no_object_is_named(string value, string kind)
    {
        var node = new NodeTest("Combine").In("values", "{}", value);
        node.Connected = ["data"];
        var error = await node.FailsAsync();
        error.Code.ShouldBe("not_an_object");
        error.Message.ShouldContain($"value 2 of 2 is {kind}");
    }

    [Fact]
    public async Task A_list_takes_items_one_by_one() =>
        (await new NodeTest("Combine") { Connected = ["table"] }.In("values", """[{"n":1},[2]]""", "\"t\"", """{"n":3}""").OutputAsync("table")).GetRawText()
            .ShouldBe("""[{"n":1},[2],{"text":"t"},{"n":3}]""");

    [Theory]
    [InlineData("""{"a":1}""", """{"b":2}""", "data", """{"a":1,"b":2}""")]
    [InlineData("""{"a":1}""", "[2]", "table", """[{"a":1},2]""")]
    [InlineData("\"a\"", "\"b\"", "text", "\"a\\nb\"")]
    public async Task With_nothing_connected_it_gives_what_fits(string first, string second, string port, string expected)
    {
        var output = (await new NodeTest("Combine") { Connected = [] }.In("values", first, second).RunAsync()).Outputs.ShouldHaveSingleItem();
        (output.Port, output.Value.GetRawText()).ShouldBe((port, expected));
    }

    [Fact]
    public async Task Too_deep_and_too_long_are_errors()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "{}" + new string('}', 63);
        var node = new NodeTest("Combine") { Connected = ["table"] }.In("values", deep, deep);
        (await node.FailsAsync()).Code.ShouldBe("invalid_data");
        var text = $"\"{new string('x', 6_000_000)}\"";
        (await new NodeTest("Combine").In("values", text, text, text).FailsAsync()).Code.ShouldBe("text_too_long");
    }
}
