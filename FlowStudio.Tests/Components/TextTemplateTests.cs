using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class TextTemplateTests
{
    const string Order = """{"id":7,"name":"Ada","order":{"id":4711,"paid":true,"note":null},"items":[{"name":"pen"},{"name":"ink","tags":["a","b"]}],"any key":"k","price":1.50,"big":1e2,"x-id":"h","{x}":"no"}""";

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("{name}", "Ada")]
    [InlineData("Hi {name}, {id}!", "Hi Ada, 7!")]
    [InlineData("{order.id}", "4711")]
    [InlineData("{order.paid}", "true")]
    [InlineData("{order.note}|", "|")]
    [InlineData("{order}", """{"id":4711,"paid":true,"note":null}""")]
    [InlineData("{items[0].name} {items[1].name}", "pen ink")]
    [InlineData("{items[1].tags[1]}", "b")]
    [InlineData("{items[1].tags}", """["a","b"]""")]
    [InlineData("{items[2].name}{items[99]}|", "|")]
    [InlineData("{missing}{missing.deeper}{name.deeper}{name[0]}{order[0]}|", "|")]
    [InlineData("{any key} {[\"any key\"]} {x-id}", "k k h")]
    [InlineData("{ name } { order . id }", "Ada 4711")]
    [InlineData("{price} {big}", "1.50 1e2")]
    [InlineData("{{name}} {{}} }}{{", "{name} {} }{")]
    [InlineData("{{{name}}}", "{Ada}")]
    [InlineData("{[\"{x}\"]}", "no")]
    [InlineData("{naïve}{数}|", "|")]
    public void A_template_is_filled_from_data(string template, string expected)
    {
        var parsed = TextTemplate.Parse(template);
        parsed.Errors.ShouldBeEmpty();
        parsed.Fill(NodeTest.Json(Order)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("{", 1, 1, "not closed")]
    [InlineData("abc {name", 1, 5, "not closed")]
    [InlineData("}", 1, 1, "no opening")]
    [InlineData("{{name}", 1, 7, "no opening")]
    [InlineData("a\nb }", 2, 3, "no opening")]
    [InlineData("{}", 1, 1, "empty")]
    [InlineData("{  }", 1, 1, "empty")]
    [InlineData("{a.}", 1, 3, "ends with a dot")]
    [InlineData("{.a}", 1, 2, "'.'")]
    [InlineData("{a..b}", 1, 4, "'.'")]
    [InlineData("{a[}", 1, 3, "closing")]
    [InlineData("{a[x]}", 1, 3, "'x'")]
    [InlineData("{a[-1]}", 1, 3, "'-1'")]
    [InlineData("{a[99999999999]}", 1, 3, "99999999999")]
    [InlineData("{a[0]b}", 1, 6, "'b'")]
    [InlineData("{a[\"b]}", 1, 3, "not closed")]
    [InlineData("{a + b}", 1, 4, "'+'")]
    [InlineData("{a.b()}", 1, 5, "'('")]
    [InlineData("{\"k\": 1", 1, 1, "not closed")]
    [InlineData("one\ntwo {a!}", 2, 7, "'!'")]
    [InlineData("{😀!}", 1, 4, "'!'")]
    public void An_error_names_its_place_and_what_to_write(string template, int line, int column, string words)
    {
        var error = TextTemplate.Parse(template).Errors[0];
        (error.Line, error.Column).ShouldBe((line, column), error.ToString());
        error.Message.ShouldContain(words);
        error.Advice.ShouldNotBeEmpty();
        var thrown = Should.Throw<NodeException>(() => TextTemplate.Parse(template).Fill(NodeTest.Json("{}"))).Error;
        thrown.Code.ShouldBe("invalid_template");
        thrown.Message.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"line {line}, column {column}"));
        thrown.Retryable.ShouldBeFalse();
    }

    [Fact]
    public void All_errors_are_told_at_once()
    {
        var errors = TextTemplate.Parse("{\"k\": {name}}\n{a!} }").Errors;
        errors.Select(e => (e.Line, e.Column)).ShouldBe([(1, 1), (1, 13), (2, 3), (2, 6)]);
    }

    [Fact]
    public void What_is_filled_in_is_not_looked_at_again() =>
        TextTemplate.Parse("{a}{b}").Fill(NodeTest.Json("""{"a":"{b}","b":"{{a}}{"}""")).ShouldBe("{b}{{a}}{");

    [Fact]
    public void Paths_come_once_each_in_order() =>
        TextTemplate.Parse("{b.c} {a} {b.c} {items[0].x} {[\"any key\"]} {[\"x.y\"].z}").Paths.ShouldBe(["b.c", "a", "items[0].x", "any key", "[\"x.y\"].z"]);

    [Fact]
    public void A_path_as_told_reads_the_same_again()
    {
        var first = TextTemplate.Parse("{a.b[0][\"x.y\"].z}{[\"q\"]}{[3].k}");
        TextTemplate.Parse(string.Concat(first.Paths.Select(p => "{" + p + "}"))).Paths.ShouldBe(first.Paths);
    }

    [Fact]
    public void A_name_for_the_whole_gives_way_to_a_key_of_that_name()
    {
        var template = TextTemplate.Parse("{data}|{data.x}");
        template.Fill(NodeTest.Json("""{"x":1}"""), "data").ShouldBe("""{"x":1}|1""");
        template.Fill(NodeTest.Json("""{"data":{"y":2},"x":1}"""), "data").ShouldBe("""{"y":2}|""");
        template.Fill(NodeTest.Json("""{"x":1}""")).ShouldBe("|");
    }

    [Fact]
    public void Many_keys_and_items_are_found_in_one_walk()
    {
        var data = JsonSerializer.SerializeToElement(Enumerable.Range(0, 50).ToDictionary(i => $"k{i}", i => i * i));
        var list = JsonSerializer.SerializeToElement(Enumerable.Range(0, 50));
        TextTemplate.Parse(string.Concat(Enumerable.Range(0, 50).Select(i => $"{{k{i}}},"))).Fill(data).ShouldBe(string.Concat(Enumerable.Range(0, 50).Select(i => $"{i * i},")));
        TextTemplate.Parse(string.Concat(Enumerable.Range(0, 50).Select(i => $"{{[{i}]}},"))).Fill(list).ShouldBe(string.Concat(Enumerable.Range(0, 50).Select(i => $"{i},")));
    }

    [Fact]
    public void A_megabyte_with_a_hundred_thousand_placeholders_is_filled()
    {
        var template = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{{k{i}}}..."));
        var data = JsonSerializer.SerializeToElement(Enumerable.Range(0, 100_000).ToDictionary(i => $"k{i}", i => i));
        TextTemplate.Parse(template).Fill(data).ShouldBe(string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i}...")));
    }

    [Theory]
    [InlineData('{')]
    [InlineData('}')]
    [InlineData('[')]
    [InlineData('.')]
    public void A_megabyte_of_one_character_is_read(char c)
    {
        TextTemplate.Parse(new string(c, 1_000_000)).Errors.Count.ShouldBe(0);
        TextTemplate.Parse("{" + new string(c, 999_999)).Errors.Count.ShouldBeLessThanOrEqualTo(20);
    }

    [Fact]
    public void A_path_of_too_many_steps_is_refused_and_not_followed() =>
        TextTemplate.Parse("{" + string.Join('.', Enumerable.Repeat("a", 500_000)) + "}").Errors.ShouldHaveSingleItem().Message.ShouldContain("64 steps");

    [Fact]
    public void A_text_that_would_fill_the_memory_is_refused()
    {
        var large = JsonSerializer.SerializeToElement(new { x = new string('x', 1_000_000) });
        var error = Should.Throw<NodeException>(() => TextTemplate.Parse(new StringBuilder().Insert(0, "{x}", 50_000).ToString()).Fill(large)).Error;
        error.Code.ShouldBe("text_too_long");
    }
}
