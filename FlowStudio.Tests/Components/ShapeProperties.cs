using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class ShapeProperties
{
    static readonly string[] Keys = ["a", "b", "c"];

    static Config Often => Config.QuickThrowOnFailure.WithMaxTest(1_000);

    [Fact]
    public void Merging_many_is_merging_two_again_and_again() => Prop.ForAll(Object(3).NonEmptyListOf().ToArbitrary(), objects =>
    {
        var node = new NodeTest("Combine") { Connected = ["data"] }.In("values", [.. objects.Select(o => o.ToJsonString())]);
        var merged = node.RunAsync().AsTask().GetAwaiter().GetResult().Outputs.Single().Value;
        var expected = objects.Aggregate((JsonNode)new JsonObject(), Merge);
        JsonNode.DeepEquals(JsonNode.Parse(merged.GetRawText()), expected).ShouldBeTrue($"{merged.GetRawText()}\n{expected.ToJsonString()}");
    }).Check(Often);

    [Fact]
    public void A_path_finds_what_a_template_fills_in() => Prop.ForAll(Object(4).ToArbitrary(), Paths.ToArbitrary(), (data, path) =>
    {
        var value = NodeTest.Json(data.ToJsonString());
        var found = ValuePath.Parse(path, out _).ShouldNotBeNull().Find(value);
        JsonText.Of(found).ShouldBe(TextTemplate.Parse($"{{{path}}}").Fill(value));
    }).Check(Often);

    static Gen<string> Paths =>
        from steps in Gen.OneOf(Gen.Elements(Keys).Select(k => "." + k), Gen.Choose(0, 2).Select(i => $"[{i}]")).ListOf(3)
        from first in Gen.Elements(Keys)
        select first + string.Concat(steps);

    static Gen<JsonNode> Object(int depth) =>
        from values in Value(depth - 1).ListOf(Keys.Length)
        from present in Gen.Elements(true, true, false).ListOf(Keys.Length)
        select (JsonNode)new JsonObject(Keys.Zip(values, present).Where(t => t.Third).Select(t => KeyValuePair.Create(t.First, t.Second?.DeepClone())));

    static Gen<JsonNode?> Value(int depth) => depth == 0
        ? Gen.Elements("1", "\"x\"", "true", "null", "[]", "{}").Select(json => JsonNode.Parse(json))
        : Gen.OneOf(Value(0), Object(depth).Select(o => (JsonNode?)o), Value(depth - 1).ListOf(2).Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())])));

    static JsonNode Merge(JsonNode into, JsonNode from)
    {
        var merged = into.DeepClone().AsObject();
        foreach (var (name, value) in from.AsObject())
        {
            merged[name] = (merged[name], value) switch
            {
                (JsonObject earlier, JsonObject later) => Merge(earlier, later),
                (JsonArray earlier, JsonArray later) => new JsonArray([.. earlier.Concat(later).Select(i => i?.DeepClone())]),
                _ => value?.DeepClone(),
            };
        }
        return merged;
    }
}
