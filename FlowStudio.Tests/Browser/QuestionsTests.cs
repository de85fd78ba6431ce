using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>The ways to answer what a run asks: in the chat, in the list of what waits, and by a link without the studio.</summary>
public class QuestionsTests
{
    const string Token = "browser-token-0123456789";

    /// <summary>The port at which a flow begins.</summary>
    static FlowBuilder Asking(string start, string port, object settings) => new FlowBuilder().Node("start", start).Node("ask", "AskPerson", settings).Node("out", "ChatOutput")
        .Edge($"start.{port}", "ask.input").Edge("ask.answer", "out.input_value");

    [Fact]
    public async Task A_flow_asks_back_in_the_chat_and_goes_on_there()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = await studio.Server.AddFlowAsync("concierge", Asking("ChatInput", "message", new { question = "For which **date**?" }));
        var page = await studio.OpenAsync($"/flows/{flow}");
        await page.Locator(".dock-tabs").GetByRole(AriaRole.Tab, new() { Name = "Chat" }).ClickAsync();
        var field = page.GetByRole(AriaRole.Textbox, new() { Name = "Message" });
        await field.FillAsync("A table for two");
        await page.Locator(".chat-form").GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        var said = page.GetByRole(AriaRole.Log, new() { Name = "Conversation" });
        var answer = said.GetByRole(AriaRole.Textbox, new() { Name = "Answer" });
        await answer.WaitForAsync();
        await page.Locator(".flow-badge.waiting", new() { HasText = "asks" }).WaitForAsync();
        await answer.FillAsync("Friday");
        await answer.PressAsync("Control+Enter");
        await said.GetByRole(AriaRole.Button, new() { Name = "Copy the answer" }).WaitForAsync();
        (await said.Locator(".chat-line").AllInnerTextsAsync()).Select(t => t.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1])
            .ShouldBe(["A table for two", "For which date?", "Friday", "Friday"]);
        // The key that answers starts no other run.
        (await studio.Server.GetAsync($"/v1/runs?flow={flow}")).GetProperty("items").GetArrayLength().ShouldBe(1);
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_waits_is_counted_listed_and_answered_in_place()
    {
        await using var studio = await StudioBrowser.StartAsync();
        await studio.Server.AddFlowAsync("refunds", Asking("Webhook", "output_data", new { question = "Refund {order}?", kind = "approval" }));
        var page = await studio.OpenAsync("/");
        var run = (await studio.Server.PostAsync("/api/v1/webhook/refunds", """{"order":4711}""")).GetProperty("run_id").GetString().ShouldNotBeNull();
        await page.Locator(".rail-count[data-count='1']").WaitForAsync();
        await page.Keyboard.PressAsync("Control+k");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Search or run a command" }).FillAsync("questions");
        await page.GetByText("Questions waiting (1)").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Refund 4711?" }).WaitForAsync();
        page.Url.ShouldEndWith("/runs?view=waiting");
        await page.Locator(".waiting-card textarea").FillAsync("Fine with me");
        await page.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await page.GetByText("Answered in the studio").WaitForAsync();
        await studio.Server.EndOfAsync(run);
        (await studio.Server.GetAsync($"/v1/runs/{run}")).GetProperty("status").GetString().ShouldBe("succeeded");
        await page.Locator(".rail-count").WaitForAsync(new() { State = WaitForSelectorState.Detached });

        // The run tells what was asked and said.
        await page.GotoAsync($"/runs/{run}");
        await page.Locator(".waterfall-row", new() { HasText = "Ask a person" }).ClickAsync();
        await page.Locator(".step-question", new() { HasText = "Fine with me" }).GetByText("in the studio").WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_link_is_answered_without_signing_in_and_works_once()
    {
        await using var studio = await StudioBrowser.StartAsync(("FlowStudio:Access:AllowNonLoopback", "true"), ("FlowStudio:Access:Token", Token));
        studio.Server.Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        var key = (await studio.Server.PostAsync("/v1/keys", """{"name":"test"}""")).GetProperty("key").GetString().ShouldNotBeNull();
        studio.Server.Client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        await studio.Server.AddFlowAsync("sizes", Asking("Webhook", "output_data", new { question = "Which *size* for {name}?", kind = "choice", choices = "Small\nLarge" }));
        var run = (await studio.Server.PostAsync("/api/v1/webhook/sizes", """{"name":"Ada"}""")).GetProperty("run_id").GetString().ShouldNotBeNull();
        var page = await studio.OpenAsync($"/runs/{run}");
        await page.GetByLabel("Access token").FillAsync(Token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy link" }).ClickAsync();
        var link = await StudioBrowser.CopiedAsync(page);

        var guest = await studio.OpenAsync(link, ColorScheme.Dark, width: 390);
        await guest.GetByText("Which size for Ada?").WaitForAsync();
        (await guest.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0);
        await guest.GetByLabel("Your name").FillAsync("Lin");
        await guest.GetByRole(AriaRole.Button, new() { Name = "Large" }).ClickAsync();
        await guest.GetByRole(AriaRole.Heading, new() { Name = "Thank you" }).WaitForAsync();
        await studio.Server.EndOfAsync(run);
        // Who looks on is told.
        await page.GetByText("Answered by Lin, by link").First.WaitForAsync();

        (await guest.GotoAsync(link)).ShouldNotBeNull().Status.ShouldBe(410);
        await guest.GetByText("It was answered by Lin on").WaitForAsync();
        studio.Errors.Where(e => !e.Contains("410", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
