using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;
using Microsoft.Playwright;

namespace FlowStudio.Benchmarks.Canvas;

/// <summary>
/// A flow of 200 nodes and 300 edges in Debian's Chromium, without a graphics processor, on the machine of the server: how long it takes to open,
/// and how evenly frames come while it is dragged. Times of frames are those of <c>requestAnimationFrame</c>; what the page's thread did meanwhile
/// comes from Chromium's own tracing.
/// </summary>
static class CanvasBenchmark
{
    const int Nodes = 200;
    const int Edges = 300;
    const int Columns = 20;
    const int Opens = 7;
    const int Moves = 180;
    const double OpenBar = 1000;

    /// <summary>Milliseconds: a frame at 60 Hz takes 16.7; one that comes after this missed its turn.</summary>
    const double FrameBar = 25;

    /// <summary>From following a link inside the studio to the last edge drawn; then one more frame, so that it is painted.</summary>
    const string Open = """
        async ([path, nodes, edges]) => {
          const from = performance.now();
          Blazor.navigateTo(path);
          const there = () => document.querySelectorAll('.react-flow__node-component').length >= nodes && document.querySelectorAll('.react-flow__edge').length >= edges;
          while (!there()) {
            if (performance.now() - from > 60000) throw new Error(`only ${document.querySelectorAll('.react-flow__edge').length} edges are drawn`);
            await new Promise(drawn => requestAnimationFrame(drawn));
          }
          await new Promise(drawn => requestAnimationFrame(drawn));
          return performance.now() - from;
        }
        """;

    const string Record = """
        () => {
          window.frames = [];
          let last = 0;
          const next = at => { if (last > 0) window.frames.push(at - last); last = at; window.recording = requestAnimationFrame(next); };
          window.recording = requestAnimationFrame(next);
        }
        """;

    const string Recorded = "() => { cancelAnimationFrame(window.recording); return window.frames; }";

