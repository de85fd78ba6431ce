using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>Settings are changed where a person changes them: in the real text editor, in a real browser.</summary>
public class InspectorTests
{
    static async Task<(IPage Page, string Flow)> OpenAsync(StudioBrowser studio, string node)
    {
        var flow = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString().ShouldNotBeNull();
        var page = await studio.OpenAsync($"/flows/{flow}");
        await ChooseAsync(page, node);
        return (page, flow);
    }

    static async Task ChooseAsync(IPage page, string node)
    {
        await page.Locator(".flow-node-title", new() { HasText = node }).First.ClickAsync();
        await page.Locator(".inspector h2", new() { HasText = node }).WaitForAsync();
    }

    static ILocator Editor(IPage page, string field) => page.Locator($"[data-field={field}] .cm-content");

    static async Task<string> SettingAsync(StudioBrowser studio, string flow, string type, string field)
    {
        var nodes = (await studio.Server.GetAsync($"/v1/flows/{flow}")).GetProperty("document").GetProperty("nodes");
        var settings = nodes.EnumerateArray().First(n => n.GetProperty("type").GetString() == type).GetProperty("settings");
        return settings.TryGetProperty(field, out var value) ? value.ValueKind is JsonValueKind.String ? value.GetString() ?? "" : value.GetRawText() : "";
    }

    [Fact]
    public async Task A_template_is_completed_from_the_last_call_previewed_saved_and_undone()
    {
        await using var studio = await StudioBrowser.StartAsync();
        await studio.Server.PostAsync("/api/v1/webhook/tutorial", """{"order":{"id":4711},"customer":{"name":"Ada"},"payment":{"status":"paid"}}""");
        var (page, flow) = await OpenAsync(studio, "Data to Message");
        var before = await SettingAsync(studio, flow, "DataToMessage", "template");
        await page.GetByText("Order 4711 of Ada is now paid.").First.WaitForAsync();
        await Editor(page, "template").ClickAsync();
        await page.Keyboard.PressAsync("Control+End");
        await page.Keyboard.TypeAsync(" Bye {cust");
        await page.Locator(".cm-tooltip-autocomplete li", new() { HasText = "customer.name" }).ClickAsync();
        await Assertions.Expect(Editor(page, "template")).ToContainTextAsync("Bye {customer.name}");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Preview" })).ToHaveTextAsync("Order 4711 of Ada is now paid. Bye Ada");
        await EngineFixture.UntilAsync(async () => await SettingAsync(studio, flow, "DataToMessage", "template") == before + " Bye {customer.name}", "the draft has the template");

        // Away from the text, undo is the flow's.
        await page.Locator(".react-flow__pane").ClickAsync(new() { Position = new() { X = 8, Y = 200 } });
        await page.Keyboard.PressAsync("Control+z");
        await EngineFixture.UntilAsync(async () => await SettingAsync(studio, flow, "DataToMessage", "template") == before, "the draft is as before");
        await ChooseAsync(page, "Data to Message");
        await Assertions.Expect(Editor(page, "template")).ToHaveTextAsync(before);
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Broken_JSON_is_marked_where_it_breaks_and_a_long_text_comes_through_whole()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var (page, flow) = await OpenAsync(studio, "API Request");
        await Editor(page, "body").ClickAsync();
        await page.Keyboard.InsertTextAsync("""{"paid": true,}""");
        await page.Locator("[data-field=body] .cm-lintRange-error").WaitForAsync();
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.InsertTextAsync("""{"paid": true}""");
        await Assertions.Expect(page.Locator("[data-field=body] .cm-lintRange-error")).ToHaveCountAsync(0);
        await EngineFixture.UntilAsync(async () => (await SettingAsync(studio, flow, "ApiRequest", "body")).Replace(" ", "", StringComparison.Ordinal) == """{"paid":true}""", "the draft has the JSON");

        // Longer than a circuit message may be.
        var long90 = new string('x', 90_000);
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.InsertTextAsync($"\"{long90}\"");
        await EngineFixture.UntilAsync(async () => await SettingAsync(studio, flow, "ApiRequest", "body") == long90, "the draft has the long text");
        await page.Keyboard.PressAsync("Tab");
        (await page.EvaluateAsync<bool>("() => document.activeElement.closest('.cm-editor') === null")).ShouldBeTrue();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_secret_goes_to_the_vault_and_never_to_the_page()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var (page, flow) = await OpenAsync(studio, "LLM");
        await page.Locator("[data-field=provider] select").SelectOptionAsync("openai");
        // Another provider has other settings and other problems: all of that moves what is to be pressed.
        await EngineFixture.UntilAsync(async () => await SettingAsync(studio, flow, "LLM", "provider") == "openai", "the draft has the provider");
        await page.Locator("#setting-api_key").ClickAsync();
        // What is found moves what stands below it.
        await page.GetByText("No variables yet.").WaitForAsync();
        await page.GetByText("New secret…").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("SHOP_KEY");
        await page.Locator(".new-variable input[type=password]").FillAsync("sk-not-to-be-seen");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#setting-api_key")).ToHaveValueAsync("SHOP_KEY");
        (await page.ContentAsync()).ShouldNotContain("sk-not-to-be-seen");
        var variable = (await studio.Server.GetAsync("/v1/variables")).GetProperty("items").EnumerateArray().Single(v => v.GetProperty("name").GetString() == "SHOP_KEY");
        variable.GetRawText().ShouldNotContain("sk-not-to-be-seen");
        await EngineFixture.UntilAsync(async () => await SettingAsync(studio, flow, "LLM", "api_key") == "SHOP_KEY", "the draft names the variable");
        studio.Errors.ShouldBeEmpty();
    }
}
