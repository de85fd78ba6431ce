using Microsoft.Playwright;

namespace FlowStudio.Benchmarks.Viewers;

/// <summary>
/// Viewers as they are: pages of Debian's Chromium, each with a circuit of its own, drawing what the server sends. Users have machines of their own, so
/// the browser takes only what the server and its load leave of this one (nice 19, its session's group too).
/// </summary>
sealed class OpenPages : IAsyncDisposable
{
    static readonly string[] Flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        // Fifty processes of one browser would measure the memory of this machine.
        "--renderer-process-limit=4",
        // All of them draw, as fifty people's do.
        "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
    ];

    readonly IPlaywright playwright;
    readonly IBrowser browser;
    readonly string launcher;

    OpenPages(IPlaywright playwright, IBrowser browser, string launcher) => (this.playwright, this.browser, this.launcher) = (playwright, browser, launcher);

    /// <summary>Starts the browser; no page is open yet.</summary>
    public static async Task<OpenPages> StartAsync(string directory)
    {
        var script = Path.Combine(directory, "chromium-nice");
        // Playwright gives the browser a session of its own. Where the kernel shares processors between sessions first, being nice inside of one is not enough.
        await File.WriteAllTextAsync(script, "#!/bin/sh\necho 19 2>/dev/null > /proc/$$/autogroup\nexec nice -n 19 /usr/bin/chromium \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var driver = await Playwright.CreateAsync();
        return new(driver, await driver.Chromium.LaunchAsync(new() { ExecutablePath = script, Args = Flags }), script);
    }

    /// <summary>Opens so many pages of an address, and waits until each shows its log.</summary>
    public async Task<IBrowserContext> OpenAsync(string url, int count)
    {
        var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1440, Height = 900 } });
        context.SetDefaultTimeout(120_000);
        for (var i = 0; i < count; i++)
        {
            var page = await context.NewPageAsync();
            await page.GotoAsync(url);
            await page.Locator(".log-line").First.WaitForAsync();
        }
        return context;
    }

    /// <summary>How many of the pages draw something in their logs within this time.</summary>
    public static async Task<int> AliveAsync(IBrowserContext pages, TimeSpan within)
    {
        var drew = await Task.WhenAll(pages.Pages.Select(page => page.EvaluateAsync<bool>("""
            milliseconds => new Promise(told => {
              const seen = new MutationObserver(() => { seen.disconnect(); told(true); });
              seen.observe(document.querySelector(".log"), { childList: true, subtree: true, characterData: true });
              setTimeout(() => told(false), milliseconds);
            })
            """, within.TotalMilliseconds)));
        return drew.Count(yes => yes);
    }

    public async ValueTask DisposeAsync()
    {
        await browser.CloseAsync();
        playwright.Dispose();
        File.Delete(launcher);
    }
}
