using Bunit;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Callbacks;
using FlowStudio.Web.Studio.Editor.FlowSettings;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

/// <summary>Completion webhooks in the studio: set and tried in a flow's settings, seen and sent again on a run's page.</summary>
public class CompletionWebhookPagesTests
{
    [Fact]
    public async Task An_address_is_saved_shown_without_its_token_and_tried()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(503));
        await using var studio = await StudioPage.StartAsync();
        var tab = Render(studio, await studio.AddFlowAsync());
        tab.Find("#flow-completion-webhook").Change(receiver.Url("/x?token=s3cret-token"));
        tab.WaitForAssertion(() => tab.Find("[data-secret]").TextContent.ShouldStartWith("whsec_"));
        tab.Markup.ShouldNotContain("s3cret");
        tab.Find("#flow-completion-webhook").GetAttribute("value").ShouldBe(receiver.Url("/x?token=***"));
        tab.Find("[data-secret]").TextContent.ShouldEndWith("…");
        tab.Find("button[aria-label='Show the secret']").Click();
        tab.WaitForAssertion(() => tab.Find("[data-secret]").TextContent.Length.ShouldBe("whsec_".Length + 44));

        tab.FindAll("button").Single(b => b.Words() == "Send a test").Click();
        tab.WaitForAssertion(() => tab.Find("[role=status] .pill.bad").Words().ShouldBe("503"));
        receiver.Calls.ShouldHaveSingleItem().Url.ShouldBe("/x?token=s3cret-token");
        receiver.Answer = context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "taken");
        tab.FindAll("button").Single(b => b.Words() == "Send a test").Click();
        tab.WaitForAssertion(() => tab.Find("[data-answer]").TextContent.ShouldBe("taken"));
        tab.Find("[role=status] .pill.ok").Words().ShouldBe("200");
    }

    [Theory]
    [InlineData("ftp://a.example", "Only http:// and https:// are called")]
    [InlineData("https://a.example/?token=***", "Write the value.")]
    [InlineData("http://169.254.169.254/", "169.254.169.254")]
    public async Task An_address_that_cannot_be_told_is_refused_at_the_field(string url, string why)
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var tab = Render(studio, flow);
        tab.Find("#flow-completion-webhook").Change(url);
        tab.WaitForAssertion(() => tab.Find("#flow-completion-webhook-said").Words().ShouldContain(why));
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull().CompletionWebhook.ShouldBeNull();
    }

    [Fact]
    public async Task A_new_secret_is_asked_for_and_signs_beside_the_old_one()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        flow = (await studio.Engine.Flows.SaveAsync(flow with { CompletionWebhook = "https://a.example/x" }, null, CancellationToken.None)).ShouldNotBeNull();
        var tab = Render(studio, flow);
        tab.WaitForElement("[data-secret]");
        var secrets = studio.Engine.Get<CompletionWebhooks>().Secrets;
        var before = (await secrets.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull();
        var panel = tab.Find("section[aria-labelledby=completion-webhook]");
        panel.QuerySelectorAll("button").Single(b => b.Words() == "Replace").Click();
        tab.WaitForElement("dialog[aria-label='Replace the signing secret?']");
        tab.FindAll("dialog[aria-label='Replace the signing secret?'] button").Single(b => b.Words() == "Replace it").Click();
        tab.WaitForAssertion(() => tab.Find("section[aria-labelledby=completion-webhook]").Words().ShouldContain("the one before signs too until"));
        (await secrets.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull().Previous.ShouldBe(before.Current);
    }

    [Fact]
    public async Task A_runs_page_shows_who_was_told_and_sends_again()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(500));
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        await studio.Engine.Flows.SaveAsync(flow with { CompletionWebhook = receiver.Url("/x?token=s3cret-token") }, null, CancellationToken.None);
        var run = await studio.Engine.StartRunAsync(flow);
        await studio.Engine.EndOfAsync(run);
        var section = studio.Context.Render<RunDeliveries>(p => p.Add(x => x.RunId, run).Add(x => x.IsFinal, true));
        section.WaitForAssertion(() => section.Find(".delivery-attempts").Words().ShouldContain("The receiver answered 500"));
        section.Find(".delivery-head").Words().ShouldContain(receiver.Url("/x?token=***"));
        section.Find(".delivery-head .pill").Words().ShouldBe("Pending");
        section.Markup.ShouldNotContain("s3cret");

        receiver.Answer = context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "taken");
        section.Find(".delivery-head button").Click();
        section.WaitForAssertion(() => section.Find(".delivery-head .pill").Words().ShouldBe("Delivered"));
        section.WaitForAssertion(() => section.Find(".delivery-attempts details").Words().ShouldContain("taken"));
        section.Find(".panel-head").Words().ShouldContain("1 of 1 delivered");
    }

    [Fact]
    public async Task A_run_that_tells_nobody_has_no_section()
    {
        await using var studio = await StudioPage.StartAsync();
        var run = await studio.Engine.StartRunAsync(await studio.AddFlowAsync());
        await studio.Engine.EndOfAsync(run);
        studio.Context.Render<RunDeliveries>(p => p.Add(x => x.RunId, run).Add(x => x.IsFinal, true)).Markup.Trim().ShouldBeEmpty();
    }

    [Fact]
    public async Task Trying_out_a_part_of_a_flow_tells_nobody()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        flow = (await studio.Engine.Flows.SaveAsync(flow with { CompletionWebhook = "/bin/part" }, null, CancellationToken.None)).ShouldNotBeNull();
        var starter = new FlowStudio.Web.Studio.Editor.RunStarter(studio.Engine.Flows, studio.Engine.Get<IRunIntake>(), studio.Engine.Get<Engine.Components.ComponentCatalog>(), studio.Engine.Get<TimeProvider>());
        var part = await starter.RunToHereAsync(flow, flow.Draft, "text", JsonText.EmptyObject, CancellationToken.None);
        await studio.Engine.EndOfAsync(part.RunId.ShouldNotBeNull());
        var webhooks = studio.Engine.Get<CompletionWebhooks>();
        (await webhooks.ListAsync(new(), null, 10, CancellationToken.None)).Items.ShouldBeEmpty();
        var whole = await starter.RunDraftAsync(flow, flow.Draft, JsonText.EmptyObject, session: null, CancellationToken.None);
        await studio.Engine.EndOfAsync(whole.RunId.ShouldNotBeNull());
        (await webhooks.ListAsync(new(), null, 10, CancellationToken.None)).Items.ShouldHaveSingleItem().RunId.ShouldBe(whole.RunId.GetValueOrDefault());
    }

    static IRenderedComponent<SettingsTab> Render(StudioPage studio, Flow flow)
    {
        IRenderedComponent<SettingsTab>? tab = null;
        tab = studio.Context.Render<SettingsTab>(p => p.Add(x => x.Flow, flow).Add(x => x.FlowSaved, saved => tab?.Render(q => q.Add(x => x.Flow, saved))));
        return tab;
    }
}
