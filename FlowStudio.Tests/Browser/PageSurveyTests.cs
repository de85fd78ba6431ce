using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Browser;

/// <summary>
/// Every page, light and dark, wide and narrow: nothing serious for axe-core, nothing that runs out of the window sideways, no error in the
/// console. What was looked at is kept as pictures in <c>artifacts/screenshots</c>.
/// </summary>
public class PageSurveyTests
{
    static readonly (int Width, int Height)[] Sizes = [(1440, 900), (900, 900)];

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Every_page_is_accessible_and_fits_its_window(ColorScheme theme)
    {
        await using var pages = await StudioPages.StartAsync();
        var axe = await File.ReadAllTextAsync(Path.Combine(Repository, "wwwroot-assets/node_modules/axe-core/axe.min.js"));
        var folder = Directory.CreateDirectory(Path.Combine(Repository, "artifacts/screenshots")).FullName;
        var findings = new StringBuilder();
        foreach (var (width, height) in Sizes)
        {
            var page = await pages.Studio.OpenAsync("/", theme, width, height);
            foreach (var (name, path) in pages.All)
            {
                await page.GotoAsync(path);
                await StudioPages.SettleAsync(page);
                await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{theme.ToString().ToLowerInvariant()}-{width}.png") });
                if (await page.EvaluateAsync<int>("() => Math.max(...[document.documentElement, document.getElementById('main')].map(e => e.scrollWidth - e.clientWidth))") is var over and > 0)
                    findings.AppendLine($"{name} at {width}: {over} px wider than its window");
                await page.EvaluateAsync(axe);
                var found = await page.EvaluateAsync<string>(
                    "async () => JSON.stringify((await axe.run(document, { resultTypes: ['violations'] })).violations.filter(v => v.impact === 'serious' || v.impact === 'critical'))");
                foreach (var violation in JsonDocument.Parse(found).RootElement.EnumerateArray())
                {
                    foreach (var node in violation.GetProperty("nodes").EnumerateArray().Take(3))
                        findings.AppendLine($"{name} at {width}: {violation.GetProperty("id")}: {node.GetProperty("target")}: {node.GetProperty("failureSummary").GetString()?.ReplaceLineEndings(" ")}");
                }
            }
            await page.Context.CloseAsync();
        }
        findings.ToString().ShouldBeEmpty();
        // The page that does not exist is answered with 404, which the browser tells in its console.
        pages.Studio.Errors.Where(e => !e.Contains("404", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    internal static string Repository { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));
}
