using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>The dock below the canvas, in a real browser against the real server.</summary>
public class DockTests
{
    [Fact]
    public async Task The_log_is_read_live_filtered_opened_and_remembered()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString();
        var page = await studio.OpenAsync($"/flows/{flow}");
        await page.GetByRole(AriaRole.Log, new() { Name = "Run log" }).GetByText("as they happen").WaitForAsync();
        await studio.Server.PostAsync("/api/v1/webhook/tutorial", """{"order":{"id":4711},"customer":{"name":"Zaphod"},"payment":{"status":"paid"}}""");
        var log = page.GetByRole(AriaRole.Log, new() { Name = "Run log" });
        await log.GetByText("Order 4711 of Zaphod is now paid.", new() { Exact = true }).WaitForAsync();
        await log.GetByText("succeeded", new() { Exact = true }).WaitForAsync();

        await page.GetByTitle("Filter the log").ClickAsync();
        await page.GetByLabel("Find in the log").FillAsync("zaphod");
        await Assertions.Expect(log.GetByText("succeeded", new() { Exact = true })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await log.GetByText("succeeded", new() { Exact = true }).WaitForAsync();
        await page.GetByLabel("Find in the log").PressAsync("Escape");

        await log.GetByText("Order 4711 of Zaphod is now paid.", new() { Exact = true }).ClickAsync();
        await page.Locator(".log-detail").GetByText("duration_ms").WaitForAsync();
        await page.GetByLabel("Close the details").ClickAsync();
        await log.GetByTitle("Show LLM on the canvas").First.ClickAsync();
        await page.Locator(".react-flow__node.selected").GetByText("LLM", new() { Exact = true }).First.WaitForAsync();

        // Tab and height are there after the page was loaded again.
        await page.Locator(".dock-tabs").GetByRole(AriaRole.Tab, new() { Name = "Output" }).ClickAsync();
        await page.Locator(".output-facts").GetByText("Took").WaitForAsync();
        var handle = page.Locator(".dock-handle");
        await handle.FocusAsync();
        var before = await page.Locator(".dock").EvaluateAsync<int>("dock => dock.clientHeight");
        await handle.PressAsync("ArrowUp");
        var height = await page.Locator(".dock").EvaluateAsync<int>("dock => dock.clientHeight");
        height.ShouldBeGreaterThan(before);
        await page.ReloadAsync();
        await page.Locator(".output-facts").GetByText("Took").WaitForAsync();
        (await page.Locator(".dock").EvaluateAsync<int>("dock => dock.clientHeight")).ShouldBe(height);
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_chat_streams_an_answer_is_stopped_and_finds_its_words_again()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = await AddChatAsync(studio);
        var page = await studio.OpenAsync($"/flows/{flow}");
        await page.Locator(".dock-tabs").GetByRole(AriaRole.Tab, new() { Name = "Chat" }).ClickAsync();
        var field = page.GetByRole(AriaRole.Textbox, new() { Name = "Message" });
        await field.FillAsync("What is in the box?");
        await field.PressAsync("Enter");
        var said = page.GetByRole(AriaRole.Log, new() { Name = "Conversation" });
        // Where the machine is busy the answer may be whole before it is seen to grow.
        var answered = said.GetByRole(AriaRole.Button, new() { Name = "Copy the answer" });
        await said.Locator(".chat-streaming").Or(answered).First.WaitForAsync();
        await said.GetByText("This is the built-in demo model").First.WaitForAsync();
        await answered.WaitForAsync();
        (await field.InputValueAsync()).ShouldBeEmpty();

        await field.FillAsync("Tell me more");
        await field.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true }).Last.ClickAsync();
        await said.GetByText("Stopped.").Or(said.GetByText("“Tell me more”")).Or(said.Locator(".chat-line.machine").Nth(1)).First.WaitForAsync();

        await page.ReloadAsync();
        await said.GetByText("What is in the box?", new() { Exact = true }).First.WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New chat" }).ClickAsync();
        await said.GetByText("Say something to the flow").WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    static async Task<string> AddChatAsync(StudioBrowser studio)
    {
        var document = new FlowBuilder().Node("in", "ChatInput").Node("llm", "LLM").Node("out", "ChatOutput").Edge("in.message", "llm.input_value").Edge("llm.text_output", "out.input_value").Build();
        var body = $$"""{"name":"Playground","document":{{FlowStudio.Engine.Flows.FlowJson.ToText(document)}}}""";
        return (await studio.Server.PostAsync("/v1/flows", body)).GetProperty("id").GetString().ShouldNotBeNull();
    }
}
