using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>What can be done without a mouse: no test here clicks, hovers or drags.</summary>
public class KeyboardTests
{
    [Fact]
    public async Task The_tutorial_flow_is_built_run_and_called_from_outside_with_the_keyboard_alone()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        await BlankFlowAsync(page);
        foreach (var title in (string[])["Webhook", "Data to Message", "Chat Output"])
            await AddAsync(page, title);

        // From the first node on, Tab and Enter alone: the node that an edge reached is the next to go on from.
        await NodeOf(page, "Webhook").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Port(page, "Output", "Webhook", "Data")).ToHaveAttributeAsync("tabindex", "0");
        foreach (var (from, output, to, input) in ((string, string, string, string)[])
            [("Webhook", "Data", "Data to Message", "Data"), ("Data to Message", "Message", "Chat Output", "Text")])
        {
            await TabToAsync(page, Port(page, "Output", from, output));
            await page.Keyboard.PressAsync("Enter");
            await TabToAsync(page, Port(page, "Input", to, input));
            await page.Keyboard.PressAsync("Enter");
            await page.GetByLabel(Matching($"^Input {input} of {to}:.*1 edge")).WaitForAsync();
            await page.Locator(".react-flow__node.selected").Filter(new() { HasText = to }).WaitForAsync();
        }

        // Enter selects a node, Enter again goes to its settings, Escape comes back.
        await NodeOf(page, "Data to Message").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        var template = page.Locator(".inspector").GetByLabel("Template", new() { Exact = true });
        await template.WaitForAsync();
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, template);
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.InsertTextAsync("Order {order.id} of {customer.name}.");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(NodeOf(page, "Data to Message")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, template);
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(template).Not.ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Shift+Tab");
        await Assertions.Expect(template).ToBeFocusedAsync();

        // Also from within a text, which it does not change.
        await page.Keyboard.PressAsync("Control+Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameRegex = Matching("^Run") })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator(".dock").GetByText("Succeeded").First.WaitForAsync();
        await Assertions.Expect(template).ToBeFocusedAsync();
        (await template.InnerTextAsync()).ShouldBe("Order {order.id} of {customer.name}.");

        await CommandAsync(page, "Show API");
        await TabToAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Copy", Exact = true }).First);
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copied", Exact = true }).First.WaitForAsync();
        var answer = await TutorialTests.BashAsync(await StudioBrowser.CopiedAsync(page));
        var run = answer.GetProperty("run_id").GetString().ShouldNotBeNull();
        (await studio.Server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Arrow_keys_go_along_tabs_and_choices_and_Tab_past_them()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        await BlankFlowAsync(page);
        await AddAsync(page, "If-Else");

        var tabs = page.Locator(".inspector").GetByRole(AriaRole.Tab);
        await tabs.First.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(tabs.Nth(1)).ToBeFocusedAsync();
        await Assertions.Expect(tabs.Nth(1)).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(tabs.Last).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(tabs.First).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Tab");
        (await page.EvaluateAsync<bool>("() => document.activeElement.closest('[role=tablist]') === null")).ShouldBeTrue("Tab goes on, past the other tabs");
        await page.Keyboard.PressAsync("Shift+Tab");
        await Assertions.Expect(tabs.First).ToBeFocusedAsync();

        var dock = page.Locator(".dock").GetByRole(AriaRole.Tab);
        await dock.First.FocusAsync();
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(dock.Last).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Home");
        await Assertions.Expect(dock.First).ToHaveAttributeAsync("aria-selected", "true");
        await Assertions.Expect(dock.First).ToBeFocusedAsync();
        studio.Errors.ShouldBeEmpty();
    }

    /// <summary>By the command palette, as the flows page has it and every other.</summary>
    static async Task BlankFlowAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "New flow" }).First.WaitForAsync();
        await CommandAsync(page, "New flow");
        var blank = page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameRegex = Matching("Blank flow") });
        // What a dialog is about has the focus, not the button that closes it.
        await Assertions.Expect(blank).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("Begin with what starts the flow").WaitForAsync();
    }

    static async Task CommandAsync(IPage page, string command)
    {
        await page.Keyboard.PressAsync("Control+k");
        var field = page.GetByRole(AriaRole.Combobox, new() { Name = "Search or run a command" });
        await Assertions.Expect(field).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(command);
        await page.Locator("[data-commands-dialog] [role=option][aria-selected=true]").Filter(new() { HasText = command }).WaitForAsync();
        await page.Keyboard.PressAsync("Enter");
    }

    /// <summary>The component has the focus when it is there, so that "/" looks for the next.</summary>
    static async Task AddAsync(IPage page, string title)
    {
        await page.Keyboard.PressAsync("/");
        await Assertions.Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Add a component" })).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(title);
        await page.Locator(".palette [role=option][aria-selected=true]").Filter(new() { Has = page.GetByText(title, new() { Exact = true }) }).WaitForAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(NodeOf(page, title)).ToBeFocusedAsync();
    }

    /// <summary>Presses Tab until it is there; far away is as good as out of reach.</summary>
    static async Task TabToAsync(IPage page, ILocator wanted)
    {
        const int far = 15;
        await wanted.WaitForAsync();
        for (var i = 0; i < far && !await FocusedAsync(wanted); i++)
            await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(wanted).ToBeFocusedAsync();
    }

    static Task<bool> FocusedAsync(ILocator locator) => locator.EvaluateAsync<bool>("e => e === document.activeElement");

    static ILocator NodeOf(IPage page, string title) => page.Locator(".react-flow__node").Filter(new() { Has = page.GetByText(title, new() { Exact = true }) });

    static ILocator Port(IPage page, string side, string node, string port) => page.GetByLabel(Matching($"^{side} {port} of {node}:"));

    static Regex Matching(string pattern) => new(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));
}
