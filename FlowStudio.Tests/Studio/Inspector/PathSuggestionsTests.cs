using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Web.Studio.Editor.Inspector;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Inspector;

public class PathSuggestionsTests
{
    static IReadOnlyList<CodePath> Of(string json) => PathSuggestions.Of(JsonText.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Paths_go_into_objects_and_lists_what_can_be_written_out_first()
    {
        Of("""{"order":{"id":4711,"lines":[{"sku":"A1"},{"sku":"B2"}]},"paid":true}""").ShouldBe(
        [
            new("paid", "true"), new("order.id", "4711"), new("order.lines[0].sku", "A1"), new("order", "2 keys"), new("order.lines", "2 items"), new("order.lines[0]", "1 key"),
        ]);
    }

    [Theory]
    [InlineData("""{"first name":1}""", "[\"first name\"]")]
    [InlineData("""{"a":{"b.c":1}}""", "a[\"b.c\"]")]
    [InlineData("""{"a":{"x{y}":1}}""", "a[\"x{y}\"]")]
    [InlineData("""{"größe":1}""", "größe")]
    [InlineData("""[[1]]""", "[0][0]")]
    public void A_suggested_path_is_one_that_the_engine_reads(string json, string path)
    {
        var value = JsonText.Parse(Encoding.UTF8.GetBytes(json));
        PathSuggestions.Of(value).Select(p => p.Path).ShouldContain(path);
        foreach (var suggested in PathSuggestions.Of(value).Where(p => p.Value == "1"))
            TextTemplate.Parse("{" + suggested.Path + "}").Fill(value).ShouldBe("1");
    }

    [Fact]
    public void A_key_that_no_path_can_name_is_left_out() => Of("""{"say \"hi\"":1,"b":2}""").Select(p => p.Path).ShouldBe(["b"]);

    [Fact]
    public void However_large_the_value_the_list_stays_short()
    {
        var wide = JsonSerializer.SerializeToElement(Enumerable.Range(0, 10_000).ToDictionary(i => $"k{i}", i => new string('x', 10_000)));
        var found = PathSuggestions.Of(wide);
        found.Count.ShouldBeLessThanOrEqualTo(PathSuggestions.MaxPaths);
        found.ShouldAllBe(p => p.Value.Length < 60);
        var deep = new string('[', 60) + new string(']', 60);
        Of(deep).Count.ShouldBeLessThan(20);
    }

    [Fact]
    public void A_value_of_many_lines_is_shown_in_one() => Of("""{"a":"one\ntwo"}""")[0].Value.ShouldBe("one two");
}
