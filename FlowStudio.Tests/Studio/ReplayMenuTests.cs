using Bunit;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

/// <summary>Runs again, and runs around runs, as the run page shows them.</summary>
public class ReplayMenuTests
{
    static readonly Guid Child = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41");

    [Fact]
    public async Task A_run_that_succeeded_can_be_replayed_from_the_start_only()
    {
        await using var studio = await StudioPage.StartAsync();
        var run = await studio.Engine.StartRunAsync(await studio.AddFlowAsync("x"));
        await studio.Engine.EndOfAsync(run);
        var page = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, run));
        page.WaitForAssertion(() => page.FindAll(".page-head .btn").Select(b => b.Words()).ShouldBe(["Compare", "Replay", ""]));
        page.Find("button[aria-haspopup=menu]").Click();
        page.FindAll(".menu-item").Select(i => i.Words()).ShouldBe(["From the start, latest version", "Copy the id", "Open the flow", "Export", "Delete…"]);
    }

    [Fact]
    public async Task The_replay_is_opened_and_shows_what_was_reused()
    {
        await using var studio = await StudioPage.StartAsync();
        var run = await studio.Engine.StartRunAsync(await studio.Engine.AddFlowAsync(Failing()));
        await studio.Engine.EndOfAsync(run);
        var page = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, run));
        page.WaitForAssertion(() => page.FindAll(".page-head .btn").Select(b => b.Words()).ShouldBe(["Compare", "From the start", "Replay from API Request", ""]));
        await page.InvokeAsync(() => page.Find(".page-head .btn.primary").Click());
        var navigation = studio.Context.Services.GetRequiredService<NavigationManager>();
        page.WaitForAssertion(() => navigation.Uri.ShouldContain("/runs/"));
        var again = Guid.Parse(navigation.Uri[(navigation.Uri.LastIndexOf('/') + 1)..]);
        await studio.Engine.EndOfAsync(again);
        var replay = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, again));
        replay.WaitForAssertion(() => replay.FindAll(".waterfall-row").First(r => r.Words().StartsWith("Webhook", StringComparison.Ordinal)).Words().ShouldEndWith("reused"));
        replay.FindAll($"a[href='/runs/{run}']").ShouldNotBeEmpty();
        replay.FindAll(".waterfall-row").First(r => r.Words().StartsWith("Webhook", StringComparison.Ordinal)).Click();
        replay.WaitForAssertion(() => replay.FindAll(".panel-head .pill").Select(p => p.Words()).ShouldContain("Reused"));
    }

    [Fact]
    public async Task What_cannot_be_replayed_says_why()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync("x");
        var run = await studio.Engine.StartRunAsync(flow);
        await studio.Engine.EndOfAsync(run);
        var page = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, run));
        page.WaitForAssertion(() => page.FindAll(".page-head .btn").Count.ShouldBe(3));
        await studio.Engine.Flows.DeleteAsync(flow.Id, CancellationToken.None);
        await page.InvokeAsync(() => page.FindAll(".page-head .btn")[1].Click());
        var toasts = studio.Context.Services.GetRequiredService<FlowStudio.Web.Studio.Shared.Toasts>();
        page.WaitForAssertion(() => toasts.Shown.Select(t => t.Text).ShouldContain(t => t.Contains("was deleted", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Parent_and_child_link_to_each_other()
    {
        await using var studio = await StudioPage.StartAsync();
        var child = await studio.AddFlowAsync("x");
        var parent = await studio.Engine.AddFlowAsync(new FlowBuilder().Node("hook", "Webhook").Node("call", "RunFlow", new { flow = child.Id }).Edge("hook.output_data", "call.input").Build());
        var run = await studio.Engine.StartRunAsync(parent);
        await studio.Engine.EndOfAsync(run);
        var own = (await studio.Engine.Runs.ListAsync(new RunFilter { FlowId = child.Id }, cursor: null, 10, CancellationToken.None)).Items.Single().Id;
        var page = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, run));
        page.WaitForAssertion(() => page.Find($".panel-head a[href='/runs/{own}']").Words().ShouldStartWith("run "));
        var below = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, own));
        below.WaitForAssertion(() => below.Find($".page-head a[href='/runs/{run}']").Words().ShouldStartWith("run "));
    }

    [Fact]
    public void The_log_links_to_the_run_that_is_waited_for()
    {
        var log = new RunLogState();
        var events = new RunEvents(Guid.CreateVersion7());
        log.Append(events.RunId, events.View(RunEventTypes.NodeWaiting, "call", $$"""{"run_id":"{{Child}}"}"""));
        var line = log.Shown.ShouldHaveSingleItem();
        line.OtherRunId.ShouldBe(Child);
        line.Text.ShouldStartWith("waits for the end of run ");
    }

    [Fact]
    public void The_log_says_what_was_reused()
    {
        var log = new RunLogState();
        var events = new RunEvents(Guid.CreateVersion7());
        log.Append(events.RunId, events.View(RunEventTypes.NodeFinished, "text", $$"""{"output":{"text":"Hi"},"reused":true,"reused_from":"{{Child}}"}"""));
        log.Shown.ShouldHaveSingleItem().Text.ShouldBe("reused: Hi");
    }

    static FlowDocument Failing() => new FlowBuilder().Node("hook", "Webhook").Node("bad", "ApiRequest", new { url_input = "http://[", method = "POST" }).Edge("hook.output_data", "bad.body").Build();
}
