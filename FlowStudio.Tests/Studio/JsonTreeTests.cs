using System.Text.Json;
using FlowStudio.Web.Studio.Shared;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class JsonTreeTests
{
    static JsonNodeView Tree(string json) => JsonTree.Of(JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 512 }).RootElement);

    [Fact]
    public void Values_keep_their_order_and_kind()
    {
        var tree = Tree("""{"b":1.50,"a":"x","c":[true,null]}""");
        tree.Kind.ShouldBe(JsonKind.Object);
        tree.Children.Select(c => (c.Key, c.Kind, c.Value)).ShouldBe([("b", JsonKind.Number, "1.50"), ("a", JsonKind.Text, "x"), ("c", JsonKind.List, "2")]);
        tree.Children[2].Children.Select(c => c.Value).ShouldBe(["true", "null"]);
    }

    [Fact]
    public void A_long_list_is_cut_and_says_how_much_is_left_out()
    {
        var tree = Tree($"[{string.Join(',', Enumerable.Range(0, 5_000))}]");
        (tree.Children.Count + tree.Omitted).ShouldBe(5_000);
        tree.Children.Count.ShouldBeLessThan(JsonTree.MaxValues);
    }

    [Fact]
    public void The_bound_holds_over_all_levels()
    {
        var tree = Tree($"[{string.Join(',', Enumerable.Repeat("[1,2,3,4,5,6,7,8,9,10]", 1_000))}]");
        Count(tree).ShouldBeLessThanOrEqualTo(JsonTree.MaxValues);
        static int Count(JsonNodeView node) => 1 + node.Children.Sum(Count);
    }

    [Fact]
    public void Deep_nesting_ends_in_a_count()
    {
        var node = Tree(new string('[', 200) + new string(']', 200));
        var depth = 0;
        while (node.Children.Count > 0)
        {
            node = node.Children[0];
            depth++;
        }
        depth.ShouldBe(JsonTree.MaxDepth);
        node.Omitted.ShouldBe(1);
    }

    [Fact]
    public void A_long_text_is_cut_and_says_so()
    {
        var leaf = Tree(JsonSerializer.Serialize(new string('x', JsonTree.MaxText + 7)));
        (leaf.Value.Length, leaf.Omitted, leaf.Cut).ShouldBe((JsonTree.MaxText, 7, true));
    }
}
