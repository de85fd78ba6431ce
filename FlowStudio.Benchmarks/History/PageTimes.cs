using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;
using Microsoft.Playwright;

namespace FlowStudio.Benchmarks.History;

/// <summary>
/// How long the studio's pages take to show their rows, in Debian's Chromium: from following a link inside the studio to the first thing drawn
/// of what the page is for. Browser and server share the machine, so the server's own part is less.
/// </summary>
sealed class PageTimes(ServerProcess server, ResultTable table)
{
    public const int Flows = 10_000;
    const int Warm = 2;
    const int Measured = 20;
    const long Bar = 300_000_000;
    const int InFlight = 16;

    /// <summary>Follows a link as a click would, and waits for what the page is for: rows, cards, or that there are none.</summary>
    const string Follow = """
        async path => {
          const from = performance.now(), left = document.querySelector('main h1');
          Blazor.navigateTo(path);
          const there = () => !left.isConnected && document.querySelector('main h1')
            && document.querySelector('main :is(tbody tr, [role=row], .empty, .card, .panel, .react-flow__node, form)')
            && !document.querySelector('main .progress-line');
          while (!there()) {
            if (performance.now() - from > 30000) throw new Error(`${path} does not show`);
            await new Promise(drawn => requestAnimationFrame(drawn));
          }
          return performance.now() - from;
        }
        """;

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        var flow = await AddFlowsAsync(cancellationToken);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu"] });
        var page = await browser.NewPageAsync(new() { BaseURL = server.Url, ViewportSize = new() { Width = 1440, Height = 900 } });
        // Another page than each measurement sets out from: going where one is draws nothing anew.
        await page.GotoAsync("/settings");
        await page.Locator("main h1").First.WaitForAsync();
        var run = (await JsonAsync("/v1/runs?status=succeeded&limit=1", cancellationToken))["items"]?[0]?["id"]?.GetValue<string>();
        foreach (var (what, path) in ((string, string)[])
            [
                ("flows", "/"), ("runs", "/runs"), ("failed runs", "/runs?status=failed"), ("one run", $"/runs/{run}"), ("a flow's canvas", $"/flows/{flow}"),
                ("a flow's API", $"/flows/{flow}/api"), ("schedules", "/schedules"), ("variables", "/variables"), ("settings", "/settings"),
            ])
        {
            var latency = new Histogram();
            for (var i = -Warm; i < Measured; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await page.EvaluateAsync<double>(Follow, "/bins");
                var milliseconds = await page.EvaluateAsync<double>(Follow, path);
                if (i >= 0)
                    latency.Record((long)(milliseconds * 1e6));
            }
            var p95 = latency.Percentile(95);
            table.Add(new ResultRow("Pages, in Chromium", $"{what}, p95", Format.Milliseconds(p95), $"p50 {Format.Milliseconds(latency.Percentile(50))}, most {Format.Milliseconds(latency.Max)}",
                $"≤ {Bar / 1_000_000} ms", p95 <= Bar));
        }
    }

    /// <summary>Small flows beside those with history; returns one of them.</summary>
    async Task<string> AddFlowsAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        var document = JsonNode.Parse("""
            {
              "schema": 1,
              "nodes": [{ "id": "in", "type": "Webhook" }, { "id": "text", "type": "DataToMessage", "position": { "x": 280, "y": 0 } }],
              "edges": [{ "from": { "node": "in", "port": "output_data" }, "to": { "node": "text", "port": "data" } }]
            }
            """)?.ToJsonString() ?? "";
        var last = "";
        await Parallel.ForEachAsync(Enumerable.Range(0, Flows), new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellationToken }, async (number, token) =>
        {
            var body = new JsonObject { ["name"] = $"Flow {number}", ["description"] = "One of many", ["tags"] = new JsonArray($"team {number % 20}"), ["document"] = JsonNode.Parse(document) };
            using var answer = await http.PostAsJsonAsync("/v1/flows", body, token);
            answer.EnsureSuccessStatusCode();
            last = (await answer.Content.ReadFromJsonAsync<JsonNode>(token))?["id"]?.GetValue<string>() ?? "";
        });
        return last;
    }

    async Task<JsonNode> JsonAsync(string path, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        return await http.GetFromJsonAsync<JsonNode>(path, cancellationToken) ?? throw new FormatException($"{path} is empty.");
    }
}
