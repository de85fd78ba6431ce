using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Flows;

public class FlowValidatorTests
{
    static readonly FlowValidator Validator = new(new Shapes());

    [Fact]
    public void The_tutorial_flow_has_no_problems() => new FlowValidator(NodeTest.Catalog).Validate(FlowText.Read(
        """
        w: Webhook
        d: DataToMessage template={text}
        p: Prompt template={question}
        l: LLM
        c: ChatOutput
        a: ApiRequest url_input=/bin/tutorial method=POST
        w.output_data > d.data
        d.text > p.question
        p.prompt > l.input_value
        l.text_output > c.input_value
        c.message > a.body
        """)).ShouldBeEmpty();

    // code · severity · node · field · words of the message, in any order, one per line of the flow's problems
    [Theory]
    [InlineData("t: Trigger\na: Stp\nt.out > a.in", "unknown_type E a - Stp")]
    [InlineData("t: Trigger\n?a: Stp\nt.out > a.in", "unknown_type E a - Stp")]
    [InlineData("t: Trigger\na: Step\na: Step\nt.out > a.in", "duplicate_node_id E a - two")]
    [InlineData("t: Trigger\nt.out > gone.in", "dangling_edge E t out gone")]
    [InlineData("t: Trigger\na: Step\nt.out > a.in\ngone.out > a.in", "dangling_edge E a in gone", "too_many_edges E a in 2")]
    [InlineData("t: Trigger\ngone.out > gone2.in", "dangling_edge E - - gone", "dangling_edge E - - gone2")]
    [InlineData("t: Trigger\na: Step\nt.nope > a.in", "dangling_edge E t nope nope")]
    [InlineData("t: Trigger\na: Step\nt.out > a.in\nt.out > a.nope", "dangling_edge E a nope nope")]
    [InlineData("t: Trigger\na: Step\nt.data > a.in", "type_mismatch E a in Data")]
    [InlineData("t: Trigger\na: Step\nt.any > a.in")]
    [InlineData("t: Trigger\na: Step\nt.number > a.in")]
    [InlineData("t: Trigger\na: Step\nt.out > a.in\nt.any > a.in", "too_many_edges E a in 2")]
    [InlineData("t: Trigger\na: Many\nt.out > a.in\nt.any > a.in")]
    [InlineData("t: Trigger\na: Many\nt.out > a.in\nt.out > a.in", "duplicate_edge E a in two")]
    [InlineData("t: Trigger\na: Step\nb: Step\nt.out > a.in\na.out > b.opt", "missing_input E b in nothing")]
    [InlineData("t: Trigger\na: Step in=x\nt.out > a.opt")]
    [InlineData("t: Trigger\n?a: Step\nt.out > a.opt")]
    [InlineData("t: Trigger\na: Step\nb: Step\nt.out > a.opt\na.out > b.in\nb.out > a.in", "cycle E a - a → b → a")]
    [InlineData("t: Trigger\na: Step\nb: Step\nc: Step\nd: Step\nt.out > a.opt\na.out > b.in\nb.out > c.in\nc.out > b.opt\nc.out > d.in\nd.out > a.in", "cycle E b - b → c → b")]
    [InlineData("t: Trigger\na: Step\nb: Step\nc: Step\nd: Step\nt.out > a.opt\na.out > b.in\nb.out > a.in\nb.out > c.opt\nc.out > d.in\nd.out > c.in", "cycle E a - a → b", "cycle E c - c → d")]
    [InlineData("t: Trigger\na: Step\nt.out > a.opt\na.out > a.in", "self_loop E a in itself")]
    [InlineData("t: Trigger\nl: Loop\nb: Step\nt.out > l.in\nl.item > b.in\nb.out > l.back")]
    [InlineData("t: Trigger\nl: Loop\nt.out > l.in\nl.item > l.back")]
    [InlineData("t: Trigger\nl: Loop\nb: Step\nt.out > l.in\nl.item > b.in\nb.out > l.more", "cycle E l - l → b")]
    [InlineData("t: Trigger\na: Agent\ns: Step\nt.out > a.in\ns.component_as_tool > a.tools")]
    [InlineData("t: Trigger\na: Agent\ns: Step\nm: Many\nt.out > a.in\ns.component_as_tool > a.tools\ns.out > m.in\nt.out > m.in", "tool_has_edges E s out tool")]
    [InlineData("t: Trigger\na: Agent\nb: Agent\ns: Step\nt.out > a.in\nt.out > b.in\ns.component_as_tool > a.tools\ns.component_as_tool > b.tools", "tool_shared E s component_as_tool more than one agent")]
    [InlineData("t: Trigger\na: Agent\nm: Source\nt.out > a.in\nm.component_as_tool > a.tools", "dangling_edge E m component_as_tool does not have")]
    [InlineData("t: Trigger\na: Agent\ns: Step\nt.out > a.in\ns.component_as_tool > a.in\nt.out > s.in", "type_mismatch E a in Tool", "too_many_edges E a in 2")]
    [InlineData("t: Trigger\nl: Loop\nb: Step\nt.out > l.in\nl.item > b.in", "loop_collects_nothing W l back nothing comes back")]
    [InlineData("t: Trigger\n?l: Loop\nt.out > l.in")]
    [InlineData("t: Trigger\nl: Loop\nb: Step\nt.out > l.in\nl.item > b.in\nl.out > b.opt\nb.out > l.back", "loop_body_leaks E b - finished list")]
    [InlineData("t: Trigger\nl: Loop\nb: Step\nm: Many\nt.out > l.in\nl.item > b.in\nb.out > l.back\nb.out > m.in\nl.out > m.in", "loop_body_leaks E m - finished list")]
    [InlineData("t: Trigger\nl: Loop\nk: Loop\nb: Step\nt.out > l.in\nt.out > k.in\nl.item > b.in\nk.item > b.opt\nb.out > l.back\nk.item > k.back", "loop_bodies_overlap E b - neither")]
    [InlineData("t: Trigger\nl: Loop\nk: Loop\nb: Step\nt.out > l.in\nl.out > k.in\nl.item > b.in\nb.out > l.back\nk.item > k.back")]
    [InlineData("t: Trigger\nl: Loop\nk: Loop\nb: Step\nt.out > l.in\nl.item > k.in\nk.item > b.in\nl.item > b.opt\nb.out > k.back\nk.out > l.back")]
    [InlineData("t: Trigger\nl: Loop\nk: Loop\nb: Step\nt.out > l.in\nl.item > k.in\nk.item > b.in\nb.out > l.back\nk.item > k.back", "loop_return_inner E l back runs once for each item of k")]
    [InlineData("t: Trigger\nl: Loop\nk: Loop\nt.out > l.in\nl.item > k.in\nk.item > l.back\nk.item > k.back", "loop_return_inner E l back runs once for each item of k")]
    [InlineData("t: Trigger\nl: Loop\na: Step\nt.out > l.in\nt.out > a.in\na.out > l.back", "loop_return_outside E l back does not hang on")]
    [InlineData("t: Trigger\nl: Loop\nt.out > l.in\nl.out > l.back", "loop_return_outside E l back does not hang on")]
    [InlineData("t: Trigger\nl: Loop\ns: Late\nt.out > l.in\nl.item > s.in\ns.out > l.back", "trigger_in_loop E s - starts runs")]
    [InlineData("t: Trigger\nl: Loop\nb: Step\na: Step\nt.out > l.in\nt.out > a.in\nl.item > b.in\na.out > b.opt\nb.out > l.back")]
    [InlineData("t: Trigger\na: Step in=x", "unreachable_node W a - trigger")]
    [InlineData("t: Trigger\nm: Many\nc: Source\nt.out > m.in\nc.out > m.in")]
    [InlineData("t: Trigger\nm: Many\nc: Source\nd: Step\nt.out > m.in\nc.out > d.in", "unreachable_node W c - trigger", "unreachable_node W d - trigger")]
    [InlineData("t: Trigger\n?o: Step\na: Step\nt.out > o.in\no.out > a.in", "unreachable_node W a - trigger")]
    [InlineData("a: Step in=x", "no_trigger W - - no node")]
    [InlineData("?t: Trigger", "no_trigger W - - no node")]
    [InlineData("", "no_trigger W - - empty")]
    [InlineData("t: Trigger\na: Wrong\nt.out > a.in", "invalid_setting E a f bad")]
    [InlineData("t: Trigger\n?a: Wrong\nt.out > a.in")]
    [InlineData("t: Trigger\na: Stp\nb: Step\nt.out > a.x\na.y > b.in", "unknown_type E a - Stp")]
    public void Each_problem_is_found_and_named(string flow, params string[] expected)
    {
        var problems = Validator.Validate(FlowText.Read(flow));
        problems.Select(Brief).ShouldBe(expected.Select(e => string.Join(' ', e.Split(' ')[..4])), ignoreOrder: true);
        foreach (var (words, problem) in expected.Select(e => (string.Join(' ', e.Split(' ')[4..]), problems.First(p => Brief(p) == string.Join(' ', e.Split(' ')[..4]) && Has(p, e)))))
        {
            problem.Message.ShouldContain(words, Case.Insensitive);
            problem.Advice.ShouldNotBeEmpty();
        }
    }

