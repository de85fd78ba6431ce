using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

public class SignInTests
{
    [Fact]
    public async Task Whoever_gives_the_token_is_let_in_to_where_they_were_going()
    {
        const string token = "browser-token-0123456789";
        await using var studio = await StudioBrowser.StartAsync(("FlowStudio:Access:AllowNonLoopback", "true"), ("FlowStudio:Access:Token", token));
        var page = await studio.OpenAsync("/runs");
        await page.GetByLabel("Access token").FillAsync(token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await StudioBrowser.AtAsync(page, "/runs");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Runs" }).Or(page.GetByText("No runs")).First.WaitForAsync();
        studio.Errors.ShouldBeEmpty();
    }
}
