using Bunit;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Studio.Shared;
using FlowStudio.Web.Studio.Variables;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class VariablesPageTests
{
    const string Canary = "canary-7f3a91-secret-value";

    static FlowDocument Caller(string variable) => new()
    {
        Nodes = [new() { Id = "m", Type = "LLM", Title = "Writer", Settings = new() { ["api_key"] = JsonText.Element(variable) } }],
    };

    static async Task<Flow> AddAsync(StudioPage studio, string name, FlowDocument document)
    {
        var flow = await studio.Engine.AddFlowAsync(document);
        return (await studio.Engine.Flows.SaveAsync(flow with { Name = name }, flow.DraftRevision, CancellationToken.None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Without_any_it_says_what_they_are_for()
    {
        await using var studio = await StudioPage.StartAsync();
        var page = studio.Context.Render<VariablesPage>();
        page.Find(".empty").Words().ShouldContain("Keep keys and addresses here");
        page.Find(".empty").Words().ShouldContain("FLOWSTUDIO_VAR_");
    }

    [Fact]
    public async Task Values_of_generic_ones_are_shown_and_those_of_secrets_never()
    {
        await using var studio = await StudioPage.StartAsync();
        var vault = studio.Engine.Get<SecretVault>();
        await vault.SetAsync("ORDERS_KEY", Canary, secret: true, CancellationToken.None);
        await vault.SetAsync("ORDERS_URL", "https://orders.example.com", secret: false, CancellationToken.None);
        var page = studio.Context.Render<VariablesPage>();
        page.FindAll("tbody tr").Select(r => r.QuerySelector(".title")!.Words()).ShouldBe(["ORDERS_KEY", "ORDERS_URL"]);
        page.Markup.ShouldContain("https://orders.example.com");
        // Found and pressed in one go: where variables are used is drawn a little later.
        await page.InvokeAsync(() => page.Find("[aria-label='Replace ORDERS_KEY']").Click());
        page.WaitForElement("#variable-value").GetAttribute("value").ShouldBeNullOrEmpty();
        page.Markup.ShouldNotContain(Canary);
        await page.InvokeAsync(() => page.Find("[aria-label='Change ORDERS_URL']").Click());
        page.WaitForAssertion(() => page.Find("#variable-value").GetAttribute("value").ShouldBe("https://orders.example.com"));
    }

    [Fact]
    public async Task Where_a_variable_is_used_is_told_for_drafts_and_live_versions_and_follows_what_is_drawn()
    {
        await using var studio = await StudioPage.StartAsync();
        var vault = studio.Engine.Get<SecretVault>();
        await vault.SetAsync("KEY_A", "a", secret: false, CancellationToken.None);
        await vault.SetAsync("KEY_B", "b", secret: false, CancellationToken.None);
        var flow = await AddAsync(studio, "Orders", Caller("KEY_A"));
        var page = studio.Context.Render<VariablesPage>();
        page.WaitForAssertion(() => page.Find("[aria-label='Where KEY_A is used']"));
        page.Find("[aria-label='Where KEY_A is used']").Click();
        page.Find(".variable-uses").Words().ShouldBe("Orders · Writer · api_key (draft)");
        page.FindAll("tbody tr").Single(r => r.QuerySelector(".title")?.Words() == "KEY_B").Words().ShouldContain("nowhere");

        await studio.Engine.Flows.PublishAsync(flow.Id, null, null, CancellationToken.None);
        var published = (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull();
        await studio.Engine.Flows.SaveAsync(published with { Draft = Caller("KEY_B") }, published.DraftRevision, CancellationToken.None);
        page.WaitForAssertion(() => page.Find(".variable-uses").Words().ShouldBe("Orders · Writer · api_key (live)"));
        page.WaitForAssertion(() => page.Find("[aria-label='Where KEY_B is used']"));
    }

    [Fact]
    public async Task Deleting_says_where_it_is_used_and_asks()
    {
        await using var studio = await StudioPage.StartAsync();
        var vault = studio.Engine.Get<SecretVault>();
        await vault.SetAsync("USED", Canary, secret: true, CancellationToken.None);
        await AddAsync(studio, "Orders", Caller("USED"));
        var page = studio.Context.Render<VariablesPage>();
        page.WaitForElement("[aria-label='Where USED is used']");
        page.Find("[aria-label='Delete USED']").Click();
        page.WaitForAssertion(() => page.Find("dialog[aria-label='Delete USED?']").Words().ShouldContain("Orders · Writer · api_key"));
        page.Find("dialog[aria-label='Delete USED?']").Words().ShouldContain("cannot be had back");
        vault.Get("USED").ShouldNotBeNull();
        page.Find("dialog[aria-label='Delete USED?'] .btn.danger").Click();
        page.WaitForAssertion(() => vault.Get("USED").ShouldBeNull());
        page.WaitForAssertion(() => page.Find(".variable-missing").Words().ShouldContain("USED in Orders"));
    }

    [Fact]
    public async Task A_name_that_is_none_or_taken_is_told_and_nothing_is_sent()
    {
        await using var studio = await StudioPage.StartAsync();
        await studio.Engine.Get<SecretVault>().SetAsync("TAKEN", "x", secret: false, CancellationToken.None);
        var page = studio.Context.Render<VariablesPage>();
        page.FindAll("button").First(b => b.Words() == "New variable").Click();
        foreach (var (name, told) in new[] { ("", "Give a letter"), ("9x", "Give a letter"), ("with space", "Give a letter"), ("TAKEN", "one of this name already") })
        {
            page.WaitForElement("#variable-name").Input(name);
            page.Find("dialog .btn.primary").Click();
            page.WaitForAssertion(() => page.Find("#variable-name-said").Words().ShouldContain(told));
        }
    }

    [Fact]
    public async Task Search_and_kind_narrow_the_list()
    {
        await using var studio = await StudioPage.StartAsync();
        var vault = studio.Engine.Get<SecretVault>();
        await vault.SetAsync("ALPHA", Canary, secret: true, CancellationToken.None);
        await vault.SetAsync("BETA", "value of beta", secret: false, CancellationToken.None);
        var page = studio.Context.Render<VariablesPage>();
        page.Find(".chip-select select").Change("generic");
        page.FindAll("tbody .title").Select(t => t.Words()).ShouldBe(["BETA"]);
        page.Find(".chip-select select").Change("");
        var search = page.FindComponent<SearchBox>();
        await search.InvokeAsync(() => search.Instance.Changed.InvokeAsync("of beta"));
        page.WaitForAssertion(() => page.FindAll("tbody .title").Select(t => t.Words()).ShouldBe(["BETA"]));
        await search.InvokeAsync(() => search.Instance.Changed.InvokeAsync(Canary));
        page.WaitForAssertion(() => page.Find(".empty").Words().ShouldContain("No variable matches"));
    }

    [Fact]
    public async Task What_another_sets_appears_by_itself()
    {
        await using var studio = await StudioPage.StartAsync();
        var page = studio.Context.Render<VariablesPage>();
        page.Find(".empty");
        await studio.Engine.Get<SecretVault>().SetAsync("LATER", "x", secret: false, CancellationToken.None);
        page.WaitForAssertion(() => page.Find("tbody .title").Words().ShouldBe("LATER"));
    }

    [Fact]
    public async Task Uses_are_read_once_and_then_only_of_flows_that_were_written()
    {
        await using var studio = await StudioPage.StartAsync();
        var first = await AddAsync(studio, "First", Caller("A"));
        await AddAsync(studio, "Second", Caller("A"));
        using var uses = new VariableUses(studio.Engine.Flows, studio.Engine.Get<ComponentCatalog>());
        (await uses.FindAsync(CancellationToken.None))["A"].Select(u => u.FlowName).ShouldBe(["First", "Second"]);
        (await uses.FindAsync(CancellationToken.None)).ShouldBeSameAs(await uses.FindAsync(CancellationToken.None));
        await studio.Engine.Flows.DeleteAsync(first.Id, CancellationToken.None);
        (await uses.FindAsync(CancellationToken.None))["A"].Select(u => u.FlowName).ShouldBe(["Second"]);
    }
}
