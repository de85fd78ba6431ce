using Bunit;
using FlowStudio.Web.Studio.Shared;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Shared;

/// <summary>The list of acts behind a button; what the browser does with it is tried in the browser's tests.</summary>
public class MenuTests
{
    [Fact]
    public async Task Items_are_drawn_when_the_menu_is_first_opened()
    {
        await using var studio = await StudioPage.StartAsync();
        var menu = studio.Context.Render<Menu>(p => p.Add(x => x.Label, "More acts").AddChildContent<MenuItem>(i => i.AddChildContent("Copy")));
        menu.FindAll("[role=menuitem]").ShouldBeEmpty();
        menu.Find("button[aria-haspopup=menu]").GetAttribute("popovertarget").ShouldBe(menu.Find("[popover]").Id);
        menu.Find("button[aria-haspopup=menu]").Click();
        menu.Find("[role=menuitem]").Words().ShouldBe("Copy");
    }

    [Fact]
    public async Task A_disabled_item_does_nothing_and_a_checked_one_says_so()
    {
        await using var studio = await StudioPage.StartAsync();
        var clicks = 0;
        var one = studio.Context.Render<MenuItem>(p => p.Add(x => x.Disabled, true).Add(x => x.OnClick, () => clicks++).AddChildContent("Stop"));
        one.Find("button").Click();
        clicks.ShouldBe(0);
        one.Find("button").GetAttribute("aria-disabled").ShouldBe("true");
        var other = studio.Context.Render<MenuItem>(p => p.Add(x => x.Checked, true).Add(x => x.OnClick, () => clicks++).AddChildContent("By name"));
        other.Find("[role=menuitemradio]").GetAttribute("aria-checked").ShouldBe("true");
        other.Find("button").Click();
        clicks.ShouldBe(1);
    }

    [Fact]
    public async Task A_menu_opened_at_a_place_asks_the_browser_for_it()
    {
        await using var studio = await StudioPage.StartAsync();
        var module = studio.Context.JSInterop.SetupModule("./studio.js");
        var opened = module.SetupVoid("openMenu", _ => true).SetVoidResult();
        var menu = studio.Context.Render<Menu>(p => p.Add(x => x.Label, "Node").Add(x => x.ShowButton, false).AddChildContent<MenuItem>(i => i.AddChildContent("Copy")));
        await menu.InvokeAsync(() => menu.Instance.OpenAt(10, 20));
        menu.WaitForAssertion(() => opened.Invocations.ShouldHaveSingleItem().Arguments.Skip(1).ShouldBe([10d, 20d]));
        menu.Find("[role=menuitem]").Words().ShouldBe("Copy");
    }
}
