using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>Drawing a flow, with the mouse, with the keys, and without a server, in a real browser against the real one.</summary>
public partial class CanvasTests
{
    [Fact]
    public async Task A_flow_is_drawn_from_nothing_with_the_mouse_and_taken_back_step_by_step()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = await AddFlowAsync(studio, """{"schema":1}""");
        var page = await studio.OpenAsync($"/flows/{flow}");
        await page.GetByText("Begin with what starts the flow").WaitForAsync();
        await DropAsync(page, "Webhook", 60, 80);
        await DropAsync(page, "DataToMessage", 340, 80);
        await DropAsync(page, "LLM", 340, 330);
        await WaitForAsync(studio, flow, d => Count(d, "nodes") == 3, "three nodes are saved");

        await ConnectAsync(page, ("webhook", "output_data"), ("data_to_message", "data"));
        await WaitForAsync(studio, flow, d => Count(d, "edges") == 1, "the edge is saved");

        // Data is no Message: the browser says so at once, and what to do.
        await ConnectAsync(page, ("webhook", "output_data"), ("llm", "input_value"));
        await page.GetByRole(AriaRole.Status).GetByText("Put a Data to Message between them.").WaitForAsync();
        Count(await DraftAsync(studio, flow), "edges").ShouldBe(1);

        // Let go over nothing: what fits is offered.
        var from = await MiddleAsync(Port(page, "data_to_message", "text"));
        await DragAsync(page, from, (from.X + 90, from.Y + 60));
        var picker = page.GetByRole(AriaRole.Dialog, new() { Name = "Connect a new component" });
        await picker.GetByRole(AriaRole.Option).Nth(1).WaitForAsync();
        await picker.GetByRole(AriaRole.Combobox).FillAsync("LLM");
        await picker.Locator("[aria-selected=true]").GetByText("LLM", new() { Exact = true }).WaitForAsync();
        await page.Keyboard.PressAsync("Enter");
        await WaitForAsync(studio, flow, d => Count(d, "nodes") == 4 && Count(d, "edges") == 2, "the chosen component is wired");

        var undo = page.GetByRole(AriaRole.Button, new() { NameRegex = UndoButton() });
        for (var steps = 0; await undo.IsEnabledAsync() && steps < 30; steps++)
        {
            var named = await undo.GetAttributeAsync("title");
            await undo.ClickAsync();
            await Assertions.Expect(undo).Not.ToHaveAttributeAsync("title", named ?? "");
        }
        await page.GetByText("Begin with what starts the flow").WaitForAsync();
        await WaitForAsync(studio, flow, d => Count(d, "nodes") + Count(d, "edges") == 0, "everything is taken back");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task With_the_keyboard_alone_a_node_is_added_wired_named_moved_and_deleted()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = await AddFlowAsync(studio, """{"schema":1,"nodes":[{"id":"hook","type":"Webhook","position":{"x":0,"y":0}}]}""");
        var page = await studio.OpenAsync($"/flows/{flow}");
        await page.Locator("[data-id=hook]").WaitForAsync();
        await page.Keyboard.PressAsync("/");
        await Assertions.Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Add a component" })).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("data to");
        await page.Locator("[data-component=DataToMessage][aria-selected=true]").WaitForAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("[data-id=data_to_message]").WaitForAsync();

