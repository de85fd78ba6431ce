using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>
/// Every page, light and dark, wide and narrow: nothing that runs out of the window sideways, no error in the console, and nothing serious for axe-core,
/// which looks at each once wide and light and once narrow and dark. What was looked at is kept as pictures in <c>artifacts/screenshots</c>.
/// </summary>
public class PageSurveyTests
{
    static readonly (ColorScheme Theme, int Width, bool Axe)[] Looks =
        [(ColorScheme.Light, 1440, true), (ColorScheme.Light, 900, false), (ColorScheme.Dark, 900, true), (ColorScheme.Dark, 1440, false)];

    [Fact]
    public async Task Every_page_is_accessible_and_fits_its_window()
    {
        await using var pages = await StudioPages.StartAsync();
        var axe = await File.ReadAllTextAsync(Path.Combine(Repository, "wwwroot-assets/node_modules/axe-core/axe.min.js"));
        var folder = Directory.CreateDirectory(Path.Combine(Repository, "artifacts/screenshots")).FullName;
        var findings = new StringBuilder();
        var page = await pages.Studio.OpenAsync("/");
        foreach (var (name, path) in pages.All)
        {
            foreach (var (theme, width, withAxe) in Looks)
            {
                await page.EmulateMediaAsync(new() { ColorScheme = theme });
                await page.SetViewportSizeAsync(width, 900);
                // Anew for axe-core, so that each page is also built narrow and dark and not only turned into it.
                if (withAxe)
                    await page.GotoAsync(path);
                await StudioPages.SettleAsync(page);
                await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{theme.ToString().ToLowerInvariant()}-{width}.png") });
                if (await page.EvaluateAsync<int>("() => Math.max(...[document.documentElement, document.getElementById('main')].map(e => e.scrollWidth - e.clientWidth))") is var over and > 0)
                    findings.AppendLine($"{name} at {width}: {over} px wider than its window");
                if (withAxe)
                    await AxeAsync(page, axe, $"{name}, {theme} at {width}", findings);
            }
        }
        findings.ToString().ShouldBeEmpty();
        // The page that does not exist is answered with 404, which the browser tells in its console.
        pages.Studio.Errors.Where(e => !e.Contains("404", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    static async Task AxeAsync(IPage page, string axe, string what, StringBuilder findings)
    {
        await page.EvaluateAsync(axe);
        var found = await page.EvaluateAsync<string>(
            "async () => JSON.stringify((await axe.run(document, { resultTypes: ['violations'] })).violations.filter(v => v.impact === 'serious' || v.impact === 'critical'))");
        foreach (var violation in JsonDocument.Parse(found).RootElement.EnumerateArray())
        {
            foreach (var node in violation.GetProperty("nodes").EnumerateArray().Take(3))
                findings.AppendLine($"{what}: {violation.GetProperty("id")}: {node.GetProperty("target")}: {node.GetProperty("failureSummary").GetString()?.ReplaceLineEndings(" ")}");
        }
    }

    internal static string Repository { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));
}
