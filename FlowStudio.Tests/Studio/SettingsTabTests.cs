using Bunit;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Schedules;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.FlowSettings;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class SettingsTabTests
{
    static async Task<Flow> ReadAsync(StudioPage studio, Flow flow) => (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull();

    [Fact]
    public async Task What_the_server_does_without_a_limit_is_shown_in_its_place()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var tab = studio.Context.Render<SettingsTab>(p => p.Add(x => x.Flow, flow));
        var options = studio.Engine.Get<FlowStudio.Engine.EngineOptions>();
        tab.Find("#flow-timeout").GetAttribute("placeholder").ShouldBe(options.Runner.RunTimeoutSeconds.ToString("#,0.##", System.Globalization.CultureInfo.InvariantCulture));
        tab.Find("#flow-keep-days").GetAttribute("placeholder").ShouldBe("for ever");
        tab.Find("#flow-keep-runs").GetAttribute("placeholder").ShouldBe("all");
    }

    [Fact]
    public async Task Each_setting_is_saved_as_it_is_changed_and_the_page_goes_on_with_what_was_saved()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var page = studio.Context.Render<EditorPage>(p => p.Add(x => x.Id, flow.Id).Add(x => x.Tab, "settings"));
        page.WaitForElement("#flow-timeout").Change("120");
        page.Find("#flow-retries").Change("2");
        page.Find("#flow-tags").Change("orders, mail");
        page.Find("#flow-description").Change("What it does");
        page.Find("[role=switch]").Click();
        page.WaitForAssertion(() => page.Find("[role=switch]").GetAttribute("aria-checked").ShouldBe("false"));
        await EngineFixture.UntilAsync(
            async () => await ReadAsync(studio, flow) is { Limits: { RunTimeout: 120, Retries: 2 }, Description: "What it does", Enabled: false, Tags: ["orders", "mail"] },
            "all five are saved, whichever came first");
    }

    [Fact]
    public async Task What_is_wrong_stands_at_the_field_and_is_not_saved()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var tab = studio.Context.Render<SettingsTab>(p => p.Add(x => x.Flow, flow));
        tab.Find("#flow-keep-runs").Change("many");
        tab.WaitForAssertion(() => tab.Find("#flow-keep-runs-said").Words().ShouldContain("'many' is no number of runs"));
        tab.Find("#flow-keep-runs").GetAttribute("aria-describedby").ShouldBe("flow-keep-runs-said");
        (await ReadAsync(studio, flow)).DraftRevision.ShouldBe(flow.DraftRevision);
    }

    [Fact]
    public async Task A_setting_that_another_tab_changed_meanwhile_asks_which_to_keep()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        // This tab is not told of changes: as one whose connection lags.
        var tab = studio.Context.Render<SettingsTab>(p => p.Add(x => x.Flow, flow));
        await studio.Engine.Flows.SaveAsync(flow with { Description = "theirs" }, flow.DraftRevision, CancellationToken.None);
        tab.Find("#flow-description").Change("mine");
        tab.WaitForAssertion(() => tab.Find(".field-conflict").Words().ShouldContain("Somebody else set it to theirs meanwhile."));
        tab.FindAll(".field-conflict button").Single(b => b.Words() == "Use mine").Click();
        tab.WaitForAssertion(() => tab.FindAll(".field-conflict").ShouldBeEmpty());
        (await ReadAsync(studio, flow)).Description.ShouldBe("mine");
    }

    [Fact]
    public async Task Deleting_says_what_is_lost_and_leaves_for_the_flows()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        await studio.Engine.Flows.PublishAsync(flow.Id, null, null, CancellationToken.None);
        await studio.Engine.Get<ISchedules>().CreateAsync(new() { Id = Guid.Empty, FlowId = flow.Id, Name = "Mornings", Cron = "0 9 * * *" }, CancellationToken.None);
        var navigation = studio.Context.Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo($"/flows/{flow.Id}/settings");
        var tab = studio.Context.Render<SettingsTab>(p => p.Add(x => x.Flow, flow));
        tab.FindAll("button").Single(b => b.Words() == "Delete…").Click();
        tab.WaitForAssertion(() => tab.Find($"dialog[aria-label='Delete {flow.Name}?']").Words().ShouldContain("with 1 version and 1 schedule."));
        tab.Find($"dialog[aria-label='Delete {flow.Name}?']").Words().ShouldContain("Its runs stay in the history");
        tab.FindAll("dialog .btn.danger").Last().Click();
        await EngineFixture.UntilAsync(async () => await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None) is null, "the flow is deleted");
        tab.WaitForAssertion(() => new Uri(navigation.Uri).AbsolutePath.ShouldBe("/"));
    }
}
