using System.Collections.Concurrent;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>A secret goes in, is replaced, and never comes out again.</summary>
public class VariablesTests
{
    const string First = "canary-first-51c2e8", Second = "canary-second-9d07b4";

    [Fact]
    public async Task A_secret_is_set_replaced_and_deleted_and_its_value_is_in_no_message_of_the_page_nor_in_the_log()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/variables");
        var messages = new ConcurrentQueue<string>();
        page.WebSocket += (_, socket) =>
        {
            socket.FrameSent += (_, frame) => messages.Enqueue(System.Text.Encoding.UTF8.GetString(frame.Binary ?? []) + frame.Text);
            socket.FrameReceived += (_, frame) => messages.Enqueue(System.Text.Encoding.UTF8.GetString(frame.Binary ?? []) + frame.Text);
        };
        await page.ReloadAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "New variable" }).First.ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("ORDERS_KEY");
        await page.GetByLabel("Value", new() { Exact = true }).FillAsync(First);
        await page.GetByRole(AriaRole.Button, new() { Name = "Set it" }).ClickAsync();
        var row = page.Locator("tbody tr").Filter(new() { HasText = "ORDERS_KEY" });
        await row.GetByText("Secret").WaitForAsync();

        await row.GetByRole(AriaRole.Button, new() { Name = "Replace ORDERS_KEY" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Value", new() { Exact = true })).ToHaveValueAsync("");
        await page.GetByLabel("Value", new() { Exact = true }).FillAsync(Second);
        await page.GetByRole(AriaRole.Button, new() { Name = "Replace it" }).ClickAsync();
        await page.GetByText("ORDERS_KEY is replaced").WaitForAsync();

        await row.GetByRole(AriaRole.Button, new() { Name = "Replace ORDERS_KEY" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Replace it" }).ClickAsync();
        await page.GetByText("The secret ORDERS_KEY has no value").WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        (await page.ContentAsync()).ShouldNotContain("canary");

        await row.GetByRole(AriaRole.Button, new() { Name = "Delete ORDERS_KEY" }).ClickAsync();
        await page.GetByText("No flow names it.").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete it" }).ClickAsync();
        await row.WaitForAsync(new() { State = WaitForSelectorState.Detached });

        messages.Count.ShouldBeGreaterThan(10);
        messages.ShouldNotContain(m => m.Contains("canary", StringComparison.Ordinal));
        studio.Server.Output.ShouldNotContain("canary");
        // An answer of 400 is an error to the browser's console too.
        studio.Errors.ShouldAllBe(e => e.Contains("400", StringComparison.Ordinal));
    }
}
