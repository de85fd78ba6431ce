using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Shouldly;

namespace FlowStudio.Tests.Browser;

/// <summary>The real server and Debian's Chromium, looking at it.</summary>
public sealed class StudioBrowser : IAsyncDisposable
{
    /// <summary>Without them Chromium tries to reach its makers' servers at every start.</summary>
    static readonly string[] Flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    /// <summary>The driver, one for all tests: it ends with their process.</summary>
    static readonly Lazy<Task<IPlaywright>> Driver = new(Playwright.CreateAsync);

    readonly string directory;
    readonly IBrowser browser;

    readonly IReadOnlyList<(string Key, string Value)> settings;

    StudioBrowser(string directory, ServerProcess server, IBrowser browser, IReadOnlyList<(string Key, string Value)> settings)
    {
        this.settings = settings;
        this.directory = directory;
        Server = server;
        this.browser = browser;
    }

    public ServerProcess Server { get; private set; }

    /// <summary>What went wrong inside the pages: must stay empty.</summary>
    public List<string> Errors { get; } = [];

    /// <param name="settings">Of the server, by their keys.</param>
    public static async Task<StudioBrowser> StartAsync(params IEnumerable<(string Key, string Value)> settings)
    {
        var folder = ServerProcess.NewDirectory();
        IReadOnlyList<(string Key, string Value)> all = [.. settings];
        var server = await ServerProcess.StartAsync(folder, all);
        var driver = await Driver.Value;
        var chromium = await driver.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Flags });
        return new StudioBrowser(folder, server, chromium, all);
    }

    /// <summary>A new page at a path of the studio, with a browser profile of its own.</summary>
    public async Task<IPage> OpenAsync(string path, ColorScheme theme = ColorScheme.Light, int width = 1440, int height = 900)
    {
        var context = await browser.NewContextAsync(new()
        {
            BaseURL = Server.Url,
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = theme,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(30_000);
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                Errors.Add(message.Text);
        };
        page.PageError += (_, error) => Errors.Add(error);
        await page.GotoAsync(path);
        return page;
    }

    /// <summary>The server killed is at the same address again, over the same data.</summary>
    public async Task RestartAsync()
    {
        var killed = Server;
        Server = await ServerProcess.StartAtAsync(killed.Url, directory, settings);
        await killed.DisposeAsync();
    }

    /// <summary>
    /// Waits until the page's address ends so. It is asked again and again: Playwright's wait for an address hears only of moves that come after it began, and
    /// misses the one that was made while it began.
    /// </summary>
    public static Task AtAsync(IPage page, [StringSyntax(StringSyntaxAttribute.Regex)] string end) =>
        Assertions.Expect(page).ToHaveURLAsync(new Regex($"{end}$"), new() { Timeout = 30_000 });

    /// <summary>What the page has copied, once it has.</summary>
    public static async Task<string> CopiedAsync(IPage page)
    {
        var text = "";
        await EngineFixture.UntilAsync(async () => (text = await page.EvaluateAsync<string>("() => navigator.clipboard.readText()")).Length > 0, "the page has copied something");
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        await browser.CloseAsync();
        (await Server.StopAsync()).ShouldBe(0, Server.Output);
        await Server.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
