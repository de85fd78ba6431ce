using System.Text;
using FlowStudio.Engine;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Search;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class SearchTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();
    readonly Guid flow = Guid.CreateVersion7();
    readonly Guid other = Guid.CreateVersion7();

    static CancellationToken Token => StorageFixture.Token;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    /// <summary>A run with its first and last event, as the engine writes them.</summary>
    async Task<Run> RunAsync(string input, string output = "null", string error = "null", string? session = null, Guid? flowId = null, RunTrigger trigger = RunTrigger.Webhook, bool ends = true)
    {
        var run = await fixture.AcceptAsync(flowId ?? flow, trigger);
        await AppendAsync(run.Id, 1, RunEventTypes.RunAccepted, $$"""{"session_id":{{JsonText.Element(session ?? "").GetRawText()}},"call":{"method":"POST","headers":[["X-Hidden","headerword"]]},"input":{{input}} }""");
        await AppendAsync(run.Id, 2, RunEventTypes.Log, """{"text":"logword"}""");
        if (!ends)
            return run;
        await AppendAsync(run.Id, 3, RunEventTypes.RunFinished, $$"""{"status":"succeeded","output":{{output}},"error":{{error}} }""");
        await fixture.EndAsync(run, error == "null" ? RunStatus.Succeeded : RunStatus.Failed);
        return run;
    }

    async Task AppendAsync(Guid run, long seq, string type, string data)
    {
        var line = RunEventJson.Write(seq, fromSeq: null, fixture.Clock.GetUtcNow(), type, nodeId: null, iteration: null, attempt: null, data, static (json, text) =>
        {
            foreach (var member in JsonText.Parse(Encoding.UTF8.GetBytes(text)).EnumerateObject())
                member.WriteTo(json);
        });
        (await fixture.Journal.WriteAsync(new AppendEntry { RunId = run, Events = new(run, seq, seq, [.. line, (byte)'\n']) })).ShouldBeTrue();
    }

    [Fact]
    public async Task A_run_whose_events_cannot_be_read_does_not_keep_the_others_out()
    {
        var broken = await fixture.AcceptAsync(flow, RunTrigger.Webhook);
        (await fixture.Journal.WriteAsync(new AppendEntry { RunId = broken.Id, Events = new(broken.Id, 1, 1, [.. """{"seq":1,"data":{"input":{"a":"early","""u8]) })).ShouldBeTrue();
        await fixture.EndAsync(broken, RunStatus.Succeeded);
        var next = await RunAsync("""{"a":"later"}""");
        await IndexAsync();
        (await FindAsync("early")).ShouldBe([broken.Id]);
        (await FindAsync("later")).ShouldBe([next.Id]);
    }

    async Task IndexAsync(SearchIndex? index = null)
    {
        while (await (index ?? fixture.Search).IndexAsync(7, Token) > 0)
        {
            // More may be there.
        }
    }

    async Task<List<Guid>> FindAsync(string text, RunFilter? filter = null, int limit = 3)
    {
        filter = (filter ?? new()) with { Text = text };
        var ids = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await fixture.Runs.ListAsync(filter, cursor, limit, Token);
            page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
            (page.Items.Count == limit || page.NextCursor is null).ShouldBeTrue("a page that is not the last is full");
            ids.AddRange(page.Items.Select(r => r.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        (await fixture.Runs.CountAsync(filter, Token)).ShouldBe(new RunCount(ids.Count, IsExact: true));
        return ids;
    }

    [Fact]
    public async Task Words_and_phrases_are_found_in_input_output_error_and_session()
    {
        var a = await RunAsync("""{"order":{"id":"A-4711","note":"Grüße aus Köln"},"count":98765}""", "\"Two notebooks were sent\"");
        var b = await RunAsync("""["plain",{"x":["deep",["deeper"]]}]""", error: """{"code":"http_status","message":"KÖLN is not reachable","node_id":null,"remedy":"Wait a little."}""", session: "customer-42");
        await RunAsync("\"another\"");
        var unfinished = await RunAsync("\"notebooks\"", ends: false);
        await IndexAsync();

        (await FindAsync("koln")).ShouldBe([b.Id, a.Id]);
        (await FindAsync("KÖLN")).ShouldBe([b.Id, a.Id]);
        (await FindAsync("note")).ShouldBe([a.Id], "the beginning of a word");
        (await FindAsync("A-4711")).ShouldBe([a.Id]);
        (await FindAsync("98765")).ShouldBe([a.Id]);
        (await FindAsync("\"two notebooks\"")).ShouldBe([a.Id]);
        (await FindAsync("\"notebooks two\"")).ShouldBeEmpty();
        (await FindAsync("notebooks two")).ShouldBe([a.Id]);
        (await FindAsync("deeper customer-42")).ShouldBe([b.Id]);
        (await FindAsync("http_status")).ShouldBe([b.Id]);
        (await FindAsync("Wait a little")).ShouldBe([b.Id]);
        (await FindAsync("headerword")).ShouldBeEmpty();
        (await FindAsync("logword")).ShouldBeEmpty();
        (await FindAsync("plain notebooks")).ShouldBeEmpty("each run has one of them");
        (await FindAsync(unfinished.Id.ToString())).ShouldBe([unfinished.Id], "an id is looked up");
        (await FindAsync(unfinished.Id.ToString(), new() { FlowId = other })).ShouldBeEmpty();
    }

    public static TheoryData<string> Odd => new(
        "\"", "\"\"", "\"word", "word\"", "wo\"rd", "*", "word*", "^word", "word NEAR other", "AND", "NOT word", "(word", "body:word", "-word", "{word}", "word:", "+", "'", "''; DROP TABLE docs; --",
        "\0", "word\0other", "😀", "word 😀", "\uD83D", "“word”", "%", "_", "\\", "日本語", "²", "é́́́", new string('x', 10_000), new string('"', 10_000), string.Concat(Enumerable.Repeat("word ", 2_000)));

    [Theory, MemberData(nameof(Odd))]
    public async Task Whatever_is_typed_is_text(string text)
    {
        var run = await RunAsync("\"a word beside another\"");
        await IndexAsync();
        var found = await FindAsync(text);
        if (text is "wo\"rd" || !text.Contains("word", StringComparison.Ordinal))
            found.ShouldBeEmpty();
        else if (!text.Contains("other", StringComparison.Ordinal) && !text.Contains("NOT", StringComparison.Ordinal) && !text.Contains("body", StringComparison.Ordinal) && !text.Contains("DROP", StringComparison.Ordinal))
            found.ShouldBe([run.Id]);
    }

    [Fact]
    public async Task Overlong_words_are_found_by_how_they_begin_and_only_so_much_text_is_searchable()
    {
        var endless = new string('q', 5_000);
        var run = await RunAsync($"\"{endless} {string.Concat(Enumerable.Repeat("filler text ", 3_000))} beyond\"", "\"result\"");
        await IndexAsync();
        (await FindAsync(endless)).ShouldBe([run.Id]);
        (await FindAsync("filler result")).ShouldBe([run.Id]);
        (await FindAsync("beyond")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Filters_and_pages_hold_for_searches_too()
    {
        var runs = new List<Run>();
        for (var i = 0; i < 40; i++)
        {
            var run = await RunAsync($"\"common{(i % 7 == 0 ? " rare" : "")}\"", error: i % 5 == 0 ? """{"code":"c","message":"m","node_id":null}""" : "null",
                flowId: i % 3 == 0 ? other : flow, trigger: i % 4 == 0 ? RunTrigger.Api : RunTrigger.Webhook);
            runs.Add(run with { Status = i % 5 == 0 ? RunStatus.Failed : RunStatus.Succeeded });
        }
        await IndexAsync();
        (string Text, RunFilter Filter, Func<Run, int, bool> Wanted)[] cases =
        [
            ("common", new(), (_, _) => true),
            ("rare", new(), (_, i) => i % 7 == 0),
            ("common", new() { FlowId = other }, (r, _) => r.FlowId == other),
            ("common", new() { Statuses = [RunStatus.Failed, RunStatus.TimedOut, RunStatus.Queued] }, (r, _) => r.Status == RunStatus.Failed),
            ("common", new() { Statuses = [RunStatus.Queued] }, (_, _) => false),
            ("common", new() { Triggers = [RunTrigger.Api], Statuses = [RunStatus.Succeeded], FlowId = flow }, (r, _) => r.Trigger == RunTrigger.Api && r.Status == RunStatus.Succeeded && r.FlowId == flow),
            ("rare", new() { From = runs[10].CreatedAt, To = runs[30].CreatedAt }, (_, i) => i is >= 10 and < 30 && i % 7 == 0),
        ];
        foreach (var (text, filter, wanted) in cases)
            (await FindAsync(text, filter)).ShouldBe(runs.Where((r, i) => wanted(r, i)).Select(r => r.Id).Reverse());
    }

    [Fact]
    public async Task A_deleted_run_is_found_no_more()
    {
        var (gone, stays) = (await RunAsync("\"needle\""), await RunAsync("\"needle\""));
        await IndexAsync();
        (await fixture.Runs.DeleteAsync(gone.Id, Token)).ShouldBeTrue();
        (await fixture.Runs.ListAsync(new() { Text = "needle" }, cursor: null, 10, Token)).Items.ShouldHaveSingleItem().Id.ShouldBe(stays.Id);
        await IndexAsync();
        (await FindAsync("needle")).ShouldBe([stays.Id]);
    }

    [Fact]
    public async Task The_index_goes_on_where_it_was_and_takes_none_twice()
    {
        var runs = new List<Guid>();
        for (var i = 0; i < 10; i++)
            runs.Add((await RunAsync("\"needle\"")).Id);
        (await fixture.Search.IndexAsync(4, Token)).ShouldBe(4);
        // As after a crash: another life, the first one never closed.
        using var next = new SearchIndex(fixture.Options, fixture.Connections, NullLogger<SearchIndex>.Instance);
        await IndexAsync(next);
        (await FindAsync("needle")).ShouldBe(runs.AsEnumerable().Reverse());
        (await next.IndexAsync(10, Token)).ShouldBe(0);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("garbage")]
    [InlineData("cut")]
    [InlineData("version")]
    [InlineData("ahead")]
    public async Task A_missing_or_bad_index_is_made_anew(string damage)
    {
        for (var i = 0; i < 20; i++)
            await RunAsync($"\"needle {i}\"");
        await IndexAsync();
        var path = SearchDatabase.PathIn(fixture.Folder.Path);
        fixture.Search.Dispose();
        switch (damage)
        {
            case "delete":
                File.Delete(path);
                break;
            case "garbage":
                await File.WriteAllTextAsync(path, new string('x', 10_000), Token);
                break;
            case "cut":
                await using (var file = File.OpenWrite(path))
                    file.SetLength(8192);
                break;
            case "version" or "ahead":
                using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False"))
                {
                    connection.Open();
                    using var command = connection.CreateCommand();
                    command.CommandText = damage == "version" ? "PRAGMA user_version=99" : "UPDATE progress SET value = 1000000";
                    command.ExecuteNonQuery();
                }
                break;
        }
        using var next = new SearchIndex(fixture.Options, fixture.Connections, NullLogger<SearchIndex>.Instance);
        for (var tries = 0; tries < 3; tries++)
        {
            try
            {
                await IndexAsync(next);
                (await next.CountAsync(new() { Text = "needle" }, 100, Token)).ShouldBe(20);
                return;
            }
            catch (StorageException e) when (e.Code == "search_damaged")
            {
                // It was noticed, and mends with the next turn.
            }
        }
        Assert.Fail("It did not mend.");
    }

    [Fact]
    public async Task Parts_that_are_mostly_about_deleted_runs_are_given_up()
    {
        var runs = new List<Run>();
        for (var i = 0; i < 10; i++)
            runs.Add(await RunAsync("\"needle\""));
        await IndexAsync();
        await fixture.Search.SweepAsync(Token);
        (await FindAsync("needle")).Count.ShouldBe(10);
        foreach (var run in runs.Take(6))
            (await fixture.Runs.DeleteAsync(run.Id, Token)).ShouldBeTrue();
        await fixture.Search.SweepAsync(Token);
        await IndexAsync();
        (await FindAsync("needle")).ShouldBe(runs.Skip(6).Select(r => r.Id).Reverse());
        using var index = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={SearchDatabase.PathIn(fixture.Folder.Path)};Pooling=False");
        index.Open();
        using var command = index.CreateCommand();
        command.CommandText = "SELECT sum(docs) FROM shards";
        command.ExecuteScalar().ShouldBe(4L);
    }

    [Fact]
    public void Keys_sort_as_ids_do()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var ids = Enumerable.Range(0, 5000).Select(i => Guid.CreateVersion7(start.AddMilliseconds(i / 4))).Order().ToList();
        ids.Zip(ids.Skip(1)).ShouldAllBe(pair => SearchKey.Of(pair.First) <= SearchKey.Of(pair.Second));
        ids.Select(SearchKey.Of).Distinct().Count().ShouldBeGreaterThan(4950);
        SearchKey.At(start).ShouldBeLessThanOrEqualTo(SearchKey.Of(ids[0]));
        SearchKey.At(start.AddMilliseconds(1)).ShouldBeGreaterThan(SearchKey.Of(Guid.CreateVersion7(start)));
    }
}
