using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine.Flows;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>The ways through what happened: find what failed, mend it, go on from there; tidy up.</summary>
public class RunsTests
{
    static async Task<string> AddFlowAsync(StudioBrowser studio, string name, string address)
    {
        using var response = await studio.Server.Client.PostAsJsonAsync("/v1/flows", new JsonObject { ["name"] = name, ["endpoint_name"] = name, ["access"] = "open", ["document"] = Document(address) });
        response.IsSuccessStatusCode.ShouldBeTrue(await response.Content.ReadAsStringAsync());
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!["id"]!.GetValue<string>(); // a flow has an id
    }

    static JsonNode? Document(string address) => JsonNode.Parse(FlowJson.ToText(new FlowBuilder()
        .Node("hook", "Webhook")
        .Node("text", "DataToMessage", new { template = "Order {order}" })
        .Node("notify", "ApiRequest", new { url_input = address, method = "POST" })
        .Edge("hook.output_data", "text.data").Edge("text.text", "notify.body").Build()));

    static async Task<string> RunAsync(StudioBrowser studio, string name, int order)
    {
        var answer = await studio.Server.PostAsync($"/api/v1/webhook/{name}", $$"""{"order":{{order}}}""");
        var run = answer.GetProperty("run_id").GetString().ShouldNotBeNull();
        await studio.Server.EndOfAsync(run);
        return run;
    }

    [Fact]
    public async Task A_failed_node_is_mended_and_the_run_goes_on_from_there()
    {
        await using var studio = await StudioBrowser.StartAsync();
        // Not an address: it fails at once, without a repeat.
        var flow = await AddFlowAsync(studio, "mended", "http://[");
        var run = await RunAsync(studio, "mended", 4711);
        var page = await studio.OpenAsync("/runs?status=failed");
        await page.Locator("tr.clickable", new() { HasText = "mended" }).ClickAsync();
        await page.GetByText("Failed at API Request").WaitForAsync();
        page.Url.ShouldEndWith($"/runs/{run}");

        using (var saved = await studio.Server.Client.PutAsJsonAsync($"/v1/flows/{flow}", new JsonObject { ["document"] = Document("/bin/mended") }))
            saved.IsSuccessStatusCode.ShouldBeTrue(await saved.Content.ReadAsStringAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay with the latest version, and more" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "From the failed step, latest version" }).ClickAsync();

        await page.GetByText("replay of").WaitForAsync();
        await page.Locator(".page-head .pill", new() { HasText = "Succeeded" }).WaitForAsync();
        await page.Locator(".waterfall-row", new() { HasText = "Data to Message" }).Filter(new() { HasText = "reused" }).WaitForAsync();
        (await studio.Server.GetAsync("/v1/bins/mended")).GetProperty("items").GetArrayLength().ShouldBe(1);

        // The two side by side say what was mended.
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByText("replayed by this one").ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Compare runs" }).WaitForAsync();
        await page.GetByText("/bin/mended").First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Runs_are_found_by_what_they_were_about_and_deleted_together()
    {
        await using var studio = await StudioBrowser.StartAsync();
        await AddFlowAsync(studio, "tidied", "/bin/tidied");
        var kept = await RunAsync(studio, "tidied", 1);
        for (var i = 0; i < 3; i++)
            await RunAsync(studio, "tidied", 7788);
        await EngineFixture.UntilAsync(async () => (await studio.Server.GetAsync("/v1/runs/count?q=7788")).GetProperty("count").GetInt32() == 3, "the index has the runs");

        var page = await studio.OpenAsync("/runs?status=succeeded&q=7788");
        await page.GetByText("3 match").WaitForAsync();
        (await page.GetByRole(AriaRole.Searchbox).InputValueAsync()).ShouldBe("7788");
        await page.Locator("th.pick input").CheckAsync();
        await page.GetByText("3 selected").WaitForAsync();
        await page.GetByRole(AriaRole.Toolbar).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        var question = page.GetByRole(AriaRole.Dialog);
        await question.GetByText("are lost for good").WaitForAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Delete 3 runs" }).ClickAsync();
        await page.GetByText("No run matches").WaitForAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Clear the filters" }).ClickAsync();
        await page.Locator("tr.clickable").First.WaitForAsync();
        (await page.Locator("tr.clickable").CountAsync()).ShouldBe(1);
        (await studio.Server.GetAsync("/v1/runs")).GetProperty("items")[0].GetProperty("id").GetString().ShouldBe(kept);
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Dragging_over_the_chart_narrows_the_time_and_its_button_widens_it()
    {
        await using var studio = await StudioBrowser.StartAsync();
        await AddFlowAsync(studio, "charted", "/bin/charted");
        await RunAsync(studio, "charted", 1);
        var page = await studio.OpenAsync("/runs");
        // The sums come about a second after the run's end.
        await page.Locator(".chart-bars rect.succeeded").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        var plot = (await page.Locator(".chart-plot").BoundingBoxAsync()).ShouldNotBeNull();
        await page.Mouse.MoveAsync(plot.X + (plot.Width / 2), plot.Y + 40);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(plot.X + plot.Width - 40, plot.Y + 50, new() { Steps = 4 });
        await page.GetByText("release to show this time only").WaitForAsync();
        await page.Mouse.UpAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all times" }).WaitForAsync();
        page.Url.ShouldContain("from=");
        await page.GetByText("No run matches").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all times" }).ClickAsync();
        await page.Locator("tr.clickable").First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }
}
