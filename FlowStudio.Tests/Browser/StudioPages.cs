using Microsoft.Playwright;
using Shouldly;

namespace FlowStudio.Tests.Browser;

/// <summary>A studio with something in it, and the addresses of all its pages.</summary>
public sealed class StudioPages : IAsyncDisposable
{
    StudioPages(StudioBrowser studio, IReadOnlyList<(string Name, string Path)> all) => (Studio, All) = (studio, all);

    public StudioBrowser Studio { get; }

    /// <summary>Each page by a name that can be a file's.</summary>
    public IReadOnlyList<(string Name, string Path)> All { get; }

    public static async Task<StudioPages> StartAsync()
    {
        var studio = await StudioBrowser.StartAsync();
        var server = studio.Server;
        var flow = (await server.GetAsync("/v1/flows")).GetProperty("items")[0].GetProperty("id").GetString().ShouldNotBeNull();
        var broken = await FailingFlowAsync(server);
        var (good, other) = ("", "");
        foreach (var customer in (string[])["Ada", "Lin", "Grace", "Zaphod"])
            (other, good) = (good, await RunAsync(server, $"/v1/flows/{flow}/runs", """{"input":{"order":{"id":4711},"customer":{"name":"NAME"},"payment":{"status":"paid"}}}""".Replace("NAME", customer, StringComparison.Ordinal)));
        var failed = await RunAsync(server, $"/v1/flows/{broken}/runs", """{"input":{"ticket":88213}}""");
        await server.PostAsync("/bin/orders", """{"order":{"id":4711},"status":"paid"}""");
        var asking = await AskingFlowAsync(server);
        var waiting = (await server.PostAsync($"/v1/flows/{asking}/runs", """{"input":{"order":4711}}""")).GetProperty("id").GetString().ShouldNotBeNull();
        await server.PostAsync("/v1/schedules", $$"""{"flow":"{{flow}}","name":"Morning digest","cron":"0 7 * * 1-5","time_zone":"Europe/Berlin"}""");
        return new(studio,
        [
            ("flows", "/"), ("editor", $"/flows/{flow}"), ("api", $"/flows/{flow}/api"), ("flow-runs", $"/flows/{flow}/runs"), ("flow-settings", $"/flows/{flow}/settings"), ("flow-schedule", $"/flows/{flow}/schedule"),
            ("runs", "/runs"), ("run", $"/runs/{good}"), ("run-failed", $"/runs/{failed}"), ("run-waiting", $"/runs/{waiting}"), ("waiting", "/runs?view=waiting"),
            ("schedules", "/schedules"), ("compare", $"/runs/{good}/compare/{other}"), ("variables", "/variables"), ("settings", "/settings"),
            ("bins", "/bins"), ("bin", "/bins/orders"), ("clients", "/docs/clients"), ("not-found", "/no-such-page"),
        ]);
    }

    /// <summary>Waits until the page shows what it has to show.</summary>
    public static async Task SettleAsync(IPage page)
    {
        await page.Locator("main h1, main .empty").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.WaitForFunctionAsync("() => !document.querySelector('.progress-line')");
        await page.EvaluateAsync("() => document.fonts.ready");
        await page.EvaluateAsync("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    }

    static async Task<string> RunAsync(ServerProcess server, string path, string body)
    {
        var id = (await server.PostAsync(path, body)).GetProperty("id").GetString().ShouldNotBeNull();
        await server.EndOfAsync(id);
        return id;
    }

    static Task<string> FailingFlowAsync(ServerProcess server) => server.AddFlowAsync("support-triage", new FlowBuilder()
        .Node("hook", "Webhook").Node("text", "DataToMessage", new { template = "Ticket {ticket}" })
        .Node("post", "ApiRequest", new { url_input = "https://tickets.example.test/v1/replies", method = "POST" }, retries: 0)
        .Edge("hook.output_data", "text.data").Edge("text.text", "post.body"));

    static Task<string> AskingFlowAsync(ServerProcess server) => server.AddFlowAsync("refunds", new FlowBuilder()
        .Node("hook", "Webhook").Node("ask", "AskPerson", new { question = "Refund **{order}**?", kind = "approval", time_limit = 2 }).Node("out", "ChatOutput")
        .Edge("hook.output_data", "ask.input").Edge("ask.answer", "out.input_value"));

    public ValueTask DisposeAsync() => Studio.DisposeAsync();
}
