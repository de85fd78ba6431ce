using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>From an empty canvas to a flow that is called from outside, as a new user goes it.</summary>
public class FirstFlowTests
{
    static readonly (string Type, string Title, int X, int Y)[] Parts =
    [
        ("Webhook", "Webhook", 170, 100), ("DataToMessage", "Data to Message", 440, 100), ("ChatOutput", "Chat Output", 700, 100),
        ("Prompt", "Prompt", 170, 360), ("LLM", "LLM", 440, 360), ("ApiRequest", "API Request", 700, 360),
    ];

    [Fact]
    public async Task The_tutorial_flow_is_built_with_the_mouse_run_and_called_from_outside()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        var canvas = await EmptyFlowAsync(page);
        foreach (var (type, title, x, y) in Parts)
        {
            await page.Locator($".palette [data-component={type}]").DragToAsync(canvas, new() { TargetPosition = new() { X = x, Y = y } });
            await NodeOf(page, title).WaitForAsync();
        }

        await ConnectAsync(page, ("Webhook", "Data"), ("Data to Message", "Data"));
        await ConnectAsync(page, ("LLM", "Message"), ("Chat Output", "Text"));
        await ConnectAsync(page, ("Chat Output", "Message"), ("API Request", "Body"));
        // A model is no text: the canvas says so and draws nothing.
        await DragAsync(page, Port(page, "Output", "LLM", "Model"), Port(page, "Input", "Data to Message", "Data"));
        await page.GetByText("gives Model").First.WaitForAsync();

        await SetTemplateAsync(page, "Data to Message", "Order {order.id} of {customer.name} is now {payment.status}.");
        await SetTemplateAsync(page, "Prompt", "Write one friendly sentence about this event: {event}");
        await ConnectAsync(page, ("Data to Message", "Message"), ("Prompt", "event"));
        await ConnectAsync(page, ("Prompt", "Prompt"), ("LLM", "Input"));
        await NodeOf(page, "API Request").ClickAsync();
        var url = page.GetByLabel("URL", new() { Exact = true });
        await url.FillAsync($"{studio.Server.Url}/bin/payments");
        await url.PressAsync("Tab");

        await page.GetByRole(AriaRole.Button, new() { NameRegex = RunName() }).First.ClickAsync();
        // The first time there is no input to take again: one made from what the flow reads is offered.
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameRegex = RunName() }).ClickAsync();
        await page.Locator(".dock").GetByText("Succeeded").First.WaitForAsync();
        await page.Locator(".dock").GetByText("Write one friendly sentence about this event: Order").First.WaitForAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "API", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy", Exact = true }).First.ClickAsync();
        var answer = await TutorialTests.BashAsync(await StudioBrowser.CopiedAsync(page));
        var run = answer.GetProperty("run_id").GetString().ShouldNotBeNull();
        (await studio.Server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");

        await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Runs(?: \\d+)?$", RegexOptions.None, TimeSpan.FromSeconds(1)) }).Last.ClickAsync();
        await page.GetByRole(AriaRole.Row).Filter(new() { HasText = "webhook" }).First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }

    static async Task<ILocator> EmptyFlowAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "New flow" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Blank flow", RegexOptions.None, TimeSpan.FromSeconds(1)) }).ClickAsync();
        await page.GetByText("Begin with what starts the flow").WaitForAsync();
        return page.Locator(".react-flow__pane");
    }

    static ILocator NodeOf(IPage page, string title) => page.Locator(".react-flow__node").Filter(new() { Has = page.GetByText(title, new() { Exact = true }) });

    static ILocator Port(IPage page, string side, string node, string port) =>
        page.GetByLabel(new Regex($"^{side} {Regex.Escape(port)} of {Regex.Escape(node)}:", RegexOptions.None, TimeSpan.FromSeconds(1)));

    static async Task ConnectAsync(IPage page, (string Node, string Port) from, (string Node, string Port) to)
    {
        await DragAsync(page, Port(page, "Output", from.Node, from.Port), Port(page, "Input", to.Node, to.Port));
        await page.GetByLabel(new Regex($"^Input {Regex.Escape(to.Port)} of {Regex.Escape(to.Node)}:.*1 edge", RegexOptions.None, TimeSpan.FromSeconds(1))).WaitForAsync();
    }

    static async Task DragAsync(IPage page, ILocator from, ILocator to)
    {
        await from.HoverAsync();
        await page.Mouse.DownAsync();
        await to.HoverAsync();
        await page.Mouse.UpAsync();
    }

    static async Task SetTemplateAsync(IPage page, string node, string template)
    {
        await NodeOf(page, node).ClickAsync();
        var inspector = page.Locator(".inspector").Filter(new() { Has = page.Locator(".inspector-head").GetByText(node, new() { Exact = true }) });
        var text = inspector.GetByLabel("Template", new() { Exact = true });
        await text.ClickAsync();
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.InsertTextAsync(template);
        await page.Keyboard.PressAsync("Escape");
    }

    static Regex RunName() => new("^Run", RegexOptions.None, TimeSpan.FromSeconds(1));
}
