using System.Text;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Storage;

public sealed class RunStoreTests : IAsyncDisposable
{
    readonly StorageFixture fixture = new();
    readonly Guid flowA = Guid.CreateVersion7();
    readonly Guid flowB = Guid.CreateVersion7();

    static CancellationToken Token => StorageFixture.Token;

    RunStore Runs => fixture.Runs;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    async Task<List<Guid>> All(RunFilter filter, int limit = 3)
    {
        var ids = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await Runs.ListAsync(filter, cursor, limit, Token);
            page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
            ids.AddRange(page.Items.Select(r => r.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return ids;
    }

    /// <summary>Runs of every status and trigger, in two flows; the newest last.</summary>
    async Task<List<Run>> Mixed()
    {
        RunStatus[] statuses = [RunStatus.Succeeded, RunStatus.Failed, RunStatus.Queued, RunStatus.Canceled, RunStatus.Running, RunStatus.TimedOut, RunStatus.Waiting];
        RunTrigger[] triggers = [RunTrigger.Webhook, RunTrigger.Api, RunTrigger.Schedule, RunTrigger.Studio, RunTrigger.Replay];
        var runs = new List<Run>();
        for (var i = 0; i < 42; i++)
        {
            var status = statuses[i % statuses.Length];
            var run = await fixture.AcceptAsync(i % 3 == 0 ? flowB : flowA, triggers[i % triggers.Length]);
            if (RunNames.IsFinal(status))
                await fixture.EndAsync(run, status, preview: $"Result {i}", status == RunStatus.Succeeded ? null : new($"code_{i}", $"Trouble {i}", "fill", "Mend it"));
            else if (status != RunStatus.Queued)
                (await fixture.Journal.WriteAsync(new StartEntry { RunId = run.Id, At = fixture.Clock.GetUtcNow() })).ShouldBeTrue();
            if (status == RunStatus.Waiting)
                (await fixture.Journal.WriteAsync(new WaitEntry { RunId = run.Id, WakeAt = fixture.Clock.GetUtcNow().AddDays(1) })).ShouldBeTrue();
            runs.Add(run with { Status = status });
        }
        return runs;
    }

    public static TheoryData<RunStatus[]> StatusFilters => new(
        [],
        [RunStatus.Succeeded],
        [RunStatus.Failed],
        [RunStatus.Failed, RunStatus.TimedOut, RunStatus.Canceled],
        [RunStatus.Queued],
        [RunStatus.Queued, RunStatus.Running, RunStatus.Waiting],
        [RunStatus.Waiting, RunStatus.Failed, RunStatus.Failed],
        [RunStatus.Succeeded, RunStatus.Failed, RunStatus.Running],
        Enum.GetValues<RunStatus>());

    [Theory, MemberData(nameof(StatusFilters))]
    public async Task Pages_have_every_run_of_the_filter_once_newest_first(RunStatus[] statuses)
    {
        var runs = await Mixed();
        var middle = runs[20].CreatedAt;
        (RunFilter Filter, Func<Run, bool> Wanted)[] cases =
        [
            (new(), _ => true),
            (new() { FlowId = flowB }, r => r.FlowId == flowB),
            (new() { Triggers = [RunTrigger.Api, RunTrigger.Replay] }, r => r.Trigger is RunTrigger.Api or RunTrigger.Replay),
            (new() { From = middle }, r => r.CreatedAt >= middle),
            (new() { To = middle }, r => r.CreatedAt < middle),
            (new() { FlowId = flowA, Triggers = [RunTrigger.Webhook], From = runs[3].CreatedAt, To = runs[38].CreatedAt },
                r => r.FlowId == flowA && r.Trigger == RunTrigger.Webhook && r.CreatedAt >= runs[3].CreatedAt && r.CreatedAt < runs[38].CreatedAt),
        ];
        foreach (var (filter, wanted) in cases)
        {
            var expected = runs.Where(r => wanted(r) && (statuses.Length == 0 || statuses.Contains(r.Status))).Select(r => r.Id).Reverse().ToList();
            (await All(filter with { Statuses = statuses })).ShouldBe(expected);
            (await All(filter with { Statuses = statuses }, limit: 500)).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task A_run_is_read_with_all_its_columns()
    {
        var flow = Guid.CreateVersion7();
        var run = await fixture.AcceptAsync(flow, RunTrigger.Api);
        var queued = (await Runs.FindAsync(run.Id, Token)).ShouldNotBeNull();
        queued.ShouldBe(run);

        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        await fixture.EndAsync(run, RunStatus.Failed, preview: "half", new("http_status", "The other side said 500.", "call", "Ask them."));
        var failed = (await Runs.FindAsync(run.Id, Token)).ShouldNotBeNull();
        failed.ShouldBe(run with
        {
            Status = RunStatus.Failed,
            StartedAt = fixture.Clock.GetUtcNow(),
            FinishedAt = fixture.Clock.GetUtcNow(),
            ResultPreview = "half",
            Error = new("http_status", "The other side said 500.", "call", "Ask them."),
            Tokens = new(3, 4),
        });
        (await Runs.FindAsync(Guid.CreateVersion7(), Token)).ShouldBeNull();
    }

    [Theory, MemberData(nameof(StatusFilters))]
    public async Task A_count_is_what_the_pages_have(RunStatus[] statuses)
    {
        await Mixed();
        RunFilter[] filters = [new(), new() { FlowId = flowB }, new() { FlowId = flowA, Triggers = [RunTrigger.Api, RunTrigger.Api, RunTrigger.Webhook] }, new() { Triggers = [RunTrigger.Replay] }];
        foreach (var filter in filters.Select(f => f with { Statuses = statuses }))
            (await Runs.CountAsync(filter, Token)).ShouldBe(new RunCount((await All(filter, limit: 500)).Count, IsExact: true));
    }

    [Fact]
    public async Task What_is_rare_among_many_is_found_at_once_and_counts_stop_at_ten_thousand()
    {
        var old = await fixture.AcceptAsync(flowA, RunTrigger.Schedule);
        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        var template = await fixture.AcceptAsync(flowA);
        // Their ids count on.
        await fixture.ExecuteAsync(FormattableString.Invariant($"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10500)
            INSERT INTO runs (id, flow_id, flow_version_id, status, "trigger", thread_id, root_run_id, created_at)
            SELECT CAST(substr(id, 1, 6) || x'7000' || CAST(printf('%08d', i) AS BLOB) AS BLOB), flow_id, flow_version_id, status, "trigger", thread_id, root_run_id, created_at
            FROM runs, n WHERE id = x'{Convert.ToHexString(GuidBytes.Of(template.Id))}'
            """));
        var page = await Runs.ListAsync(new() { Triggers = [RunTrigger.Schedule] }, cursor: null, limit: 10, Token);
        page.Items.ShouldHaveSingleItem().Id.ShouldBe(old.Id);
        page.NextCursor.ShouldBeNull();
        (await Runs.CountAsync(new() { Triggers = [RunTrigger.Schedule] }, Token)).ShouldBe(new RunCount(1, IsExact: true));
        (await Runs.CountAsync(new(), Token)).ShouldBe(new RunCount(10_000, IsExact: false));
        (await Runs.CountAsync(new() { Statuses = [RunStatus.Queued] }, Token)).ShouldBe(new RunCount(10_000, IsExact: false));
        // A list of flows counts so many and no more.
        (await Runs.ActivityAsync([flowA], old.CreatedAt, Token))[flowA].RunsSince.ShouldBe(FlowActivity.CountedUpTo);
        (await Runs.ListAsync(new() { To = template.CreatedAt.AddSeconds(-30) }, cursor: null, limit: 10, Token)).Items.ShouldHaveSingleItem().Id.ShouldBe(old.Id);
    }

    [Fact]
    public async Task A_cursor_of_nobodys_is_refused() =>
        await Should.ThrowAsync<FormatException>(() => Runs.ListAsync(new(), "AAAA", limit: 10, Token));

    [Fact]
    public async Task A_run_that_comes_while_pages_are_turned_moves_nothing()
    {
        var runs = new List<Run>();
        for (var i = 0; i < 6; i++)
            runs.Add(await fixture.AcceptAsync(flowA));
        var first = await Runs.ListAsync(new(), cursor: null, limit: 3, Token);
        await fixture.AcceptAsync(flowA);
        var second = await Runs.ListAsync(new(), first.NextCursor, limit: 3, Token);
        first.Items.Concat(second.Items).Select(r => r.Id).ShouldBe(runs.Select(r => r.Id).Reverse());
        second.NextCursor.ShouldBeNull();
    }

    [Fact]
    public async Task Activity_tells_the_newest_run_and_how_many_there_were()
    {
        await fixture.AcceptAsync(flowA);
        fixture.Clock.Advance(TimeSpan.FromHours(1));
        var since = fixture.Clock.GetUtcNow();
        await fixture.AcceptAsync(flowA);
        var last = await fixture.AcceptAsync(flowA);
        var never = Guid.CreateVersion7();
        var activity = await Runs.ActivityAsync([flowA, never], since, Token);
        activity[flowA].LastRun.ShouldNotBeNull().Id.ShouldBe(last.Id);
        activity[flowA].RunsSince.ShouldBe(2);
        activity[never].ShouldBe(new FlowActivity(LastRun: null, RunsSince: 0));
    }

    // Events

    static EventChunk Chunk(Guid run, params RunEvent[] events) =>
        new(run, events[0].Read().FromSeq, events[^1].Seq, [.. events.SelectMany(e => (byte[])[.. e.Json.Span, (byte)'\n'])]);

    RunEvent Event(Guid run, long seq, string type, string? node = null, string data = "", int[]? iteration = null, int attempt = 1, long? fromSeq = null) =>
        new(run, seq, type, node, RunEventJson.Write(seq, fromSeq, fixture.Clock.GetUtcNow(), type, node, iteration, node is null ? null : attempt, data, static (json, text) =>
        {
            if (text.Length == 0)
                return;
            foreach (var member in JsonText.Parse(Encoding.UTF8.GetBytes(text)).EnumerateObject())
                member.WriteTo(json);
        }));

    async Task Append(Guid run, params RunEvent[] events) => (await fixture.Journal.WriteAsync(new AppendEntry { RunId = run, Events = Chunk(run, events) })).ShouldBeTrue();

    [Fact]
    public async Task Events_come_in_order_from_any_number_and_as_many_as_asked_for()
    {
        var run = (await fixture.AcceptAsync(flowA)).Id;
        var other = (await fixture.AcceptAsync(flowA)).Id;
        await Append(other, Event(other, 1, RunEventTypes.RunStarted));
        // A number is missing after a restart; tokens are merged.
        await Append(run, Event(run, 1, RunEventTypes.RunStarted), Event(run, 2, RunEventTypes.NodeStarted, "fill"), Event(run, 3, RunEventTypes.Log, "fill", """{"level":"info","text":"\"data\":\n{"}"""));
        await Append(run, Event(run, 9, RunEventTypes.Token, "fill", """{"text":"Hello","offset":0}""", fromSeq: 5));
        await Append(run, Event(run, 10, RunEventTypes.NodeFinished, "fill"), Event(run, 11, RunEventTypes.RunFinished));

        long[] all = [1, 2, 3, 9, 10, 11];
        for (var after = -1; after <= 12; after++)
        {
            var events = await Runs.EventsAsync(run, after, 100, Token);
            events.Select(e => e.Seq).ShouldBe(all.Where(s => s > after));
            (await Runs.EventsAsync(run, after, 2, Token)).Select(e => e.Seq).ShouldBe(all.Where(s => s > after).Take(2));
        }
        var read = await Runs.EventsAsync(run, 0, 100, Token);
        read.Select(e => (e.Type, e.NodeId)).ShouldBe([("run.started", null), ("node.started", "fill"), ("log", "fill"), ("token", "fill"), ("node.finished", "fill"), ("run.finished", null)]);
        read[2].Read().Text("text").ShouldBe("\"data\":\n{");
        read[3].Read().FromSeq.ShouldBe(5);
        read.ShouldAllBe(e => e.RunId == run && e.Seq == e.Read().Seq);
        (await Runs.EventsAsync(Guid.CreateVersion7(), 0, 100, Token)).ShouldBeEmpty();
        (await Runs.EventsAsync(run, 0, 0, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reading_on_begins_at_the_chunk_and_not_at_the_first()
    {
        await using var reader = await fixture.Connections.OpenReaderAsync(Token);
        await using var command = RunStore.Chunks(reader, Guid.CreateVersion7(), after: 5);
        command.CommandText = "EXPLAIN QUERY PLAN " + command.CommandText;
        await using var plan = await command.ExecuteReaderAsync(Token);
        var lines = new List<string>();
        while (await plan.ReadAsync(Token))
            lines.Add(plan.GetString(3));
        lines[0].ShouldContain("run_id=? AND seq>?");
        lines.ShouldNotContain(line => line.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Details_tell_inputs_from_the_edges_and_what_is_still_to_come()
    {
        var flow = await fixture.Flows.CreateAsync(fixture.NewFlow(), Token);
        var runnable = (await fixture.Flows.ResolveAsync(flow.Id.ToString(), draft: true, Token)).ShouldNotBeNull();
        var run = await fixture.AcceptAsync(flow.Id, version: runnable.Version);
        await Append(run.Id, Event(run.Id, 1, RunEventTypes.RunAccepted, data: """{"input":{"name":"Ann"},"trigger":"webhook","call":{"method":"POST","headers":[["X-A","1"]],"query":[["q","ü"]]}}"""));

        var queued = (await Runs.FindDetailsAsync(run.Id, Token)).ShouldNotBeNull();
        queued.Input.GetRawText().ShouldBe("""{"name":"Ann"}""");
        queued.Output.ShouldBeNull();
        queued.Call.ShouldNotBeNull().Method.ShouldBe("POST");
        queued.Call.Query.ShouldBe([new("q", "ü")]);
        // The lone node hangs together with nothing: it will never run.
        queued.Steps.Select(s => (s.NodeId, s.Status)).ShouldBe([("hook", StepStatus.Pending), ("fill", StepStatus.Pending), ("out", StepStatus.Pending)]);

        await fixture.Journal.WriteAsync(new StartEntry { RunId = run.Id, At = fixture.Clock.GetUtcNow() });
        await Append(run.Id, Event(run.Id, 2, RunEventTypes.RunStarted), Event(run.Id, 3, RunEventTypes.NodeStarted, "hook"), Event(run.Id, 4, RunEventTypes.NodeFinished, "hook", """{"output":{"data":{"name":"Ann"},"other":1}}"""),
            Event(run.Id, 5, RunEventTypes.NodeStarted, "fill"), Event(run.Id, 6, RunEventTypes.NodeRetrying, "fill", """{"error":{"code":"timeout","message":"Slow"},"after_ms":10}"""),
            Event(run.Id, 7, RunEventTypes.NodeStarted, "fill", attempt: 2));
        var running = (await Runs.FindDetailsAsync(run.Id, Token)).ShouldNotBeNull();
        running.Steps.Select(s => (s.NodeId, s.Title, s.Type, s.Attempt, s.Status)).ShouldBe(
        [
            ("hook", "Webhook", "Webhook", 1, StepStatus.Succeeded),
            ("fill", "Fill", "DataToMessage", 1, StepStatus.Failed),
            ("fill", "Fill", "DataToMessage", 2, StepStatus.Running),
            ("out", "ChatOutput", "ChatOutput", 1, StepStatus.Pending),
        ]);
        running.Steps[0].Input.ShouldBeEmpty();
        running.Steps[1].Error.ShouldNotBeNull().Code.ShouldBe("timeout");
        running.Steps[2].Input.ShouldHaveSingleItem().Key.ShouldBe("data");
        running.Steps[2].Input[0].Value.GetRawText().ShouldBe("""{"name":"Ann"}""");

        await Append(run.Id, Event(run.Id, 8, RunEventTypes.NodeFinished, "fill", """{"output":{"text":"Hello Ann"}}""", attempt: 2), Event(run.Id, 9, RunEventTypes.NodeSkipped, "out"),
            Event(run.Id, 10, RunEventTypes.RunFinished, data: """{"status":"succeeded","output":"Hello Ann"}"""));
        await fixture.Journal.WriteAsync(new EndEntry { RunId = run.Id, Status = RunStatus.Succeeded, At = fixture.Clock.GetUtcNow() });
        var ended = (await Runs.FindDetailsAsync(run.Id, Token)).ShouldNotBeNull();
        ended.Output.ShouldNotBeNull().GetString().ShouldBe("Hello Ann");
        ended.Steps.Select(s => s.Status).ShouldBe([StepStatus.Succeeded, StepStatus.Failed, StepStatus.Succeeded, StepStatus.Skipped]);
        ended.Steps[3].Input.ShouldBeEmpty();

        // The flow goes, its runs stay: without titles, but with all that happened.
        await fixture.Flows.DeleteAsync(flow.Id, Token);
        await fixture.Flows.PurgeAsync(flow.Id, Token);
        var orphan = (await Runs.FindDetailsAsync(run.Id, Token)).ShouldNotBeNull();
        orphan.Steps.Select(s => s.Title).ShouldBe(["hook", "fill", "fill", "out"]);
        orphan.Steps[2].Output[0].Value.GetString().ShouldBe("Hello Ann");
        (await Runs.FindDetailsAsync(Guid.CreateVersion7(), Token)).ShouldBeNull();
    }

    [Fact]
    public async Task An_input_takes_the_nearest_iteration_and_lists_where_the_port_takes_many()
    {
        var document = FlowJson.Parse(
            """
            {"schema":1,"nodes":[
              {"id":"a","type":"Webhook","title":"","position":{"x":0,"y":0},"settings":{}},
              {"id":"b","type":"Loopish","title":"","position":{"x":0,"y":0},"settings":{}},
              {"id":"c","type":"Collect","title":"","position":{"x":0,"y":0},"settings":{}},
              {"id":"d","type":"Collect","title":"","position":{"x":0,"y":0},"settings":{}}],
             "edges":[{"from":{"node":"a","port":"data"},"to":{"node":"c","port":"items"}},{"from":{"node":"b","port":"item"},"to":{"node":"c","port":"items"}},
                      {"from":{"node":"b","port":"item"},"to":{"node":"d","port":"items"}}],
             "notes":[]}
            """);
        var flow = await fixture.Flows.CreateAsync(fixture.NewFlow() with { Draft = document }, Token);
        var runnable = (await fixture.Flows.ResolveAsync(flow.Id.ToString(), draft: true, Token)).ShouldNotBeNull();
        var run = await fixture.AcceptAsync(flow.Id, version: runnable.Version);
        await Append(run.Id,
            Event(run.Id, 1, RunEventTypes.NodeFinished, "a", """{"output":{"data":"A"}}"""),
            Event(run.Id, 2, RunEventTypes.NodeFinished, "b", """{"output":{"item":"B0"}}""", iteration: [0]),
            Event(run.Id, 3, RunEventTypes.NodeFinished, "b", """{"output":{"item":"B1"}}""", iteration: [1]),
            Event(run.Id, 4, RunEventTypes.NodeStarted, "c", iteration: [1]),
            Event(run.Id, 5, RunEventTypes.NodeStarted, "d", iteration: [0, 7]),
            Event(run.Id, 6, RunEventTypes.NodeStarted, "d"));
        var steps = (await Runs.FindDetailsAsync(run.Id, Token)).ShouldNotBeNull().Steps;
        Input("c", [1]).ShouldBe("""["A","B1"]""");
        Input("d", [0, 7]).ShouldBe("""["B0"]""");
        Input("d", []).ShouldBe("");

        string Input(string node, int[] iteration) =>
            string.Join(',', steps.Single(s => s.NodeId == node && s.Iteration.SequenceEqual(iteration)).Input.Select(i => i.Value.GetRawText()));
    }

    // Threads

    ThreadMessage Message(Guid run, string text)
    {
        fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        return new(Guid.CreateVersion7(fixture.Clock.GetUtcNow()), run, "out", "User", "Ann", text, JsonText.Element(text), fixture.Clock.GetUtcNow());
    }

    async Task<ChatThread> Say(Guid run, ChatThread thread, params ThreadMessage[] messages)
    {
        (await fixture.Journal.WriteAsync(new AppendEntry { RunId = run, Messages = new(thread, messages) })).ShouldBeTrue();
        return thread;
    }

    [Fact]
    public async Task The_newest_messages_of_a_thread_come_oldest_first()
    {
        var run = await fixture.AcceptAsync(flowA);
        var thread = await Say(run.Id, new(run.Id, flowA, "session-ü", fixture.Clock.GetUtcNow()), Message(run.Id, "1"), Message(run.Id, "2"), Message(run.Id, "3"));
        (await Runs.MessagesAsync(thread.Id, 100, Token)).Select(m => m.Text).ShouldBe(["1", "2", "3"]);
        var last = (await Runs.MessagesAsync(thread.Id, 2, Token)).ShouldNotBeNull();
        last.Select(m => m.Text).ShouldBe(["2", "3"]);
        (last[0].Json.GetString(), last[0].Sender, last[0].SenderName, last[0].NodeId, last[0].RunId).ShouldBe(("2", "User", "Ann", "out", run.Id));
        (await Runs.FindThreadAsync(thread.Id, Token)).ShouldBe(thread);
        (await Runs.FindThreadAsync(Guid.CreateVersion7(), Token)).ShouldBeNull();
        (await Runs.MessagesAsync(Guid.CreateVersion7(), 10, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deleted_run_takes_along_what_was_its_own()
    {
        var run = await fixture.AcceptAsync(flowA);
        var other = await fixture.AcceptAsync(flowA);
        await Append(run.Id, Event(run.Id, 1, RunEventTypes.RunStarted));
        await Append(other.Id, Event(other.Id, 1, RunEventTypes.RunStarted));
        var own = await Say(run.Id, new(run.Id, flowA, ExternalKey: null, fixture.Clock.GetUtcNow()), Message(run.Id, "mine"));
        (await Runs.DeleteAsync(run.Id, Token)).ShouldBeFalse("it has not ended");
        await fixture.EndAsync(run, RunStatus.Canceled);

        (await Runs.DeleteAsync(run.Id, Token)).ShouldBeTrue();
        (await Runs.FindAsync(run.Id, Token)).ShouldBeNull();
        (await Runs.EventsAsync(run.Id, 0, 10, Token)).ShouldBeEmpty();
        (await Runs.MessagesAsync(own.Id, 10, Token)).ShouldBeEmpty();
        (await Runs.FindThreadAsync(own.Id, Token)).ShouldBeNull();
        (await Runs.EventsAsync(other.Id, 0, 10, Token)).ShouldHaveSingleItem();
        (await Runs.DeleteAsync(run.Id, Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_session_outlives_its_runs()
    {
        var run = await fixture.AcceptAsync(flowA);
        var other = await fixture.AcceptAsync(flowA);
        var thread = new ChatThread(Guid.CreateVersion7(), flowA, "session", fixture.Clock.GetUtcNow());
        await fixture.ExecuteAsync($"UPDATE runs SET thread_id = x'{Convert.ToHexString(GuidBytes.Of(thread.Id))}'");
        await Say(run.Id, thread, Message(run.Id, "gone"));
        await Say(other.Id, thread, Message(other.Id, "stays"));
        await fixture.EndAsync(run, RunStatus.Succeeded);
        (await Runs.DeleteAsync(run.Id, Token)).ShouldBeTrue();
        (await Runs.MessagesAsync(thread.Id, 10, Token)).ShouldHaveSingleItem().Text.ShouldBe("stays");
        (await Runs.FindThreadAsync(thread.Id, Token)).ShouldBe(thread);
    }
}
