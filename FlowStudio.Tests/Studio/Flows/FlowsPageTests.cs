using Bunit;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Studio.Flows;
using FlowStudio.Web.Studio.Layout;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Flows;

/// <summary>The list of flows and what can be done from it.</summary>
public class FlowsPageTests
{
    [Fact]
    public async Task The_empty_list_says_what_to_do()
    {
        await using var studio = await StudioPage.StartAsync();
        var page = studio.Context.Render<FlowsPage>();
        page.WaitForAssertion(() => page.Find(".empty").Words().ShouldContain("drop a flow file anywhere"));
        page.Find(".empty .btn.primary").Words().ShouldBe("New flow");
    }

    [Fact]
    public async Task A_flow_is_shown_with_its_last_run_and_new_ones_come_by_themselves()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var page = studio.Context.Render<FlowsPage>();
        page.WaitForAssertion(() => Row(page).Words().ShouldContain("Never run"));
        Row(page).Words().ShouldContain("webhook");
        await studio.Engine.EndOfAsync(await studio.Engine.StartRunAsync(flow, """{"order":{"id":1}}"""));
        page.WaitForAssertion(() => Row(page).Words().ShouldContain("Succeeded just now"));
        await studio.AddFlowAsync();
        page.WaitForAssertion(() => page.FindAll(".flow-row").Count.ShouldBe(2));
    }

    [Fact]
    public async Task Search_finds_components_by_their_titles_and_chips_narrow_the_list()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        await studio.Engine.Flows.SaveAsync(flow with { Name = "Good", Tags = ["shop"] }, expectedRevision: null, CancellationToken.None);
        var bad = await studio.Engine.AddFlowAsync(new FlowBuilder().Node("hook", "Webhook").Node("post", "ApiRequest", new { url_input = "http://[" }, retries: 0).Edge("hook.output_data", "post.body").Build());
        await studio.Engine.EndOfAsync(await studio.Engine.StartRunAsync(bad));
        var page = studio.Context.Render<FlowsPage>();
        page.WaitForAssertion(() => page.FindAll(".flow-row").Count.ShouldBe(2));
        page.FindAll(".filters .chip").Select(c => c.Words()).ShouldBe(["All 2", "Failing 1", "Scheduled 0", "tag: any anyshop (1)"]);
        page.FindAll(".filters .chip")[1].Click();
        page.WaitForAssertion(() => Row(page).Words().ShouldContain("Failed"));
        page.FindAll(".flow-row").Count.ShouldBe(1);
        page.FindAll(".filters .chip")[2].Click();
        page.WaitForAssertion(() => page.Find(".empty").Words().ShouldContain("No flow has a schedule"));
        page.Find(".empty .btn").Click();
        page.WaitForAssertion(() => page.FindAll(".flow-row").Count.ShouldBe(2));
        page.Find(".filters select").Change("shop");
        page.WaitForAssertion(() => Row(page).Words().ShouldContain("Good"));
        page.FindAll(".flow-row").Count.ShouldBe(1);
        page.Find(".filters select").Change("");
        page.Find(".search input").Input("data to message");
        page.WaitForAssertion(() => page.FindAll(".flow-row").Count.ShouldBe(1));
        Row(page).Words().ShouldContain("Good");
        page.Find(".search input").Input("nothing like it");
        page.WaitForAssertion(() => page.Find(".empty").Words().ShouldContain("“nothing like it”"));
    }

    [Fact]
    public async Task A_deleted_flow_comes_back_by_undo_with_its_token()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var token = await studio.Engine.Get<SecretVault>().EnsureWebhookTokenAsync(flow.Id, CancellationToken.None);
        var page = studio.Context.Render<FlowsPage>();
        var notices = studio.Context.Render<ToastHost>();
        page.WaitForAssertion(() => page.Find(".flow-row"));
        page.Find(".flow-row [aria-haspopup=menu]").Click();
        page.WaitForState(() => page.FindAll(".flow-row .menu-item").Any(i => i.Words() == "Delete"));
        page.FindAll(".flow-row .menu-item").Single(i => i.Words() == "Delete").Click();
        page.WaitForAssertion(() => page.Find(".empty").Words().ShouldContain("No flows yet"));
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None)).ShouldBeNull();
        notices.WaitForAssertion(() => notices.Find(".toast").Words().ShouldContain($"{flow.Name} is deleted. Its runs stay."));
        notices.FindAll(".toast .btn").Single(b => b.Words() == "Undo").Click();
        page.WaitForAssertion(() => Row(page).Words().ShouldContain(flow.Name));
        studio.Engine.Get<SecretVault>().FindWebhookToken(flow.Id).ShouldBe(token);
    }

    [Fact]
    public async Task A_flow_is_switched_off_and_duplicated_from_its_row()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var page = studio.Context.Render<FlowsPage>();
        page.WaitForAssertion(() => page.Find("[role=switch]").GetAttribute("aria-checked").ShouldBe("true"));
        page.Find("[role=switch]").Click();
        page.WaitForAssertion(() => page.Find("[role=switch]").GetAttribute("aria-checked").ShouldBe("false"));
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull().Enabled.ShouldBeFalse();
        page.Find(".flow-row [aria-haspopup=menu]").Click();
        page.WaitForState(() => page.FindAll(".flow-row .menu-item").Any(i => i.Words() == "Duplicate"));
        page.FindAll(".flow-row .menu-item").Single(i => i.Words() == "Duplicate").Click();
        page.WaitForAssertion(() => page.FindAll(".flow-row").Count.ShouldBe(2));
        page.FindAll(".flow-row").Select(r => r.QuerySelector(".title")!.TextContent).ShouldContain($"{flow.Name} copy");
    }

    [Fact]
    public async Task Selected_flows_are_tagged_switched_and_deleted_together()
    {
        await using var studio = await StudioPage.StartAsync();
        var one = await studio.AddFlowAsync();
        var two = await studio.AddFlowAsync();
        var page = studio.Context.Render<FlowsPage>();
        page.WaitForAssertion(() => page.FindAll(".flow-row").Count.ShouldBe(2));
        page.Find("thead .tick").Change(true);
        page.WaitForAssertion(() => page.Find(".bulk").Words().ShouldStartWith("2 selected"));
        await Act("Tag…").ClickAsync(new());
        page.WaitForElement("#tag-name").Input(" shop ");
        page.FindAll(".modal-foot .btn").Single(b => b.Words() == "Add the tag").Click();
        page.WaitForAssertion(() => page.FindAll(".tag").Count.ShouldBe(2));
        await Act("Turn off").ClickAsync(new());
        page.WaitForAssertion(() => page.FindAll("[role=switch][aria-checked=false]").Count.ShouldBe(2));
        foreach (var id in new[] { one.Id, two.Id })
        {
            var flow = (await studio.Engine.Flows.FindAsync(id, CancellationToken.None)).ShouldNotBeNull();
            flow.Tags.ShouldBe(["shop"]);
            flow.Enabled.ShouldBeFalse();
        }
        await Act("Delete").ClickAsync(new());
        page.WaitForAssertion(() => page.Find(".empty").Words().ShouldContain("No flows yet"));
        studio.Context.Services.GetRequiredService<Toasts>().Shown[^1].Text.ShouldBe("2 flows are deleted. The runs stay.");

        AngleSharp.Dom.IElement Act(string words) => page.FindAll(".bulk .btn").Single(b => b.Words() == words);
    }

    [Fact]
    public async Task The_gallery_makes_a_flow_and_opens_it()
    {
        await using var studio = await StudioPage.StartAsync();
        var gallery = studio.Context.Render<NewFlowDialog>();
        await gallery.InvokeAsync(gallery.Instance.OpenAsync);
        gallery.FindAll(".gallery-card b").Select(b => b.TextContent)
            .ShouldBe(["Blank flow", "Order updates", "Basic prompting", "Prompt chaining", "Memory chatbot", "If-else routing", "Loop over a list", "Scheduled digest", "Order-status updates"]);
        gallery.FindAll(".gallery-try").ShouldHaveSingleItem().GetAttribute("aria-label").ShouldBe("Try Order-status updates");
        gallery.FindAll(".gallery-card")[1].Click();
        var navigation = studio.Context.Services.GetRequiredService<NavigationManager>();
        gallery.WaitForAssertion(() => navigation.Uri.ShouldContain("/flows/"));
        var made = (await studio.Engine.Flows.FindAsync(Guid.Parse(navigation.Uri[(navigation.Uri.LastIndexOf('/') + 1)..]), CancellationToken.None)).ShouldNotBeNull();
        (made.Name, made.EndpointName).ShouldBe(("Order updates", "tutorial"));
        // The second has neither its name nor its address.
        await gallery.InvokeAsync(gallery.Instance.OpenAsync);
        gallery.FindAll(".gallery-card")[1].Click();
        gallery.WaitForAssertion(() => navigation.Uri.ShouldNotContain(made.Id.ToString()));
        var second = (await studio.Engine.Flows.FindAsync(Guid.Parse(navigation.Uri[(navigation.Uri.LastIndexOf('/') + 1)..]), CancellationToken.None)).ShouldNotBeNull();
        (second.Name, second.EndpointName).ShouldBe(("Order updates 2", null));
    }

    [Fact]
    public async Task Cards_show_the_same_flows()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var page = studio.Context.Render<FlowsPage>();
        page.WaitForAssertion(() => page.Find(".flow-row"));
        page.Find("[aria-label=Cards]").Click();
        page.WaitForAssertion(() => page.Find(".flow-card").Words().ShouldContain(flow.Name));
        page.FindAll(".flow-row").ShouldBeEmpty();
    }

    static AngleSharp.Dom.IElement Row(IRenderedComponent<FlowsPage> page) => page.Find(".flow-row");
}
