using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>The API tab as its users go: choose who may call, copy, run what was copied, and see the call arrive.</summary>
public class ApiTabTests
{
    [Fact]
    public async Task The_command_as_copied_runs_in_bash_and_its_run_appears_and_so_does_a_call_that_was_refused()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await OpenAsync(studio);
        await page.GetByLabel("Who may call").SelectOptionAsync(["Anyone with the token"]);
        await page.Locator("pre.code").GetByText("X-Webhook-Token").WaitForAsync();
        var curl = await CopyAsync(page);
        curl.ShouldStartWith("curl -X POST");
        (await page.Locator("pre.code").TextContentAsync()).ShouldNotBe(curl, "the token is hidden on the page, and not in what is copied");
        var run = JsonDocument.Parse(await BashAsync(curl)).RootElement.GetProperty("run_id").GetString().ShouldNotBeNull();
        await page.Locator($".last-calls a[href='/runs/{run}']").WaitForAsync();
        await page.Locator(".last-calls .pill.ok").WaitForAsync();

        var refused = await BashAsync(curl.Replace("wht_", "wht_x", StringComparison.Ordinal));
        refused.ShouldContain("Invalid or missing webhook token");
        await page.Locator(".last-calls tr").Filter(new() { HasText = "401" }).GetByText("wrong token").WaitForAsync();

        await page.GetByRole(AriaRole.Radio, new() { Name = "Poll", Exact = true }).ClickAsync();
        (await BashAsync(await CopyAsync(page))).ShouldContain("\"status\":\"succeeded\"");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Send_it_now_shows_the_answer_and_what_became_of_the_run()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await OpenAsync(studio);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send it now" }).ClickAsync();
        var answer = page.GetByRole(AriaRole.Region, new() { Name = "Answer" });
        await answer.GetByRole(AriaRole.Status).GetByText("202", new() { Exact = true }).WaitForAsync();
        await answer.GetByText("\"Task started in the background\"").WaitForAsync();
        await answer.GetByText("Succeeded").WaitForAsync();

        await page.GetByRole(AriaRole.Radio, new() { Name = "Wait", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send it now" }).ClickAsync();
        await answer.GetByRole(AriaRole.Status).GetByText("200", new() { Exact = true }).WaitForAsync();
        await answer.GetByText("\"steps\"").WaitForAsync();
        // By key: how it ended moves the link while the mouse is on its way.
        await answer.GetByRole(AriaRole.Link, new() { Name = "Open the run" }).PressAsync("Enter");
        await StudioBrowser.AtAsync(page, "/runs/[^/]+");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_setting_changed_in_one_tab_shows_in_the_other()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var one = await OpenAsync(studio, "settings");
        var other = await OpenAsync(studio, "settings");
        await other.GetByLabel("Description").WaitForAsync();
        await one.GetByLabel("Time limit").FillAsync("90");
        await one.GetByLabel("Time limit").PressAsync("Tab");
        await Assertions.Expect(other.GetByLabel("Time limit")).ToHaveValueAsync("90");
        await other.GetByLabel("Endpoint name").FillAsync("no good");
        await other.GetByLabel("Endpoint name").PressAsync("Enter");
        await other.GetByText("cannot stand in a URL").WaitForAsync();
        await Assertions.Expect(other.GetByLabel("Endpoint name")).ToHaveValueAsync("no good");
        studio.Errors.ShouldBeEmpty();
    }

    static async Task<IPage> OpenAsync(StudioBrowser studio, string tab = "api")
    {
        var flow = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString();
        return await studio.OpenAsync($"/flows/{flow}/{tab}");
    }

    static async Task<string> CopyAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy", Exact = true }).Or(page.GetByRole(AriaRole.Button, new() { Name = "Copied", Exact = true })).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Copied", Exact = true }).WaitForAsync();
        return await StudioBrowser.CopiedAsync(page);
    }

    /// <summary>Runs a text in bash, as a user who pastes it would.</summary>
    static async Task<string> BashAsync(string command)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true }).ShouldNotBeNull();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        bash.ExitCode.ShouldBe(0, await bash.StandardError.ReadToEndAsync());
        return output;
    }
}
