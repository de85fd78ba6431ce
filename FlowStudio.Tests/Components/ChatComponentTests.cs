using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class ChatOutputTests
{
    static readonly ComponentCatalog AtNoon = NodeTest.NewCatalog(new StoppedClock());

    [Fact]
    public async Task The_message_has_every_key_in_order()
    {
        var node = new NodeTest("ChatOutput", AtNoon).In("input_value", "\"Hello\"");
        var message = await node.OutputAsync("message");
        message.EnumerateObject().Select(p => p.Name).ShouldBe(
            ["timestamp", "sender", "sender_name", "session_id", "text", "files", "error", "edit", "properties", "category", "content_blocks", "id", "flow_id"]);
        message.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBe(
            ["text_color", "background_color", "edited", "source", "icon", "allow_markdown", "positive_feedback", "state", "targets"]);
        message.GetProperty("properties").GetProperty("source").GetRawText().ShouldBe("""{"id":"n1","display_name":"ChatOutput","source":"ChatOutput"}""");
        Text(message, "timestamp").ShouldBe("2025-02-13 12:00:00 UTC");
        (Text(message, "sender"), Text(message, "sender_name"), Text(message, "session_id"), Text(message, "text"), Text(message, "category"))
            .ShouldBe(("Machine", "AI", "session-1", "Hello", "message"));
        Guid.Parse(Text(message, "id")).Version.ShouldBe(7);
        Text(message, "flow_id").ShouldBe(node.Run.FlowId.ToString());
    }

    [Fact]
    public async Task It_is_said_in_the_thread_once()
    {
        var node = new NodeTest("ChatOutput", AtNoon).Set("sender", "User").Set("sender_name", "Bob").In("input_value", "\"Hello\"");
        var output = await node.OutputAsync("message");
        var said = node.Said.ShouldHaveSingleItem();
        (said.RunId, said.NodeId, said.Sender, said.SenderName, said.Text, said.At).ShouldBe((node.Run.RunId, "n1", "User", "Bob", "Hello", StoppedClock.Noon));
        said.Json.GetRawText().ShouldBe(output.GetRawText());
        said.Id.ToString().ShouldBe(Text(output, "id"));
    }

    [Fact]
    public async Task Not_stored_it_is_passed_on_all_the_same()
    {
        var node = new NodeTest("ChatOutput").Set("should_store_message", false).In("input_value", "\"Hello\"");
        Text(await node.OutputAsync("message"), "text").ShouldBe("Hello");
        node.Said.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"text":"hi","sender":"User","id":"1"}""", "hi")]
    [InlineData("""{"text":"hi","k":1}""", "hi")]
    [InlineData("""{"answer":42}""", """{"answer":42}""")]
    [InlineData("""["a",{"text":"b"},{"c":1}]""", "a\nb\n{\"c\":1}")]
    [InlineData("1.50", "1.50")]
    [InlineData("null", "")]
    public async Task Values_are_written_as_text(string value, string expected) =>
        Text(await new NodeTest("ChatOutput").In("input_value", value).OutputAsync("message"), "text").ShouldBe(expected);

    [Fact]
    public async Task Data_is_written_by_the_template() =>
        Text(await new NodeTest("ChatOutput").Set("data_template", "{n}.").In("input_value", """[{"n":1},{"n":2}]""").OutputAsync("message"), "text").ShouldBe("1.\n2.");

    static string Text(JsonElement message, string name) => JsonText.Of(message.GetProperty(name));
}

public class ChatInputTests
{
    [Theory]
    [InlineData("\"hello\"", "hello")]
    [InlineData("""{"input_value":"hello","session_id":"x"}""", "hello")]
    [InlineData("""{"message":"hello"}""", "hello")]
    [InlineData("""{"text":"hello"}""", "hello")]
    [InlineData("""{"message":{"text":"hello","sender":"User"}}""", "hello")]
    [InlineData("""{"input_value":null,"text":"hello"}""", "hello")]
    [InlineData("""{"other":1}""", """{"other":1}""")]
    [InlineData("\"\"", "")]
    [InlineData("null", "from the setting")]
    [InlineData("{}", "from the setting")]
    public async Task The_text_comes_from_the_runs_input(string input, string expected)
    {
        var node = new NodeTest("ChatInput").Set("input_value", "from the setting");
        node.Run = node.Run with { Input = NodeTest.Json(input) };
        var message = await node.OutputAsync("message");
        JsonText.OfMessage(message).ShouldBe(expected);
        ChatMessageIs(message, "User", "User");
        node.Said.ShouldHaveSingleItem().Text.ShouldBe(expected);
    }

    [Fact]
    public async Task It_need_not_be_stored()
    {
        var node = new NodeTest("ChatInput").Set("input_value", "x").Set("should_store_message", false);
        JsonText.OfMessage(await node.OutputAsync("message")).ShouldBe("x");
        node.Said.ShouldBeEmpty();
    }

    static void ChatMessageIs(JsonElement message, string sender, string name) =>
        (JsonText.Of(message.GetProperty("sender")), JsonText.Of(message.GetProperty("sender_name"))).ShouldBe((sender, name));
}
