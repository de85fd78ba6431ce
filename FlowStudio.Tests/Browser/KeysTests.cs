using System.Net;
using System.Net.Http.Json;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>Where the API asks for a key: pages go on working without one, and make them for others.</summary>
public class KeysTests
{
    [Fact]
    public async Task A_key_made_in_the_settings_opens_the_API_which_pages_reach_without_one()
    {
        await using var studio = await StudioBrowser.StartAsync(("FlowStudio:Access:RequireApiKey", "true"));
        using var refused = await studio.Server.Client.GetAsync("/v1/flows");
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var page = await studio.OpenAsync("/settings");
        await page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Order service");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        var key = await page.Locator("[data-new-key]").InnerTextAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy", Exact = true }).ClickAsync();
        (await StudioBrowser.CopiedAsync(page)).ShouldBe(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/flows");
        request.Headers.Add("x-api-key", key);
        using var opened = await studio.Server.Client.SendAsync(request);
        opened.StatusCode.ShouldBe(HttpStatusCode.OK);
        var flow = (await opened.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>()).GetProperty("items")[0].GetProperty("id").GetString();

        await page.GotoAsync($"/flows/{flow}/api");
        await page.GetByRole(AriaRole.Radio, new() { Name = "Wait", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send it now" }).ClickAsync();
        await page.GetByRole(AriaRole.Status).GetByText("200", new() { Exact = true }).WaitForAsync();

        await page.GotoAsync("/settings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke Order service" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke it" }).ClickAsync();
        await page.GetByText("No API keys yet").WaitForAsync();
        using var late = new HttpRequestMessage(HttpMethod.Get, "/v1/flows");
        late.Headers.Add("x-api-key", key);
        using var closed = await studio.Server.Client.SendAsync(late);
        closed.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        studio.Errors.ShouldBeEmpty();
    }
}
