using Bunit;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Studio.Editor.Palette;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Palette;

public sealed class ComponentPaletteTests : IAsyncDisposable
{
    readonly BunitContext context = new();
    readonly List<string> added = [];

    public ComponentPaletteTests()
    {
        context.JSInterop.Mode = JSRuntimeMode.Loose;
        context.Services.AddSingleton(NodeTest.Catalog).AddScoped<BrowserTools>();
    }

    public ValueTask DisposeAsync() => context.DisposeAsync();

    IRenderedComponent<ComponentPalette> Render() => context.Render<ComponentPalette>(p => p.Add(x => x.Add, added.Add));

    static IReadOnlyList<string> Titles(IRenderedComponent<ComponentPalette> palette) => [.. palette.FindAll(".palette-item .palette-words > :first-child").Select(e => e.Words())];

    static string? Chosen(IRenderedComponent<ComponentPalette> palette) => palette.FindAll(".palette-item[aria-selected=true]").SingleOrDefault()?.GetAttribute("data-component");

    [Fact]
    public void Every_component_is_there_under_its_category()
    {
        var palette = Render();
        palette.FindAll(".palette-head").Select(e => e.Words()).ShouldBe(["Start", "Shape", "Models", "Route", "Data", "Out"]);
        Titles(palette).ShouldBe(NodeTest.Catalog.All.Select(d => d.Title));
        palette.FindAll(".palette-item").ShouldAllBe(e => e.GetAttribute("draggable") == "true" && e.GetAttribute("title")!.Length > 10); // every entry has a title
    }

    [Fact]
    public void Typing_finds_and_enter_adds_what_was_most_likely_meant()
    {
        var palette = Render();
        palette.Find("input").Input("request");
        Titles(palette).ShouldContain("API Request");
        palette.Find("input").Input("data to");
        Chosen(palette).ShouldBe("DataToMessage");
        palette.Find("input").KeyDown(new KeyboardEventArgs { Key = "Enter" });
        added.ShouldBe(["DataToMessage"]);
    }

    [Fact]
    public void Arrows_walk_through_the_list_and_stop_at_its_ends()
    {
        var palette = Render();
        Chosen(palette).ShouldBeNull();
        var all = NodeTest.Catalog.All;
        palette.Find("input").KeyDown(new KeyboardEventArgs { Key = "ArrowDown" });
        palette.Find("input").KeyDown(new KeyboardEventArgs { Key = "ArrowDown" });
        Chosen(palette).ShouldBe(all[1].Type);
        palette.Find("input").GetAttribute("aria-activedescendant").ShouldBe($"palette-entry-{all[1].Type}");
        for (var i = 0; i < all.Count + 3; i++)
            palette.Find("input").KeyDown(new KeyboardEventArgs { Key = "ArrowUp" });
        Chosen(palette).ShouldBe(all[0].Type);
    }

    [Fact]
    public void Enter_with_nothing_chosen_adds_nothing()
    {
        var palette = Render();
        palette.Find("input").KeyDown(new KeyboardEventArgs { Key = "Enter" });
        added.ShouldBeEmpty();
    }

    [Fact]
    public void A_double_click_adds()
    {
        var palette = Render();
        palette.Find("[data-component=LLM]").DoubleClick();
        added.ShouldBe(["LLM"]);
        Chosen(palette).ShouldBe("LLM");
    }

    [Fact]
    public void What_is_called_nothing_says_so_and_shows_all_again()
    {
        var palette = Render();
        palette.Find("input").Input("zzz");
        palette.Find(".palette-none").Words().ShouldStartWith("No component is called “zzz”.");
        palette.Find(".palette-none button").Click();
        Titles(palette).Count.ShouldBe(NodeTest.Catalog.All.Count);
    }

    [Fact]
    public async Task Where_the_page_is_narrow_a_button_opens_it_and_leaving_closes_it()
    {
        var palette = Render();
        palette.Find(".palette-open").GetAttribute("aria-expanded").ShouldBe("false");
        await palette.Find(".palette-open").ClickAsync(new());
        palette.Find(".palette").ClassList.ShouldContain("open");
        await palette.InvokeAsync(() => palette.Instance.Leave());
        palette.Find(".palette").ClassList.ShouldNotContain("open");
    }
}
