using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>The order-status starter, in a real browser: one press, and the whole round is made.</summary>
public class RoundTests
{
    [Fact]
    public async Task One_press_in_the_gallery_makes_the_flow_sends_the_payment_and_shows_what_the_order_service_was_told()
    {
        await using var studio = await StudioBrowser.StartAsync();
        var page = await studio.OpenAsync("/");
        await page.GetByRole(AriaRole.Button, new() { Name = "New flow" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Try Order-status updates" }).ClickAsync();

        var round = page.GetByRole(AriaRole.Dialog, new() { Name = "The whole round" });
        await round.GetByText("Token arrived as given").WaitForAsync();
        await round.GetByText("Signature is right").WaitForAsync();
        await round.GetByText("payment.succeeded: order 4711 of Ada, 118.4 EUR").First.WaitForAsync();
        await round.GetByText("token=***").WaitForAsync();
        (await round.TextContentAsync()).ShouldNotBeNull().ShouldNotContain("ord_");
        page.Url.ShouldNotContain("?try");

        await round.GetByRole(AriaRole.Link, new() { Name = "/bin/orders" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "orders", Exact = true }).WaitForAsync();
        await page.GetByText("1 request;").WaitForAsync();

        // From the flow's own page it is one press too.
        await page.GotoAsync(studio.Server.Url);
        await page.GetByText("Order-status updates").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await round.GetByText("Signature is right").WaitForAsync();
        (await studio.Server.GetAsync("/v1/bins/orders")).GetProperty("items").GetArrayLength().ShouldBe(2);
        studio.Errors.ShouldBeEmpty();
    }
}
