using System.Text.RegularExpressions;
using FlowStudio.Tests.Api.Langflow;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>Flows as a whole, in a real browser: in and out as files, found by name, deleted and brought back.</summary>
public class FlowsTests
{
    const string FlowPath = "/flows/[0-9a-f-]{36}";

    [Fact]
    public async Task A_flow_is_exported_and_comes_back_by_dropping_its_file_on_the_page()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        await page.GetByRole(AriaRole.Button, new() { Name = "More acts of Order updates" }).ClickAsync();
        var saving = page.WaitForDownloadAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Export", Exact = true }).ClickAsync();
        var file = await saving;
        file.SuggestedFilename.ShouldBe("tutorial.flow.json");
        var content = await File.ReadAllTextAsync(await file.PathAsync(), TestContext.Current.CancellationToken);
        await DropAsync(page, "tutorial.flow.json", content);
        await page.GetByText("tutorial.flow.json is imported.").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Order updates-1", Exact = true }).ClickAsync();
        await StudioBrowser.AtAsync(page, FlowPath);
        await page.GetByText("Data to Message").First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_no_flow_says_why_when_it_is_dropped()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Order updates", Exact = true }).WaitForAsync();
        await DropAsync(page, "hello.json", """{"hello":"there"}""");
        await page.GetByText("That is not a file of a flow").WaitForAsync();
        studio.Errors.ShouldHaveSingleItem().ShouldContain("400");
    }

    [Fact]
    public async Task A_flow_of_Langflow_is_dropped_reported_and_asks_the_demo_model()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Order updates", Exact = true }).WaitForAsync();
        await DropAsync(page, "loop.json", LangflowFiles.Read("research-translation-loop.json").GetRawText());
        var report = page.GetByRole(AriaRole.Dialog, new() { Name = "Imported from Langflow" });
        await report.GetByText("there is no component ArXivComponent here").WaitForAsync();
        await report.GetByText("the key of its model's service is missing").WaitForAsync();
        await PicturesAsync(page, "import-report");
        await report.GetByRole(AriaRole.Button, new() { Name = "Use the demo model in 1 node" }).ClickAsync();
        await Assertions.Expect(report.GetByText("the key of its model's service is missing")).ToBeHiddenAsync();
        await Assertions.Expect(report.GetByRole(AriaRole.Link, new() { Name = "Open the flow" })).ToHaveAttributeAsync("href", new Regex(FlowPath + "$"));
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deleted_flow_comes_back_by_undo_by_the_keyboard_alone()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        var more = page.GetByRole(AriaRole.Button, new() { Name = "More acts of Order updates" });
        await more.FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        var items = page.GetByRole(AriaRole.Menuitem);
        await Assertions.Expect(items.First).ToBeFocusedAsync();
        // Escape gives the focus back, End goes to the last act.
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(more).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(items.First).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("No flows yet").WaitForAsync();
        (await studio.Server.GetAsync("/v1/flows")).GetProperty("items").GetArrayLength().ShouldBe(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).PressAsync("Enter");
        await page.GetByRole(AriaRole.Link, new() { Name = "Order updates", Exact = true }).WaitForAsync();
        (await studio.Server.GetAsync("/v1/flows/tutorial")).GetProperty("name").GetString().ShouldBe("Order updates");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_palette_goes_to_a_flow_a_run_and_a_new_flow()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var run = (await studio.Server.PostAsync("/v1/flows/tutorial/runs", "{}")).GetProperty("id").GetString().ShouldNotBeNull();
        await studio.Server.EndOfAsync(run);
        var page = await studio.OpenAsync("/runs");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Runs" }).First.WaitForAsync();
        var field = page.GetByRole(AriaRole.Combobox, new() { Name = "Search or run a command" });
        var chosen = page.Locator("[role=option][aria-selected=true]");

        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(field).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("odup");
        await Assertions.Expect(chosen).ToContainTextAsync("Order updates");
        await page.Keyboard.PressAsync("Enter");
        await StudioBrowser.AtAsync(page, FlowPath);

        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(field).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(run[..13]);
        await Assertions.Expect(chosen).ToContainTextAsync(run);
        await page.Keyboard.PressAsync("Enter");
        await StudioBrowser.AtAsync(page, $"/runs/{run}");

        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(field).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("new flow");
        await Assertions.Expect(chosen).ToContainTextAsync("New flow…");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Dialog, new() { Name = "New flow" }).GetByText("Memory chatbot").WaitForAsync();

        // Escape closes what is open, Ctrl+K once more closes the palette.
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(field).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(field).ToBeHiddenAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_settings_test_the_demo_model_and_keep_the_theme()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/settings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test Demo model" }).ClickAsync();
        await page.GetByText("This is the built-in demo model").WaitForAsync();
        await page.GetByText("Takes runs").WaitForAsync();
        await page.GetByRole(AriaRole.Group, new() { Name = "Theme" }).GetByRole(AriaRole.Button, new() { Name = "Dark" }).ClickAsync();
        await page.WaitForFunctionAsync("() => document.documentElement.dataset.theme === 'dark'");
        await page.ReloadAsync();
        await page.WaitForFunctionAsync("() => document.documentElement.dataset.theme === 'dark'");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task On_the_machine_it_is_developed_on_the_first_page_is_the_tutorial_once()
    {
        await using var studio = await StudioBrowser.StartAsync(("ASPNETCORE_ENVIRONMENT", "Development"));
        var page = await studio.OpenAsync("/");
        await StudioBrowser.AtAsync(page, FlowPath);
        await page.GetByText("Data to Message").First.WaitForAsync();
        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Order updates", Exact = true }).WaitForAsync();
        new Uri(page.Url).AbsolutePath.ShouldBe("/");
        studio.Errors.ShouldBeEmpty();
    }

    /// <summary>As a file manager would: a drag over the page that ends in a drop.</summary>
    /// <summary>For people to look at, beside those of the page survey.</summary>
    static async Task PicturesAsync(IPage page, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(PageSurveyTests.Repository, "artifacts/screenshots")).FullName;
        foreach (var width in (int[])[1440, 900])
        {
            await page.SetViewportSizeAsync(width, 900);
            foreach (var theme in (ColorScheme[])[ColorScheme.Dark, ColorScheme.Light])
            {
                await page.EmulateMediaAsync(new() { ColorScheme = theme, ReducedMotion = ReducedMotion.Reduce });
                await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{theme.ToString().ToLowerInvariant()}-{width}.png") });
            }
        }
    }

    static async Task DropAsync(IPage page, string name, string content)
    {
        var files = await page.EvaluateHandleAsync(
            "([name, content]) => { const t = new DataTransfer(); t.items.add(new File([content], name, { type: 'application/json' })); return t; }", new[] { name, content });
        await page.DispatchEventAsync("body", "dragenter", new { dataTransfer = files });
        await page.GetByText("Drop to import").WaitForAsync();
        await page.DispatchEventAsync("body", "drop", new { dataTransfer = files });
    }
}
