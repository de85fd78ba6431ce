using Bunit;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Commands;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Commands;

/// <summary>What the command palette offers and finds.</summary>
public class PaletteTests
{
    static readonly Guid Orders = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41");

    static readonly PaletteState State = PaletteState.Empty with
    {
        Commands = [Does("publish", "Publish") with { Group = "This page", Key = "Ctrl+Shift+P" }, Does("new-flow", "New flow…"), Does("go/runs", "Go to Runs") with { Group = "Go to" }],
        Flows = [(Orders, "Order updates", "tutorial"), (Guid.CreateVersion7(), "Support triage", null), (Guid.CreateVersion7(), "Morning digest", null)],
    };

    [Theory]
    [InlineData("Order updates", "ord", true)]
    [InlineData("Order updates", "odup", true)]
    [InlineData("Order updates", "updates order", true)]
    [InlineData("Order updates", "UPD", true)]
    [InlineData("Order updates", "orderz", false)]
    [InlineData("Order updates", "sdr", false)]
    [InlineData("Order updates", "", true)]
    [InlineData("", "a", false)]
    [InlineData("WebhookReader", "wr", true)]
    public void Letters_are_found_in_their_order(string text, string typed, bool found) => (FuzzyMatch.Score(text, typed) is not null).ShouldBe(found);

    [Theory]
    [InlineData("dig", "Digest", "Mending")]
    [InlineData("runs", "Go to Runs", "Return us")]
    [InlineData("or", "Order updates", "Morning")]
    [InlineData("flow", "New flow…", "Follow over")]
    public void The_better_match_has_the_higher_score(string typed, string better, string worse) =>
        FuzzyMatch.Score(better, typed).ShouldNotBeNull().ShouldBeGreaterThan(FuzzyMatch.Score(worse, typed) ?? 0);

    [Fact]
    public void With_nothing_typed_what_was_used_lately_comes_first()
    {
        var groups = (State with { Recent = ["flow:" + Orders, "command:gone", "command:go/runs"] }).Find("", []);
        groups.Select(g => g.Title).ShouldBe(["Recent", "This page", "Actions"]);
        groups[0].Items.Select(i => i.Title).ShouldBe(["Order updates", "Go to Runs"]);
        groups[1].Items.ShouldHaveSingleItem().Detail.ShouldBe("Ctrl+Shift+P");
    }

    [Fact]
    public void Flows_and_commands_are_found_together_and_the_best_is_on_top()
    {
        var groups = State.Find("ord", []);
        groups[0].Title.ShouldBe("Flows");
        groups[0].Items[0].Title.ShouldBe("Order updates");
        State.Find("publ", [])[0].Items[0].Title.ShouldBe("Publish");
        State.Find("tutorial", [])[0].Items[0].Title.ShouldBe("Order updates");
        State.Find("qqq", []).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", "019a9c1e5d0a7c419a530c6f3d3f7c41", "")]
    [InlineData("019A9C1E", "019a9c1e", "")]
    [InlineData("019a…7c41", "019a", "7c41")]
    [InlineData("019a...7c41", "019a", "7c41")]
    [InlineData(" 019a9c1e-5 ", "019a9c1e5", "")]
    public void Ids_of_runs_are_told_apart_from_words(string typed, string start, string end) => PaletteState.RunId(typed).ShouldBe((start, end));

    [Theory]
    [InlineData("face")]
    [InlineData("019")]
    [InlineData("orders 4711")]
    [InlineData("")]
    [InlineData("…7c41")]
    public void Words_are_no_ids(string typed) => PaletteState.RunId(typed).ShouldBeNull();

    [Fact]
    public async Task A_run_is_found_by_a_part_of_its_id()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var run = await studio.Engine.StartRunAsync(flow);
        var other = await studio.Engine.StartRunAsync(flow);
        await studio.Engine.EndOfAsync(run);
        await studio.Engine.EndOfAsync(other);
        var store = studio.Engine.Get<IRunStore>();
        var id = run.ToString("N");
        (await store.FindByIdPartsAsync(id, "", 5, CancellationToken.None)).ShouldHaveSingleItem().Id.ShouldBe(run);
        (await store.FindByIdPartsAsync(id[..4], id[^6..], 5, CancellationToken.None)).ShouldHaveSingleItem().Id.ShouldBe(run);
        (await store.FindByIdPartsAsync(id[..4], "", 5, CancellationToken.None)).Select(r => r.Id).ShouldBe(new[] { run, other }.OrderByDescending(i => i.ToString("N"), StringComparer.Ordinal));
        (await store.FindByIdPartsAsync("ffff", "", 5, CancellationToken.None)).ShouldBeEmpty();

        var palette = studio.Context.Render<CommandPalette>();
        await palette.InvokeAsync(palette.Instance.OpenAsync);
        palette.Find("input").Input(run.ToString());
        palette.WaitForAssertion(() => palette.Find("[role=option]").Words().ShouldBe($"{run}{flow.Name}, Succeeded"));
        palette.Find("[role=option]").Click();
        var navigation = studio.Context.Services.GetRequiredService<NavigationManager>();
        palette.WaitForAssertion(() => navigation.Uri.ShouldEndWith($"/runs/{run}"));
        palette.FindAll("input").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_commands_of_a_page_are_there_while_it_is()
    {
        await using var studio = await StudioPage.StartAsync();
        var registry = studio.Context.Services.GetRequiredService<CommandRegistry>();
        var ran = 0;
        using var shell = registry.Register(() => [Does("publish", "Publish everything"), Does("a", "A")]);
        var page = studio.Context.Render<PageCommands>(p => p.Add(x => x.Of, () => [new Command("publish", "Publish", "rocket", () => { ran++; return Task.CompletedTask; })]));
        // The page's own goes before one of the shell by the same name.
        registry.All.Select(c => c.Title).ShouldBe(["Publish", "A"]);
        var palette = studio.Context.Render<CommandPalette>();
        await palette.InvokeAsync(palette.Instance.OpenAsync);
        palette.Find("input").Input("publ");
        palette.WaitForAssertion(() => palette.FindAll("[role=option]").ShouldHaveSingleItem());
        palette.Find("[role=option]").Click();
        palette.WaitForAssertion(() => ran.ShouldBe(1));
        await studio.Context.DisposeComponentsAsync();
        registry.All.Select(c => c.Title).ShouldBe(["Publish everything", "A"]);
        page.ShouldNotBeNull();
    }

    [Fact]
    public async Task What_is_not_found_says_so()
    {
        await using var studio = await StudioPage.StartAsync();
        var palette = studio.Context.Render<CommandPalette>();
        await palette.InvokeAsync(palette.Instance.OpenAsync);
        palette.Find("input").Input("qqq");
        palette.WaitForAssertion(() => palette.Find(".cmd-none").Words().ShouldContain("Nothing is called “qqq”"));
    }

    static Command Does(string id, string title) => new(id, title, "play", () => Task.CompletedTask);
}
