using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class MemoryTests
{
    static readonly DateTimeOffset Noon = StoppedClock.Noon;

    [Fact]
    public async Task What_was_said_before_is_read_oldest_first()
    {
        var node = With(("User", "Ada", "Hello {text}"), ("Machine", "AI", "Hi 😀"));
        (await node.TextAsync("messages_text")).ShouldBe("Ada: Hello {text}\nAI: Hi 😀");
        var table = await node.OutputAsync("dataframe");
        table.GetArrayLength().ShouldBe(2);
        table[0].EnumerateObject().Select(p => (p.Name, JsonText.Of(p.Value))).ShouldBe(
            [("timestamp", "2025-02-13 12:00:00 UTC"), ("sender", "User"), ("sender_name", "Ada"), ("session_id", "session-1"), ("text", "Hello {text}"), ("id", JsonText.Of(table[0].GetProperty("id")))]);
    }

    [Fact]
    public async Task Number_sender_order_and_template_can_be_chosen()
    {
        var node = With([.. Enumerable.Range(1, 60).Select(i => (i % 2 == 0 ? "User" : "Machine", "N", $"{i}"))]);
        (await node.Set("n_messages", 3).Set("template", "{text}").TextAsync("messages_text")).ShouldBe("58\n59\n60");
        (await node.Set("order", "Descending").TextAsync("messages_text")).ShouldBe("60\n59\n58");
        // Those of one sender are looked for farther back.
        (await node.Set("sender_type", "User").TextAsync("messages_text")).ShouldBe("60\n58\n56");
        (await node.Set("n_messages", 1000).OutputAsync("dataframe")).GetArrayLength().ShouldBe(30);
    }

    [Fact]
    public async Task Messages_of_this_run_are_read_only_when_asked_for()
    {
        var node = With(("User", "Ada", "before"));
        node.Thread.Add(Said(node, "User", "Ada", "now") with { RunId = node.Run.RunId });
        (await node.TextAsync("messages_text")).ShouldBe("Ada: before");
        (await node.Set("include_current", true).TextAsync("messages_text")).ShouldBe("Ada: before\nAda: now");
    }

    [Fact]
    public async Task Another_session_can_be_read()
    {
        var node = With(("User", "Ada", "mine"));
        node.Sessions["customer-7"] = [Said(node, "User", "Bob", "theirs")];
        (await node.Set("session_id", "customer-7").TextAsync("messages_text")).ShouldBe("Bob: theirs");
        (await node.In("session_id", "\"nobody\"").TextAsync("messages_text")).ShouldBe("");
        (await node.In("session_id", "\"session-1\"").TextAsync("messages_text")).ShouldBe("Ada: mine");
    }

    [Theory]
    [InlineData("\"hello\"", "Machine", "AI", "hello")]
    [InlineData("""{"text":"hello","sender":"User","sender_name":"Ada"}""", "User", "Ada", "hello")]
    [InlineData("""{"k":1}""", "Machine", "AI", """{"k":1}""")]
    public async Task Store_adds_a_message(string message, string sender, string name, string text)
    {
        var node = new NodeTest("Memory", NodeTest.NewCatalog(new StoppedClock())).Set("mode", "Store").In("message", message);
        (await node.TextAsync("messages_text")).ShouldBe(text);
        var said = node.Said.ShouldHaveSingleItem();
        (said.Sender, said.SenderName, said.Text, said.RunId).ShouldBe((sender, name, text, node.Run.RunId));
    }

    [Fact]
    public async Task Who_speaks_can_be_set()
    {
        var node = new NodeTest("Memory").Set("mode", "Store").Set("sender", "User").In("message", "\"a\"");
        await node.RunAsync();
        await node.Set("sender_name", "Bob").RunAsync();
        node.Said.Select(m => (m.Sender, m.SenderName)).ShouldBe([("User", "User"), ("User", "Bob")]);
    }

    [Fact]
    public async Task Storing_nothing_is_an_error_that_says_what_to_connect()
    {
        var error = await new NodeTest("Memory").Set("mode", "Store").FailsAsync();
        error.Code.ShouldBe("missing_input");
        error.Message.ShouldContain("Message");
    }

    [Fact]
    public async Task A_chat_remembers_both_sides_of_earlier_runs_of_its_session_and_flow()
    {
        await using var engine = await EngineFixture.StartAsync();
        var document = new FlowBuilder().Node("in", "ChatInput").Node("memory", "Memory").Node("prompt", "Prompt", new { template = "[{history}] {question}" }).Node("out", "ChatOutput")
            .Edge("in.message", "prompt.question").Edge("memory.messages_text", "prompt.history").Edge("prompt.prompt", "out.input_value").Build();
        var flow = await engine.AddFlowAsync(document);
        (await AskAsync(flow, "one", "s")).ShouldBe("[] one");
        (await AskAsync(flow, "two", "s")).ShouldBe("[User: one\nAI: [] one] two");
        (await AskAsync(flow, "three", "other")).ShouldBe("[] three");
        (await AskAsync(await engine.AddFlowAsync(document), "four", "s")).ShouldBe("[] four");

        async Task<string> AskAsync(FlowStudio.Engine.Flows.Flow asked, string text, string session)
        {
            var ended = await engine.EndOfAsync(await engine.StartRunAsync(asked, JsonSerializer.Serialize(text), RunTrigger.Api, session));
            return ended.Output.ShouldNotBeNull().GetString().ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task What_is_stored_in_a_run_can_be_read_later_in_it_and_in_another_session()
    {
        await using var engine = await EngineFixture.StartAsync();
        var store = await engine.AddFlowAsync(new FlowBuilder().Node("in", "Webhook").Node("note", "Memory", new { mode = "Store", sender = "User" })
            .Node("who", "Extract", new { path = "who" }).Node("read", "Memory", new { include_current = true, template = "{text}" }).Node("out", "TextOutput")
            .Edge("in.output_data", "who.data").Edge("who.text", "note.message").Edge("note.messages_text", "read.session_id").Edge("read.messages_text", "out.input_value").Build());
        (await engine.EndOfAsync(await engine.StartRunAsync(store, """{"who":"ada"}""", session: "ada"))).Output.ShouldNotBeNull().GetString().ShouldBe("ada");
        // The second session reads the first one's by its name.
        (await engine.EndOfAsync(await engine.StartRunAsync(store, """{"who":"ada"}""", session: "bob"))).Output.ShouldNotBeNull().GetString().ShouldBe("ada");
    }

    static NodeTest With(params (string Sender, string Name, string Text)[] said)
    {
        var node = new NodeTest("Memory");
        node.Thread.AddRange(said.Select(m => Said(node, m.Sender, m.Name, m.Text)));
        return node;
    }

    static ThreadMessage Said(NodeTest node, string sender, string name, string text) => new(Guid.CreateVersion7(Noon), Guid.CreateVersion7(Noon), "chat", sender, name, text,
        JsonSerializer.SerializeToElement(new { timestamp = "2025-02-13 12:00:00 UTC", sender, sender_name = name, session_id = node.Run.SessionId, text }), Noon);
}
