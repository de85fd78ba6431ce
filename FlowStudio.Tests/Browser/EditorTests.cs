using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>Editing in a real browser: what is done can be undone, is never lost, and never overwrites somebody else's work unasked.</summary>
public class EditorTests
{
    static readonly string[] Components = ["Prompt", "LLM", "Chat Output", "Data to Message", "Text Input", "Loop", "Combine", "Agent", "Calculator", "If-Else"];

    static FlowBuilder Start() => new FlowBuilder().Node("webhook", "Webhook").Node("event", "DataToMessage", new { template = "{order.id}" }).Edge("webhook.output_data", "event.data");

    /// <summary>The draft as it is stored, without where it was looked at.</summary>
    static async Task<string> DraftAsync(StudioBrowser studio, string flow)
    {
        var document = JsonNode.Parse((await studio.Server.GetAsync($"/v1/flows/{flow}")).GetProperty("document").GetRawText()).ShouldNotBeNull().AsObject();
        document.Remove("viewport");
        return document.ToJsonString();
    }

    static Task UntilDraftAsync(StudioBrowser studio, string flow, string expected, string what) =>
        EngineFixture.UntilAsync(async () => await DraftAsync(studio, flow) == expected, what);

    static ILocator Node(IPage page, string id) => page.Locator($".react-flow__node[data-id='{id}']");

    static async Task AddAsync(IPage page, string component) =>
        await page.Locator(".palette").GetByRole(AriaRole.Option, new() { Name = component }).First.DblClickAsync();

    static Task SavedAsync(IPage page) => page.Locator(".saved", new() { HasText = "Saved" }).WaitForAsync();

    [Fact]
    public async Task Undo_and_redo_across_twenty_edits_give_back_the_exact_document()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = await studio.Server.AddFlowAsync("undo", Start());
        var before = await DraftAsync(studio, flow);
        var page = await studio.OpenAsync($"/flows/{flow}");
        await Node(page, "event").WaitForAsync();
        foreach (var (component, nth) in Components.Select((c, i) => (c, i)))
        {
            await AddAsync(page, component);
            var added = page.Locator(".react-flow__node.selected");
            await page.WaitForFunctionAsync("nodes => document.querySelectorAll('.react-flow__node').length === nodes", 3 + nth - (nth / 2));
            await added.First.WaitForAsync();
            // Every second one is taken away again, the others are pushed aside.
            await page.EvaluateAsync("document.activeElement?.blur()");
            await page.Keyboard.PressAsync(nth % 2 == 0 ? "ArrowRight" : "Delete");
            await page.GetByRole(AriaRole.Button, new() { Name = nth % 2 == 0 ? "Undo: Move" : "Undo: Delete" }).WaitForAsync();
        }
        await SavedAsync(page);
        var after = await DraftAsync(studio, flow);
        after.ShouldNotBe(before);

        for (var i = 0; i < 19; i++)
            await page.Keyboard.PressAsync("Control+z");
        // Of twenty steps one is left: the first.
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo: Add Prompt" }).WaitForAsync();
        await page.Keyboard.PressAsync("Control+z");
        await UntilDraftAsync(studio, flow, before, "undoing all gives back the document it began with");
        for (var i = 0; i < 20; i++)
            await page.Keyboard.PressAsync("Control+y");
        await UntilDraftAsync(studio, flow, after, "doing all again gives back the document it ended with");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_tab_sees_the_first_s_save_and_neither_overwrites_the_other_unasked()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = await studio.Server.AddFlowAsync("two-tabs", Start());
        var one = await studio.OpenAsync($"/flows/{flow}");
        var other = await studio.OpenAsync($"/flows/{flow}");
        await Node(one, "event").WaitForAsync();
        await Node(other, "event").WaitForAsync();
        await AddAsync(one, "Prompt");
        await Node(other, "prompt").WaitForAsync();

