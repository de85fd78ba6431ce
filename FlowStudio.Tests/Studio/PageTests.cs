using Bunit;
using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Bins;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class PageTests
{
    [Fact]
    public async Task The_runs_page_lists_runs_and_shows_new_ones_by_itself()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var page = studio.Context.Render<RunsPage>();
        page.WaitForAssertion(() => page.Find(".empty").Words().ShouldContain("No runs yet"));
        await studio.Engine.EndOfAsync(await studio.Engine.StartRunAsync(flow, """{"order":{"id":7},"customer":{"name":"Ada"}}"""));
        page.WaitForAssertion(() => page.Find("tbody tr.clickable").Words().ShouldContain("Succeeded"));
        page.Find("tbody tr.clickable").Words().ShouldContain("Order 7 of Ada");
    }

    [Fact]
    public async Task The_filters_of_the_runs_page_come_from_its_address()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        await studio.Engine.EndOfAsync(await studio.Engine.StartRunAsync(flow));
        studio.Context.Services.GetRequiredService<NavigationManager>().NavigateTo("/runs?status=failed");
        var page = studio.Context.Render<RunsPage>();
        page.WaitForAssertion(() => page.Find(".empty").Words().ShouldContain("No run matches"));
        page.Find(".chip.on").Words().ShouldStartWith("Status Failed");
    }

    [Fact]
    public async Task A_run_shows_its_steps_result_and_input()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync("**Order** {order.id}");
        var run = await studio.Engine.StartRunAsync(flow, """{"order":{"id":7}}""");
        await studio.Engine.EndOfAsync(run);
        var page = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, run));
        page.WaitForAssertion(() => page.FindAll(".waterfall-row").Select(r => r.QuerySelector(".waterfall-name")!.Words()).ShouldBe(["Webhook", "Data to Message", "Answer"]));
        page.WaitForAssertion(() => page.Find("h1 ~ .pill").Words().ShouldBe("Succeeded"));
        page.Find(".markdown strong").TextContent.ShouldBe("Order");
        page.FindAll(".waterfall-row")[1].Click();
        page.WaitForAssertion(() => page.FindAll(".json")[0].Words().ShouldContain("**Order** 7"));
    }

    [Fact]
    public async Task A_failed_run_says_what_failed_and_where()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(new FlowDocument
        {
            Nodes = [new() { Id = "hook", Type = "Webhook" }, new() { Id = "call", Type = "ApiRequest", Retries = 0, Settings = new() { ["url_input"] = FlowStudio.Engine.JsonText.Element("http://127.0.0.1:1/") } }],
            Edges = [new() { From = new("hook", "output_data"), To = new("call", "body") }],
        });
        var run = await studio.Engine.StartRunAsync(flow);
        await studio.Engine.EndOfAsync(run);
        var page = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, run));
        page.WaitForAssertion(() => page.Find("h1 ~ .pill").Words().ShouldStartWith("Failed at"));
        page.Find(".panel.failed").Words().ShouldNotBeEmpty();
        page.WaitForAssertion(() => page.Find(".waterfall-row[aria-pressed=true] .waterfall-bar.failed"));
    }

    [Fact]
    public async Task A_run_that_does_not_exist_says_so()
    {
        await using var studio = await StudioPage.StartAsync();
        var page = studio.Context.Render<RunDetailPage>(p => p.Add(x => x.Id, Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41")));
        page.WaitForAssertion(() => page.Find(".empty h2").TextContent.ShouldBe("There is no such run"));
    }

    [Fact]
    public async Task The_flow_page_logs_a_run_that_somebody_else_started()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var page = studio.Context.Render<EditorPage>(p => p.Add(x => x.Id, flow.Id));
        page.WaitForAssertion(() => page.Find(".log-empty").Words().ShouldContain("as they happen"));
        await studio.Engine.StartRunAsync(flow, """{"order":{"id":7},"customer":{"name":"Ada"}}""");
        var tab = page.FindComponent<CanvasTab>();
        page.WaitForAssertion(() => tab.Instance.Live.Log.Shown.Select(l => $"{l.Who}: {l.Text}").ShouldContain("Data to Message: Order 7 of Ada"));
        page.WaitForAssertion(() => page.Find(".dock-bar .pill").Words().ShouldStartWith("Succeeded"));
    }

    [Fact]
    public async Task The_flow_page_begins_with_what_the_last_run_did()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        await studio.Engine.EndOfAsync(await studio.Engine.StartRunAsync(flow));
        var page = studio.Context.Render<EditorPage>(p => p.Add(x => x.Id, flow.Id));
        page.WaitForAssertion(() => page.Find(".dock-bar .pill").Words().ShouldStartWith("Succeeded"));
    }

    [Fact]
    public async Task Running_a_flow_by_hand_asks_for_what_it_reads_and_refuses_what_is_no_JSON()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        Guid? started = null;
        var dialog = studio.Context.Render<RunDialog>(p => p.Add(x => x.Accepted, accepted => started = accepted.RunId));
        await dialog.InvokeAsync(() => dialog.Instance.OpenAsync(flow));
        dialog.Find(".field-help").Words().ShouldContain("order.id, customer.name");
        dialog.Find("textarea").GetAttribute("value").ShouldNotBeNull().ShouldContain("\"Ada\"");
        dialog.Find("textarea").Input("{oops");
        dialog.Find(".btn.primary").Click();
        dialog.WaitForAssertion(() => dialog.Find(".field-error").Words().ShouldContain("This is not JSON: line 1, column 2"));
        started.ShouldBeNull();
        dialog.Find("textarea").Input("""{"order":{"id":1}}""");
        dialog.Find(".btn.primary").Click();
        dialog.WaitForAssertion(() => started.ShouldNotBeNull());
        (await studio.Engine.EndOfAsync(started!.Value)).Run.Trigger.ShouldBe(RunTrigger.Studio);
    }

    [Fact]
    public async Task A_flow_that_cannot_run_says_why_it_was_not_started()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(new FlowDocument { Nodes = [new() { Id = "x", Type = "Tavily" }] });
        var dialog = studio.Context.Render<RunDialog>();
        await dialog.InvokeAsync(() => dialog.Instance.OpenAsync(flow));
        dialog.Find(".btn.primary").Click();
        dialog.WaitForAssertion(() => dialog.Find(".field-error").Words().ShouldContain("no component of the type Tavily"));
    }

    [Fact]
    public async Task A_bin_shows_what_it_caught_and_what_comes()
    {
        await using var studio = await StudioPage.StartAsync();
        var store = studio.Engine.Get<IBinStore>();
        await store.AddAsync(Request("orders", """{"hello":"bin"}"""u8.ToArray()), CancellationToken.None);
        var page = studio.Context.Render<BinPage>(p => p.Add(x => x.Name, "orders"));
        page.WaitForAssertion(() => page.Find(".json").Words().ShouldContain("\"hello\": \"bin\""));
        await store.AddAsync(Request("orders", [0xff, 0xfe]), CancellationToken.None);
        await store.AddAsync(Request("other", []), CancellationToken.None);
        page.WaitForAssertion(() => page.FindAll(".bin-item").Count.ShouldBe(2));
        page.Markup.ShouldContain("2 bytes that are no text");
    }

    [Fact]
    public void A_bin_forgets_what_is_beyond_a_hundred()
    {
        var watch = new BinWatch();
        var all = Enumerable.Range(0, 130).Select(i => Request("b", []) with { Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddSeconds(i)) }).ToList();
        watch.Add(all.Take(80));
        watch.Add(all.Skip(60));
        watch.Requests.Select(r => r.Id).ShouldBe(all.Select(r => r.Id).Reverse().Take(100));
    }

    static BinRequest Request(string bin, byte[] body) =>
        new(Guid.CreateVersion7(), bin, "POST", $"/bin/{bin}/x", "", [new("Content-Type", "application/json")], body, "application/json", DateTimeOffset.UtcNow);
}
