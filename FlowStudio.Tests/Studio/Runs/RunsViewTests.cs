using Bunit;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Charts;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Runs;

public class RunsViewTests
{
    static NavigationManager Navigation(StudioPage studio) => studio.Context.Services.GetRequiredService<NavigationManager>();

    static async Task<List<Guid>> RunsAsync(StudioPage studio, Flow flow, int count)
    {
        var runs = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            runs.Add(await studio.Engine.StartRunAsync(flow, $$$"""{"order":{"id":{{{i}}}},"customer":{"name":"Ada"}}"""));
            await studio.Engine.EndOfAsync(runs[^1]);
        }
        return runs;
    }

    static IRenderedComponent<RunsView> Show(StudioPage studio, int rows)
    {
        var view = studio.Context.Render<RunsView>();
        view.WaitForAssertion(() => view.FindAll("tbody tr.clickable").Count.ShouldBe(rows));
        return view;
    }

    [Fact]
    public async Task A_filter_that_is_chosen_stands_in_the_address_and_one_in_the_address_is_shown()
    {
        await using var studio = await StudioPage.StartAsync();
        await RunsAsync(studio, await studio.AddFlowAsync(), 1);
        var view = Show(studio, rows: 1);
        await view.InvokeAsync(() => view.Find("select[aria-label=Status]").Change("succeeded"));
        view.WaitForAssertion(() => Navigation(studio).Uri.ShouldEndWith("/runs?status=succeeded"));
        view.WaitForAssertion(() => view.Find(".filters .push").Words().ShouldBe("1 matches"));
        await view.InvokeAsync(() => view.Find("select[aria-label=Time]").Change("7d"));
        view.WaitForAssertion(() => Navigation(studio).Uri.ShouldEndWith("/runs?status=succeeded&time=7d"));
        view.WaitForAssertion(() => view.Find(".stats .caption").Words().ShouldBe("Last 7 days"));
        await view.InvokeAsync(() => view.Find("select[aria-label=Status]").Change("failed"));
        view.WaitForAssertion(() => view.Find(".empty h2").Words().ShouldBe("No run matches"));
        await view.InvokeAsync(() => view.Find(".empty .btn").Click());
        view.WaitForAssertion(() => view.Find(".filters .push").Words().ShouldBe("1 run"));
    }

    [Fact]
    public async Task A_stretch_that_was_marked_in_the_chart_limits_the_list()
    {
        await using var studio = await StudioPage.StartAsync();
        await RunsAsync(studio, await studio.AddFlowAsync(), 1);
        var view = Show(studio, rows: 1);
        view.WaitForAssertion(() => view.FindComponent<RunsChart>().Instance.Points.Count.ShouldBeGreaterThan(90));
        var chart = view.FindComponent<RunsChart>();
        await chart.InvokeAsync(() => chart.Instance.BarsMarked(2, 3));
        Navigation(studio).Uri.ShouldContain("/runs?from=");
        Navigation(studio).Uri.ShouldContain("&to=");
        view.WaitForAssertion(() => view.Find(".empty h2").Words().ShouldBe("No run matches"));
        await view.InvokeAsync(() => view.Find(".stats .btn").Click());
        view.WaitForAssertion(() => view.FindAll("tbody tr.clickable").Count.ShouldBe(1));
    }

    [Fact]
    public async Task Sums_stand_above_the_list_soon_after_a_run_s_end()
    {
        await using var studio = await StudioPage.StartAsync();
        await RunsAsync(studio, await studio.AddFlowAsync(), 2);
        var view = Show(studio, rows: 2);
        view.WaitForAssertion(() => view.FindAll(".stat b").Select(b => b.Words()).First().ShouldBe("2"));
        view.FindAll(".stat b")[1].Words().ShouldBe("0");
        view.FindAll(".stat b")[2].Words().ShouldEndWith("ms");
    }

    [Fact]
    public async Task Runs_that_are_ticked_are_deleted_after_a_question_that_says_what_is_lost()
    {
        await using var studio = await StudioPage.StartAsync();
        var runs = await RunsAsync(studio, await studio.AddFlowAsync(), 3);
        var view = Show(studio, rows: 3);
        await view.InvokeAsync(() => view.FindAll("td.pick input")[0].Click());
        await view.InvokeAsync(() => view.FindAll("td.pick input")[1].Click(new MouseEventArgs { ShiftKey = true }));
        view.WaitForAssertion(() => view.Find(".bulk-bar .strong").Words().ShouldBe("2 selected"));
        await view.InvokeAsync(() => view.FindAll(".bulk-bar .btn").Single(b => b.Words() == "Delete").Click());
        view.Find("dialog .modal-body").Words().ShouldContain("Delete 2 runs?Their inputs, steps, outputs and logs are lost for good");
        await view.InvokeAsync(() => view.Find("dialog .btn.danger").Click());
        view.WaitForAssertion(() => view.FindAll("tbody tr.clickable").Count.ShouldBe(1));
        view.FindAll(".bulk-bar").ShouldBeEmpty();
        (await studio.Engine.Runs.FindAsync(runs[2], CancellationToken.None)).ShouldBeNull();
        (await studio.Engine.Runs.FindAsync(runs[0], CancellationToken.None)).ShouldNotBeNull();
        studio.Context.Services.GetRequiredService<Toasts>().Shown.ShouldContain(t => t.Text == "2 runs deleted.");
    }

    [Fact]
    public async Task What_could_not_be_done_is_told_run_by_run()
    {
        await using var studio = await StudioPage.StartAsync();
        await RunsAsync(studio, await studio.AddFlowAsync(), 2);
        var view = Show(studio, rows: 2);
        await view.InvokeAsync(() => view.Find("th.pick input").Change(true));
        view.WaitForElement(".bulk-bar");
        await view.InvokeAsync(() => view.FindAll(".bulk-bar .btn").Single(b => b.Words() == "Cancel").Click());
        await view.InvokeAsync(() => view.Find("dialog .btn.danger").Click());
        view.WaitForAssertion(() => view.FindAll(".bulk-problems .row").Count.ShouldBe(2));
        view.Find(".bulk-problems .row").Words().ShouldEndWith("It had ended already.");
    }

    [Fact]
    public async Task All_that_match_can_be_done_at_once_though_few_are_listed()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        await RunsAsync(studio, flow, 3);
        var view = Show(studio, rows: 3);
        view.WaitForAssertion(() => view.Find(".filters .push").Words().ShouldBe("3 runs"));
        await view.InvokeAsync(() => view.FindAll("td.pick input")[1].Click());
        view.WaitForElement(".bulk-bar");
        await view.InvokeAsync(() => view.FindAll(".bulk-bar .btn").Single(b => b.Words() == "Select all 3").Click());
        view.Find(".bulk-bar a[download]").GetAttribute("href").ShouldBe("/v1/runs/export");
        var dialog = view.FindComponent<RunBulkDialog>();
        await dialog.InvokeAsync(() => dialog.Instance.AskAsync(FlowStudio.Engine.Execution.RunAct.Replay, FlowStudio.Engine.Execution.ReplayFrom.Start, FlowStudio.Engine.Execution.ReplayVersion.Same));
        view.Find("dialog .modal-body").Words().ShouldContain("Run 3 runs again, from the start?");
        await view.InvokeAsync(() => view.Find("dialog .btn.primary").Click());
        view.WaitForAssertion(() => view.FindAll("tbody tr.clickable").Count.ShouldBe(6));
        view.FindAll("tbody .trigger").Count(t => t.Words() == "replay").ShouldBe(3);
    }

    [Fact]
    public async Task Paused_it_shows_nothing_new_until_it_goes_on()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        await RunsAsync(studio, flow, 1);
        var view = Show(studio, rows: 1);
        var table = view.FindComponent<RunsTable>();
        await view.InvokeAsync(() => view.Find(".live-switch").Click());
        view.Find(".live-switch").Words().ShouldBe("Paused");
        await RunsAsync(studio, flow, 1);
        await table.InvokeAsync(() => { });
        view.FindAll("tbody tr.clickable").Count.ShouldBe(1);
        await view.InvokeAsync(() => view.Find(".live-switch").Click());
        view.WaitForAssertion(() => view.FindAll("tbody tr.clickable").Count.ShouldBe(2));
    }

    [Fact]
    public async Task Older_runs_are_read_as_the_list_is_scrolled()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        await RunsAsync(studio, flow, 53);
        // Without a browser every row is in view at once.
        Show(studio, rows: 53);
    }
}