    public static async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken cancellationToken)
    {
        if (args.Count > 0)
        {
            Console.Error.WriteLine("canvas takes no options.");
            return 2;
        }
        var table = new ResultTable(Console.Out);
        // As the kernel counts it.
        var load = (await File.ReadAllTextAsync("/proc/loadavg", cancellationToken)).Split(' ')[0];
        var directory = Directory.CreateTempSubdirectory("flowstudio-canvas-").FullName;
        try
        {
            await using var server = new ServerProcess(new ServerSettings(directory));
            await server.StartAsync(cancellationToken);
            var flow = await AddFlowAsync(server.Url, cancellationToken);
            using var playwright = await Playwright.CreateAsync();
            await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu"] });
            var page = await browser.NewPageAsync(new() { BaseURL = server.Url, ViewportSize = new() { Width = 1440, Height = 900 } });
            await OpenAsync(page, flow, table, cancellationToken);
            await DragAsync(page, table);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
        var machine = MachineDescription.ToMarkdown(AppContext.BaseDirectory, TimeProvider.System.GetUtcNow());
        var part = $"""
            ## Canvas

            `dotnet run -c Release --project FlowStudio.Benchmarks -- canvas`: {Nodes} nodes and {Edges} edges in Chromium without a graphics processor, server and browser on
            one machine. The load of its last minute was {load} when the benchmark began: more than a little, and the figures tell of that load.

            {machine}
            {table.ToMarkdown()}
            """;
        ResultsFile.WritePart("canvas", part);
        return table.AllPassed ? 0 : 1;
    }

    static async Task OpenAsync(IPage page, string flow, ResultTable table, CancellationToken cancellationToken)
    {
        var times = new Histogram();
        for (var i = 0; i < Opens; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await page.GotoAsync("/bins");
            await page.Locator("main h1").First.WaitForAsync();
            times.Record((long)(await page.EvaluateAsync<double>(Open, new object[] { $"/flows/{flow}", Nodes, Edges }) * 1e6));
        }
        table.Add(new ResultRow($"{Nodes} nodes, {Edges} edges", "opened by a link: all of it drawn, median", Format.Milliseconds(times.Percentile(50)),
            $"most {Format.Milliseconds(times.Max)}, of {Opens}", "≤ 1 s", times.Percentile(50) / 1e6 <= OpenBar));
    }

    static async Task DragAsync(IPage page, ResultTable table)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Performance.enable");
        // What the machine can do when nothing is asked of it.
        await page.EvaluateAsync(Record);
        await page.WaitForTimeoutAsync(2000);
        Frames(table, "frames with nothing to do", await page.EvaluateAsync<double[]>(Recorded), judged: false);

        var node = await page.Locator("[data-id=n105] .flow-node-head").BoundingBoxAsync() ?? throw new InvalidOperationException("The node n105 is not in sight.");
        await DragAsync(page, session, table, "one node dragged", node);
        await page.Keyboard.PressAsync("Control+a");
        await page.GetByText($"{Nodes} selected").WaitForAsync();
        node = await page.Locator("[data-id=n105] .flow-node-head").BoundingBoxAsync() ?? node;
        await DragAsync(page, session, table, "all nodes dragged", node);
    }

    static async Task DragAsync(IPage page, ICDPSession session, ResultTable table, string what, LocatorBoundingBoxResult node)
    {
        var (x, y) = (node.X + (node.Width / 2), node.Y + (node.Height / 2));
        await page.Mouse.MoveAsync(x, y);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(x + 8, y + 8);
        var before = await MetricsAsync(session);
        await page.EvaluateAsync(Record);
        for (var i = 0; i < Moves; i++)
            await page.Mouse.MoveAsync(x + (120 * MathF.Sin(i / 14f)), y + (60 * MathF.Cos(i / 17f)));
        var frames = await page.EvaluateAsync<double[]>(Recorded);
        var after = await MetricsAsync(session);
        await page.Mouse.UpAsync();
        Frames(table, what, frames, judged: true);
        double Spent(string name) => (after.GetValueOrDefault(name) - before.GetValueOrDefault(name)) * 1000 / Math.Max(1, frames.Length);
        table.Add(new ResultRow("", $"{what}: the page's thread, for a frame", string.Create(CultureInfo.InvariantCulture, $"{Spent("TaskDuration"):0.0} ms"),
            string.Create(CultureInfo.InvariantCulture, $"scripts {Spent("ScriptDuration"):0.0} ms, styles {Spent("RecalcStyleDuration"):0.0} ms, layout {Spent("LayoutDuration"):0.0} ms")));
    }

    static void Frames(ResultTable table, string what, double[] frames, bool judged)
    {
        Array.Sort(frames);
        double At(double part) => frames.Length == 0 ? double.NaN : frames[(int)Math.Min(frames.Length - 1, frames.Length * part)];
        table.Add(new ResultRow("", $"{what}: time between frames, median", string.Create(CultureInfo.InvariantCulture, $"{At(0.5):0.0} ms"),
            string.Create(CultureInfo.InvariantCulture, $"p95 {At(0.95):0.0} ms, p99 {At(0.99):0.0} ms, most {At(1):0.0} ms, {frames.Length} frames, {frames.Count(f => f > FrameBar)} late"),
            judged ? "95 % in time" : "", judged ? At(0.95) <= FrameBar : null));
    }

    /// <summary>Seconds that the page's thread spent, by Chromium's names.</summary>
    static async Task<Dictionary<string, double>> MetricsAsync(ICDPSession session)
    {
        var answer = await session.SendAsync("Performance.getMetrics") ?? throw new InvalidOperationException("Chromium tells no metrics.");
        return answer.GetProperty("metrics").EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString() ?? "", m => m.GetProperty("value").GetDouble(), StringComparer.Ordinal);
    }

    static async Task<string> AddFlowAsync(string url, CancellationToken cancellationToken)
    {
        var nodes = Enumerable.Range(0, Nodes).Select(i => (JsonNode)new JsonObject
        {
            ["id"] = $"n{i}",
            ["type"] = i == 0 ? "Webhook" : "DataToMessage",
            ["title"] = $"Step {i}",
            ["position"] = new JsonObject { ["x"] = i % Columns * 300, ["y"] = i / Columns * 220 },
            ["settings"] = i == 0 ? new JsonObject() : new JsonObject { ["template"] = $"Order {{order.id}} at step {i}: {{customer.name}}" },
        });
        // A chain through all of them, and a second edge into every other.
        var chain = Enumerable.Range(1, Nodes - 1).Select(i => Edge(i - 1, i));
        var across = Enumerable.Range(Columns + 2, Nodes - Columns - 2).Take(Edges - Nodes + 1).Select(i => Edge(i - Columns - 1, i));
        var document = new JsonObject { ["schema"] = 1, ["nodes"] = new JsonArray([.. nodes]), ["edges"] = new JsonArray([.. chain.Concat(across)]) };
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        using var answer = await http.PostAsJsonAsync("/v1/flows", new JsonObject { ["name"] = "Canvas benchmark", ["document"] = document }, cancellationToken);
        answer.EnsureSuccessStatusCode();
        var flow = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
        return flow?["id"]?.GetValue<string>() ?? throw new FormatException("The flow has no id.");
    }

    static JsonNode Edge(int from, int to) => new JsonObject
    {
        ["from"] = new JsonObject { ["node"] = $"n{from}", ["port"] = from == 0 ? "output_data" : "text" },
        ["to"] = new JsonObject { ["node"] = $"n{to}", ["port"] = "data" },
    };
}
