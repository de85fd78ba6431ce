using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>"Run to here" and "Run this node".</summary>
public sealed class PartialRunTests
{
    [Fact]
    public async Task To_here_runs_the_node_and_what_it_depends_on_and_nothing_after()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Line());
        var started = await PinTests.Starter(engine).RunToHereAsync(flow, flow.Draft, "a", JsonText.Parse("""{"n":7}"""u8), CancellationToken.None);
        var run = await engine.EndOfAsync(started.RunId.ShouldNotBeNull(started.Problem));
        run.Steps.Select(s => s.NodeId).ShouldBe(["in", "a"]);
        run.Output.ShouldNotBeNull().GetString().ShouldBe("a7");
    }

    [Fact]
    public void In_a_loop_s_body_only_what_leads_to_the_node_is_kept_and_after_the_loop_all_of_the_body()
    {
        Ids(PartialFlow.UpTo(Loop(), "a", NodeTest.Catalog)).ShouldBe(["in", "loop", "a"]);
        Ids(PartialFlow.UpTo(Loop(), "end", NodeTest.Catalog)).ShouldBe(["in", "loop", "a", "b", "end"]);
        Ids(PartialFlow.UpTo(Loop(), "loop", NodeTest.Catalog)).ShouldBe(["in", "loop", "a", "b"]);
    }

    [Fact]
    public void What_lies_before_a_pin_is_not_needed() =>
        Ids(PartialFlow.UpTo(PinTests.Pin(Loop(), "loop", "done", "[]"), "end", NodeTest.Catalog)).ShouldBe(["loop", "end"]);

    [Fact]
    public async Task A_node_runs_alone_with_what_came_to_it_in_the_run_shown()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Line());
        var shown = await ShownAsync(engine, flow, """{"n":7}""");
        var changed = flow.Draft with { Nodes = [.. flow.Draft.Nodes.Select(n => n.Id == "b" ? n with { Settings = new() { ["template"] = JsonText.Element("now {x}") } } : n)] };
        var started = await PinTests.Starter(engine).RunNodeAsync(flow, changed, "b", shown, CancellationToken.None);
        var run = await engine.EndOfAsync(started.RunId.ShouldNotBeNull(started.Problem));
        run.Steps.Select(s => (s.NodeId, s.Pinned)).ShouldBe([("a", true), ("b", false)]);
        run.Output.ShouldNotBeNull().GetString().ShouldBe("now a7");
    }

    [Fact]
    public async Task A_trigger_alone_gets_the_input_of_the_run_shown()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Line());
        var started = await PinTests.Starter(engine).RunNodeAsync(flow, flow.Draft, "in", await ShownAsync(engine, flow, """{"n":7}"""), CancellationToken.None);
        (await engine.EndOfAsync(started.RunId.ShouldNotBeNull(started.Problem))).Output.ShouldNotBeNull().GetRawText().ShouldBe("""{"n":7}""");
    }

    [Fact]
    public async Task Without_a_run_it_says_that_one_is_needed()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Line());
        var started = await PinTests.Starter(engine).RunNodeAsync(flow, flow.Draft, "b", shown: null, CancellationToken.None);
        started.RunId.ShouldBeNull();
        started.Problem.ShouldNotBeNull().ShouldStartWith("Run the flow once, so that there is an input to run Prompt with");
    }

    [Fact]
    public async Task A_node_of_a_loop_s_body_runs_with_the_last_item()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Loop());
        var started = await PinTests.Starter(engine).RunNodeAsync(flow, flow.Draft, "a", await ShownAsync(engine, flow, """[{"n":1},{"n":2}]"""), CancellationToken.None);
        (await engine.EndOfAsync(started.RunId.ShouldNotBeNull(started.Problem))).Output.ShouldNotBeNull().GetString().ShouldBe("a2");
    }

    [Fact]
    public async Task A_loop_alone_runs_its_body()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Loop());
        var started = await PinTests.Starter(engine).RunNodeAsync(flow, flow.Draft, "loop", await ShownAsync(engine, flow, """[{"n":1},{"n":2}]"""), CancellationToken.None);
        (await engine.EndOfAsync(started.RunId.ShouldNotBeNull(started.Problem))).Output.ShouldNotBeNull().GetRawText().ShouldBe("""["<a1>","<a2>"]""");
    }

    [Fact]
    public void A_pinned_source_serves_instead_of_a_run_and_the_node_s_own_pin_does_not_count()
    {
        var flow = PinTests.Pin(PinTests.Pin(Line(), "a", "text", "\"hello\""), "b", "prompt", "\"old\"");
        var part = PartialFlow.Only(flow, "b", NodeTest.Catalog, _ => default).Document.ShouldNotBeNull();
        part.Node("a")!.Pinned!["text"].GetString().ShouldBe("hello");
        part.Node("b")!.Pinned.ShouldBeNull();
    }

    [Fact]
    public void A_branch_that_was_not_taken_is_told()
    {
        var part = PartialFlow.Only(Line(), "a", NodeTest.Catalog, _ => new(Ran: true, Value: null));
        part.Document.ShouldBeNull();
        part.Problem.ShouldContain("another branch was taken");
    }

    [Fact]
    public void A_node_that_is_switched_off_is_not_run()
    {
        var flow = Line() with { Nodes = [.. Line().Nodes.Select(n => n with { Disabled = true })] };
        PartialFlow.UpTo(flow, "a", NodeTest.Catalog).Problem.ShouldContain("switched off");
        PartialFlow.Only(flow, "a", NodeTest.Catalog, _ => default).Problem.ShouldContain("switched off");
    }

    [Fact]
    public void Models_and_tools_belong_to_the_agent()
    {
        var flow = new FlowBuilder().Node("in", "ChatInput").Node("clock", "DateTime").Node("agent", "Agent").Node("out", "ChatOutput")
            .Edge("in.message", "agent.input_value").Edge("clock.component_as_tool", "agent.tools").Edge("agent.response", "out.input_value").Build();
        var part = PartialFlow.Only(flow, "agent", NodeTest.Catalog, from => from.Node == "in" ? new(Ran: true, JsonText.Element("hello")) : default);
        Ids(part).ShouldBe(["in", "clock", "agent"]);
        part.Document!.Node("clock")!.Pinned.ShouldBeNull();
        part.Document.Node("in")!.Pinned.ShouldNotBeNull();
    }

    static IEnumerable<string> Ids(PartOfFlow part) => part.Document.ShouldNotBeNull(part.Problem).Nodes.Select(n => n.Id);

    static async Task<RunProgress> ShownAsync(EngineFixture engine, Flow flow, string input)
    {
        var run = await engine.StartRunAsync(flow, input);
        await engine.EndOfAsync(run);
        var shown = new RunProgress(run);
        foreach (var happened in await engine.Runs.EventsAsync(run, 0, 1000, CancellationToken.None))
            shown.Apply(happened.Read());
        return shown;
    }

    static FlowDocument Line() => new FlowBuilder().Node("in", "Webhook").Node("a", "DataToMessage", new { template = "a{n}" }).Node("b", "Prompt", new { template = "b {x}" })
        .Edge("in.output_data", "a.data").Edge("a.text", "b.x").Build();

    static FlowDocument Loop() => new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop").Node("a", "DataToMessage", new { template = "a{n}" }).Node("b", "Prompt", new { template = "<{x}>" })
        .Node("end", "DataToMessage", new { template = "end" })
        .Edge("in.output_data", "loop.data").Edge("loop.item", "a.data").Edge("a.text", "b.x").Edge("b.prompt", "loop.loop").Edge("loop.done", "end.data").Build();
}
