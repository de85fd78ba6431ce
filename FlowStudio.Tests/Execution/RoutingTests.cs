using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>An order comes in; large ones are answered in another way than small ones.</summary>
public class RoutingTests
{
    static FlowDocument Orders() => new FlowBuilder()
        .Node("in", "Webhook")
        .Node("order", "Extract", new { path = "order" })
        .Node("large", "IfElse", new Dictionary<string, object> { ["path"] = "total", ["operator"] = "greater than or equal", ["match_text"] = "100" })
        .Node("discount", "Calculator", new { expression = "round({total} * 0.9, 2)" })
        .Node("vip", "Parser", new { pattern = "Your discounted price is {result}." })
        .Node("usual", "DataToMessage", new { template = "Thank you for order {id}." })
        .Node("goodbye", "TextInput", new { input_value = "Your shop" })
        .Node("answer", "Combine", new { separator = " " })
        .Node("out", "ChatOutput")
        .Edge("in.output_data", "order.data").Edge("order.value", "large.input_text")
        .Edge("large.true_result", "discount.data").Edge("discount.result", "vip.input_data").Edge("large.false_result", "usual.data")
        .Edge("vip.parsed_text", "answer.values").Edge("usual.text", "answer.values").Edge("goodbye.text", "answer.values")
        .Edge("answer.text", "out.input_value").Build();

    [Theory]
    [InlineData("100.00", "Your discounted price is 90. Your shop", new[] { "usual" })]
    [InlineData("\"250.55\"", "Your discounted price is 225.5. Your shop", new[] { "usual" })]
    [InlineData("99.99", "Thank you for order A-7. Your shop", new[] { "discount", "vip" })]
    public async Task An_order_takes_one_of_two_ways_and_the_other_is_skipped_visibly(string total, string answer, string[] skipped)
    {
        await using var engine = await EngineFixture.StartAsync();
        var ended = await engine.EndOfAsync(await engine.StartRunAsync(await engine.AddFlowAsync(Orders()), $$$"""{"order":{"id":"A-7","total":{{{total}}}}}"""));
        ended.Run.Status.ShouldBe(RunStatus.Succeeded);
        ended.Output.ShouldNotBeNull().GetString().ShouldBe(answer);
        ended.Steps.Where(s => s.Status is StepStatus.Skipped).Select(s => s.NodeId).ShouldBe(skipped, ignoreOrder: true);
        ended.Steps.Where(s => s.Status is not StepStatus.Skipped).ShouldAllBe(s => s.Status == StepStatus.Succeeded);
        ended.Steps.Count.ShouldBe(9);
        (await engine.Runs.MessagesAsync(ended.Run.ThreadId, 10, CancellationToken.None)).ShouldHaveSingleItem().Text.ShouldBe(answer);
    }

    [Fact]
    public async Task An_order_without_what_is_looked_at_fails_with_what_it_has()
    {
        await using var engine = await EngineFixture.StartAsync();
        var flow = await engine.AddFlowAsync(Orders());
        var nothing = await engine.EndOfAsync(await engine.StartRunAsync(flow, """{"invoice":{}}"""));
        nothing.Run.Status.ShouldBe(RunStatus.Failed);
        var error = nothing.Run.Error.ShouldNotBeNull();
        (error.Code, error.NodeId).ShouldBe(("missing_value", "order"));
        error.Message.ShouldContain("invoice");
        var wrong = await engine.EndOfAsync(await engine.StartRunAsync(flow, """{"order":{"id":1,"total":"a lot"}}"""));
        wrong.Run.Error.ShouldNotBeNull().Message.ShouldContain("'a lot'");
    }

    [Fact]
    public async Task A_run_of_the_api_fills_text_inputs_by_their_titles()
    {
        await using var engine = await EngineFixture.StartAsync();
        var document = new FlowBuilder().Node("in", "ChatInput").Node("tone", "TextInput", new { input_value = "friendly" }).Node("prompt", "Prompt", new { template = "{tone}: {question}" }).Node("out", "TextOutput")
            .Edge("in.message", "prompt.question").Edge("tone.text", "prompt.tone").Edge("prompt.prompt", "out.input_value").Build();
        var flow = await engine.AddFlowAsync(document);
        (await AnswerAsync("""{"message":"Why?"}""")).ShouldBe("friendly: Why?");
        (await AnswerAsync("""{"message":"Why?","tone":"stern"}""")).ShouldBe("stern: Why?");

        async Task<string?> AnswerAsync(string input) => (await engine.EndOfAsync(await engine.StartRunAsync(flow, input, RunTrigger.Api))).Output.ShouldNotBeNull().GetString();
    }
}
