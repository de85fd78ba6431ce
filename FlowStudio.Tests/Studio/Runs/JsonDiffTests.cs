using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Runs;

public class JsonDiffTests
{
    static JsonDiff Between(string? before, string? after) => JsonDiff.Between(Json(before), Json(after));

    static JsonElement? Json(string? text) => text is null ? null : JsonText.Parse(Encoding.UTF8.GetBytes(text));

    /// <summary>A line each: the path, and what it was and is.</summary>
    static List<string> Lines(JsonDiffNode? node, string path = "")
    {
        if (node is null)
            return [];
        var own = node.Key.StartsWith('[') ? path + node.Key : path.Length == 0 ? node.Key : $"{path}.{node.Key}";
        return node.Children.Count > 0 ? [.. node.Children.SelectMany(c => Lines(c, own))] : [$"{own}: {node.Before ?? "∅"} → {node.After ?? "∅"}"];
    }

    [Fact]
    public void What_is_the_same_is_not_told_whatever_its_order()
    {
        Between("""{"a":1,"b":[1,2]}""", """{"b":[1,2],"a":1}""").Root.ShouldBeNull();
        Between("1.0", "1.0").Count.ShouldBe(0);
        Between(null, null).Root.ShouldBeNull();
    }

    [Fact]
    public void Members_that_came_went_or_changed_are_told_where_they_stand()
    {
        var diff = Between("""{"order":{"id":1,"note":"x"},"same":true}""", """{"order":{"id":2,"paid":true},"same":true}""");
        Lines(diff.Root).ShouldBe(["order.id: 1 → 2", "order.note: \"x\" → ∅", "order.paid: ∅ → true"]);
        diff.Count.ShouldBe(3);
    }

    [Fact]
    public void Items_are_put_beside_each_other_by_number() =>
        Lines(Between("""[{"a":1},2,3]""", """[{"a":9},2]""").Root).ShouldBe(["[0].a: 1 → 9", "[2]: 3 → ∅"]);

    [Fact]
    public void Another_kind_of_value_is_one_difference() => Lines(Between("""{"a":{"b":1}}""", """{"a":[1]}""").Root).ShouldBe(["""a: {"b":1} → [1]"""]);

    [Fact]
    public void A_value_that_only_one_has_is_told_whole()
    {
        Lines(Between(null, "\"x\"").Root).ShouldBe([": ∅ → \"x\""]);
        Lines(Between("null", null).Root).ShouldBe([": null → ∅"]);
    }

    [Fact]
    public void More_than_a_page_can_bear_is_left_out_and_said_to_be()
    {
        var many = $"[{string.Join(',', Enumerable.Range(0, 5_000))}]";
        var diff = Between(many, many.Replace("1", "2", StringComparison.Ordinal));
        diff.LeftOut.ShouldBeTrue();
        diff.Count.ShouldBeLessThanOrEqualTo(500);
        var text = Between("\"a\"", $"\"{new string('b', 5_000)}\"");
        text.Root.ShouldNotBeNull().After.ShouldNotBeNull().Length.ShouldBeLessThan(700);
    }
}
