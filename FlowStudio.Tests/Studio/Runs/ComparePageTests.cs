using Bunit;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Runs;

public class ComparePageTests
{
    [Fact]
    public async Task Two_runs_stand_side_by_side_with_what_differs()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync("Order {order.id}");
        var first = await studio.Engine.StartRunAsync(flow, """{"order":{"id":1}}""");
        await studio.Engine.EndOfAsync(first);
        var changed = flow.Draft with { Nodes = [.. flow.Draft.Nodes.Select(n => n.Id == "text" ? n with { Settings = new() { ["template"] = FlowStudio.Engine.JsonText.Element("Number {order.id}") } } : n)] };
        await studio.Engine.Flows.SaveAsync(flow with { Draft = changed }, expectedRevision: null, CancellationToken.None);
        var second = await studio.Engine.StartRunAsync(flow, """{"order":{"id":2}}""");
        await studio.Engine.EndOfAsync(second);

        var page = studio.Context.Render<RunComparePage>(p => p.Add(x => x.Id, first).Add(x => x.Other, second));
        page.WaitForAssertion(() => page.FindAll(".compare-step .waterfall-name").Select(n => n.Words()).ShouldBe(["Webhook", "Data to Message", "Answer"]));
        page.FindAll(".compare-head .pill").Select(p => p.Words()).ShouldBe(["Succeeded", "Succeeded"]);
        page.FindAll(".halves .run-diff-line").Select(l => l.Words()).ShouldContain("id: 1 2");
        page.Markup.ShouldContain("Number {order.id}");
        page.FindAll(".compare-step")[1].QuerySelector("button")!.Click();
        page.WaitForAssertion(() => page.Find(".compare-inner").Words().ShouldContain("\"Order 1\" \"Number 2\""));
    }

    [Fact]
    public async Task A_run_compared_with_itself_differs_in_nothing()
    {
        await using var studio = await StudioPage.StartAsync();
        var run = await studio.Engine.StartRunAsync(await studio.AddFlowAsync("x"));
        await studio.Engine.EndOfAsync(run);
        var details = (await studio.Engine.Runs.FindDetailsAsync(run, CancellationToken.None)).ShouldNotBeNull();
        var comparison = RunComparison.Of(details, details, leftDocument: null, rightDocument: null);
        comparison.Steps.Count.ShouldBe(3);
        comparison.Steps.ShouldAllBe(s => s.Delta == TimeSpan.Zero && s.Output.Count == 0);
        (comparison.Input.Count, comparison.Output.Count).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_run_that_is_gone_says_so()
    {
        await using var studio = await StudioPage.StartAsync();
        var page = studio.Context.Render<RunComparePage>(p => p.Add(x => x.Id, Guid.CreateVersion7()).Add(x => x.Other, Guid.CreateVersion7()));
        page.WaitForAssertion(() => page.Find(".empty h2").Words().ShouldBe("One of the runs does not exist"));
    }
}
