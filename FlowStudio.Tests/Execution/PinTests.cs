using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Studio.Editor;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Outputs that are pinned for trying a flow out: who sees them, and what need not run for them.</summary>
public sealed class PinTests
{
    [Fact]
    public async Task A_pinned_node_gives_what_is_pinned_and_what_only_it_needs_does_not_run()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var run = await RunAsync(engine, Pin(CallThenText(upstream), "call", "data", """{"n":7}"""));
        run.Run.Status.ShouldBe(RunStatus.Succeeded, run.Run.Error?.Message);
        run.Output.ShouldNotBeNull().GetString().ShouldBe("n is 7");
        upstream.Calls("call").ShouldBe(0);
        var pinned = run.Steps.Single(s => s.NodeId == "call");
        (pinned.Status, pinned.Pinned, pinned.StartedAt, pinned.ReusedFrom).ShouldBe((StepStatus.Succeeded, true, null, null));
        run.Steps.Single(s => s.NodeId == "in").Status.ShouldBe(StepStatus.Skipped);
        run.Steps.Single(s => s.NodeId == "text").Pinned.ShouldBeFalse();
    }

    [Fact]
    public async Task What_somebody_else_needs_runs_although_a_pinned_node_hangs_on_it()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var flow = Pin(CallThenText(upstream), "call", "data", """{"n":7}""");
        flow = flow with
        {
            Nodes = [.. flow.Nodes, new Node { Id = "also", Type = "DataToMessage", Settings = new() { ["template"] = JsonText.Element("{a}") } }],
            Edges = [.. flow.Edges, new Edge { From = new("in", "output_data"), To = new("also", "data") }],
        };
        var run = await RunAsync(engine, flow, """{"a":"b"}""");
        run.Steps.Single(s => s.NodeId == "in").Status.ShouldBe(StepStatus.Succeeded);
        run.Output.ShouldNotBeNull().GetRawText().ShouldContain("\"b\"");
        upstream.Calls("call").ShouldBe(0);
    }

    [Fact]
    public async Task Inside_of_a_loop_a_pin_counts_for_every_item()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = Pin(Loop(), "a", "text", "\"pinned\"");
        var run = await RunAsync(engine, flow, """[{"n":1},{"n":2}]""");
        run.Run.Status.ShouldBe(RunStatus.Succeeded, run.Run.Error?.Message);
        run.Output.ShouldNotBeNull().GetRawText().ShouldBe("""["<pinned>","<pinned>"]""");
        run.Steps.Where(s => s.NodeId == "a").Select(s => s.Pinned).ShouldBe([true, true]);
    }

    [Fact]
    public async Task A_pinned_loop_repeats_nothing()
    {
        await using var engine = await EngineFixture.StartAsync();
        var run = await RunAsync(engine, Pin(Loop(), "loop", "done", "[1,2,3]"), """[{"n":1},{"n":2}]""");
        run.Run.Status.ShouldBe(RunStatus.Succeeded, run.Run.Error?.Message);
        run.Output.ShouldNotBeNull().GetRawText().ShouldBe("[1,2,3]");
        run.Steps.ShouldNotContain(s => s.NodeId == "a" || s.NodeId == "b");
    }

    [Fact]
    public async Task A_pin_on_a_node_that_is_switched_off_counts_for_nothing()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        var flow = Pin(CallThenText(upstream), "call", "data", """{"n":7}""");
        var run = await RunAsync(engine, flow with { Nodes = [.. flow.Nodes.Select(n => n.Id == "call" ? n with { Disabled = true } : n)] });
        run.Steps.Single(s => s.NodeId == "call").Status.ShouldBe(StepStatus.Skipped);
        run.Steps.Single(s => s.NodeId == "text").Status.ShouldBe(StepStatus.Skipped);
    }

    [Fact]
    public async Task What_triggers_callers_and_publishing_take_has_no_pins()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("call");
        var flow = await engine.AddFlowAsync(Pin(CallThenText(upstream), "call", "data", """{"n":7}"""));
        foreach (var draft in (bool[])[true, false])
            (await engine.Flows.ResolveAsync(flow.Id.ToString(), draft, CancellationToken.None))!.Version.Document.Nodes.ShouldAllBe(n => n.Pinned == null);
        (await engine.EndOfAsync(await engine.StartRunAsync(flow))).Steps.ShouldAllBe(s => !s.Pinned);
        upstream.Calls("call").ShouldBe(1);
        var live = (await engine.Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, CancellationToken.None)).ShouldNotBeNull();
        live.Document.Nodes.ShouldAllBe(n => n.Pinned == null);
        live.Hash.ShouldBe(FlowJson.Hash(live.Document));
        (await engine.Flows.FindAsync(flow.Id, CancellationToken.None))!.Draft.Node("call")!.Pinned.ShouldNotBeNull();
        // A pin is no change that could be published.
        (await engine.Flows.PublishAsync(flow.Id, note: null, expectedRevision: null, CancellationToken.None)).ShouldNotBeNull().Number.ShouldBe(live.Number);
    }

    [Fact]
    public void Pins_are_written_and_read_with_the_document()
    {
        var flow = Pin(Loop(), "a", "text", """{"deep":[1,"ü"]}""");
        var text = FlowJson.ToText(flow);
        text.ShouldContain("\"pinned\":{\"text\":{\"deep\":[1,\"ü\"]}}");
        FlowJson.ToText(FlowJson.Parse(text)).ShouldBe(text);
        FlowJson.ToText(flow.WithoutPins()).ShouldBe(FlowJson.ToText(Loop()));
    }

    [Fact]
    public void What_a_pinned_node_lacks_keeps_nothing_from_being_tried_out()
    {
        var validator = new FlowValidator(NodeTest.Catalog);
        var flow = new FlowBuilder().Node("call", "ApiRequest").Node("text", "DataToMessage", new { template = "{n}" }).Edge("call.data", "text.data").Build();
        validator.Validate(flow).ShouldContain(p => p.NodeId == "call" && p.Severity == ProblemSeverity.Error);
        validator.Validate(Pin(flow, "call", "data", "{}")).ShouldNotContain(p => p.Severity == ProblemSeverity.Error);
        validator.Validate(Pin(flow, "call", "nonsense", "{}")).ShouldContain(p => p.Code == "pinned_unknown_output" && p.Field == "nonsense");
    }

    [Fact]
    public async Task A_run_that_is_interrupted_after_a_pinned_node_goes_on_as_if_it_had_not_been()
    {
        await using var upstream = await Upstream.StartAsync();
        var first = await EngineFixture.StartAsync(configure: o => o.Runner.DrainSeconds = 0);
        var kept = Directory.CreateTempSubdirectory("flowstudio-test-").FullName;
        var killed = Directory.CreateTempSubdirectory("flowstudio-test-").FullName;
        try
        {
            var flow = await first.AddFlowAsync(Pin(new FlowBuilder().Node("in", "Webhook").Node("call", "ApiRequest", new { url_input = upstream.Url("call") })
                .Node("then", "ApiRequest", new { url_input = upstream.Url("then"), method = "POST" }).Node("text", "DataToMessage", new { template = "got {status}" })
                .Edge("in.output_data", "call.body").Edge("call.data", "then.body").Edge("then.data", "text.data").Build(), "call", "data", """{"n":7}"""));
            var run = (await StartAsync(first, flow)).RunId.ShouldNotBeNull();
            await upstream.UntilCalledAsync("then");
            // As a kill leaves it: the files as they are while the run is at work.
            Copy(first.Directory, killed);
            await first.StopAsync();
            Copy(first.Directory, kept);
            upstream.Release("then");
            foreach (var folder in (string[])[killed, kept])
            {
                await using var engine = await EngineFixture.StartAsync(folder);
                var ended = await engine.EndOfAsync(run);
                ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
                ended.Steps.Where(s => s.NodeId == "call").ShouldHaveSingleItem().Pinned.ShouldBeTrue();
                ended.Output.ShouldNotBeNull().GetString().ShouldBe("got 200");
            }
            upstream.Calls("call").ShouldBe(0);
            upstream.Keys("then").Distinct().ShouldHaveSingleItem();
        }
        finally
        {
            await first.DisposeAsync();
            Directory.Delete(kept, recursive: true);
            Directory.Delete(killed, recursive: true);
        }
    }

    [Fact]
    public async Task A_replay_with_the_flow_as_called_does_again_what_was_pinned()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var engine = await EngineFixture.StartAsync();
        upstream.Release("call");
        upstream.Release("then", status: 400);
        var flow = await engine.AddFlowAsync(Pin(new FlowBuilder().Node("in", "Webhook").Node("call", "ApiRequest", new { url_input = upstream.Url("call") })
            .Node("then", "ApiRequest", new { url_input = upstream.Url("then"), method = "POST" }).Edge("in.output_data", "call.body").Edge("call.data", "then.body").Build(), "call", "data", "{}"));
        var first = await engine.EndOfAsync((await StartAsync(engine, flow)).RunId.ShouldNotBeNull());
        first.Run.Status.ShouldBe(RunStatus.Failed);
        upstream.Release("then");
        var same = await engine.Get<IRunReplay>().ReplayAsync(new(first.Run.Id, ReplayFrom.Failed, ReplayVersion.Same), CancellationToken.None);
        (await engine.EndOfAsync(same.RunId)).Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("call").ShouldBe(0);
        var latest = await engine.Get<IRunReplay>().ReplayAsync(new(first.Run.Id, ReplayFrom.Failed, ReplayVersion.Latest), CancellationToken.None);
        (await engine.EndOfAsync(latest.RunId)).Run.Status.ShouldBe(RunStatus.Succeeded);
        upstream.Calls("call").ShouldBe(1);
    }

    internal static FlowDocument Pin(FlowDocument flow, string node, string port, string json) =>
        flow with { Nodes = [.. flow.Nodes.Select(n => n.Id == node ? n with { Pinned = new() { [port] = JsonText.Element(JsonDocument.Parse(json).RootElement, static (w, v) => v.WriteTo(w)) } } : n)] };

    static async Task<RunDetails> RunAsync(EngineFixture engine, FlowDocument flow, string input = "{}") =>
        await engine.EndOfAsync((await StartAsync(engine, await engine.AddFlowAsync(flow), input)).RunId.ShouldNotBeNull());

    static Task<Started> StartAsync(EngineFixture engine, Flow flow, string input = "{}") => Starter(engine).StartAsync(flow.Id, input, CancellationToken.None);

    internal static RunStarter Starter(EngineFixture engine) => new(engine.Flows, engine.Get<IRunIntake>(), engine.Get<FlowStudio.Engine.Components.ComponentCatalog>(), engine.Get<TimeProvider>());

    static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!); // a file has a folder
            File.Copy(file, target);
        }
    }

    static FlowDocument CallThenText(Upstream upstream) => new FlowBuilder().Node("in", "Webhook").Node("call", "ApiRequest", new { url_input = upstream.Url("call") })
        .Node("text", "DataToMessage", new { template = "n is {n}" }).Edge("in.output_data", "call.body").Edge("call.data", "text.data").Build();

    static FlowDocument Loop() => new FlowBuilder().Node("in", "Webhook").Node("loop", "Loop").Node("a", "DataToMessage", new { template = "{n}" }).Node("b", "Prompt", new { template = "<{x}>" })
        .Edge("in.output_data", "loop.data").Edge("loop.item", "a.data").Edge("a.text", "b.x").Edge("b.prompt", "loop.loop").Build();
}