        // Both change it in the same moment: one of them is asked.
        for (var i = 0; i < 10 && await one.Locator(".conflict").CountAsync() + await other.Locator(".conflict").CountAsync() == 0; i++)
        {
            await Task.WhenAll(AddAsync(one, "LLM"), AddAsync(other, "Chat Output"));
            await Task.WhenAll(SettledAsync(one), SettledAsync(other));
        }
        var asked = await one.Locator(".conflict").CountAsync() > 0 ? one : other;
        var nodes = await asked.Locator(".react-flow__node").CountAsync();
        await asked.Locator(".conflict").GetByText("Another tab").WaitForAsync();
        await asked.GetByRole(AriaRole.Button, new() { Name = "See what differs" }).ClickAsync();
        await asked.Locator(".diff-item").First.WaitForAsync();
        await asked.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Keep mine" }).ClickAsync();
        await SavedAsync(asked);
        (await asked.Locator(".react-flow__node").CountAsync()).ShouldBe(nodes);
        var seen = asked == one ? other : one;
        await EngineFixture.UntilAsync(async () => await seen.Locator(".react-flow__node").CountAsync() == nodes, "the other tab shows what was kept");
        studio.Errors.ShouldBeEmpty();

        static Task SettledAsync(IPage page) => page.Locator(".saved", new() { HasText = "Saved" }).Or(page.Locator(".conflict")).First.WaitForAsync();
    }

    [Fact]
    public async Task The_server_is_killed_while_one_edits_and_nothing_is_lost()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = await studio.Server.AddFlowAsync("killed", Start());
        var before = await DraftAsync(studio, flow);
        var page = await studio.OpenAsync($"/flows/{flow}");
        await Node(page, "event").WaitForAsync();
        await AddAsync(page, "Prompt");
        await Node(page, "prompt").WaitForAsync();
        await AddAsync(page, "LLM");
        await Node(page, "llm").WaitForAsync();
        await SavedAsync(page);
        var saved = await DraftAsync(studio, flow);

        await studio.Server.KillAsync();
        await page.Locator("#components-reconnect-modal:visible").WaitForAsync();
        await studio.RestartAsync();
        await page.Locator("#components-reconnect-modal").WaitForAsync(new() { State = WaitForSelectorState.Hidden, Timeout = 60_000 });
        await Node(page, "llm").WaitForAsync();
        (await DraftAsync(studio, flow)).ShouldBe(saved);
        await AddAsync(page, "Chat Output");
        await Node(page, "chat_output").WaitForAsync();
        await SavedAsync(page);
        foreach (var id in (string[])["chat_output", "llm", "prompt"])
        {
            await page.Keyboard.PressAsync("Control+z");
            await Node(page, id).WaitForAsync(new() { State = WaitForSelectorState.Detached });
        }
        await UntilDraftAsync(studio, flow, before, "the history came back with the flow");
    }

    [Fact]
    public async Task Nodes_are_copied_from_one_tab_into_another_flow()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var from = await studio.Server.AddFlowAsync("copied-from", Start());
        var to = await studio.Server.AddFlowAsync("copied-to", new FlowBuilder().Node("out", "ChatOutput"));
        var one = await studio.OpenAsync($"/flows/{from}");
        await Node(one, "event").WaitForAsync();
        await one.Locator(".react-flow__pane").ClickAsync(new() { Position = new() { X = 20, Y = 400 } });
        await one.Keyboard.PressAsync("Control+a");
        await one.Locator(".react-flow__node.selected").Nth(1).WaitForAsync();
        await one.Keyboard.PressAsync("Control+c");

        var other = await one.Context.NewPageAsync();
        await other.GotoAsync($"/flows/{to}");
        await Node(other, "out").WaitForAsync();
        await other.Locator(".react-flow__pane").ClickAsync(new() { Position = new() { X = 20, Y = 400 } });
        await other.Keyboard.PressAsync("Control+v");
        await Node(other, "data_to_message").WaitForAsync();
        await SavedAsync(other);
        using var document = JsonDocument.Parse(await DraftAsync(studio, to));
        document.RootElement.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("id").GetString()).ShouldBe(["out", "webhook", "data_to_message"]);
        document.RootElement.GetProperty("edges").EnumerateArray().ShouldHaveSingleItem().GetProperty("to").GetProperty("node").GetString().ShouldBe("data_to_message");
        studio.Errors.ShouldBeEmpty();
    }
}
