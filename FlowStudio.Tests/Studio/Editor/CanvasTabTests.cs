using Bunit;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.Canvas;
using Microsoft.JSInterop;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Editor;

public class CanvasTabTests
{
    [Fact]
    public async Task What_the_canvas_added_it_is_not_told_to_choose_once_more()
    {
        await using var studio = await StudioPage.StartAsync();
        var module = studio.Context.JSInterop.SetupModule("./canvas.js");
        module.Mode = JSRuntimeMode.Loose;
        var flow = await studio.AddFlowAsync();
        var page = studio.Context.Render<EditorPage>(p => p.Add(x => x.Id, flow.Id));
        page.WaitForAssertion(() => module.Invocations["mount"].ShouldNotBeEmpty());
        var bridge = ((DotNetObjectReference<CanvasBridge>)module.Invocations["mount"][0].Arguments[1]!).Value;
        await page.InvokeAsync(() => bridge.Receive(1, """{"type":"ready"}"""));
        await page.InvokeAsync(() => bridge.Receive(2, """{"type":"add","id":"another","component":"LLM","x":0,"y":0,"into":null,"join":null}"""));
        page.WaitForAssertion(() => Told("graph")[^1].ShouldContain("\"another\""));
        var state = page.FindComponent<CanvasTab>().Instance.State;
        state.Selected.Nodes.ShouldBe(["another"]);
        Told("select").ShouldBeEmpty();

        // What is chosen elsewhere it is told.
        var first = flow.Draft.Nodes[0].Id;
        await page.InvokeAsync(() => state.Select(first));
        page.WaitForAssertion(() => Told("select").ShouldHaveSingleItem().ShouldContain($"\"{first}\""));

        List<string> Told(string type) => [.. module.Invocations["update"].Select(i => (string?)i.Arguments[1] ?? "").Where(m => m.StartsWith($$"""{"type":"{{type}}",""", StringComparison.Ordinal))];
    }
}
