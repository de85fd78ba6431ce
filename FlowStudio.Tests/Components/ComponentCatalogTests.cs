using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class ComponentCatalogTests
{
    static readonly IServiceProvider Nothing = new ServiceCollection().BuildServiceProvider();

    [Fact]
    public void Every_problem_is_named_in_one_exception()
    {
        var problems = Should.Throw<ComponentCatalogException>(() => new ComponentCatalog([typeof(Broken), typeof(TwinA), typeof(TwinB), typeof(Unbuildable)], Nothing)).Problems;
        foreach (var expected in (string[])
        [
            "Broken: it has no icon",
            "Broken: the type 'no name' is no name",
            "Broken: title or summary is empty",
            "Broken: two inputs are named twice",
            "Broken: two outputs are named out",
            "Broken: two fields are named f",
            "Broken: 'Bad-Name' is no name of a port or field",
            "Broken: the default of the field f is 11, but must be between 0 and 10",
            "Broken: the field twice is required, and an input has its name",
            "Broken: the field hidden is shown by the value of nobody",
            "Broken: the field late is shown when pick is 'c'",
            "Broken: the field late has no help",
            "Broken: it highlights nothing",
            "Broken: its return port back is none of its inputs",
            "The type Twin is declared by TwinA and TwinB",
            "Unbuildable can't be made: Unable to resolve service for type 'System.IFormatProvider'",
        ])
            problems.ShouldContain(p => p.StartsWith(expected, StringComparison.Ordinal), $"{expected}\namong\n{string.Join('\n', problems)}");
    }

    [Theory]
    [InlineData("Webhok", "Webhook")]
    [InlineData("llm", "LLM")]
    [InlineData("APIRequest", "ApiRequest")]
    [InlineData("API Request", "ApiRequest")]
    [InlineData("DataToMesage", "DataToMessage")]
    [InlineData("Chat", null)]
    [InlineData("SomethingElseEntirely", null)]
    [InlineData("", null)]
    public void Names_near_a_type_are_suggested(string type, string? expected) => NodeTest.Catalog.Suggest(type).FirstOrDefault().ShouldBe(expected);

    [Fact]
    public void A_name_of_any_length_is_compared() => NodeTest.Catalog.Suggest(new string('x', 1_000_000)).ShouldBeEmpty();

    [Fact]
    public void What_is_unknown_has_neither_shape_nor_icon()
    {
        NodeTest.Catalog.ShapeOf(new Node { Id = "n", Type = "Nobody" }).ShouldBeNull();
        NodeTest.Catalog.Icon("Nobody").ShouldBeNull();
        NodeTest.Catalog.Executor("webhook").ShouldBeNull("types are case sensitive: they are stored");
    }

    [Fact]
    public void They_come_by_category_then_title() =>
        NodeTest.Catalog.All.ShouldBe(NodeTest.Catalog.All.OrderBy(d => d.Category).ThenBy(d => d.Title, StringComparer.Ordinal));

    [Theory]
    [InlineData(0.0, null)]
    [InlineData(-1.0, null)]
    [InlineData(700_000.0, null)]
    [InlineData(null, -1)]
    [InlineData(null, 21)]
    public void A_nodes_own_limits_are_checked(double? timeout, int? retries)
    {
        var node = new Node { Id = "n", Type = "Webhook", Timeout = timeout, Retries = retries };
        var problem = NodeTest.Catalog.ShapeOf(node).ShouldNotBeNull().FieldProblems.ShouldHaveSingleItem();
        (problem.Code, problem.Field).ShouldBe(("invalid_setting", timeout is null ? "retries" : "timeout"));
        NodeTest.Catalog.ShapeOf(node with { Timeout = 30, Retries = 0 }).ShouldNotBeNull().FieldProblems.ShouldBeEmpty();
    }

    abstract class Idle : INodeExecutor
    {
        public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken) => ValueTask.FromResult(NodeResult.Nothing);
    }

    sealed class Broken : Idle, IComponent
    {
        public static ComponentDescriptor Descriptor { get; } = new("no name", " ", Category.Route, Effects.Pure, "")
        {
            Inputs = [new("twice", PortType.Any), new("twice", PortType.Any)],
            Outputs = [new("out", PortType.Any), new("OUT", PortType.Any), new("Bad-Name", PortType.Any)],
            Fields =
            [
                Field.Number("f", "Help.").Between(0, 10).Default(11), Field.Text("f", "Help."), Field.Text("twice", "Help.") with { Required = true },
                Field.Text("hidden", "Help.") with { ShownWhen = ("nobody", ["x"]) }, Field.Choice("pick", "Help.", "a", "b"), Field.Text("late", "") with { ShownWhen = ("pick", ["c"]) },
            ],
            Highlights = ["nothing"],
            ReturnPort = "back",
        };
    }

    sealed class TwinA : Idle, IComponent
    {
        public static ComponentDescriptor Descriptor { get; } = new("Twin", "Twin", Category.Route, Effects.Pure, "One.");
    }

    sealed class TwinB : Idle, IComponent
    {
        public static ComponentDescriptor Descriptor { get; } = new("Twin", "Twin", Category.Route, Effects.Pure, "Other.");
    }

#pragma warning disable CS9113 // What it would need is the point.
    sealed class Unbuildable(IFormatProvider nobodyHasOne) : Idle, IComponent
#pragma warning restore CS9113
    {
        public static ComponentDescriptor Descriptor { get; } = new("Unbuildable", "Unbuildable", Category.Route, Effects.Pure, "Needs what is not there.");
    }
}

public class NodeContextTests
{
    [Fact]
    public async Task A_setting_can_come_from_a_variable_of_its_kind()
    {
        var node = new NodeTest("Delay", NodeTest.NewCatalog(new StoppedClock())).Set("days", new { variable = "DAYS" }).Variable("DAYS", "2").In("input", "1");
        (await node.RunAsync()).Wait.ShouldNotBeNull().Until.ShouldBe(StoppedClock.Noon.AddDays(2));
        var chat = new NodeTest("ChatOutput").Set("should_store_message", new { variable = "STORE" }).Variable("STORE", "true").In("input_value", "\"x\"");
        await chat.RunAsync();
        chat.Said.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_variable_that_does_not_fit_is_named_without_its_value()
    {
        var error = await new NodeTest("Delay").Set("days", new { variable = "DAYS" }).Variable("DAYS", "canary-5c1").In("input", "1").FailsAsync();
        error.Code.ShouldBe("invalid_setting");
        error.Message.ShouldContain("DAYS");
        (error.Message + error.Remedy).ShouldNotContain("canary-5c1");
    }

    [Fact]
    public async Task A_variable_that_is_not_set_is_named()
    {
        var error = await new NodeTest("DataToMessage").Set("sep", new { variable = "SEP" }).In("data", "[1,2]").FailsAsync();
        error.Code.ShouldBe("missing_variable");
        error.Message.ShouldContain("SEP");
    }

    [Fact]
    public async Task A_setting_of_the_wrong_kind_fails_the_node()
    {
        var error = await new NodeTest("Delay").Set("days", "soon").In("input", "1").FailsAsync();
        error.Code.ShouldBe("invalid_setting");
        error.Message.ShouldContain("must be a number");
    }
}
