using Bunit;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Studio.Settings;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class KeysSectionTests
{
    static async Task<(StudioPage Studio, IRenderedComponent<KeysSection> Section)> RenderAsync(AccessOptions? access = null)
    {
        var studio = await StudioPage.StartAsync();
        studio.Context.Services.AddSingleton(access ?? new());
        return (studio, studio.Context.Render<KeysSection>());
    }

    [Fact]
    public async Task A_key_is_made_shown_once_and_revoked_after_a_question()
    {
        var (studio, section) = await RenderAsync();
        await using var _ = studio;
        var keys = studio.Engine.Get<ApiKeys>();
        section.Markup.ShouldContain("No API keys yet");
        section.FindAll("button").Single(b => b.Words() == "New key").Click();
        section.WaitForElement("#key-name").Input("Order service");
        section.FindAll("dialog button").Single(b => b.Words() == "Make it").Click();
        var key = section.WaitForElement("[data-new-key]").TextContent;
        keys.Use(key).ShouldBeTrue();
        section.WaitForAssertion(() => section.Find("table.keys tbody tr").Words().ShouldStartWith($"Order service {key[..12]}… just now"));
        section.FindAll("dialog button").Single(b => b.Words() == "Done").Click();
        section.WaitForAssertion(() => section.Markup.ShouldNotContain(key));

        section.Find("[aria-label='Revoke Order service']").Click();
        section.WaitForAssertion(() => section.Find("dialog .btn.danger").Words().ShouldBe("Revoke it"));
        keys.List().Count.ShouldBe(1);
        section.Find("dialog .btn.danger").Click();
        section.WaitForAssertion(() => section.Markup.ShouldContain("No API keys yet"));
        keys.Use(key).ShouldBeFalse();
    }

    [Fact]
    public async Task A_key_without_a_name_is_not_made()
    {
        var (studio, section) = await RenderAsync();
        await using var _ = studio;
        section.FindAll("button").Single(b => b.Words() == "New key").Click();
        section.WaitForElement("#key-name").Input("   ");
        section.FindAll("dialog button").Single(b => b.Words() == "Make it").Click();
        section.WaitForAssertion(() => section.Find(".field-error").Words().ShouldContain("needs a name"));
        studio.Engine.Get<ApiKeys>().List().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false, null, "The API asks for one; this studio’s own pages need none.")]
    [InlineData(true, null, "This server asks for none, as it runs in Development for this machine only; one that is sent is noted all the same.")]
    [InlineData(false, false, "This server asks for none; one that is sent is noted all the same.")]
    public async Task It_says_whether_the_API_asks_for_one(bool development, bool? required, string words)
    {
        var (studio, section) = await RenderAsync(new() { InDevelopment = development, RequireApiKey = required });
        await using var _ = studio;
        section.Find(".settings-about").Words().ShouldEndWith(words);
    }
}
