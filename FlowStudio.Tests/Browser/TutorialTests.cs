using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>The ways a new user goes on the first day, in a real browser against the real server.</summary>
public partial class TutorialTests
{
    [Fact]
    public async Task Run_on_the_flow_s_page_shows_the_log_and_the_streamed_answer()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        await page.GetByText("Order updates").First.ClickAsync();
        await page.GetByText("Data to Message").First.WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).First.ClickAsync();
        var start = page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameRegex = RunButton() });
        await start.Or(page.GetByText("Succeeded").First).First.WaitForAsync();
        if (await start.CountAsync() > 0)
            await start.First.ClickAsync();
        await page.GetByText("Succeeded").First.WaitForAsync();
        await page.GetByText("This is the built-in demo model").First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_started_by_webhook_appears_on_the_open_flow()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString();
        var page = await studio.OpenAsync($"/flows/{flow}");
        await page.GetByText("Data to Message").First.WaitForAsync();
        await studio.Server.PostAsync("/api/v1/webhook/tutorial", """{"order":{"id":4711},"customer":{"name":"Zaphod"},"payment":{"status":"paid"}}""");
        await page.GetByText("Order 4711 of Zaphod is now paid.").First.WaitForAsync();
        await page.GetByText("Succeeded").First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_curl_of_the_api_tab_runs_in_bash_as_it_stands()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString();
        var page = await studio.OpenAsync($"/flows/{flow}/api");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy", Exact = true }).First.ClickAsync();
        var curl = await StudioBrowser.CopiedAsync(page);
        curl.ShouldStartWith("curl -X POST");
        var answer = await BashAsync(curl);
        var run = answer.GetProperty("run_id").GetString().ShouldNotBeNull();
        (await studio.Server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_tutorial_s_curl_as_printed_at_the_first_start_works_and_leaves_its_message_in_the_bin()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var curl = studio.Server.Output.Split('\n').Single(l => l.TrimStart().StartsWith("curl ", StringComparison.Ordinal)).Trim();
        var answer = await BashAsync(curl);
        answer.GetProperty("message").GetString().ShouldBe("Task started in the background");
        answer.GetProperty("status").GetString().ShouldBe("in progress");
        var status = new Uri(answer.GetProperty("status_url").GetString().ShouldNotBeNull()).PathAndQuery;
        await EngineFixture.UntilAsync(async () => (await studio.Server.GetAsync(status)).GetProperty("status").GetString() == "succeeded", "the status URL tells of the end");
        var output = (await studio.Server.GetAsync(status)).GetProperty("output").GetString().ShouldNotBeNull();
        var events = await studio.Server.Client.GetStringAsync(new Uri(answer.GetProperty("events_url").GetString().ShouldNotBeNull()));
        events.ShouldContain("event: token");
        events.ShouldContain("event: run.finished");
        var bin = await studio.Server.GetAsync("/v1/bins/tutorial");
        bin.GetProperty("items").EnumerateArray().Select(r => r.ToString()).ShouldContain(r => r.Contains("built-in demo model", StringComparison.Ordinal));
        output.ShouldContain("built-in demo model");
        var page = await studio.OpenAsync("/bins/tutorial");
        await page.GetByText("POST").First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_page_of_the_API_comes_up_without_an_error_in_the_browser()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/docs");
        await page.GetByText("FlowStudio").First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    /// <summary>Runs a text in bash, as a user who pastes it would.</summary>
    internal static async Task<JsonElement> BashAsync(string command)
    {
        var start = new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var bash = Process.Start(start).ShouldNotBeNull();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        bash.ExitCode.ShouldBe(0, await bash.StandardError.ReadToEndAsync());
        return JsonDocument.Parse(output).RootElement;
    }

    [GeneratedRegex("^Run", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RunButton();
}
