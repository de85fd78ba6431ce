using FlowStudio.Engine.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class LoopTests
{
    [Theory]
    [InlineData("null", 0)]
    [InlineData("[]", 0)]
    [InlineData("[null]", 1)]
    [InlineData("\"text\"", 1)]
    [InlineData("""{"items":[1,2]}""", 1)]
    [InlineData("[[1,2],3]", 2)]
    public async Task A_list_is_taken_as_it_is_and_anything_else_as_a_list_of_one(string data, int items) =>
        (await LoopAsync(new NodeTest("Loop").In("data", data))).Items.Count.ShouldBe(items);

    [Fact]
    public async Task Settings_say_how_many_at_once_and_what_a_failure_does()
    {
        var plain = await LoopAsync(new NodeTest("Loop").In("data", "[1]"));
        (plain.Parallel, plain.SkipFailed).ShouldBe((1, false));
        var set = await LoopAsync(new NodeTest("Loop").In("data", "[1]").Set("parallel", 8).Set("on_error", "skip"));
        (set.Parallel, set.SkipFailed).ShouldBe((8, true));
    }

    [Fact]
    public async Task A_list_beyond_the_bound_names_count_and_setting()
    {
        var error = await new NodeTest("Loop").In("data", "[1,2,3]").Set("max_items", 2).FailsAsync();
        error.Code.ShouldBe("too_many_items");
        error.Message.ShouldContain("3 items");
        error.Message.ShouldContain("Max items allows 2");
        error.Remedy.ShouldContain("100,000");
    }

    static async Task<NodeLoop> LoopAsync(NodeTest node) => (await node.RunAsync()).Loop.ShouldNotBeNull();
}
