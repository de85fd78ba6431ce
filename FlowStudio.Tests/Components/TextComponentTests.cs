using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class TextInputTests
{
    [Theory]
    [InlineData("""{"Tone of voice":"stern"}""", "stern")]
    [InlineData("""{"tone_of_voice":"stern"}""", "stern")]
    [InlineData("""{"n1":"stern"}""", "stern")]
    [InlineData("""{"tone_of_voice":""}""", "")]
    [InlineData("""{"tone_of_voice":42}""", "42")]
    [InlineData("""{"tone_of_voice":{"text":"stern","sender":"User"}}""", "stern")]
    [InlineData("""{"tone_of_voice":null}""", "friendly")]
    [InlineData("""{"other":"stern"}""", "friendly")]
    [InlineData("\"stern\"", "friendly")]
    [InlineData("[\"stern\"]", "friendly")]
    [InlineData("null", "friendly")]
    public async Task The_runs_input_replaces_the_text_by_name(string input, string expected) =>
        (await Started(input, RunTrigger.Api, "Tone of voice").TextAsync("text")).ShouldBe(expected);

    [Fact]
    public async Task A_webhooks_body_never_replaces_it()
    {
        (await Started("""{"Tone":"stern"}""", RunTrigger.Webhook, "Tone").TextAsync("text")).ShouldBe("friendly");
        var replay = Started("""{"Tone":"stern"}""", RunTrigger.Replay, "Tone");
        replay.Run = replay.Run with { Call = new CallDetails("POST", [], []) };
        (await replay.TextAsync("text")).ShouldBe("friendly");
    }

    [Fact]
    public async Task Without_a_title_only_the_id_counts() =>
        (await Started("""{"":"a","TextInput":"b"}""", RunTrigger.Studio, "").TextAsync("text")).ShouldBe("friendly");

    [Fact]
    public async Task Nothing_at_all_is_the_empty_text() => (await new NodeTest("TextInput").TextAsync("text")).ShouldBe("");

    static NodeTest Started(string input, RunTrigger trigger, string title)
    {
        var node = new NodeTest("TextInput").Set("input_value", "friendly").Titled(title);
        node.Run = node.Run with { Input = NodeTest.Json(input), Trigger = trigger };
        return node;
    }
}

public class TextOutputTests
{
    [Theory]
    [InlineData("\"hi\"", "hi")]
    [InlineData("""{"text":"hi","sender":"User","id":"1"}""", "hi")]
    [InlineData("""{"answer":42}""", """{"answer":42}""")]
    [InlineData("""["a",{"text":"b"},{"c":1}]""", "a\nb\n{\"c\":1}")]
    [InlineData("1.50", "1.50")]
    [InlineData("null", "")]
    public async Task Values_are_written_as_text_and_nothing_is_said(string value, string expected)
    {
        var node = new NodeTest("TextOutput").In("input_value", value);
        (await node.TextAsync("text")).ShouldBe(expected);
        node.Said.ShouldBeEmpty();
    }

    [Fact]
    public async Task Data_is_written_by_the_template() =>
        (await new NodeTest("TextOutput").Set("data_template", "{n}.").In("input_value", """[{"n":1},{"n":2}]""").TextAsync("text")).ShouldBe("1.\n2.");

    [Fact]
    public async Task Its_text_is_the_runs_output_and_nobody_says_it()
    {
        await using var engine = await EngineFixture.StartAsync();
        var document = new FlowBuilder().Node("in", "Webhook").Node("text", "TextInput", new { input_value = "constant" }).Node("chat", "ChatOutput").Node("out", "TextOutput")
            .Edge("in.output_data", "out.input_value").Edge("text.text", "chat.input_value").Build();
        // What no trigger leads to does not run, and so the chat output beside it says nothing.
        var alone = await engine.EndOfAsync(await engine.StartRunAsync(await engine.AddFlowAsync(document), """{"a":1}"""));
        alone.Output.ShouldNotBeNull().GetString().ShouldBe("""{"a":1}""");
        alone.Steps.Single(s => s.NodeId == "chat").Status.ShouldBe(StepStatus.Skipped);
        (await engine.Runs.MessagesAsync(alone.Run.ThreadId, 10, CancellationToken.None)).ShouldBeEmpty();
    }
}
