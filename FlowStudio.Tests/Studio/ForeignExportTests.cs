using Bunit;
using FlowStudio.Tests.Api.Langflow;
using FlowStudio.Web.Api;
using FlowStudio.Web.Studio.Editor.FlowSettings;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

/// <summary>The way out to another program, with what that program will not know.</summary>
public class ForeignExportTests
{
    [Fact]
    public async Task What_will_be_lost_is_said_before_the_file_is_taken()
    {
        await using var studio = await StudioPage.StartAsync();
        studio.Context.Services.AddSingleton<IForeignFlows>(LangflowFiles.Flows());
        var flow = await studio.AddFlowAsync();
        var tab = studio.Context.Render<SettingsTab>(p => p.Add(x => x.Flow, flow));
        tab.FindAll("button").Single(b => b.TextContent.Contains("For Langflow", StringComparison.Ordinal)).Click();
        tab.WaitForAssertion(() => tab.Find("[aria-label='What Langflow will not know']").TextContent.ShouldContain("3 nodes were made here"));
        tab.Find("a[download][href*=langflow]").GetAttribute("href").ShouldBe($"/v1/flows/{flow.Id}/export?format=langflow");
    }

    [Fact]
    public async Task Where_no_other_program_is_known_nothing_is_offered()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var tab = studio.Context.Render<SettingsTab>(p => p.Add(x => x.Flow, flow));
        tab.Markup.ShouldNotContain("Langflow");
    }
}
