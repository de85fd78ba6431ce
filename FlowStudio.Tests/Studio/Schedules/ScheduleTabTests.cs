using Bunit;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Schedules;
using FlowStudio.Web.Studio.Schedules;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Schedules;

public class ScheduleTabTests
{
    static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parts_and_text_follow_each_other()
    {
        await using var page = await StudioPage.StartAsync();
        var tab = Open(page, await page.AddFlowAsync());
        await PressAsync(tab, () => tab.Find(".empty .btn.primary"));
        tab.WaitForAssertion(() => Expression(tab).ShouldBe("0 9 * * *"));
        Kind(tab).ShouldBe("Daily");

        await PressAsync(tab, () => Button(tab, "Weekly"));
        await PressAsync(tab, () => tab.Find("[aria-label=Thursday]"));
        await tab.InvokeAsync(() => tab.Find("[aria-label='Time of day']").Change("17:05"));
        tab.WaitForAssertion(() => Expression(tab).ShouldBe("5 17 * * 1,4"));
        tab.Find(".cron-words").Words().ShouldBe("Every Monday and Thursday at 17:05 in UTC");

        await TypeAsync(tab, "#schedule-cron", "*/20 * * * *");
        tab.WaitForAssertion(() => Kind(tab).ShouldBe("Minutes"));
        tab.WaitForAssertion(() => tab.FindAll(".fires li").Count.ShouldBe(10));
        await TypeAsync(tab, "#schedule-cron", "*/20 */2 * * *");
        tab.WaitForAssertion(() => Kind(tab).ShouldBe("Custom"));
    }

    [Fact]
    public async Task What_is_wrong_keeps_a_schedule_from_being_saved()
    {
        await using var page = await StudioPage.StartAsync();
        var tab = Open(page, await page.AddFlowAsync());
        await PressAsync(tab, () => tab.Find(".empty .btn.primary"));
        await TypeAsync(tab, "#schedule-cron", "0 9 * * MON-FRY");
        tab.WaitForAssertion(() => tab.Find(".field-error").Words().ShouldStartWith("Day of week (field 5, position 13): 'FRY' is not known here"));
        tab.Find(".cron-place mark").TextContent.ShouldBe("FRY");
        tab.WaitForAssertion(() => tab.FindAll(".fires li").ShouldBeEmpty());
        Button(tab, "Create schedule").HasAttribute("disabled").ShouldBeTrue();
        await TypeAsync(tab, "#schedule-cron", "0 9 * * MON-FRI");
        await TypeAsync(tab, "#schedule-input", "{");
        tab.WaitForAssertion(() => tab.Find(".field-error").Words().ShouldStartWith("This is no JSON"));
        Button(tab, "Create schedule").HasAttribute("disabled").ShouldBeTrue();
    }

    [Fact]
    public async Task A_schedule_is_made_paused_and_deleted()
    {
        await using var page = await StudioPage.StartAsync();
        var flow = await page.AddFlowAsync();
        var schedules = page.Engine.Get<ISchedules>();
        var tab = Open(page, flow);
        await PressAsync(tab, () => tab.Find(".empty .btn.primary"));
        await TypeAsync(tab, "#schedule-cron", "0 0 1 1 *");
        await PressAsync(tab, () => Button(tab, "Create schedule"));
        tab.WaitForAssertion(() => tab.FindAll(".schedule-item").Count.ShouldBe(1));
        var made = (await schedules.ListAsync(flow.Id, cursor: null, 10, Token)).Items.ShouldHaveSingleItem().Schedule;
        made.Name.ShouldBe("At 00:00 on the 1st of January in UTC");

        await PressAsync(tab, () => Button(tab, "Run now"));
        tab.WaitForAssertion(() => tab.FindAll(".fire-history li").Count.ShouldBe(1));
        await PressAsync(tab, () => Button(tab, "Pause"));
        tab.WaitForAssertion(() => Button(tab, "Resume").ShouldNotBeNull());
        (await schedules.FindAsync(made.Id, Token)).ShouldNotBeNull().Schedule.Paused.ShouldBeTrue();
        await schedules.DeleteAsync(made.Id, Token);
        tab.WaitForAssertion(() => tab.FindAll(".empty .btn.primary").Count.ShouldBe(1));
    }

    static IRenderedComponent<ScheduleTab> Open(StudioPage page, Flow flow) => page.Context.Render<ScheduleTab>(parameters => parameters.Add(t => t.Flow, flow));

    /// <summary>Found and pressed between two drawings: what is checked meanwhile draws too.</summary>
    static async Task PressAsync(IRenderedComponent<ScheduleTab> tab, Func<AngleSharp.Dom.IElement> find)
    {
        tab.WaitForAssertion(() => find());
        await tab.InvokeAsync(() => find().Click());
    }

    static async Task TypeAsync(IRenderedComponent<ScheduleTab> tab, string field, string text)
    {
        tab.WaitForElement(field);
        await tab.InvokeAsync(() => tab.Find(field).Input(text));
    }

    static string? Expression(IRenderedComponent<ScheduleTab> tab) => tab.Find("#schedule-cron").GetAttribute("value");

    static string Kind(IRenderedComponent<ScheduleTab> tab) => tab.Find(".cron-kinds [aria-pressed=true]").Words();

    static AngleSharp.Dom.IElement Button(IRenderedComponent<ScheduleTab> tab, string text) => tab.FindAll("button").First(b => b.Words() == text);
}