    static bool Has(FlowProblem problem, string expected) => problem.Message.Contains(string.Join(' ', expected.Split(' ')[4..]), StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void All_problems_come_in_one_pass()
    {
        var codes = Validator.Validate(FlowText.Read("t: Trigger\na: Stp\nb: Wrong\nc: Step\nt.data > c.in\nt.out > b.in\nc.out > gone.in\nt.out > t.x")).Select(p => p.Code);
        codes.ShouldBe(["unknown_type", "invalid_setting", "type_mismatch", "dangling_edge", "dangling_edge", "self_loop", "unreachable_node"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" a")]
    [InlineData("a\n")]
    [InlineData("a\u0000b")]
    public void An_id_that_cannot_travel_is_refused(string id) =>
        Validator.Validate(new FlowDocument { Nodes = [new Node { Id = id, Type = "Trigger" }] }).ShouldContain(p => p.Code == "invalid_node_id" && p.NodeId == id);

    [Fact]
    public void An_id_may_have_128_characters_and_no_more()
    {
        Ids(128).ShouldBeEmpty();
        Ids(129).ShouldHaveSingleItem().Code.ShouldBe("invalid_node_id");

        static IReadOnlyList<FlowProblem> Ids(int length) => Validator.Validate(new FlowDocument { Nodes = [new Node { Id = new string('i', length), Type = "Trigger" }] });
    }

    [Fact]
    public void The_largest_flow_is_validated_and_a_larger_one_refused_at_once()
    {
        Validator.Validate(Ring(FlowValidator.MaxNodes, extra: 0)).Single(p => p.Code == "cycle").Message.ShouldContain("…");
        Validator.Validate(Ring(FlowValidator.MaxNodes + 1, extra: 0)).ShouldHaveSingleItem().Code.ShouldBe("flow_too_large");
        Validator.Validate(Ring(FlowValidator.MaxNodes, extra: FlowValidator.MaxEdges)).ShouldHaveSingleItem().Code.ShouldBe("flow_too_large");
    }

    static FlowDocument Ring(int nodes, int extra) => new()
    {
        Nodes = [.. Enumerable.Range(0, nodes).Select(i => new Node { Id = $"n{i}", Type = "Many" })],
        Edges =
        [
            .. Enumerable.Range(0, nodes).Select(i => new Edge { From = new($"n{i}", "out"), To = new($"n{(i + 1) % nodes}", "in") }),
            .. Enumerable.Range(0, extra).Select(i => new Edge { From = new($"n{i % nodes}", "out"), To = new("n0", "in") }),
        ],
    };

    static string Brief(FlowProblem p) => $"{p.Code} {(p.Severity == ProblemSeverity.Error ? 'E' : 'W')} {p.NodeId ?? "-"} {p.Field ?? "-"}";

    /// <summary>A handful of made-up components, one per thing that matters to validation.</summary>
    sealed class Shapes : INodeShapes
    {
        static readonly InputPort In = new("in", PortType.Message) { Required = true };
        static readonly InputPort Optional = new("opt", PortType.Message);
        static readonly OutputPort Out = new("out", PortType.Message);

        public NodeShape? ShapeOf(Node node) => node.Type switch
        {
            "Trigger" => new([], [Out, new("data", PortType.Data), new("any", PortType.Any), new("number", PortType.Number)], IsTrigger: true, ReturnPort: null, []),
            "Step" => new([In, Optional], [Out], IsTrigger: false, ReturnPort: null, []) { FilledInputs = [.. node.Settings.Keys], CanBeTool = true },
            "Agent" => new([In, new("tools", PortType.Tool) { Many = true }], [Out], IsTrigger: false, ReturnPort: null, []),
            "Source" => new([], [Out], IsTrigger: false, ReturnPort: null, []),
            "Many" => new([In with { Many = true }], [Out], IsTrigger: false, ReturnPort: null, []),
            "Loop" => new([In, new("back", PortType.Any), new("more", PortType.Any)], [new("item", PortType.Any), Out], IsTrigger: false, ReturnPort: "back", []) { ItemPort = "item" },
            "Late" => new([In], [Out], IsTrigger: true, ReturnPort: null, []),
            "Wrong" => new([In], [Out], IsTrigger: false, ReturnPort: null, [new("invalid_setting", ProblemSeverity.Error, node.Id, "f", "It is bad.", "Mend it.")]),
            _ => null,
        };

        public IReadOnlyList<string> Suggest(string type) => type == "Stp" ? ["Step"] : [];
    }
}
