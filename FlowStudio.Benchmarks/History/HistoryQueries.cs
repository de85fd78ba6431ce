using System.Diagnostics;
using System.Text.Json;
using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.History;

/// <summary>What people ask of history, over HTTP, one question at a time, each with other values.</summary>
sealed class HistoryQueries(ServerProcess server, DateTimeOffset end, ResultTable table) : IDisposable
{
    const int Warm = 5;
    const int Measured = 100;
    const long ListBar = 50_000_000;
    const long SearchBar = 200_000_000;

    readonly HttpClient http = new() { BaseAddress = new Uri(server.Url) };

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        const string lists = "Lists", counts = "Counts", searches = "Search", sums = "Rollups";
        await AskAsync(lists, "newest 50", ListBar, _ => "/v1/runs", cancellationToken);
        await AskAsync(lists, "newest 200", ListBar, _ => "/v1/runs?limit=200", cancellationToken);
        var pages = await PagesAsync(cancellationToken);
        await AskAsync(lists, "page after page", ListBar, i => $"/v1/runs?cursor={pages[i % pages.Count]}", cancellationToken);
        await AskAsync(lists, "a busy flow", ListBar, _ => $"/v1/runs?flow={HistoryFiller.Flow(0)}", cancellationToken);
        await AskAsync(lists, "a flow, any", ListBar, i => $"/v1/runs?flow={Flow(i)}", cancellationToken);
        await AskAsync(lists, "failed", ListBar, _ => "/v1/runs?status=failed", cancellationToken);
        await AskAsync(lists, "several statuses", ListBar, _ => "/v1/runs?status=failed,timed_out,running,waiting", cancellationToken);
        await AskAsync(lists, "waiting", ListBar, _ => "/v1/runs?status=waiting", cancellationToken);
        await AskAsync(lists, "running (none)", ListBar, _ => "/v1/runs?status=running", cancellationToken);
        await AskAsync(lists, "rare trigger", ListBar, _ => "/v1/runs?trigger=replay", cancellationToken);
        await AskAsync(lists, "an hour", ListBar, i => $"/v1/runs?{Hour(i)}", cancellationToken);
        await AskAsync(lists, "flow, status", ListBar, i => $"/v1/runs?flow={Flow(i)}&status=timed_out", cancellationToken);
        await AskAsync(lists, "flow, status, trigger, hour", ListBar, i => $"/v1/runs?flow={Flow(i)}&status=failed,canceled&trigger=api,replay&{Hour(i)}", cancellationToken);
        await AskAsync(counts, "all", ListBar, _ => "/v1/runs/count", cancellationToken);
        await AskAsync(counts, "succeeded", ListBar, _ => "/v1/runs/count?status=succeeded", cancellationToken);
        await AskAsync(counts, "a flow, two statuses", ListBar, i => $"/v1/runs/count?flow={Flow(i)}&status=failed,timed_out", cancellationToken);
        await AskAsync(searches, "frequent word", SearchBar, _ => $"/v1/runs?q={HistoryFiller.Word(0)}", cancellationToken);
        await AskAsync(searches, "word, any", SearchBar, i => $"/v1/runs?q={HistoryFiller.Word(i * 19)}", cancellationToken);
        await AskAsync(searches, "beginning of a word", SearchBar, i => $"/v1/runs?q={HistoryFiller.Word(i * 19)[..4]}", cancellationToken);
        await AskAsync(searches, "two words", SearchBar, i => $"/v1/runs?q={HistoryFiller.Word(i)}%20{HistoryFiller.Word(1999 - i)}", cancellationToken);
        await AskAsync(searches, "phrase", SearchBar, i => $"/v1/runs?q=%22{HistoryFiller.Word(i % 20)}%20{HistoryFiller.Word(i)}%22", cancellationToken);
        await AskAsync(searches, "a word that is nowhere", SearchBar, i => $"/v1/runs?q=nowhere{i}", cancellationToken);
        await AskAsync(searches, "frequent word, flow, status", SearchBar, i => $"/v1/runs?q={HistoryFiller.Word(0)}&flow={Flow(i)}&status=timed_out", cancellationToken);
        await AskAsync(searches, "count of a word", SearchBar, i => $"/v1/runs/count?q={HistoryFiller.Word(i * 19)}", cancellationToken);
        var runs = await RunsAsync(pages, cancellationToken);
        await AskAsync("One run", "with its steps", ListBar, i => $"/v1/runs/{runs[i % runs.Count]}", cancellationToken);
        await AskAsync(sums, "a day by minutes, all flows", ListBar, i => $"/v1/runs/rollups?step=60&from={Time(end.AddDays(-1 - (i % 5)))}&to={Time(end.AddDays(-(i % 5)))}", cancellationToken);
        await AskAsync(sums, "a week by hours, a flow", ListBar, i => $"/v1/runs/rollups?step=3600&flow={Flow(i)}&from={Time(end.AddDays(-7))}", cancellationToken);
        await AskAsync(sums, "a year by days, all flows", ListBar, _ => $"/v1/runs/rollups?step=86400&from={Time(end.AddDays(-365))}", cancellationToken);
    }

    public void Dispose() => http.Dispose();

    static Guid Flow(int i) => HistoryFiller.Flow(i % HistoryFiller.Flows);

    static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);

    string Hour(int i)
    {
        var from = end.AddHours(-(7 * (i % Measured)) - 1);
        return $"from={Time(from)}&to={Time(from.AddHours(1))}";
    }

    async Task AskAsync(string kind, string what, long bar, Func<int, string> path, CancellationToken cancellationToken)
    {
        var latency = new Histogram();
        for (var i = -Warm; i < Measured; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var response = await http.GetAsync(path(Math.Abs(i)), cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw new InvalidOperationException($"{path(Math.Abs(i))} was answered {(int)response.StatusCode}: {System.Text.Encoding.UTF8.GetString(body)}");
            if (i >= 0)
                latency.Record((long)Stopwatch.GetElapsedTime(began).TotalNanoseconds);
        }
        var p95 = latency.Percentile(95);
        table.Add(new ResultRow(kind, $"{what}, p95", Format.Milliseconds(p95), $"p50 {Format.Milliseconds(latency.Percentile(50))}, most {Format.Milliseconds(latency.Max)}",
            $"≤ {bar / 1_000_000} ms", p95 <= bar));
    }

    /// <summary>Cursors of the first pages, and of pages far down.</summary>
    async Task<List<string>> PagesAsync(CancellationToken cancellationToken)
    {
        var cursors = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            var start = i == 0 ? "" : $"&to={Time(end.AddDays(-i * 1.4))}";
            using var page = await JsonAsync($"/v1/runs?limit=50{start}", cancellationToken);
            if (page.RootElement.GetProperty("next_cursor").GetString() is { } cursor)
                cursors.Add(Uri.EscapeDataString(cursor));
        }
        return cursors;
    }

    async Task<List<string>> RunsAsync(List<string> cursors, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var cursor in cursors)
        {
            using var page = await JsonAsync($"/v1/runs?status=succeeded,failed&limit=10&cursor={cursor}", cancellationToken);
            ids.AddRange(page.RootElement.GetProperty("items").EnumerateArray().Select(r => r.GetProperty("id").GetString() ?? ""));
        }
        return ids;
    }

    async Task<JsonDocument> JsonAsync(string path, CancellationToken cancellationToken) => JsonDocument.Parse(await http.GetByteArrayAsync(path, cancellationToken));
}
