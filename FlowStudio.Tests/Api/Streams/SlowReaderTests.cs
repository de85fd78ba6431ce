using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Threads;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Streams;

/// <summary>A reader that stops reading is cut off by an event that says so, can go on where it was, and harms nobody.</summary>
public class SlowReaderTests(SlowReaderTests.Server server) : IClassFixture<SlowReaderTests.Server>
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_cut_off_and_misses_nothing_when_it_comes_back()
    {
        using var flow = await SlowReader.OpenAsync(server, "/api/v1/webhook-events/sleeper");
        var run = await server.StartAsync();
        using var talk = await TalkingRun.OfAsync(server, run);
        string[] paths = [$"/v1/runs/{run}/events", $"/api/v1/webhook/sleeper/runs/{run}/events", $"/api/v2/workflows/{run}/events"];
        var slow = await Task.WhenAll(paths.Select(p => SlowReader.OpenAsync(server, p)));
        using (var eager = await EagerReader.OpenAsync(server, paths[0]))
        {
            await talk.FloodAsync(() => eager.Length);
            eager.Text.ShouldBe(talk.Said);
        }

        for (var i = 0; i < 2; i++)
        {
            var frames = SseFrame.All(await slow[i].RestAsync());
            var (last, end) = (frames[^2], frames[^1]);
            end.Event.ShouldBe("error");
            end.Id.ShouldBe(last.Id);
            end.Data.GetProperty("type").GetString().ShouldBe("error");
            var data = end.Data.GetProperty("data");
            data.GetProperty("code").GetString().ShouldBe("too_slow");
            data.GetProperty("last_seq").GetInt64().ToString().ShouldBe(last.Id);
            data.GetProperty("message").GetString().ShouldEndWith($"Last-Event-ID: {last.Id}");
            var has = SseFrame.TextOf(frames);
            has.Length.ShouldBeLessThan(talk.Said.Length);
            talk.Said.ShouldStartWith(has);
            using var back = await EagerReader.OpenAsync(server, paths[i], end.Id, has);
            await EngineFixture.UntilAsync(() => Task.FromResult(back.Length >= talk.Said.Length), "the rest is read");
            back.Text.ShouldBe(talk.Said);
        }

        var job = SseFrame.All(await slow[2].RestAsync())[^1];
        job.Data.GetProperty("event").GetString().ShouldBe("error");
        job.Data.GetProperty("data").GetProperty("code").GetString().ShouldBe("too_slow");
        job.Data.GetProperty("data").GetProperty("last_seq").GetInt64().ToString().ShouldBe(job.Id);
        var all = SseFrame.All(await flow.RestAsync());
        all[0].Event.ShouldBe("connected");
        all[^1].Event.ShouldBe("error");
        all[^1].Data.GetProperty("code").GetString().ShouldBe("too_slow");
        foreach (var one in slow)
            one.Dispose();
        talk.Dispose();
        await server.NothingIsHeldAsync();
    }

    [Fact]
    public async Task LangGraph_says_it_in_its_own_way_and_the_run_can_be_joined_again()
    {
        using var made = await server.Client.PostAsJsonAsync("/threads", new { }, Cancel);
        var thread = (await StudioServer.JsonAsync(made)).GetProperty("thread_id").GetGuid();
        using var started = await server.Client.PostAsJsonAsync($"/threads/{thread}/runs", new { assistant_id = "sleeper", input = new { a = 1 } }, Cancel);
        var run = (await StudioServer.JsonAsync(started)).GetProperty("run_id").GetGuid();
        Guid? native = null;
        await EngineFixture.UntilAsync(async () => (native = (await server.Get<IThreadRows>().FindRunAsync(run, Cancel))?.NativeRunId) is not null, "the run has begun");
        using var talk = await TalkingRun.OfAsync(server, native ?? Guid.Empty);
        var path = $"/threads/{thread}/runs/{run}/stream?stream_mode=messages-tuple";
        using var slow = await SlowReader.OpenAsync(server, path);
        using (var eager = await EagerReader.OpenAsync(server, $"/v1/runs/{native}/events"))
            await talk.FloodAsync(() => eager.Length);

        var frames = SseFrame.All(await slow.RestAsync());
        frames[^1].Event.ShouldBe("error");
        frames[^1].Data.GetProperty("error").GetString().ShouldBe("too_slow");
        frames[^1].Data.GetProperty("message").GetString().ShouldEndWith($"Last-Event-ID: {frames[^2].Id}");
        frames[^1].Id.ShouldBe(frames[^2].Id);
        var has = Messages(frames);
        talk.Said.ShouldStartWith(has);
        has.Length.ShouldBeLessThan(talk.Said.Length);

        using var back = new HttpRequestMessage(HttpMethod.Get, path);
        back.Headers.Add("Last-Event-ID", frames[^1].Id);
        using var joined = await server.Client.SendAsync(back, HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new System.IO.StreamReader(await joined.Content.ReadAsStreamAsync(Cancel));
        var rest = new StringBuilder();
        while (has.Length + Messages(SseFrame.All(rest.ToString())).Length < talk.Said.Length)
        {
            do
                rest.Append(await reader.ReadLineAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel)).Append('\n');
            while (rest[^2] != '\n');
        }
        (has + Messages(SseFrame.All(rest.ToString()))).ShouldBe(talk.Said);

        static string Messages(IEnumerable<SseFrame> frames) =>
            string.Concat(frames.Where(f => f.Event == "messages").Select(f => f.Data[0].GetProperty("content").GetString()));
    }

    [Fact]
    public async Task Langflow_says_it_in_its_own_way()
    {
        using var slow = await SlowReader.OpenAsync(server, "/api/v1/run/sleeper?stream=true", """{"input_value":"x"}""");
        var run = (await server.GetJsonAsync("/v1/runs?trigger=api&limit=1")).GetProperty("items")[0].GetProperty("id").GetGuid();
        using var talk = await TalkingRun.OfAsync(server, run);
        using (var eager = await EagerReader.OpenAsync(server, $"/v1/runs/{run}/events"))
            await talk.FloodAsync(() => eager.Length);
        var lines = (await slow.RestAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        lines[^1].GetProperty("event").GetString().ShouldBe("error");
        lines[^1].GetProperty("data").GetProperty("code").GetString().ShouldBe("too_slow");
        (lines[^1].GetProperty("data").GetProperty("error").GetString() ?? "").ShouldContain($"/v1/runs/{run}");
        talk.Said.ShouldStartWith(string.Concat(lines[..^1].Select(l => l.GetProperty("data").GetProperty("chunk").GetString())));
    }

    [Fact]
    public async Task A_reader_that_goes_while_it_is_behind_leaves_nothing()
    {
        var run = await server.StartAsync();
        using (var talk = await TalkingRun.OfAsync(server, run))
        {
            using var slow = await SlowReader.OpenAsync(server, $"/v1/runs/{run}/events");
            talk.Say(5000);
            await talk.StoreAsync();
        }
        await server.NothingIsHeldAsync();
    }

    [Fact]
    public async Task Two_hundred_streams_get_each_their_own_run_in_order()
    {
        var runs = new List<TalkingRun>();
        foreach (var started in (await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.StartAsync()))))
            runs.Add(await TalkingRun.OfAsync(server, started));
        var readers = await Task.WhenAll(runs.Select(r => EagerReader.OpenAsync(server, $"/v1/runs/{r.Id}/events")));
        for (var i = 0; i < 20; i++)
        {
            foreach (var run in runs)
                run.Say(1 + ((i + runs.IndexOf(run)) % 3));
        }
        await EngineFixture.UntilAsync(() => Task.FromResult(readers.Zip(runs).All(p => p.First.Length == p.Second.Said.Length)), "all is read");
        foreach (var (reader, run) in readers.Zip(runs))
        {
            reader.Text.ShouldBe(run.Said);
            reader.Ids.ShouldBe(Enumerable.Range(1, reader.Ids.Count).Select(i => (long)i));
        }
        foreach (var reader in readers)
            reader.Dispose();
        foreach (var run in runs)
        {
            await run.StoreAsync();
            run.Dispose();
        }
        await server.NothingIsHeldAsync();
    }

    /// <summary>What the system buffers of an answer is little here, so that a reader falls behind soon.</summary>
    public sealed class Server() : StudioServer([], builder => builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = address =>
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        socket.SendBufferSize = 4096;
        return socket;
    })), IAsyncLifetime
    {
        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await AddFlowAsync("sleeper", new FlowBuilder().Node("in", "Webhook").Node("nap", "Delay", new { hours = 1 }).Node("out", "ChatOutput")
                .Edge("in.output_data", "nap.input").Edge("nap.output", "out.input_value").Build());
        }

        public async Task<Guid> StartAsync()
        {
            using var response = await PostWebhookAsync("sleeper", "{}");
            return await RunIdAsync(response);
        }

        public Task NothingIsHeldAsync() => EngineFixture.UntilAsync(() => Task.FromResult(Get<RunEventHub>().Topics == 0), "no run is watched any more");
    }

    /// <summary>Reads a run's native stream as it comes.</summary>
    sealed class EagerReader : IDisposable
    {
        readonly HttpResponseMessage response;
        readonly Lock gate = new();
        readonly List<long> ids = [];
        string text;

        EagerReader(HttpResponseMessage response, string before) => (this.response, text) = (response, before);

        public int Length => Text.Length;

        public string Text
        {
            get
            {
                lock (gate)
                    return text;
            }
        }

        public IReadOnlyList<long> Ids
        {
            get
            {
                lock (gate)
                    return [.. ids];
            }
        }

        public static async Task<EagerReader> OpenAsync(StudioServer server, string path, string? after = null, string before = "")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (after is not null)
                request.Headers.Add("Last-Event-ID", after);
            var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var reader = new EagerReader(answer, before);
            _ = reader.ReadAsync();
            return reader;
        }

        public void Dispose() => response.Dispose();

        async Task ReadAsync()
        {
            try
            {
                using var lines = new System.IO.StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
                var frame = new StringBuilder();
                while (await lines.ReadLineAsync(Cancel) is { } line)
                {
                    frame.Append(line).Append('\n');
                    if (line.Length > 0)
                        continue;
                    Take(SseFrame.All(frame.ToString()));
                    frame.Clear();
                }
            }
            catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
            {
                // Its owner has seen enough.
            }
        }

        void Take(IReadOnlyList<SseFrame> frames)
        {
            lock (gate)
            {
                foreach (var frame in frames)
                    ids.Add(long.Parse(frame.Id ?? "", System.Globalization.CultureInfo.InvariantCulture));
                text = SseFrame.TextOf(frames, text);
            }
        }
    }
}
