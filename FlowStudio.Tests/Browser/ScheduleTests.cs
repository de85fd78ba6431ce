using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>Scheduling a flow, as one does it.</summary>
public class ScheduleTests
{
    [Fact]
    public async Task A_flow_scheduled_every_second_fires_until_it_is_paused()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString();
        var page = await studio.OpenAsync($"/flows/{flow}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Schedule", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New schedule" }).ClickAsync();

        // Put together first, then written: both show the same.
        await page.GetByRole(AriaRole.Button, new() { Name = "Weekdays" }).ClickAsync();
        await page.GetByText("Every weekday at 09:00").First.WaitForAsync();
        var expression = page.GetByRole(AriaRole.Textbox, new() { Name = "Expression" });
        (await expression.InputValueAsync()).ShouldBe("0 9 * * 1-5");
        await expression.FillAsync("61 * * * *");
        await page.GetByText("Minute (field 1, position 1): 61 is above 59").WaitForAsync();
        (await page.GetByRole(AriaRole.Button, new() { Name = "Create schedule" }).IsDisabledAsync()).ShouldBeTrue();
        await expression.FillAsync("* * * * * *");
        await page.GetByText("Every second").First.WaitForAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name", Exact = true }).FillAsync("Pulse");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Input" }).FillAsync("""{"order":{"id":7},"customer":{"name":"Ada"},"payment":{"status":"paid"}}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create schedule" }).ClickAsync();

        // It fires, and each fire leads to its run.
        var history = page.GetByLabel("History of its fires").GetByRole(AriaRole.Listitem);
        await Assertions.Expect(history.Nth(2)).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await page.GetByLabel("History of its fires").GetByRole(AriaRole.Link).First.WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByText("It is paused: these are its times once it is resumed.").WaitForAsync();

        // On the page of all it is off, and nothing more comes.
        await page.GetByRole(AriaRole.Link, new() { Name = "Schedules" }).First.ClickAsync();
        var toggle = page.GetByRole(AriaRole.Switch, new() { Name = "Pulse fires" });
        await Assertions.Expect(toggle).ToHaveAttributeAsync("aria-checked", "false");
        var schedule = (await studio.Server.GetAsync("/v1/schedules")).GetProperty("items")[0];
        schedule.GetProperty("next_at").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        var last = await LastAsync(studio, schedule.GetProperty("id").GetString());
        // A run by hand is later than any fire that could still have come: what lies between would show.
        await page.GetByRole(AriaRole.Button, new() { Name = "Run Pulse now" }).ClickAsync();
        await page.GetByText("Run started.").WaitForAsync();
        await EngineFixture.UntilAsync(async () => await LastAsync(studio, schedule.GetProperty("id").GetString()) != last, "the run by hand is there");
        var fires = (await studio.Server.GetAsync($"/v1/schedules/{schedule.GetProperty("id").GetString()}/fires")).GetProperty("items").EnumerateArray().ToList();
        (fires[0].GetProperty("manual").GetBoolean(), fires[1].GetProperty("scheduled_at").GetString()).ShouldBe((true, last));

        // On again, it fires again; deleted and taken back, it is there with its history.
        await toggle.ClickAsync();
        await Assertions.Expect(toggle).ToHaveAttributeAsync("aria-checked", "true");
        await EngineFixture.UntilAsync(
            async () => (await studio.Server.GetAsync($"/v1/schedules/{schedule.GetProperty("id").GetString()}/fires")).GetProperty("items").GetArrayLength() > fires.Count + 1, "it fires again");
        await page.GetByRole(AriaRole.Button, new() { Name = "More acts of Pulse" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete" }).ClickAsync();
        await page.GetByText("Nothing is scheduled").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Pulse" }).First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_zone_is_found_by_typing_and_taken_by_the_keyboard()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString();
        var page = await studio.OpenAsync($"/flows/{flow}/schedule");
        await page.GetByRole(AriaRole.Button, new() { Name = "New schedule" }).ClickAsync();
        var zone = page.GetByRole(AriaRole.Combobox, new() { Name = "Time zone" });
        await zone.ClickAsync();
        await zone.FillAsync("york");
        await page.GetByRole(AriaRole.Option, new() { Name = "America/New_York" }).WaitForAsync();
        await zone.PressAsync("Enter");
        await page.GetByText("Every day at 09:00 in America/New_York").First.WaitForAsync();
        (await zone.InputValueAsync()).ShouldBe("America/New_York");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create schedule" }).ClickAsync();
        await page.GetByText("Schedule created.").WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    static async Task<string?> LastAsync(StudioBrowser studio, string? id) =>
        (await studio.Server.GetAsync($"/v1/schedules/{id}/fires?limit=1")).GetProperty("items")[0].GetProperty("scheduled_at").GetString();
}