        await page.Locator("[data-id=hook]").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("[data-id=hook].selected").WaitForAsync();
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(Port(page, "hook", "output_data")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(Port(page, "data_to_message", "data")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await WaitForAsync(studio, flow, d => Count(d, "edges") == 1, "the edge is saved");

        await page.Locator("[data-id=hook]").FocusAsync();
        await page.Keyboard.PressAsync("F2");
        await Assertions.Expect(page.GetByLabel("Name of the node")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Orders in");
        await page.Keyboard.PressAsync("Enter");
        // The name's field gives the focus back to its node.
        await Assertions.Expect(page.Locator("[data-id=hook]")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        await WaitForAsync(studio, flow, d => Node(d, "hook") is var n && n.GetProperty("title").GetString() == "Orders in" && n.GetProperty("position").GetProperty("x").GetDouble() == 100, "it is called and placed as the keys said");
        await page.Keyboard.PressAsync("Delete");
        await WaitForAsync(studio, flow, d => Count(d, "nodes") == 1 && Count(d, "edges") == 0, "it is gone with its edge");
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_copied_in_one_tab_is_pasted_in_another()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var first = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString().ShouldNotBeNull();
        var second = await AddFlowAsync(studio, """{"schema":1}""");
        var page = await studio.OpenAsync($"/flows/{first}");
        await page.Locator("[data-id=prompt]").ClickAsync(new() { Position = new() { X = 60, Y = 16 } });
        await page.Locator("[data-id=model]").ClickAsync(new() { Position = new() { X = 60, Y = 16 }, Modifiers = [KeyboardModifier.Shift] });
        await page.GetByText("2 selected").WaitForAsync();
        await page.Keyboard.PressAsync("Control+c");

        var other = await page.Context.NewPageAsync();
        await other.GotoAsync($"/flows/{second}");
        await other.GetByText("Begin with what starts the flow").WaitForAsync();
        await other.Keyboard.PressAsync("Control+v");
        await WaitForAsync(studio, second, d => Count(d, "nodes") == 2 && Count(d, "edges") == 1, "both are there with the edge between them");
        var pasted = await DraftAsync(studio, second);
        var original = Node(await DraftAsync(studio, first), "prompt").GetProperty("settings").GetRawText();
        pasted.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("type").GetString() == "Prompt").GetProperty("settings").GetRawText().ShouldBe(original);
        await other.Locator(".react-flow__node.selected").Nth(1).WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_drawn_without_the_server_is_kept_and_done_when_it_is_back()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var flow = (await studio.Server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString().ShouldNotBeNull();
        var page = await studio.OpenAsync($"/flows/{flow}");
        var cut = false;
        var open = new List<IWebSocketRoute>();
        await page.RouteWebSocketAsync(BlazorSocket(), socket =>
        {
            if (cut)
            {
                _ = socket.CloseAsync();
                return;
            }
            lock (open)
                open.Add(socket);
            socket.ConnectToServer();
        });
        await page.RouteAsync(BlazorSocket(), route => cut ? route.AbortAsync() : route.ContinueAsync());
        await page.ReloadAsync();
        var answer = page.Locator("[data-id=answer]");
        await answer.ClickAsync(new() { Position = new() { X = 60, Y = 16 } });
        await page.Locator("[data-id=answer].selected").WaitForAsync();

        cut = true;
        List<IWebSocketRoute> sockets;
        lock (open)
            sockets = [.. open];
        foreach (var socket in sockets)
            await socket.CloseAsync();
        await page.GetByText("What you draw is kept in this browser").WaitForAsync();
        await page.Keyboard.PressAsync("Delete");
        await page.GetByText("One edit waits.").WaitForAsync();
        await Assertions.Expect(answer).ToHaveCountAsync(0);
        (await DraftAsync(studio, flow)).GetProperty("nodes").GetArrayLength().ShouldBe(6);

        cut = false;
        await WaitForAsync(studio, flow, d => Count(d, "nodes") == 5, "the deletion is done");
        await Assertions.Expect(page.Locator(".canvas-offline")).ToHaveCountAsync(0);
        (await page.EvaluateAsync<int>("() => Object.keys(localStorage).filter(k => k.startsWith('flowstudio.offline.')).length")).ShouldBe(0);
    }

    static async Task<string> AddFlowAsync(StudioBrowser studio, string document)
    {
        var flow = await studio.Server.PostAsync("/v1/flows", $$"""{"name":"Drawn","document":{{document}}}""");
        return flow.GetProperty("id").GetString().ShouldNotBeNull();
    }

    static async Task<JsonElement> DraftAsync(StudioBrowser studio, string flow) => (await studio.Server.GetAsync($"/v1/flows/{flow}")).GetProperty("document");

    static Task WaitForAsync(StudioBrowser studio, string flow, Func<JsonElement, bool> isSo, string what) =>
        EngineFixture.UntilAsync(async () => isSo(await DraftAsync(studio, flow)), what);

    static int Count(JsonElement document, string list) => document.GetProperty(list).GetArrayLength();

    static JsonElement Node(JsonElement document, string id) => document.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("id").GetString() == id);

    static ILocator Port(IPage page, string node, string port) => page.Locator($"[data-id={node}] .react-flow__handle[data-handleid={port}]");

    static Task DropAsync(IPage page, string component, float x, float y) =>
        page.Locator($"[data-component={component}]").DragToAsync(page.Locator(".canvas-frame"), new() { TargetPosition = new() { X = x, Y = y } });

    static async Task ConnectAsync(IPage page, (string Node, string Port) from, (string Node, string Port) to) =>
        await DragAsync(page, await MiddleAsync(Port(page, from.Node, from.Port)), await MiddleAsync(Port(page, to.Node, to.Port)));

    static async Task<(float X, float Y)> MiddleAsync(ILocator what)
    {
        await what.WaitForAsync();
        var box = (await what.BoundingBoxAsync()).ShouldNotBeNull();
        return (box.X + (box.Width / 2), box.Y + (box.Height / 2));
    }

    static async Task DragAsync(IPage page, (float X, float Y) from, (float X, float Y) to)
    {
        await page.Mouse.MoveAsync(from.X, from.Y);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync((from.X + to.X) / 2, (from.Y + to.Y) / 2, new() { Steps = 4 });
        await page.Mouse.MoveAsync(to.X, to.Y, new() { Steps = 4 });
        await page.Mouse.UpAsync();
    }

    [GeneratedRegex("^(?:Undo:|Nothing to undo)", RegexOptions.None, 1000)]
    private static partial Regex UndoButton();

    [GeneratedRegex("/_blazor", RegexOptions.None, 1000)]
    private static partial Regex BlazorSocket();
}
