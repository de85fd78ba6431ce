using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

public class LoopTests
{
    /// <summary>A webhook whose body is the list, and a text made of each item.</summary>
    static FlowBuilder Texts(object? settings = null, string template = "<{name}>") => new FlowBuilder()
        .Node("in", "Webhook").Node("loop", "Loop", settings).Node("text", "DataToMessage", new { template })
        .Edge("in.output_data", "loop.data").Edge("loop.item", "text.data").Edge("text.text", "loop.loop");

    static string List(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"name":"{{i}}"}"""))}]";

    static string[] Done(RunDetails run) => [.. run.Steps.Last(s => s is { NodeId: "loop", Status: StepStatus.Succeeded }).Output.Single(o => o.Key == "done").Value.EnumerateArray().Select(JsonText.Of)];

    static async Task<RunDetails> RunAsync(EngineFixture engine, FlowBuilder flow, string input) =>
        await engine.EndOfAsync(await engine.StartRunAsync(await engine.AddFlowAsync(flow.Build()), input));

    [Fact]
    public async Task The_body_runs_once_per_item_and_the_results_come_in_order()
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Texts(), List(3));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).ShouldBe(["<0>", "<1>", "<2>"]);
        ended.Steps.Where(s => s.NodeId == "text").Select(s => string.Join('.', s.Iteration)).ShouldBe(["0", "1", "2"]);
        ended.Output.ShouldNotBeNull().GetRawText().ShouldBe("""["<0>","<1>","<2>"]""");
    }

    [Theory]
    [InlineData("[]", 0)]
    [InlineData("""{"name":"only"}""", 1)]
    [InlineData("""{"list":[1,2,3]}""", 1)]
    public async Task What_is_no_list_counts_as_one_item_and_nothing_as_none(string input, int iterations)
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Texts(template: "x"), input);
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended).Length.ShouldBe(iterations);
        ended.Steps.Count(s => s.NodeId == "text").ShouldBe(iterations);
    }

    [Fact]
    public async Task A_list_that_is_too_long_fails_before_anything_is_repeated()
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Texts(new { max_items = 3 }), List(4));
        ended.Run.Status.ShouldBe(RunStatus.Failed);
        var error = ended.Run.Error.ShouldNotBeNull();
        (error.Code, error.NodeId).ShouldBe(("too_many_items", "loop"));
        error.Message.ShouldContain("4 items");
        error.Remedy.ShouldNotBeNull().ShouldContain("Max items");
        ended.Steps.ShouldNotContain(s => s.NodeId == "text");
    }

    [Fact]
    public async Task Ten_thousand_iterations_neither_grow_the_stack_nor_the_tail()
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await RunAsync(engine, Texts(new { max_items = 10_000 }), List(10_000));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, ended.Run.Error?.Message);
        Done(ended)[^1].ShouldBe("<9999>");
    }
}
